"""In CI a test that was skipped is one that failed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

HOOKS = Path(__file__).with_name("conftest.py")
GOOD = "def test_good(): pass\n"
SKIPPED = """
import pytest

@pytest.mark.skip(reason="not today")
def test_mark(): pass

def test_call(): pytest.skip("not today")

@pytest.mark.parametrize("case", [])
def test_no_cases(case): pass
"""
MODULE = "import pytest\npytest.importorskip('nothing_of_this_name', reason='not today')\n"


def run(folder, environment=None, *options):
    """Run tests under our hooks, as on the machine of a developer unless told otherwise."""
    around = {name: value for name, value in os.environ.items() if name != "CI"}
    own = {"PYTHONPATH": str(HOOKS.parent), **(environment or {})}
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder)),
            *("-p", HOOKS.stem, "-p", "no:cacheprovider", "-ra", *options),
        ],
        cwd=folder,
        env=around | own,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_skipped_fails_the_run_in_ci_alone(tmp_path):
    (tmp_path / "test_some.py").write_text(GOOD + SKIPPED)
    (tmp_path / "test_module.py").write_text(MODULE)

    here, in_ci = run(tmp_path), run(tmp_path, {"CI": "true"})

    assert (here.returncode, in_ci.returncode) == (0, 1)
    assert "1 passed, 4 skipped" in in_ci.stdout
    assert "in CI nothing may be skipped" in in_ci.stdout


def test_it_does_where_several_processes_share_the_tests(tmp_path):
    (tmp_path / "test_some.py").write_text(GOOD + SKIPPED)

    found = run(tmp_path, {"CI": "true"}, "-n", "2")

    assert found.returncode == 1
    assert "in CI nothing may be skipped" in found.stdout


def test_a_module_that_is_skipped_as_a_whole_is_enough(tmp_path):
    (tmp_path / "test_some.py").write_text(GOOD)
    (tmp_path / "test_module.py").write_text(MODULE)

    assert run(tmp_path, {"CI": "true"}).returncode == 1


def test_where_nothing_is_skipped_the_run_passes_in_ci(tmp_path):
    (tmp_path / "test_some.py").write_text(GOOD)

    assert run(tmp_path, {"CI": "true"}).returncode == 0
