import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.assembly import UNKNOWN
from daykeel.rhythm.minutes import known
from daykeel.rhythm.minutes import slept as sleep_of
from daykeel.rhythm.nights import build_day, next_change

sys.path.insert(0, str(Path(__file__).parent))
from told import (
    LATER,
    NIGHT,
    at,
    context,
    correction,
    deleted,
    pieces,
    record,
    said,
    scene,
    slept,
    steps,
)

HEARD = {"wrist": at(20), "finger": at(10), "phone": at(30)}
TIMES = ("onset", "offset", "mid", "duration", "tst")


def flags(packed):
    return np.unpackbits(np.frombuffer(packed, dtype=np.uint8)).astype(bool)


def test_bits_are_the_clock_minutes_from_noon_to_noon():
    found = record(slept(-1, 7), heard={"wrist": at(10)})

    asleep, valid = flags(found.sleep_bits), flags(found.valid_bits)
    assert np.flatnonzero(asleep).tolist() == list(range(11 * 60, 19 * 60))
    assert np.flatnonzero(valid).tolist() == list(range(22 * 60))
    assert not flags(found.fallback_bits).any()


def test_bits_of_a_source_that_stands_in_are_set():
    found = record(slept(-1, 7), sources=("ring", "watch"))

    assert flags(found.fallback_bits).all()


def test_a_night_that_has_not_begun_is_empty():
    found = record(as_of=at(-30), heard={})

    assert (found.night.final, found.night.coverage, found.night.gaps) == (False, 0.0, ())
    assert not any(found.valid_bits)


def test_the_record_says_whose_and_which_it_is():
    found = record(slept(-1, 7))

    assert (found.client, found.day, found.night.night) == ("c-1", NIGHT, NIGHT)
    assert (found.night.source, found.night.device) == ("watch", "wrist")
    assert found.night.pieces == ((slept(-1, 7).group, "used"),)


# next_change


def changes(*events, as_of, heard=None):
    heard = {"wrist": at(as_of)} if heard is None else heard
    found = record(*events, as_of=at(as_of), heard=heard)
    return next_change(found, context(), at(as_of))


def test_a_night_becomes_final_three_hours_after_waking_and_is_whole_in_the_evening():
    assert changes(slept(-1, 7), as_of=8.5) == at(10)
    assert changes(slept(-1, 7), as_of=10) == at(18)
    assert changes(slept(-1, 7), as_of=18) is None


def test_a_night_of_which_nothing_is_known_waits_for_the_evening():
    assert changes(as_of=3, heard={}) == at(18)


def test_a_wake_up_alone_is_looked_at_again_soon():
    assert changes(said("sleep.wake", 3), as_of=5, heard={}) == at(5.25)


def test_reasons_of_gaps_may_change_for_some_days_more():
    assert changes(slept(-25, -17), as_of=18, heard={"wrist": at(-10)}) == at(12 + 72)
    assert changes(as_of=84, heard={}) is None


def test_nothing_changes_before_the_next_change():
    given_ = pieces(slept(-1, 7), slept(-25, -17))
    heard = {"wrist": at(9)}
    first = build_day(NIGHT, given_, context(), heard, at(18))

    again = build_day(NIGHT, given_, context(), heard, at(400))

    assert next_change(first, context(), at(18)) is not None
    assert again.night.gaps[0].stop == first.night.gaps[0].stop
    assert again.night.onset == first.night.onset


# laws

hours = st.integers(-18 * 4, 17 * 4).map(lambda quarter: quarter / 4)


@st.composite
def events(draw):
    """One of many things that devices say, somewhere around the night."""
    start, length = draw(hours), draw(st.integers(1, 36)) / 4
    kind = draw(st.sampled_from(sorted(KINDS)))
    source = draw(st.sampled_from([("watch", "wrist"), ("ring", "finger"), ("app", "phone")]))
    name = f"{kind} {start} {length} {source[0]}"
    return KINDS[kind](start, length, {"source": source[0], "device": source[1], "name": name})


def point(kind, **value):
    return lambda start, _, who: said(kind, start, **value, **who)


def stretch(kind, **value):
    return lambda start, length, who: said(kind, start, start + length, **value, **who)


KINDS = {
    "sleep": lambda start, length, who: slept(start, start + length, **who),
    "more sleep": lambda start, length, who: slept(start, start + length, asleep_min=480, **who),
    "awake": stretch("sleep.stage", stage="awake"),
    "light": stretch("sleep.stage", stage="light"),
    "off": stretch("device.off_wrist"),
    "flat": point("device.battery", percent=2),
    "charged": point("device.battery", percent=90),
    "unlock": point("phone.unlock"),
    "walk": stretch("activity.session"),
    "start": point("sleep.tracking_start"),
    "stop": point("sleep.tracking_stop"),
    "total": stretch("sleep.duration", asleep_min=400),
    "steps": stretch("activity.steps", steps=9000),
    "dinner": point("meal", meal="dinner"),
    "bed": point("bed.out"),
    "bed in": point("bed.in"),
    "call": point("social.contact", channel="call", direction="out", answered=True),
}
lots = st.lists(events(), min_size=1, max_size=8, unique_by=lambda event: event.id)


def known_minutes(*told, **more):
    given_ = scene(*told, heard=HEARD, **more)
    return known(given_, sleep_of(given_)).states


@settings(max_examples=150, deadline=None)
@given(lots, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(told, random):
    told = [*told, *(correction(told[0].group, start=0, stop=6), deleted(told[-1]))]
    shuffled = random.sample(told, len(told))

    assert record(*shuffled, heard=HEARD) == record(*told, heard=HEARD)


@settings(max_examples=120, deadline=None)
@given(lots, st.data())
def test_deleting_makes_minutes_unknown_and_nothing_else(told, data):
    gone = data.draw(st.sampled_from(told))
    stone = deleted(gone, span=data.draw(st.booleans()))
    ranked = data.draw(st.sampled_from([(), ("ring", "watch")]))
    before = known_minutes(*told, sources=ranked)

    after = known_minutes(*told, stone, sources=ranked)

    still = after != UNKNOWN
    assert (before[still] == after[still]).all()


@settings(max_examples=120, deadline=None)
@given(lots, st.data())
def test_deleting_never_changes_a_value_without_lowering_coverage(told, data):
    stone = deleted(data.draw(st.sampled_from(told)), span=data.draw(st.booleans()))
    before = record(*told, heard=HEARD)

    after = record(*told, stone, heard=HEARD)

    values = [[getattr(one.night, name) for name in TIMES] for one in (before, after)]
    assert after.night.coverage <= before.night.coverage
    if values[0] != values[1]:
        assert after.night.coverage < before.night.coverage


@settings(max_examples=120, deadline=None)
@given(lots, st.data())
def test_deleting_brings_forth_no_anchor_that_was_not_there(told, data):
    stone = deleted(data.draw(st.sampled_from(told)), span=data.draw(st.booleans()))
    before, after = record(*told, heard=HEARD), record(*told, stone, heard=HEARD)

    assert anchors(after) <= anchors(before)


def anchors(found):
    """All but the ends of main sleep, which are those of the night and have its coverage."""
    return {one for one in (*found.anchors, *found.bed_before) if one.source_class != "main_sleep"}


@settings(max_examples=40, deadline=None)
@given(lots, st.data())
def test_deleting_lowers_the_minutes_of_activity_that_count(told, data):
    walked = steps(6, 9, 30, unit="counts")
    stone = deleted(data.draw(st.sampled_from(told)))
    before, after = (record(*told, *walked, *more, heard=HEARD) for more in ((), (stone,)))

    assert all(b >= a for b, a in zip(before.act_n, after.act_n, strict=True))
    same = [b == a for b, a in zip(before.act_n, after.act_n, strict=True)]
    sums = zip(before.act_sum, after.act_sum, strict=True)
    assert all(b == a for (b, a), is_same in zip(sums, same, strict=True) if is_same)


@settings(max_examples=60, deadline=None)
@given(lots, st.integers(-10, 40))
def test_what_is_told_is_the_same_whenever_one_asks_once_the_night_is_over(told, later):
    first = record(*told, as_of=at(90), heard=HEARD)

    assert record(*told, as_of=at(90) + timedelta(hours=later + 10), heard=HEARD) == first


@pytest.mark.parametrize("seed", range(3))
def test_a_revision_of_a_session_moves_the_inputs(seed):
    one, other = slept(-1, 7), slept(-1, 7 + seed / 4, revision="sha256:other")

    assert record(one).inputs != record(other).inputs
    assert record(one).inputs == record(one, heard={}).inputs
    assert at(20) < LATER
