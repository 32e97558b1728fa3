import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from daykeel.rhythm.ledger import AnchorCandidate
from daykeel.web.own import Known, own_day

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_people import LAST, NOW, ZONE, Life, baseline, days_of

DAY = timedelta(days=1)
BEFORE = LAST - DAY


def known(days, now=NOW, frozen=None):
    return Known({one.day: one for one in days}, frozen, now, ZONE)


def question(item, day, what):
    return next(one for one in own_day(day, what).questions if one.item == item)


def with_anchors(record, *anchors):
    return replace(record, anchors=anchors)


def test_sensors_prefill_what_they_know():
    days = days_of("c", Life(spread=0.0), 30)

    found = question("out_of_bed", LAST, known(days))

    assert (found.told, found.source, found.is_answered) == ("07:00", "your device", True)


def test_the_client_is_believed_before_any_sensor():
    sensed = AnchorCandidate("out_of_bed", "main_sleep", 420.0, done=True)
    reported = AnchorCandidate("out_of_bed", "reported", 450.0, done=True, people=0)
    days = [with_anchors(days_of("c", Life(), 1)[0], sensed, reported)]

    found = question("out_of_bed", LAST, known(days))

    assert (found.told, found.source, found.people) == ("07:30, alone", "you", 0)


def test_going_to_bed_is_sensed_in_the_night_that_followed():
    days = days_of("c", Life(onset=-1.0, spread=0.0), 30)

    assert question("bed", BEFORE, known(days)).told == "23:00"
    assert question("bed", LAST, known(days)).told == ""


def test_not_done_is_told_as_such():
    missed = AnchorCandidate("dinner", "reported", None, done=False)
    days = [with_anchors(days_of("c", Life(), 1)[0], missed)]

    found = question("dinner", LAST, known(days))

    assert (found.told, found.is_missed, found.time) == ("not done", True, None)


def test_now_can_be_tapped_for_today_only():
    days = days_of("c", Life(), 30)

    assert question("dinner", LAST, known(days)).can_now
    assert not question("dinner", BEFORE, known(days)).can_now


def test_the_usual_time_is_that_of_the_baseline():
    days = days_of("c", Life(), 30)

    assert question("dinner", LAST, known(days, frozen=baseline(days))).usual == "18:45"


def test_without_a_baseline_the_usual_time_is_that_of_the_last_weeks():
    days = days_of("c", Life(spread=0.0), 10)

    assert question("out_of_bed", LAST, known(days)).usual == "07:00"


def test_without_a_few_times_nothing_is_usual():
    days = days_of("c", Life(), 3)

    assert question("dinner", LAST, known(days)).usual is None


def test_about_usual_cannot_be_said_of_a_time_to_come():
    days = days_of("c", Life(), 30)
    morning = datetime(2026, 3, 31, 6, 30, tzinfo=UTC)

    found = known(days, morning, baseline(days))

    assert question("first_contact", LAST, found).usual == "08:00"
    assert question("dinner", LAST, found).usual is None


def test_after_midnight_it_is_still_the_same_day_until_four():
    late = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)

    found = own_day(LAST, known(days_of("c", Life(), 3), late))

    assert found.name == "Today"


def test_a_day_nobody_knows_asks_all_five():
    found = own_day(LAST, known([]))

    assert (found.missing, found.mood, found.energy) == (5, None, None)
