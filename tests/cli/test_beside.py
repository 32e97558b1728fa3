import os
import signal
import subprocess
import sys
import time
from threading import Event

import pytest

from daykeel.cli import beside
from daykeel.cli.beside import keep


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(beside, "FIRST_WAIT_S", 0.001)


def test_a_task_that_fails_runs_again_until_told_to_stop(impatient, caplog):
    stop, began = Event(), []

    def task(told):
        began.append(1)
        if len(began) == 3:
            told.set()
        raise KeyError("Ann Ahlberg")

    keep("alerts", task, stop)

    assert len(began) == 3
    assert "alerts ended by KeyError" in caplog.text
    assert "Ahlberg" not in caplog.text


def test_a_task_that_returns_after_the_stop_is_not_begun_again(impatient):
    began = []

    keep("canary", lambda stop: (began.append(1), stop.set()), Event())

    assert began == [1]


def test_alerts_go_on_where_the_canary_cannot_and_both_end_when_told(tmp_path):
    (tmp_path / "installation.key").write_bytes(bytes(range(32)))
    settings = {
        "DAYKEEL_LOG": f"sqlite:///{tmp_path}/log.db",
        "DAYKEEL_RECORDS": f"sqlite:///{tmp_path}/records.db",
        "DAYKEEL_KEY_FILE": str(tmp_path / "installation.key"),
        "DAYKEEL_MQTT": "nonsense",
    }
    told = tmp_path / "told"
    with told.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "daykeel.cli.beside"], env=os.environ | settings, stderr=out
        )
    try:
        end = time.monotonic() + 60
        while not ("canary ended by" in told.read_text() and "alerts ready" in told.read_text()):
            assert time.monotonic() < end, told.read_text()
            time.sleep(0.01)
        assert running.poll() is None
    finally:
        running.send_signal(signal.SIGTERM)

    assert running.wait(60) == 0
    assert "alerts ended" not in told.read_text()
