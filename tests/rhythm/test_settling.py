"""A night that is final is changed by what arrives, never by waiting."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from test_nights import lots
from told import at, context, deleted, night, pieces, said, slept

from daykeel.rhythm.nights import build_day, next_change

SHORT = slept(3, 6.5, received_at=7)


def asked(*told, heard, as_of, **more):
    return night(*told, heard={"wrist": at(heard)}, as_of=at(as_of), **more)


def lasted(found):
    return found.final, found.certainty, found.duration.value


@pytest.mark.parametrize("as_of", [10, 12, 14, 16, 18, 24, 60])
def test_a_short_night_stays_certain_where_the_tracker_is_silent_afterwards(as_of):
    found = asked(SHORT, heard=10, as_of=as_of)

    assert lasted(found) == (True, "certain", 210)


def test_the_silent_hours_lower_the_coverage_and_are_gaps():
    before, after = (asked(SHORT, heard=10, as_of=as_of) for as_of in (10, 18))

    assert (before.coverage, before.gaps) == (1, ())
    assert after.coverage < 1
    assert [(one.start, one.stop) for one in after.gaps] == [(at(10), at(12))]


def test_a_longer_sleep_that_is_told_of_later_counts():
    later = slept(9.5, 14, received_at=16)

    assert lasted(asked(SHORT, later, heard=16, as_of=20)) == (True, "certain", 270)


def test_who_was_heard_only_while_the_night_could_go_on_leaves_it_unknown():
    """Up from 06:30 to 08:00 and then silent: the sleep may have gone on."""
    open_night, evening = (asked(SHORT, heard=8, as_of=as_of) for as_of in (10, 18))

    assert (open_night.final, open_night.duration.value) == (False, 210)
    assert lasted(evening) == (True, "none", None)


def test_what_others_tell_afterwards_takes_nothing_away():
    walk = said("activity.session", 15, 15.5, device="phone", source="phone")

    assert lasted(asked(SHORT, walk, heard=10, as_of=18)) == (True, "certain", 210)


def test_a_night_without_a_sleep_waits_for_the_evening_and_for_what_may_come():
    nap = slept(3, 3 + 40 / 60)

    assert asked(nap, heard=10, as_of=12).final is False
    assert lasted(asked(nap, heard=10, as_of=18)) == (True, "none", None)


def test_a_night_that_waits_for_what_may_come_is_looked_at_when_it_is_over():
    found = build_day(at(0).date(), {}, context(), {}, at(10))

    assert next_change(found, context(), at(10)) == at(18)


def test_a_nap_before_the_night_does_not_stand_for_it():
    nap = slept(-11, -9)

    assert lasted(asked(nap, heard=-3, as_of=4)) == (False, "none", None)
    assert lasted(asked(nap, heard=-3, as_of=48)) == (True, "none", None)


def test_who_was_up_and_heard_at_night_may_have_slept_again():
    first = slept(-1, 0.5)

    assert asked(first, heard=4.5, as_of=5).final is False
    assert lasted(asked(first, heard=4.5, as_of=18)) == (True, "none", None)


def test_each_device_that_told_of_sleep_has_to_be_heard():
    ends = {"wrist": at(8), "phone": at(9.6)}
    nap = slept(-6, -5, device="phone", source="phone")

    found = night(SHORT, nap, heard=ends, as_of=at(18))

    assert lasted(found) == (True, "none", None)


def test_a_deletion_is_nothing_heard():
    walk = said("activity.steps", 7.4, 7.5, device="phone", source="phone", steps=90)
    stone = deleted(walk, received_at=10)

    assert lasted(asked(SHORT, walk, heard=8, as_of=18)) == (True, "none", None)
    assert lasted(asked(SHORT, walk, stone, heard=8, as_of=18)) == (True, "none", None)


def test_a_session_that_ends_awake_is_looked_at_until_it_is_final():
    given_ = pieces(slept(-1, 7), said("sleep.stage", 6.5, 7, stage="awake"))
    heard = {"daykeel/wrist": at(8.5)}
    looked = at(8.5)
    while not (found := build_day(at(0).date(), given_, context(), heard, looked)).night.final:
        looked = next_change(found, context(), looked)

    assert looked == at(10)


HEARD = ("wrist", "finger", "phone")
quarters = st.integers(-24, 64).map(lambda quarter: at(quarter / 4))


@settings(max_examples=300)
@given(
    st.integers(-12, 16),
    st.integers(8, 32),
    lots,
    st.fixed_dictionaries(dict.fromkeys(HEARD, quarters)),
    quarters,
    st.data(),
)
def test_a_deletion_whenever_it_is_made_makes_no_night_more_certain(  # noqa: PLR0917
    onset, length, more, heard, deleted_at, data
):
    main = slept(onset / 4, (onset + length) / 4, name="main")
    told = [one for one in (main, *more) if one.received_at <= at(18)]
    gone = data.draw(st.sampled_from(told))
    stone = deleted(gone, received_at=deleted_at, span=data.draw(st.booleans()))

    before = night(*told, heard=heard, as_of=at(18))
    after = night(*told, stone, heard=heard, as_of=at(18))

    for name in ("duration", "mid"):
        wide, narrow = getattr(after, name), getattr(before, name)
        if wide.lo is not None:
            assert narrow.lo is not None
            assert wide.lo <= narrow.lo + 1e-9
            assert wide.hi >= narrow.hi - 1e-9


@settings(max_examples=200, deadline=None)
@given(lots, st.integers(-4, 30), st.integers(0, 48), st.booleans())
def test_waiting_changes_nothing_of_a_final_night(told, heard, wait, is_deleted):
    told = [*told, deleted(told[0], received_at=1)] if is_deleted else told
    heard = max(at(heard), *(one.received_at for one in told))
    ends = dict.fromkeys(HEARD, heard)
    first = night(*told, heard=ends, as_of=heard + timedelta(hours=3))
    assume(first.final)

    later = night(*told, heard=ends, as_of=heard + timedelta(hours=3 + wait))

    for name in ("finalised_at", "onset", "offset", "mid", "duration", "tst", "certainty", "naps"):
        assert getattr(later, name) == getattr(first, name), name
    assert later.coverage <= first.coverage
