import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daykeel.rhythm.consent import Allowance
from daykeel.rhythm.context import Consent
from daykeel.sources.registry import adapt
from daykeel.web.diary import AnchorEntry, LevelEntry, diary_record

sys.path.insert(0, str(Path(__file__).parent))
from told import at, context, night, pieces, record, said, slept, steps

GAP = (Consent("daykeel", None, at(-1)), Consent("daykeel", at(14), None))
"""Withdrawn at 23:00 before the night, and given again at 14:00 after it."""


def allowing(*consents, tz="UTC"):
    return Allowance(context(tz, consents=consents), at(-48))


def test_without_any_consent_everything_is_allowed():
    assert allowing().events([slept(-1, 7)]) == [slept(-1, 7)]


def test_events_count_from_consent_until_it_is_withdrawn():
    allowance = allowing(Consent("daykeel", at(-10), at(5)))
    events = [said("meal", hours, meal="dinner") for hours in (-11, -10, 4, 5)]

    assert allowance.events(events) == events[1:3]


def test_consent_to_everything_is_consent_to_each():
    assert allowing(Consent("*")).events([slept(-1, 7)]) == [slept(-1, 7)]


def test_consent_to_one_source_is_none_to_another():
    assert allowing(Consent("owntracks")).events([slept(-1, 7)]) == []


def test_epochs_are_cut_where_consent_ends():
    (epochs,) = pieces(*steps(1, 1.1, 5))[at(1).date()].epochs

    cut = allowing(Consent("daykeel", None, at(1.05))).epochs(epochs)

    assert cut is not None
    assert (cut.start, cut.value) == (epochs.start[:3], [5000] * 3)
    assert allowing(Consent("owntracks")).epochs(epochs) is None
    assert allowing(Consent("daykeel")).epochs(epochs) is epochs


def test_a_night_without_consent_is_as_if_nothing_had_come():
    withdrawn = (Consent("daykeel", at(-999), at(-20)),)

    assert night(slept(-1, 7), consents=withdrawn).certainty == "none"
    assert record(slept(-1, 7), consents=withdrawn).inputs == record(consents=withdrawn).inputs


def test_sleep_that_reaches_into_the_withdrawn_time_is_as_if_it_had_never_come():
    told = slept(-1.5, 7, received_at=20)

    assert night(told, consents=GAP).certainty == "none"
    assert record(told, consents=GAP).inputs == record(consents=GAP).inputs


def test_messages_on_both_sides_of_the_withdrawn_time_are_no_sleep():
    begun = said("sleep.tracking_start", -1.5)
    ended = said("sleep.tracking_stop", 7)
    consents = (Consent("daykeel", None, at(-1)), Consent("daykeel", at(5), None))

    assert night(begun, ended).duration.value == 510
    assert night(begun, ended, consents=consents).certainty == "none"


def test_what_lies_on_either_side_of_the_withdrawn_time_stays():
    consents = (Consent("daykeel", None, at(8)), Consent("daykeel", at(14), None))

    assert night(slept(-1, 7), consents=consents) == night(slept(-1, 7))
    assert night(slept(-1, 7, received_at=20), consents=consents).duration.value == 480


def test_what_came_before_the_withdrawal_stays_though_it_ends_later():
    day = said("activity.steps", -24, 0, received_at=-2, steps=5000)

    assert allowing(*GAP).events([day]) == [day]


def test_epochs_that_reach_into_the_withdrawn_time_are_cut():
    (epochs,) = pieces(*steps(-1.1, -0.9, 5, epoch_s=300, received_at=20))[at(-1).date()].epochs

    cut = allowing(*GAP).epochs(epochs)

    assert cut is not None
    assert [at for at in cut.start if at + 300 > GAP[0].stop.timestamp()] == []


def test_consents_that_follow_each_other_at_once_are_one():
    consents = (Consent("daykeel", None, at(2)), Consent("*", at(2), None))

    assert night(slept(-1, 7, received_at=20), consents=consents) == night(
        slept(-1, 7, received_at=20)
    )


DAY = date(2026, 3, 10)
TOLD = [
    LevelEntry("mood", DAY, 2),
    AnchorEntry("dinner", DAY, done=False),
    AnchorEntry("first_contact", DAY, done=True, time="08:30"),
    AnchorEntry("start_activity", DAY, done=True, time="12:00"),
]


def kept(tz, *, ended, again):
    """Which of the entries of a day count, with consent withdrawn and given again at an hour."""
    consents = (Consent("daykeel", None, ended), Consent("daykeel", again, None))
    events = adapt(diary_record("c-1", TOLD, now=again + timedelta(hours=11), zone=tz)).events
    allowance = Allowance(context(tz, consents=consents), again - timedelta(days=5))
    allowed = allowance.events(events)
    return [(one.value.get("item"), one.value.get("time")) for one in allowed]


@pytest.mark.parametrize(("tz", "hour"), [("America/Los_Angeles", 16), ("Asia/Tokyo", 0)])
def test_the_diary_counts_by_the_clocks_where_the_client_lives(tz, hour):
    nine = datetime(2026, 3, 10, hour, tzinfo=UTC)  # 09:00 there

    found = kept(tz, ended=nine - timedelta(days=9), again=nine)

    assert found == [(None, None), ("dinner", None), ("start_activity", "12:00")]


def test_a_sleep_told_from_midnight_on_has_a_time():
    walls = [datetime(2026, 3, 4), datetime(2026, 3, 4, 7)]  # noqa: DTZ001  on a wall clock
    told = said("self.sleep_diary", local_start=walls[0], local_end=walls[1], received_at=20)
    alone = said("self.sleep_diary", local_start=walls[0], received_at=20)

    assert allowing(*GAP).events([told, alone]) == [alone]


@pytest.mark.parametrize(("hours", "count"), [(18.9, 2), (19, 0)])
def test_an_entry_without_a_time_counts_on_a_day_on_which_consent_held_at_all(hours, count):
    """The day is the social one, until 04:00; Tokyo is nine hours ahead."""
    again = datetime(2026, 3, 10, tzinfo=UTC) + timedelta(hours=hours)
    found = kept("Asia/Tokyo", ended=again - timedelta(days=9), again=again)

    assert len(found) == count
