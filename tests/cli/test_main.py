import subprocess
import sys

import pytest

from daykeel.cli import main as command_line
from daykeel.cli.main import COMMANDS, main


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    told = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(name in told for name in COMMANDS)


def test_help_imports_none_of_them():
    code = "import sys; from daykeel.cli.main import parser_for; parser_for(['--help']); "
    code += "print({'faust', 'fastapi', 'numpy', 'sqlalchemy'} & set(sys.modules))"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout == "set()\n"


def test_without_a_command_it_says_what_there_is(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])

    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_how_it_is_used(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])

    assert ended.value.code == 0
    assert f"daykeel {name}" in capsys.readouterr().out


def test_a_refusal_goes_to_stderr_with_exit_code_2(capsys):
    assert main(["up", "--public-host", "here.example.org"]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("daykeel up: --public-host needs")


def test_the_table_of_commands_is_the_only_place_that_knows_them():
    assert command_line.COMMANDS is COMMANDS
