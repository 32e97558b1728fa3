import json
import subprocess
import sys

import pytest

from daykeel.demo.cast import CAST

pytestmark = pytest.mark.e2e

NAMES = {member.script.name for member in CAST}


def demonstration(*arguments, seconds):
    """The JSON line of a demonstration, and its exit code."""
    ended = subprocess.run(
        [sys.executable, "-m", "daykeel.cli.main", "demo", "--exit", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert ended.stdout.count("\n") == 1, ended.stderr[-3000:]
    return json.loads(ended.stdout), ended.returncode


def test_a_fortnight_through_real_processes_is_what_the_pure_functions_say():
    report, code = demonstration("--nights", "14", "--seed", "2", seconds=90)

    assert report["problems"] == []
    assert code == 0
    assert set(report["alerts"]) == NAMES
    assert report["nights"] >= 14 * len(NAMES)
    assert report["raw_records"] > 500
    assert report["restarts"] == 0


def test_the_whole_demonstration_tells_what_its_scripts_say_in_time_and_memory():
    report, code = demonstration(seconds=200)

    assert report["problems"] == []
    assert code == 0
    assert report["seconds"] <= 90
    assert report["peak_pss_mb"] <= 400
    assert report["alerts"]["steady"] == {}
    assert report["alerts"]["irregular"] == {}
    assert set(report["alerts"]["advance"]) & {"phase_advance", "short_sleep"}
