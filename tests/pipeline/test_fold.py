import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from daykeel.events.pieces import Pieces
from daykeel.pipeline.batch import batch, empty_tables, state_digest
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.tables import day_key, load, load_client, load_day
from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from lives import START, after, anchor, episode, life, midnight, profile, raw, tombstone, wire

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LAST = after(9)


def folded(records, commands=None):
    tables = empty_tables()
    for command in commands or [profile("c-1")]:
        apply(tables, command)
    for offset, record in enumerate(records):
        fold(tables, record, partition=0, offset=offset, incarnation="i")
    return tables


def group_of(record, at=0):
    return adapt(record).events[at].group


def id_of(record, at=0):
    return adapt(record).events[at].id


def sleep(day, *, hours=8.0, received=9.0, name=None, device="tracker"):
    start = midnight(START + day * DAY)
    told = episode(start, start + hours * HOUR, name or f"night {day}")
    return raw("c-1", [told], start + received * HOUR, device=device)


def correction(of, start, stop, received_at, *, name="correction"):
    value = {"of": of, "by": "client", "start": wire(start), "end": wire(stop)}
    event = {"kind": "meta.correction", "native_id": name, "value": value}
    return raw("c-1", [event], received_at)


def stone(of, received_at, *, start=None, stop=None):
    span = (start or received_at, stop or received_at)
    return raw("c-1", [tombstone(of, *span) | {"native_id": f"stone of {of}"}], received_at)


def mark(what, first, last, received_at):
    value = {"what": what, "first": first.isoformat(), "last": last.isoformat()}
    return raw("c-1", [{"kind": "night.mark", "native_id": what, "value": value}], received_at)


def synced(day, hour):
    return raw("c-1", [], midnight(START + day * DAY) + hour * HOUR, device="tracker")


def night(tables, day):
    score(tables, "c-1", LAST)
    return load_day(tables, "c-1", START + day * DAY).night


def eventful():
    """A week with everything that acts on something else, each long after what it acts on."""
    nights = [sleep(day) for day in range(7)]
    late = midnight(START + 8 * DAY)
    dinner = raw("c-1", [anchor(START + 2 * DAY, "dinner", 18.5)], midnight(START + 3 * DAY))
    corrected = correction(group_of(nights[1]), midnight(START + DAY) + HOUR, at(1, 9), late)
    again = correction(group_of(nights[2]), at(2, 1), at(2, 6), late, name="again")
    return [
        *nights,
        *(synced(day, 20) for day in range(8)),
        dinner,
        corrected,
        again,
        correction(group_of(nights[2]), at(2, 1), at(2, 7), late + HOUR, name="again"),
        stone(id_of(again), late + 2 * HOUR),
        stone(id_of(nights[3]), late),
        stone(group_of(nights[4]), late, start=at(4, 0), stop=at(4, 8)),
        stone(id_of(dinner), late),
        sleep(5, hours=7, received=10),
        sleep(5, hours=8, received=11),
        mark("illness", START + 2 * DAY, START + 3 * DAY, late),
        raw("c-1", [{"kind": "device.offline", "start": wire(at(6, 3))}], at(6, 3)),
    ]


def at(day, hour):
    return midnight(START + day * DAY) + hour * HOUR


@pytest.mark.parametrize("seed", range(8))
def test_words_that_come_before_what_they_name_end_where_those_after_do(seed):
    rng = np.random.default_rng(seed)
    records = eventful()
    expected = batch(records, [profile("c-1")], LAST).tables
    shuffled = [records[at] for at in rng.permutation(len(records))]
    tables = empty_tables()
    apply(tables, profile("c-1"))

    for offset, record in enumerate(shuffled):
        fold(tables, record, partition=0, offset=offset, incarnation="i")
        if rng.random() < 0.2:
            score(tables, "c-1", record.received_at + 2 * DAY)
    score(tables, "c-1", LAST)

    assert state_digest(tables, "c-1") == state_digest(expected, "c-1")


def test_a_correction_told_days_later_moves_the_night():
    tables = folded(eventful())

    found = night(tables, 1)

    assert (found.onset_at, found.offset_at) == (at(1, 1), at(1, 9))


def test_a_deleted_session_leaves_a_night_of_which_nothing_is_known():
    tables = folded(eventful())

    for day in (3, 4):
        found = night(tables, day)
        assert (found.certainty, found.no_main_sleep) == ("none", False)
        assert found.pieces[0][1] == "deleted"


def test_a_deleted_correction_takes_what_it_corrected_with_it():
    tables = folded(eventful())

    assert night(tables, 2).certainty == "none"


def test_a_mark_stands_on_the_nights_it_speaks_of():
    tables = folded(eventful())

    flags = [night(tables, day).flags for day in range(1, 5)]

    assert flags == [(), ("illness",), ("illness",), ()]


def test_what_is_said_again_changes_nothing_and_keeps_when_it_was_first_said():
    first, again = sleep(0), sleep(0, received=21)
    once, twice, backwards = (folded(x) for x in ([first], [first, again], [again, first]))

    assert twice.pieces == once.pieces == backwards.pieces
    assert twice.groups == backwards.groups


def test_what_is_taken_back_keeps_when_it_was_first_said():
    tables = folded([sleep(0), sleep(0, hours=7, received=12), sleep(0, received=21)])

    pieces = load(tables.pieces, day_key("c-1", START), Pieces)

    assert [(one.end, one.received_at) for one in pieces.events] == [(at(0, 8), at(0, 9))]


def test_a_last_will_is_no_sync():
    gone = [{"kind": "device.offline", "start": wire(at(0, 12))}]
    tables = folded([sleep(0), raw("c-1", gone, at(0, 12), device="tracker")])

    assert load_client(tables, "c-1").heard == {"daykeel/tracker": at(0, 9)}


def test_syncs_that_tell_of_nothing_leave_the_same_state_however_often_it_is_computed():
    records = [sleep(0, received=8.1), synced(0, 10), synced(0, 20), synced(3, 9), synced(6, 9)]
    tables = empty_tables()
    apply(tables, profile("c-1"))

    for offset, record in enumerate(records):
        fold(tables, record, partition=0, offset=offset, incarnation="i")
        score(tables, "c-1", record.received_at)
    score(tables, "c-1", LAST)

    expected = batch(records[::-1], [profile("c-1")], LAST).tables
    assert state_digest(tables, "c-1") == state_digest(expected, "c-1")


class Counting(dict):
    """A table that counts how often it is read."""

    reads = 0

    def get(self, *key):
        self.reads += 1
        return super().get(*key)


def test_many_words_on_single_events_look_through_the_dates_once():
    tables = folded([sleep(day) for day in range(40)])
    ids = [id_of(sleep(day)) for day in range(5)] + [f"unheard {n}" for n in range(45)]
    words = [
        tombstone(of, at(40, 9), at(40, 9)) | {"native_id": f"{n}"} for n, of in enumerate(ids)
    ]
    counting = Counting(tables.pieces)

    fold(
        replace(tables, pieces=counting),
        raw("c-1", words, at(41, 9)),
        partition=0,
        offset=99,
        incarnation="i",
    )

    assert counting.reads < 100
    assert all(counting[f"c-1|{at(day, 0).date()}"].count(b"meta.tombstone") for day in range(5))


@pytest.mark.parametrize(
    "told",
    [
        [{"kind": "sleep.episode", "start": "yesterday"}],
        [episode(at(1, 0), at(1, 8), "night 1") | {"end": wire(at(0, 0))}],
        [
            {"kind": "device.battery", "start": wire(at(1, 9)), "value": {"percent": 50}},
            episode(at(1, 0), at(1, 8), "night 1") | {"end": wire(at(0, 0))},
        ],
    ],
)
def test_a_record_of_which_sleep_was_refused_is_no_sync(told):
    tables = folded([sleep(0), raw("c-1", told, at(1, 10), device="tracker")])

    assert load_client(tables, "c-1").heard == {"daykeel/tracker": at(0, 9)}
    assert night(tables, 1).certainty == "none"


def test_a_record_of_which_something_else_was_refused_is_a_sync():
    told = [
        {"kind": "device.battery", "start": wire(at(1, 9)), "value": {"percent": 50}},
        {"kind": "device.mood", "start": wire(at(1, 9))},
    ]
    tables = folded([sleep(0), raw("c-1", told, at(1, 10), device="tracker")])

    assert load_client(tables, "c-1").heard == {"daykeel/tracker": at(1, 10)}


def test_another_app_on_the_same_phone_is_no_sync_of_the_sleep_app():
    place = {"_type": "location", "tst": int(at(0, 20).timestamp()), "lat": 1.0, "lon": 1.0}
    other = msgspec.structs.replace(
        raw("c-1", place, at(0, 20), device="tracker"), adapter="owntracks"
    )

    found = night(folded([sleep(0, received=8.1), other]), 0)

    assert (found.certainty, [gap.reason for gap in found.gaps]) == ("none", ["not_synced"])


def test_a_lone_event_of_another_age_is_no_beginning():
    enrolled = profile("c-1", enrolled=START.isoformat())
    reset = raw("c-1", [episode(at(-9000, 0), at(-9000, 8), "reset")], at(0, 9), device="tracker")
    tables = folded([sleep(0), reset], [enrolled])

    found = score(tables, "c-1", LAST)

    assert len(found.days) < 420


def test_a_day_of_which_nothing_new_is_heard_is_not_built_again():
    tables = folded(life("c-1", 9, seed=1))
    score(tables, "c-1", LAST + 5 * DAY)

    again = score(tables, "c-1", LAST + 5 * DAY)

    assert (again.days, again.nights, again.scores, again.signals) == ((), (), (), ())
