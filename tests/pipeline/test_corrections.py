"""Corrections, deletions and declarations through the tables, in whatever order they come."""

import sys
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.tables import load_client, load_day
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, anchor, episode, midnight, profile, raw, tombstone, wire

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LAST = after(12)


def at(day, hour):
    return midnight(START + day * DAY) + hour * HOUR


def sleep(day, first=0.0, last=8.0, *, name=None, received=None):
    told = episode(at(day, first), at(day, last), name or f"night {day}")
    return raw("c-1", [told], received or at(day, last + 1), device="tracker")


SYNC = raw("c-1", [], at(11, 20), device="tracker")


def correction(of, name, *, hour=10, **said):
    value = {"of": of, "by": "client", **said}
    event = {"kind": "meta.correction", "native_id": name, "value": value}
    return raw("c-1", [event], at(11, hour))


def moved(of, name, day, first, last, **more):
    return correction(of, name, start=wire(at(day, first)), end=wire(at(day, last)), **more)


def deleted(of, *, hour=14):
    stone = tombstone(of, at(11, hour), at(11, hour)) | {"native_id": f"stone of {of}"}
    return raw("c-1", [stone], at(11, hour))


def mark(first, last, name="mark"):
    value = {"what": "illness", "first": str(START + first * DAY), "last": str(START + last * DAY)}
    told = {"kind": "night.mark", "native_id": name, "value": value}
    return raw("c-1", [told], at(9, 9))


def group_of(record):
    return adapt(record).events[0].group


def id_of(record):
    return adapt(record).events[0].id


def folded(records):
    tables = empty_tables()
    apply(tables, profile("c-1"))
    for offset, record in enumerate(records):
        fold(tables, record, partition=0, offset=offset, incarnation="i")
    score(tables, "c-1", LAST)
    return tables


def times(tables, day):
    night = load_day(tables, "c-1", START + day * DAY).night
    return night.onset_at, night.offset_at


NIGHT = sleep(4)
FAR = moved(group_of(NIGHT), "far", 8, 1, 7)
"""The tracker's clock was four days slow."""
AGAIN = correction(group_of(FAR), "again", hour=11, end=wire(at(8, 6)))
BY_ID = moved(id_of(NIGHT), "by id", 8, 2, 7, hour=12)
ELSEWHERE = moved(group_of(NIGHT), "far", 1, 1, 7, hour=13)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([FAR], {8: (1, 7)}),
        ([FAR, AGAIN], {8: (1, 6)}),
        ([FAR, BY_ID], {8: (2, 7)}),
        ([FAR, ELSEWHERE], {1: (1, 7)}),
        ([FAR, deleted(group_of(FAR))], {}),
        ([FAR, AGAIN, deleted(id_of(AGAIN))], {}),
        ([FAR, deleted(group_of(NIGHT))], {}),
    ],
)
def test_a_night_lies_where_it_is_corrected_to_in_whatever_order_words_come(words, expected):
    others = [sleep(0), sleep(10), SYNC]
    whole = batch([NIGHT, *words, *others], [profile("c-1")], LAST)

    for order in permutations([NIGHT, *words]):
        tables = folded([*order, *others])
        assert state_digest(tables, "c-1") == state_digest(whole.tables, "c-1")
        for day in (1, 4, 8):
            slept = expected.get(day)
            assert times(tables, day) == (
                (None, None) if slept is None else (at(day, slept[0]), at(day, slept[1]))
            )


@pytest.mark.parametrize("seed", range(6))
def test_scored_at_any_moment_in_between_it_is_the_same(seed):
    rng = np.random.default_rng(seed)
    dinner = raw("c-1", [anchor(START + 2 * DAY, "dinner", 18.5)], at(3, 0))
    illness, friday = mark(2, 3), {"day": str(START + 7 * DAY)}
    records = [
        *(sleep(day) for day in (1, 2, 3)),
        NIGHT, FAR, AGAIN, BY_ID, SYNC, dinner, illness,
        sleep(4, received=at(11, 15)),
        sleep(6, name="night 3", received=at(11, 16)),
        moved(group_of(sleep(3)), "other", 5, 0, 6),
        correction(group_of(illness), "longer", value={"last": str(START + 9 * DAY)}),
        correction(id_of(dinner), "day", start=wire(at(7, 18)), value=friday),
        deleted(id_of(dinner)),
    ]  # fmt: skip
    again = records + [records[at] for at in rng.integers(0, len(records), 5)]
    whole = batch(records, [profile("c-1")], LAST)
    tables = empty_tables()
    apply(tables, profile("c-1"))

    for offset, number in enumerate(rng.permutation(len(again))):
        fold(tables, again[number], partition=0, offset=offset, incarnation="i")
        if rng.random() < 0.4:
            score(tables, "c-1", LAST if rng.random() < 0.7 else again[number].received_at)
    score(tables, "c-1", LAST)

    assert state_digest(tables, "c-1") == state_digest(whole.tables, "c-1")


def flags(tables):
    return [day for day in range(11) if load_day(tables, "c-1", START + day * DAY).night.flags]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_declaration_is_corrected_to_other_nights(is_first):
    illness = mark(1, 2)
    later = {"first": str(START + 5 * DAY), "last": str(START + 9 * DAY)}
    word = correction(group_of(illness), "moved", value=later)
    nights = [sleep(day) for day in range(11)]

    told = [word, illness] if is_first else [illness, word]

    assert flags(folded([*nights, illness])) == [1, 2]
    assert flags(folded([*nights, *told])) == [5, 6, 7, 8, 9]
    assert flags(folded([*nights, *told, deleted(group_of(word))])) == []


@pytest.mark.parametrize("is_first", [True, False])
def test_an_answer_is_corrected_to_another_day(is_first):
    dinner = raw("c-1", [anchor(START + 2 * DAY, "dinner", 18.5)], at(3, 0))
    day = {"day": str(START + 7 * DAY)}
    word = correction(id_of(dinner), "day", start=wire(at(7, 19)), value=day)

    tables = folded([sleep(1), *([word, dinner] if is_first else [dinner, word]), SYNC])

    found = {
        day: [one.minutes for one in load_day(tables, "c-1", START + day * DAY).anchors
              if one.item == "dinner"]
        for day in (2, 7)
    }  # fmt: skip
    assert found == {2: [], 7: [1140.0]}


BATTERY = raw(
    "c-1",
    [{"kind": "device.battery", "start": wire(at(4, 20)), "value": {"percent": 50}}],
    at(4, 20),
    device="tracker",
)


@pytest.mark.parametrize(
    ("told", "value"),
    [
        (BATTERY, {"percent": "much"}),
        (NIGHT, {"stages": "deep"}),
        (NIGHT, {"asleep_min": None, "wake_date": "soon"}),
        (mark(1, 2), {"first": "0001-01-01"}),
        (mark(1, 2), {"last": "9999-12-31"}),
        (mark(1, 2), {"what": "nothing"}),
    ],
)
def test_a_correction_to_what_cannot_be_changes_nothing(told, value):
    records = [sleep(1), told, SYNC]
    word = correction(group_of(told), "wrong", value=value)

    found = folded([word, *records])

    for day in range(1, 11):
        record, before = (
            load_day(tables, "c-1", START + day * DAY) for tables in (found, folded(records))
        )
        assert content(record.night) == content(before.night)


def content(night):
    reasons = [gap.reason for gap in night.gaps]
    return night.onset_at, night.offset_at, night.naps, night.flags, reasons


def test_a_date_that_was_told_by_mistake_is_taken_back():
    wrong = sleep(-20, name="n", received=at(2, 9))
    right = sleep(2, name="n", received=at(2, 10))
    tables = folded([sleep(1), wrong])

    before = load_client(tables, "c-1").begins
    fold(tables, right, partition=0, offset=9, incarnation="i")
    found = score(tables, "c-1", LAST)

    early = START - 20 * DAY
    assert before == early
    assert load_client(tables, "c-1").begins == START + DAY
    said = {one.night.night: one for one in found.nights}
    assert (said[early].night.certainty, said[early].state) == ("none", "revised")
    rows = [row for row in found.scores if row.local_date == early]
    assert {row.window for row in rows} >= {"1d", "7d"}
    assert all(row.scores == () for row in rows)
    whole = batch([sleep(1), right, wrong], [profile("c-1")], LAST)
    assert state_digest(tables, "c-1") == state_digest(whole.tables, "c-1")
    again = score(tables, "c-1", LAST)
    assert (again.days, again.nights, again.scores) == ((), (), ())


def test_deletions_alone_are_no_beginning():
    stone = raw("c-1", [tombstone("x", at(-30, 0), at(-30, 8))], at(2, 9))

    assert load_client(folded([sleep(1), stone]), "c-1").first == date(2026, 1, 6)
