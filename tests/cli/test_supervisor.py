import os
import signal
import time

import pytest

from daykeel.cli import supervisor as supervisors
from daykeel.cli.folder import locked, opened
from daykeel.cli.say import Refused
from daykeel.cli.supervisor import Supervisor

SLEEPER = "import sys, time\nprint('began', flush=True)\ntime.sleep(600)\n"


@pytest.fixture
def supervised(tmp_path, monkeypatch):
    """A supervisor of two processes that only sleep, and the folder they hold."""
    package = tmp_path / "code" / "daykeel"
    package.mkdir(parents=True)
    for name in ("one", "two"):
        (package / f"{name}.py").write_text(SLEEPER)
    monkeypatch.setattr(supervisors, "FIRST_WAIT_S", 0.01)
    folder = opened(tmp_path / "data")
    with locked(folder) as lock:
        running = Supervisor(
            {"PYTHONPATH": str(tmp_path / "code")},
            lock=lock,
            logs=folder.logs,
            names=("one", "two"),
        )
        yield running, folder
        running.stop()


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.01)


def text(folder, name):
    return (folder.logs / f"{name}.log").read_text()


def test_what_dies_is_started_again_and_the_others_stay(supervised):
    running, folder = supervised
    first, second = running.pids
    until(lambda: text(folder, "one") == "began\n")

    os.kill(first, signal.SIGKILL)
    until(lambda: running.tend() or text(folder, "one").count("began") == 2)

    assert running.restarts == 1
    assert second in running.pids
    assert first not in running.pids


def test_after_a_stop_nobody_runs(supervised):
    running, folder = supervised
    until(lambda: text(folder, "two") == "began\n")
    pids = running.pids

    running.stop()

    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_processes_hold_the_lock_even_when_the_supervisor_is_gone(supervised):
    running, folder = supervised

    with pytest.raises(Refused), locked(folder):
        pass
    assert running.pids


def test_the_first_wait_is_the_shortest(supervised, monkeypatch):
    running, _ = supervised
    clock = [time.monotonic()]
    monkeypatch.setattr(supervisors.time, "monotonic", lambda: clock[0])
    os.kill(running.pids[0], signal.SIGKILL)
    os.waitid(os.P_PID, running.pids[0], os.WEXITED | os.WNOWAIT)
    running.tend()

    clock[0] += 0.5
    running.tend()

    assert running.restarts == 1


def test_how_the_installation_is_reached_does_not_come_from_outside(tmp_path, monkeypatch):
    monkeypatch.setenv("DAYKEEL_CERT", "/elsewhere.pem")
    monkeypatch.setenv("DAYKEEL_SIGNPOST", "call us")
    code = tmp_path / "code" / "daykeel"
    code.mkdir(parents=True)
    (code / "one.py").write_text(
        "import os\nprint(sorted(n for n in os.environ if n[:7] == 'DAYKEEL'), flush=True)\n"
    )
    folder = opened(tmp_path / "data")

    with locked(folder) as lock:
        running = Supervisor(
            {"PYTHONPATH": str(tmp_path / "code")}, lock=lock, logs=folder.logs, names=["one"]
        )
        until(lambda: text(folder, "one").endswith("\n"))
        running.stop()

    assert "DAYKEEL_SIGNPOST" in text(folder, "one")
    assert "DAYKEEL_CERT" not in text(folder, "one")


def test_when_one_cannot_be_started_those_before_it_are_ended(tmp_path, monkeypatch):
    made = []
    started = Supervisor._started

    def fails_second(self, name):
        if made:
            raise KeyboardInterrupt
        made.append(started(self, name))
        return made[0]

    monkeypatch.setattr(Supervisor, "_started", fails_second)
    folder = opened(tmp_path / "data")

    with locked(folder) as lock, pytest.raises(KeyboardInterrupt):
        Supervisor({}, lock=lock, logs=folder.logs, names=("http.server", "http.server"))

    assert made[0].returncode is not None


def test_of_several_that_do_the_same_each_has_settings_of_its_own(tmp_path):
    code = tmp_path / "code" / "daykeel"
    code.mkdir(parents=True)
    (code / "one.py").write_text("import os\nprint(os.environ.get('DAYKEEL_WORKER'), flush=True)\n")
    folder = opened(tmp_path / "data")
    names = ("one:a", "one:b", "one")

    with locked(folder) as lock:
        running = Supervisor(
            {"PYTHONPATH": str(tmp_path / "code")},
            lock=lock,
            logs=folder.logs,
            names=names,
            own={f"one:{name}": {"DAYKEEL_WORKER": name} for name in "ab"},
        )
        until(lambda: all(text(folder, name).endswith("\n") for name in names))
        running.stop()

    assert [text(folder, name) for name in names] == ["a\n", "b\n", "None\n"]
