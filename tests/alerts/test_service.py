import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread

import pytest

from daykeel.alerting.lifecycle import observe, stands, transition
from daykeel.alerts.__main__ import run
from daykeel.alerts.service import AlertsService
from daykeel.alerts.settings import AlertsSettings
from daykeel.alerts.signals import GROUP, Signals
from daykeel.log.codec import decode, encode
from daykeel.log.errors import LogUnavailable
from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import COMMANDS, SIGNALS, SQLITE_PARTITIONS, partition_of
from daykeel.pipeline.state import Command
from daykeel.records.errors import RecordsUnavailable
from daykeel.records.open import open_records
from daykeel.records.policy import CANARY
from daykeel.rhythm.ledger import Episode, SignalSet

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
ONSET = date(2026, 2, 20)
KEY = bytes(range(32))
DEADLINE_S = 60.0


class FixedClock:
    stepped = True

    def __init__(self):
        self.instant = NOW

    def now(self):
        return self.instant


class House:
    """Real records and a real log in one folder, and the service over them."""

    def __init__(self, folder, records_url):
        self.folder = folder
        self.log_url = f"sqlite:///{folder}/log.db"
        self.records_url = records_url
        self.log = open_log(self.log_url)
        self.records = open_records(self.records_url, KEY)
        self.records.migrate()
        self.clock = FixedClock()

    def service(self):
        return AlertsService(self.log, self.records, self.clock, SQLITE_PARTITIONS)

    def say(self, *onsets, client="c-1", kind="phase_delay", value=None):
        said = SignalSet(client, kind, NOW, tuple(episode(client, kind, one) for one in onsets))
        partition = partition_of(client, SQLITE_PARTITIONS)
        key = f"{client}|{kind}|".encode()
        content = encode(said) if value is None else value
        self.log.append([NewRecord(SIGNALS, partition, key, content)])

    def lag(self):
        return self.log.lag(GROUP, [SIGNALS])

    def standing(self):
        return {(one.client, one.kind, one.onset) for one in self.records.alerts() if stands(one)}

    def notices(self):
        return self.records.post.desk(now=NOW).notices

    def close(self):
        self.log.close()
        self.records.close()


def episode(client, kind, onset, **more):
    return Episode(client, kind, onset, (onset,), more.pop("severity", "watch"), (), **more)


@pytest.fixture
def house(tmp_path, records_url):
    built = House(tmp_path, records_url)
    yield built
    built.close()


def test_a_signal_becomes_an_alert_and_is_committed(house):
    house.say(ONSET)

    assert house.service().step()

    (alert,) = house.records.alerts("c-1")
    assert (alert.kind, alert.state, alert.onset) == ("phase_delay", "open", ONSET)
    assert house.lag() == 0


def test_the_canary_raises_no_alert_and_no_notice(house):
    house.say(ONSET, client=CANARY)
    house.say(ONSET, client=CANARY, kind="data_loss")

    house.service().step()

    assert house.records.alerts() == []
    assert house.notices() == []
    assert house.lag() == 0


def test_signals_of_several_clients_and_kinds_do_not_mix(house):
    house.say(ONSET)
    house.say(ONSET, kind="short_sleep")
    house.say(ONSET + timedelta(1), client="c-2")
    house.say(client="c-2", kind="short_sleep")

    house.service().step()

    assert house.standing() == {
        ("c-1", "phase_delay", ONSET),
        ("c-1", "short_sleep", ONSET),
        ("c-2", "phase_delay", ONSET + timedelta(1)),
    }


def test_a_signal_that_is_gone_withdraws_its_alert(house):
    service = house.service()
    house.say(ONSET)
    service.step()

    house.say()
    service.step()

    (alert,) = house.records.alerts()
    assert (alert.state, alert.reason) == ("resolved", "withdrawn")
    assert [one.state for one in house.records.history(alert.id)] == ["open", "resolved"]


class DiesAtCommit:
    """A log whose process dies before the `fatal`-th commit."""

    def __init__(self, log, fatal):
        self._log = log
        self._left = fatal

    def read(self, group, topics, limit):
        return self._log.read(group, topics, limit)

    def commit(self, group, positions):
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        self._log.commit(group, positions)


@pytest.mark.parametrize("fatal", range(6))
def test_a_crash_between_storing_and_committing_takes_nothing_back(house, fatal):
    house.say(ONSET)
    house.say(ONSET, kind="short_sleep")
    house.say(ONSET, client="c-2")
    fresh = open_log(house.log_url)
    with pytest.raises(KeyboardInterrupt):
        Signals(DiesAtCommit(fresh, fatal), house.records, house.clock).step()
    fresh.close()
    before = {one.id: one for one in house.records.alerts()}

    house.service().step()

    after = {one.id: one for one in house.records.alerts()}
    assert len(after) == 3
    assert before.items() <= after.items()
    assert house.lag() == 0
    assert all(len(house.records.history(one)) == 1 for one in after)


def test_somebody_who_was_faster_is_not_overwritten(house):
    service = house.service()
    house.say(ONSET)
    service.step()
    honest = house.records.save_transition

    def slow(expected_version, alert, entry, notices):
        house.records.save_transition = honest
        (known,) = house.records.alerts()
        step = transition(known, "resolve", actor="t", reason="expected", now=NOW)
        honest(known.version, step.alert, step.entry, step.notices)
        honest(expected_version, alert, entry, notices)

    house.records.save_transition = slow
    house.say(ONSET - timedelta(1))
    service.step()

    (alert,) = house.records.alerts()
    assert (alert.state, alert.reason) == ("resolved", "expected")
    assert alert.onset == ONSET - timedelta(1)
    assert house.lag() == 0


def test_what_is_no_set_of_signals_is_passed_over(house, caplog):
    house.say(value=b"\x01oops")
    house.say(ONSET, client="c-2")

    house.service().step()

    assert house.standing() == {("c-2", "phase_delay", ONSET)}
    assert house.lag() == 0
    assert "oops" not in caplog.text
    assert "c-1" not in caplog.text


def test_a_snooze_wakes_by_the_clock(house):
    house.say(ONSET)
    house.service().step()
    (alert,) = house.records.alerts()
    until = NOW + timedelta(1)
    step = transition(alert, "snooze", actor="t", reason="r", until=until, now=NOW)
    house.records.save_transition(1, step.alert, step.entry, step.notices)

    house.service().step()
    assert house.records.alert(alert.id).state == "snoozed"

    house.clock.instant = until
    house.service().step()
    assert house.records.alert(alert.id).state == "open"


def test_commands_go_to_the_log_each_once_it_is_there(house):
    client = house.records.add_client("Ann", "Europe/Berlin", now=NOW).id
    house.records.grant(client, "daykeel", now=NOW)

    assert house.service().step()
    house.service().step()

    sent = house.log.read("test", [COMMANDS], 10)
    assert [decode(Command, one.value).kind for one in sent] == ["profile", "consent"]
    assert {one.partition for one in sent} == {partition_of(client, SQLITE_PARTITIONS)}
    assert sent[0].key.decode() == f"{client}|profile|profile"
    assert house.records.pending_commands(10) == []


def test_a_command_that_the_log_did_not_take_is_sent_later(house):
    house.records.add_client("Ann", "UTC", now=NOW)
    honest = house.log.append

    def full(records):
        raise LogUnavailable("database or disk is full")

    house.log.append = full
    with pytest.raises(LogUnavailable):
        house.service().step()
    house.log.append = honest

    house.service().step()

    assert len(house.log.read("test", [COMMANDS], 10)) == 1


def test_a_step_that_has_to_be_told_leaves_its_notice_with_it(house):
    house.say(ONSET)

    house.service().step()

    (alert,) = house.records.alerts()
    (notice,) = house.notices()
    assert (notice.alert, notice.severity, notice.state) == (alert.id, "watch", "open")


def test_signals_that_cannot_be_observed_keep_nobody_elses_alerts_back(house, monkeypatch, caplog):
    def fragile(alerts, signals, now):
        if signals.client == "c-1":
            raise ValueError("quoting c-1")
        return observe(alerts, signals, now)

    monkeypatch.setattr("daykeel.alerts.signals.observe", fragile)
    house.say(ONSET, client="c-1")
    house.say(ONSET, client="c-2")

    house.service().step()

    assert house.standing() == {("c-2", "phase_delay", ONSET)}
    assert house.lag() == 0
    assert "ValueError" in caplog.text
    assert "c-1" not in caplog.text


UNAVAILABLE = [
    RecordsUnavailable("database is locked"),
    LogUnavailable("database is locked"),
]


@pytest.mark.parametrize("error", UNAVAILABLE, ids=["records", "log"])
def test_the_loop_survives_a_store_that_does_not_answer_for_a_while(house, monkeypatch, error):
    monkeypatch.setattr("daykeel.alerts.service.AGAIN_S", 0.01)
    honest, failures = house.records.alerts, []

    def locked(client=None, kind=None):
        failures.append(1)
        if len(failures) < 3:
            raise error
        return honest(client, kind)

    house.records.alerts = locked
    house.say(ONSET)
    stop = Event()
    loop = Thread(target=house.service().run, args=(stop,))
    loop.start()
    reader = open_log(house.log_url)
    until(lambda: reader.lag(GROUP, [SIGNALS]) == 0)
    stop.set()
    loop.join(DEADLINE_S)
    reader.close()

    assert len(honest()) == 1


def until(true):
    end = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_ends_alerts_by_a_fault_ends_nothing_else(house, monkeypatch):
    def faulty(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(AlertsService, "run", faulty)
    key, stop = house.folder / "installation.key", Event()
    key.write_bytes(KEY)
    settings = AlertsSettings(log=house.log_url, records=house.records_url, key_file=key)

    with pytest.raises(ZeroDivisionError):
        run(settings, stop)

    assert not stop.is_set()


@pytest.mark.parametrize("apart", [False, True])
def test_the_process_keeps_alerts_and_stops_when_it_is_told_to(house, apart):
    key = house.folder / "installation.key"
    key.write_bytes(KEY)
    environment = os.environ | {
        "DAYKEEL_LOG": house.log_url,
        "DAYKEEL_RECORDS": house.records_url,
        "DAYKEEL_CLOCK": "system:",
        "DAYKEEL_KEY_FILE": str(key),
        "DAYKEEL_APART": str(apart),
    }
    house.records.post.add_address("clinic", "mail", "desk@clinic.example", now=NOW)
    house.records.post.try_out("clinic", now=NOW, wall=NOW)
    house.say(ONSET)

    process = subprocess.Popen([sys.executable, "-m", "daykeel.alerts"], env=environment)
    until(lambda: house.lag() == 0)
    until(lambda: apart or house.records.post.waiting()[0].tries)
    process.send_signal(signal.SIGTERM)

    assert process.wait(DEADLINE_S) == 0
    assert house.standing() == {("c-1", "phase_delay", ONSET)}
    (waiting,) = house.records.post.waiting()
    assert (waiting.tries == 0) == apart
