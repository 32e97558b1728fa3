import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from daykeel.canary import service
from daykeel.canary.service import Stepped, keep_singing
from daykeel.canary.settings import CanarySettings
from daykeel.cli.profile import free_port
from daykeel.clock.clock import SteppedClock
from daykeel.records.canary import TOPIC, USERNAME
from daykeel.records.errors import RecordsUnavailable
from daykeel.records.open import open_records
from daykeel.records.records import Records
from daykeel.records.secrets import is_secret

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("process", "e2e")]
from installation import until  # noqa: E402
from small_broker import SmallBroker  # noqa: E402

KEY = bytes(range(32))


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "installation.key").write_bytes(KEY)

    def made(**more):
        return CanarySettings(
            records=f"sqlite:///{tmp_path}/records.db",
            key_file=tmp_path / "installation.key",
            canary_s=0.02,
            **more,
        )

    return made


@pytest.fixture
def singing():
    """Starts canaries and stops them."""
    stop, threads = Event(), []

    def start(settings):
        thread = Thread(target=keep_singing, args=(settings, stop))
        threads.append(thread)
        thread.start()

    yield start
    stop.set()
    for thread in threads:
        thread.join(30)


def test_it_enrols_itself_and_tells_the_time_again_and_again(settings, singing):
    with SmallBroker() as broker:
        before = datetime.now(UTC)
        made = settings(mqtt=f"mqtt://somebody:else@127.0.0.1:{broker.port}")
        singing(made)
        until(lambda: len(broker.kept) >= 5, "nights and nonces")

    username, password = broker.signed_in[0]
    told = [json.loads(payload) for topic, payload in broker.kept if topic == TOPIC]
    nonces = [one for one in told if isinstance(one, dict)]
    instants = [datetime.fromisoformat(one["start"]) for one in nonces]
    assert len(told) == len(broker.kept)
    assert told[0][0]["kind"] == "sleep.episode"
    assert instants == sorted(set(instants))
    assert instants[0] > before - timedelta(seconds=1)
    kept = open_records(made.records, KEY).credential(USERNAME)
    assert username == USERNAME
    assert kept is not None
    assert is_secret(kept.secret_hash, password)


def test_it_goes_on_once_a_broker_is_there(settings, singing, monkeypatch, caplog, tmp_path):
    monkeypatch.setattr(service, "AGAIN_S", 0.02)
    pulse = tmp_path / "pulse"
    port = free_port()
    singing(settings(mqtt=f"mqtt://127.0.0.1:{port}", pulse=pulse))
    until(lambda: "not heard" in caplog.text, "a word in the log")
    was_alive = pulse.exists()

    with SmallBroker(port=port) as broker:
        until(lambda: len(broker.kept) >= 2, "a night and a nonce")
        until(pulse.exists, "a pulse")
    assert not was_alive


def test_it_has_a_pulse_once_the_broker_takes_what_it_says(
    settings, singing, tmp_path, monkeypatch
):
    monkeypatch.setattr(service, "AGAIN_S", 0.02)
    pulse = tmp_path / "pulse"
    with SmallBroker() as broker:
        heard = settings(mqtt=f"mqtt://127.0.0.1:{broker.port}", pulse=pulse)
        silent = settings(mqtt="mqtt://127.0.0.1:1", pulse=tmp_path / "silent")

        singing(silent)
        singing(heard)
        until(pulse.exists, "a pulse")

    assert not silent.pulse.exists()


def test_once_it_is_heard_again_it_notes_how_long_it_was_not(
    settings, singing, caplog, monkeypatch
):
    monkeypatch.setattr(service, "AGAIN_S", 0.02)
    port = free_port()
    with SmallBroker(port=port) as broker:
        made = settings(mqtt=f"mqtt://127.0.0.1:{port}")
        singing(made)
        until(lambda: len(broker.kept) >= 3, "nights and nonces")
    until(lambda: "not heard" in caplog.text, "a word in the log")
    silent_since = datetime.now(UTC)
    until(lambda: datetime.now(UTC) > silent_since + timedelta(seconds=0.1), "a while")
    records = open_records(made.records, KEY)

    with SmallBroker(port=port):
        until(lambda: records.outages(silent_since), "an outage")
        until(lambda: "nothing came through from" in caplog.text, "a word in the log")

    (outage, *_) = records.outages(silent_since)
    records.close()
    assert outage.start < silent_since < outage.stop
    assert f"nothing came through from {outage.start}" in caplog.text


def test_records_that_are_away_do_not_stop_it(settings, singing, caplog, monkeypatch):
    def away(*_, **__):
        raise RecordsUnavailable("the disk is full")

    monkeypatch.setattr(Records, "canary_heard", away)
    with SmallBroker() as broker:
        singing(settings(mqtt=f"mqtt://127.0.0.1:{broker.port}"))
        until(lambda: len(broker.kept) >= 5, "nights and nonces")

    assert "is not noted: the disk is full" in caplog.text


def test_a_demonstration_has_no_canary(settings, tmp_path):
    SteppedClock(tmp_path / "clock.json").set(datetime(2026, 3, 1, tzinfo=UTC))

    with pytest.raises(Stepped):
        keep_singing(settings(clock=f"stepped:{tmp_path}/clock.json"), Event())


def test_the_process_says_why_it_will_not_run(settings, tmp_path):
    SteppedClock(tmp_path / "clock.json").set(datetime(2026, 3, 1, tzinfo=UTC))
    clock = {"DAYKEEL_CLOCK": f"stepped:{tmp_path}/clock.json"}

    ended = subprocess.run(
        [sys.executable, "-m", "daykeel.canary"],
        env=os.environ | clock,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert "the canary needs the system's clock" in ended.stderr
