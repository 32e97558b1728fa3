import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from installation import until

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import private, shared

from daykeel.demo.cast import CAST
from daykeel.log.open import open_log
from daykeel.log.topics import EVENTS_RAW

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


@pytest.mark.long
@pytest.mark.timeout(500)
def test_a_fortnight_through_real_processes_is_what_the_pure_functions_say():
    report, code = demonstration("--nights", "14", "--seed", "2", seconds=450)

    assert report["problems"] == []
    assert code == 0
    assert set(report["alerts"]) == NAMES
    assert report["nights"] >= 14 * len(NAMES)
    assert report["raw_records"] > 500
    assert report["restarts"] == 0


@pytest.fixture
def servers(tmp_path):
    """A folder that names the shared servers and a Mosquitto of its own, and owns neither."""
    with private(tmp_path / "own", "mosquitto") as own:
        known = json.loads((shared("kafka").folder / "servers.json").read_text())
        known |= json.loads((own.folder / "servers.json").read_text())
        named = tmp_path / "named"
        named.mkdir()
        (named / "servers.json").write_text(json.dumps(known))
        (named / "mosquitto").symlink_to(own.folder / "mosquitto")
        yield named


@pytest.mark.servers
@pytest.mark.timeout(960)
def test_a_week_on_the_real_servers_is_what_the_pure_functions_say(servers):
    options = ["--profile", "production", "--servers", str(servers)]

    report, code = demonstration(*options, "--nights", "8", "--seed", "2", seconds=900)

    assert report["problems"] == []
    assert code == 0
    assert report["nights"] >= 8 * len(NAMES)
    assert report["raw_records"] > 300
    assert report["restarts"] == 0
    assert report["servers_apart"]
    assert "user d-" not in (servers / "mosquitto" / "acl").read_text()


def played(data):
    """How many messages have come to the log so far."""
    if not (data / "log.db").exists():
        return 0
    log = open_log(f"sqlite:///{data}/log.db")
    try:
        return log.lag("nobody", (EVENTS_RAW,))
    finally:
        log.close()


def child(process, name):
    for one in psutil.Process(process.pid).children():
        with suppress(psutil.Error):
            if one.cmdline()[-1:] == [f"daykeel.{name}"]:
                return one
    raise AssertionError(f"{name} does not run")


@pytest.mark.long
def test_a_broker_and_a_stream_that_die_in_the_middle_change_nothing(tmp_path):
    data = tmp_path / "data"
    options = ["--port", "0", "--nights", "14", "--seed", "2", "--data", str(data)]
    playing = subprocess.Popen(
        [sys.executable, "-m", "daykeel.cli.main", "demo", "--exit", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: played(data) > 100, "the play is under way")
        for name in ("ingest", "stream"):
            child(playing, name).kill()
        told, _ = playing.communicate(timeout=220)
    finally:
        playing.terminate()
        playing.wait(60)

    report = json.loads(told)
    assert report["problems"] == []
    assert report["restarts"] == 2
    assert playing.returncode == 0


@pytest.mark.long
@pytest.mark.timeout(960)
def test_the_whole_demonstration_tells_what_its_scripts_say_within_its_memory():
    report, code = demonstration(seconds=900)

    assert report["problems"] == []
    assert code == 0
    assert report["peak_pss_mb"] <= 400
    assert report["alerts"]["steady"] == {}
    assert report["alerts"]["irregular"] == {}
    assert set(report["alerts"]["advance"]) & {"phase_advance", "short_sleep"}
