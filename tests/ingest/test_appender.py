import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shore import (
    NOW,
    PARTITIONS,
    Consent,
    FixedClock,
    MemoryLog,
    MemoryRecords,
    credential,
    topic,
    until,
)

from daykeel.ingest.appender import Appender, Outcome, Submission
from daykeel.ingest.directory import Directory
from daykeel.log.admission import Digest, Incoming
from daykeel.log.allowance import Allowance
from daykeel.log.tally import MEMO, Delivery, tally_of
from daykeel.log.topics import EVENTS_RAW, QUARANTINE, partition_of


class Desk:
    """An appender over memory, and what it has settled."""

    def __init__(self) -> None:
        self.records, self.log, self.clock = MemoryRecords(), MemoryLog(), FixedClock()
        self.settled: list[tuple[bytes, Outcome]] = []
        directory = Directory(self.records)
        self.appender = Appender(self.log, directory, self.clock, partitions=PARTITIONS)

    def counted(self) -> dict[str, int]:
        return tally_of(self.log.memo(MEMO)).counts

    def submit(self, payload: bytes, username: str | None = "ann", **more) -> None:
        where, digest = more.pop("where", topic("c-ann")), more.pop("digest", None)
        delivery = more.pop("delivery", None)

        def settle(outcome: Outcome) -> None:
            self.settled.append((payload, outcome))

        self.appender.submit(
            Submission(Incoming(where, payload), settle, username, digest, delivery)
        )

    def outcomes(self, count: int) -> list[Outcome]:
        until(lambda: len(self.settled) == count, f"{count} settled: {self.settled}")
        return [outcome for _, outcome in self.settled]


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.log.gate.set()
    if made.appender.is_alive():
        made.appender.close()


def test_a_record_lies_in_its_clients_partition_under_its_clients_key(desk):
    desk.appender.start()
    desk.submit(b"1")
    desk.submit(b"2", "ben", where=topic("c-ben"))
    desk.outcomes(2)

    assert [(one.topic, one.partition, one.key) for one in desk.log.kept] == [
        (EVENTS_RAW, partition_of(client, PARTITIONS), client.encode())
        for client in ("c-ann", "c-ben")
    ]


def test_what_waits_is_appended_in_one_transaction_and_in_order(desk):
    for n in range(700):
        desk.submit(b"%d" % n)

    desk.appender.start()
    outcomes = desk.outcomes(700)

    assert set(outcomes) == {Outcome.KEPT}
    assert desk.log.batches == [500, 200]
    assert desk.log.payloads() == [payload for payload, _ in desk.settled]


def test_a_transaction_does_not_grow_beyond_some_megabytes(desk):
    for _ in range(10):
        desk.submit(b" " * 1_500_000)

    desk.appender.start()
    desk.outcomes(10)

    assert desk.log.batches == [6, 4]


@pytest.mark.parametrize("away", ["log", "records"])
def test_what_cannot_be_appended_now_is_tried_again_and_stamped_then(desk, away):
    neighbour = getattr(desk, away)
    neighbour.is_away = True
    desk.submit(b"1")
    desk.appender.start()
    until(lambda: desk.appender.is_held_up, "the first attempt")
    assert desk.settled == []

    desk.clock.instant = NOW + timedelta(minutes=5)
    neighbour.is_away = False

    assert desk.outcomes(1) == [Outcome.KEPT]
    assert [one.received_at for one in desk.log.raws()] == [NOW + timedelta(minutes=5)]


def test_closing_settles_what_was_submitted_before(desk):
    for n in range(10):
        desk.submit(b"%d" % n)
    desk.appender.start()

    desk.appender.close()

    assert len(desk.settled) == len(desk.log.payloads()) == 10


def test_closing_gives_up_on_what_cannot_be_appended_and_settles_it_not(desk):
    desk.log.is_away = True
    desk.submit(b"1")
    desk.appender.start()
    until(lambda: desk.records.asked, "the first attempt")

    desk.appender.close()

    assert not desk.appender.is_alive()
    assert desk.settled == []


def test_a_fault_of_ours_ends_the_thread_and_settles_nothing(desk, monkeypatch):
    told = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: told.set())
    monkeypatch.setattr(desk.log, "append", lambda _: 1 / 0)
    desk.appender.start()
    desk.submit(b"1")

    assert told.wait(10)
    desk.appender.join(10)
    assert not desk.appender.is_alive()
    assert desk.settled == []


def test_a_refused_message_is_noted_once_however_often_it_comes(desk):
    desk.appender.start()
    for n in range(1, 4):
        desk.submit(b"lie", where=topic("c-ben"))
        desk.outcomes(n)

    assert desk.outcomes(3) == [Outcome.REFUSED] * 3
    assert desk.log.reasons() == ["topic_not_allowed"]
    assert desk.appender.counts["topic_not_allowed"] == 3


def test_a_refused_message_whose_note_was_not_appended_is_noted_later(desk):
    desk.log.is_away = True
    desk.submit(b"lie", where=topic("c-ben"))
    desk.appender.start()
    until(lambda: desk.records.asked, "the first attempt")

    desk.log.is_away = False

    assert desk.outcomes(1) == [Outcome.REFUSED]
    assert desk.log.reasons() == ["topic_not_allowed"]


def test_different_refused_messages_are_each_noted(desk):
    desk.appender.start()
    desk.submit(b"lie", where=topic("c-ben"))
    desk.submit(b"lie 2", where=topic("c-ben"))
    desk.outcomes(2)

    assert len(desk.log.notes()) == 2


def test_a_message_too_large_to_hold_is_noted_and_refused(desk):
    desk.appender.start()
    desk.submit(b"head", digest=Digest(3_000_000, "abc"))

    assert desk.outcomes(1) == [Outcome.REFUSED]
    (note,) = desk.log.notes()
    assert (note.reason, note.size, note.sha256) == ("too_large", 3_000_000, "abc")


def test_what_the_log_cannot_use_is_noted_each_time(desk):
    desk.appender.start()
    for _ in range(2):
        desk.submit(b"[" * 40)
    desk.outcomes(2)

    assert desk.outcomes(2) == [Outcome.NOTED] * 2
    assert desk.log.reasons() == ["too_deep"] * 2


def test_beyond_what_is_kept_of_a_credential_refusals_are_counted_on_the_log(desk, monkeypatch):
    monkeypatch.setattr(Allowance, "most", 1000)
    desk.appender.start()
    for _ in range(30):
        desk.submit(b"[" * 40)
    desk.submit(b"[" * 40, "ben", where=topic("c-ben"))

    assert set(desk.outcomes(31)) == {Outcome.NOTED}
    kept = [one.raw.client for one in desk.log.notes()]
    assert 1 <= kept.count("c-ann") < 9
    assert kept.count("c-ben") == 1
    assert desk.counted() == {"too_deep": 31 - len(kept)}


def test_a_start_knows_what_is_kept_of_a_credential(desk, monkeypatch):
    monkeypatch.setattr(Allowance, "most", 1000)
    desk.appender.start()
    for n in range(1, 31):
        desk.submit(b"[" * 40)
        desk.outcomes(n)
    desk.appender.close()
    other, kept = Desk(), len(desk.log.kept)
    other.log.kept, other.log.memos = desk.log.kept, desk.log.memos
    other.appender.start()

    other.submit(b"[" * 40)

    assert other.outcomes(1) == [Outcome.NOTED]
    assert len(other.log.kept) == kept
    assert other.counted() == {"too_deep": 31 - kept}
    other.appender.close()


def test_what_is_neither_kept_nor_acknowledged_is_not_counted_on_the_log(desk, monkeypatch):
    monkeypatch.setattr(Allowance, "most", 0)
    desk.appender.start()
    desk.submit(b"lie", where=topic("c-ben"))
    desk.submit(b"1", None, where="owntracks/eve/phone")

    assert desk.outcomes(2) == [Outcome.REFUSED, Outcome.NOTED]
    assert desk.log.kept == []
    assert desk.counted() == {"unknown_device": 1}


def test_without_consent_there_is_no_record(desk):
    desk.records.consented["c-ann"] = [Consent("owntracks")]
    desk.appender.start()
    desk.submit(b"1")

    assert desk.outcomes(1) == [Outcome.DROPPED]
    assert desk.log.kept == []


def test_what_is_dropped_without_consent_is_counted_on_the_log_before_it_is_settled(desk):
    desk.records.consented["c-ann"] = []
    desk.log.gate.clear()
    desk.appender.start()
    desk.submit(b"1")
    until(lambda: desk.records.asked, "the verdict")
    assert desk.settled == []

    desk.log.gate.set()

    assert desk.outcomes(1) == [Outcome.DROPPED]
    assert desk.counted() == {"no_consent": 1}


def test_what_a_device_sends_again_after_a_kill_is_counted_once(desk):
    desk.records.consented["c-ann"] = []
    desk.appender.start()
    desk.submit(b"1", delivery=Delivery("ann/phone", 7, False))
    desk.outcomes(1)
    desk.appender.close()
    other = Desk()
    other.log.memos, other.records.consented["c-ann"] = desk.log.memos, []
    other.appender.start()

    other.submit(b"1", delivery=Delivery("ann/phone", 7, True))
    other.submit(b"2", delivery=Delivery("ann/phone", 8, True))
    other.submit(b"3", delivery=Delivery("ben/phone", 7, True))
    other.outcomes(3)
    other.appender.close()

    assert other.counted() == {"no_consent": 3}


def test_the_tally_keeps_nothing_of_what_was_said_and_nobodys_name(desk):
    desk.records.consented["c-ann"] = []
    desk.appender.start()
    desk.submit(b"secret", delivery=Delivery("ann/phone", 7, False))
    desk.outcomes(1)

    kept = desk.log.memo(MEMO)
    assert not [one for one in ("secret", "ann", "daykeel/v1") if one in kept]
    assert desk.log.kept == []


def test_while_the_log_is_away_nothing_without_consent_is_settled_or_counted_twice(desk):
    desk.records.consented["c-ann"] = []
    desk.log.is_away = True
    desk.submit(b"1")
    desk.appender.start()
    until(lambda: desk.records.asked, "the first attempt")
    assert desk.settled == []

    desk.log.is_away = False

    assert desk.outcomes(1) == [Outcome.DROPPED]
    assert desk.counted() == {"no_consent": 1}


@pytest.mark.parametrize("after", [None, credential("ann", "c-ann", enabled=False)])
def test_who_has_no_credential_any_more_is_refused(desk, after):
    desk.records.known["ann"] = after
    desk.appender.start()
    desk.submit(b"1")

    assert desk.outcomes(1) == [Outcome.REFUSED]
    assert desk.log.kept == []


def test_without_a_user_name_the_topic_tells_who_sent_it(desk):
    desk.records.known["ben"] = replace(
        credential("ben", "c-ben"), adapter="owntracks", topics=("owntracks/ben/phone/#",)
    )
    desk.appender.start()
    desk.submit(b"1", None, where="owntracks/ben/phone/event")

    assert desk.outcomes(1) == [Outcome.KEPT]
    (raw,) = desk.log.raws()
    assert (raw.client, raw.adapter, raw.stream) == ("c-ben", "owntracks", "raw")


def test_a_topic_of_nobody_is_noted_once_without_what_was_said(desk):
    desk.appender.start()
    for n in range(1, 3):
        desk.submit(b"secret %d" % n, None, where="owntracks/eve/phone")
        desk.outcomes(n)

    (note,) = desk.log.notes()
    assert (note.reason, note.raw.payload, note.size) == ("unknown_device", b"", 8)
    assert desk.log.kept[0].topic == QUARANTINE
    assert desk.outcomes(2) == [Outcome.NOTED] * 2
    assert desk.counted() == {"unknown_device": 2}


def test_an_oversize_message_of_another_broker_is_noted_and_let_go(desk):
    desk.appender.start()
    desk.submit(b" " * 2_000_001, None)

    assert desk.outcomes(1) == [Outcome.NOTED]
    assert desk.log.reasons() == ["too_large"]
