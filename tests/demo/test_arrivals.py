from datetime import UTC, datetime

import pytest

from daykeel.demo.arrivals import Arrivals, Lost
from daykeel.events.codec import encode
from daykeel.events.event import RawRecord
from daykeel.log.open import open_log
from daykeel.log.protocol import NewRecord

NOW = datetime(2026, 1, 21, 12, tzinfo=UTC)
PATIENT_S, IMPATIENT_S = 30.0, 0.02


@pytest.fixture
def log(tmp_path):
    opened = open_log(f"sqlite:///{tmp_path}/log.db")
    yield opened
    opened.close()


def append(log, *messages):
    raws = [
        RawRecord(
            client="c-1", adapter="owntracks", device="phone", topic=topic,
            payload=payload, received_at=NOW,
        )
        for topic, payload in messages
    ]  # fmt: skip
    log.append([NewRecord("events.raw", 0, b"c-1", encode(raw)) for raw in raws])


def test_what_is_on_the_log_has_come(log):
    said = [("a", b"1"), ("a", b"2"), ("b", b"1")]
    append(log, *reversed(said))

    Arrivals(log).wait(said, PATIENT_S)


def test_what_is_not_on_the_log_is_waited_for(log):
    append(log, ("a", b"1"))

    with pytest.raises(Lost, match="1 messages"):
        Arrivals(log).wait([("a", b"1"), ("a", b"2")], IMPATIENT_S)


def test_what_is_said_twice_must_come_twice(log):
    append(log, ("a", b"1"))

    with pytest.raises(Lost):
        Arrivals(log).wait([("a", b"1")] * 2, IMPATIENT_S)


def test_what_comes_again_stands_for_nothing_else(log):
    append(log, ("a", b"1"), ("a", b"1"))

    with pytest.raises(Lost):
        Arrivals(log).wait([("a", b"1"), ("a", b"2")], IMPATIENT_S)


def test_what_came_before_is_not_what_is_waited_for_now(log):
    arrivals = Arrivals(log)
    append(log, ("a", b"1"))
    arrivals.wait([("a", b"1")], PATIENT_S)

    with pytest.raises(Lost):
        arrivals.wait([("a", b"1")], IMPATIENT_S)


def test_nothing_is_not_waited_for(log):
    Arrivals(log).wait([], IMPATIENT_S)
