import os
import sys

import pytest

from daykeel.cli.main import COMMANDS, main

PROCESSES = [name for name, (module, _) in COMMANDS.items() if module == "daykeel.cli.process"]


@pytest.mark.parametrize("name", PROCESSES)
def test_the_command_becomes_the_process_of_its_name(name, monkeypatch):
    became = []
    monkeypatch.setattr(os, "execv", lambda path, line: sys.exit(became.append((path, line))))

    with pytest.raises(SystemExit):
        main([name])

    assert became == [(sys.executable, [sys.executable, "-m", f"daykeel.{name}"])]
