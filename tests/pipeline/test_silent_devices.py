"""What devices said of themselves before they fell silent explains all the nights after."""

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.pipeline.anew import difference
from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.tables import load_client, load_day
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, episode, midnight, profile, raw, tombstone, wire

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NIGHTS = 14
LAST = after(NIGHTS)
TOLD = 4
"""Nights told before the silence."""


def at(day, hour):
    return midnight(START + day * DAY) + hour * HOUR


def told(day, hour, kind, *, device="tracker", **value):
    event = {"kind": kind, "start": wire(at(day, hour)), "value": value}
    return raw("c-1", [event], at(day, hour), device=device)


def battery(day, hour, percent):
    return told(day, hour, "device.battery", percent=percent)


def nights(first, stop):
    return [
        raw("c-1", [episode(at(day, -1), at(day, 7), f"n{day}")], at(day, 7.2), device="tracker")
        for day in range(first, stop)
    ]


def phone():
    """Somebody is there all the time."""
    return [told(day, 12, "phone.unlock", device="phone") for day in range(NIGHTS)]


def silence(*last_words):
    return [*nights(0, TOLD), *phone(), *last_words]


def computed(records, now=LAST):
    tables = batch(records, [profile("c-1")], now).tables
    return [
        sorted({gap.reason for gap in load_day(tables, "c-1", START + day * DAY).night.gaps})
        for day in range(TOLD + 1, NIGHTS)
    ]


@pytest.mark.parametrize(
    ("last_words", "expected"),
    [
        ([battery(3, 20, 4)], "battery_flat"),
        ([battery(3, 9 + hour, 30 - 10 * hour) for hour in range(3)], "battery_flat"),
        ([told(3, 20, "device.denied", why="authorisation")], "consent_revoked"),
    ],
)
def test_why_a_device_is_silent_stays_the_reason_however_long_it_lasts(last_words, expected):
    assert computed(silence(*last_words)) == [[expected]] * (NIGHTS - TOLD - 1)


def test_a_device_that_said_nothing_is_late_and_then_silent():
    found = computed(silence())

    assert found[-1] == ["not_synced"]
    assert ["source_silent"] in computed(silence()[:-6])


def test_what_each_source_said_last_is_known_of_every_night():
    tables = batch(silence(battery(3, 20, 4)), [profile("c-1")], LAST).tables

    night = load_day(tables, "c-1", START + 10 * DAY).night

    tracker = next(one for one in night.sources if one.device == "tracker")
    assert tracker.synced == tracker.heard == at(3, 20)
    assert [(word.what, word.percent) for word in tracker.words] == [
        ("battery", 4.0),
        ("flat", None),
    ]


def test_a_last_will_is_no_sign_of_a_device_and_a_heartbeat_is_no_sync():
    records = [*nights(0, 1), told(1, 9, "device.online"), told(1, 15, "device.offline")]

    state = load_client(batch(records, [], LAST).tables, "c-1")

    assert state.heard == {"daykeel/tracker": at(0, 7.2)}
    assert state.seen == {"daykeel/tracker": at(1, 9)}


def test_what_only_shows_that_a_device_is_there_is_no_difference_to_the_pieces():
    online = [told(day, 9, "device.online") for day in range(NIGHTS)]
    tables = batch([*nights(0, TOLD), *online], [profile("c-1")], LAST).tables

    assert not difference(tables, "c-1", LAST)


@pytest.mark.parametrize("kind", ["device.denied", "device.allowed"])
def test_whether_an_app_is_let_in_is_no_sync(kind):
    value = {"why": "permission"} if kind == "device.denied" else {}
    records = [*nights(0, 1), told(1, 9, kind, **value)]

    state = load_client(batch(records, [], LAST).tables, "c-1")

    assert state.heard == {"daykeel/tracker": at(0, 7.2)}


def eventful():
    low, full = battery(3, 20, 4), battery(9, 8, 90)
    gone = tombstone(group_of(low), at(3, 20), at(3, 20)) | {"native_id": "stone"}
    return [
        *silence(low),
        battery(3, 15, 40),
        told(5, 3, "device.offline"),
        told(6, 3, "device.denied", why="permission", device="phone"),
        told(8, 3, "device.off_wrist"),
        full,
        told(11, 3, "device.on_wrist"),
        raw("c-1", [gone], at(12, 9)),
        *nights(12, 13),
    ]


def group_of(record):
    return adapt(record).events[0].group


@pytest.mark.parametrize("seed", range(8))
def test_in_whatever_order_and_however_late_it_comes_every_night_is_the_same(seed):
    rng = np.random.default_rng(seed)
    records = eventful()
    again = records + [records[at] for at in rng.integers(0, len(records), len(records) // 3)]
    expected = batch(records, [profile("c-1")], LAST).tables
    tables = empty_tables()
    apply(tables, profile("c-1"))

    for offset, number in enumerate(rng.permutation(len(again))):
        fold(tables, again[number], partition=0, offset=offset, incarnation="i")
        if rng.random() < 0.3:
            score(tables, "c-1", LAST if rng.random() < 0.5 else again[number].received_at)
    score(tables, "c-1", LAST)

    assert state_digest(tables, "c-1") == state_digest(expected, "c-1")


def test_a_report_that_comes_late_explains_the_nights_long_scored():
    tables = empty_tables()
    apply(tables, profile("c-1"))
    records = [*silence(), battery(3, 20, 4)]
    for offset, record in enumerate(records):
        if offset == len(records) - 1:
            score(tables, "c-1", LAST)
        fold(tables, record, partition=0, offset=offset, incarnation="i")

    found = score(tables, "c-1", LAST)

    assert {(one.day - START).days for one in found.days} >= set(range(TOLD + 1, NIGHTS))
    night = load_day(tables, "c-1", START + 10 * DAY).night
    assert [gap.reason for gap in night.gaps] == ["battery_flat"]


def test_what_was_received_before_days_long_scored_is_known_of_them():
    first, later = nights(0, 1), [raw("c-1", [], at(1, 9), device="tracker")]
    tables = empty_tables()
    apply(tables, profile("c-1"))
    for offset, record in enumerate([*phone(), *first, *later]):
        if record is later[0]:
            score(tables, "c-1", LAST)
        fold(tables, record, partition=0, offset=offset, incarnation="i")
    score(tables, "c-1", LAST)

    expected = batch([*phone(), *first, *later], [profile("c-1")], LAST).tables
    assert state_digest(tables, "c-1") == state_digest(expected, "c-1")
