import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from daykeel.rhythm.ledger import Score
from daykeel.scores.protocol import StoredNight
from daykeel.web.caseload import (
    OpenAlert,
    Row,
    by_need,
    by_regularity,
    countdown,
    row,
    silence,
)
from daykeel.web.history import History, dates

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_people import LAST, NOW, Life, baseline, days_of

DAY = timedelta(days=1)


def alert(severity="watch", confidence=0.7, days=0.0):
    return OpenAlert(
        "a", "phase_delay", "Later", severity, "open", confidence, NOW - timedelta(days=days)
    )


def a_row(name, *alerts, silence=0, sri=80.0):
    return Row(name, name, alerts, sri, None, silence, None, None)


def names(rows):
    return [one.name for one in rows]


def nights_of(life=None, nights=42):
    return [day.night for day in days_of("c", life or Life(), nights)]


def known(days, scores=(), baselines=()):
    return History(
        client="c",
        first=days[0].day,
        last=days[-1].day,
        nights={one.day: StoredNight(one.night, 1, "final", NOW) for one in days},
        days={one.day: one for one in days},
        scores={(one.measure, day): one for day, found in scores for one in found},
        baselines={one.chart: one for one in baselines},
    )


def test_severity_confidence_and_age_multiply():
    assert alert("watch", 0.7, 0).need(NOW) == 1.4
    assert alert("act", 0.5, 3).need(NOW) == 8.0


def test_the_neediest_come_first_then_the_silent_then_by_name():
    rows = [
        a_row("Zoe"),
        a_row("Ann"),
        a_row("Mia", silence=4),
        a_row("Ben", alert("info")),
        a_row("Kim", alert("act")),
    ]

    assert names(by_need(rows, NOW)) == ["Kim", "Ben", "Mia", "Ann", "Zoe"]


def test_an_old_watch_overtakes_a_fresh_act():
    rows = [a_row("fresh", alert("act", 0.7, 0)), a_row("old", alert("watch", 0.7, 5))]

    assert names(by_need(rows, NOW)) == ["old", "fresh"]


def test_the_least_regular_come_first_and_the_unknown_last():
    rows = [a_row("Ann", sri=90), a_row("Ben", sri=None), a_row("Kim", sri=30)]

    assert names(by_regularity(rows)) == ["Kim", "Ann", "Ben"]


def test_silence_counts_the_nights_since_the_last_one_with_data():
    nights = nights_of(Life(off=(0, 1, 2)))

    assert silence(nights, LAST - 41 * DAY, LAST) == 3


def test_evenings_that_leave_every_sleep_unknown_are_no_data():
    unknown, waking = nights_of(Life(off=(0, 1, 2))), nights_of()
    nights = [
        replace(one, known_core=known.known_core / 2)
        for one, known in zip(unknown, waking, strict=True)
    ]

    assert silence(nights, LAST - 41 * DAY, LAST) == 3


def test_somebody_of_whom_nothing_ever_came_is_silent_since_the_first_night():
    assert silence([], LAST - 4 * DAY, LAST) == 5


def test_silence_of_a_new_client_begins_with_enrolment():
    empty = replace(known(days_of("c", Life(), 42)), nights={})

    assert row("Ann", empty, [], enrolled=LAST).silence == 1


def test_data_of_last_night_are_no_silence():
    assert silence(nights_of(), LAST - 41 * DAY, LAST) == 0


def test_the_countdown_says_how_many_nights_are_there_and_about_how_many_to_go():
    nights = nights_of(nights=17)

    assert countdown(nights, LAST).told == "17 of 28 nights, about 11 to go"


def test_missing_nights_make_the_countdown_longer():
    nights = nights_of(Life(off=tuple(range(0, 20, 2))), nights=20)

    assert countdown(nights, LAST).told == "10 of 28 nights, about 36 to go"


def test_nights_that_cannot_enter_a_baseline_do_not_count():
    nights = nights_of(nights=4)
    barred = [
        replace(nights[0], flags=("dst", "dst_2")),
        replace(nights[1], flags=("excluded",)),
        replace(nights[2], final=False),
        replace(nights[3], certainty="bounded"),
    ]

    assert countdown(barred, LAST).nights == 0


def test_once_there_is_a_baseline_there_is_no_countdown():
    days = days_of("c", Life(), 42)

    assert row("Ann", known(days), [], enrolled=None).countdown is not None
    assert row("Ann", known(days, baselines=[baseline(days)]), [], enrolled=None).countdown is None


def test_an_old_score_is_no_score():
    days = days_of("c", Life(), 42)
    score = Score("sri.window", "7d", 80.0, 80.0, 80.0, 1.0, "ok")
    recent = known(days, scores=[(LAST - DAY, [score])])
    stale = known(days, scores=[(LAST - 9 * DAY, [score])])

    assert row("Ann", recent, [], enrolled=None).sri == 80.0
    assert row("Ann", stale, [], enrolled=None).sri is None


def test_an_insufficient_score_is_no_score():
    days = days_of("c", Life(), 42)
    score = Score("sri.window", "7d", reasons=("few_pairs",))

    assert row("Ann", known(days, scores=[(LAST, [score])]), [], enrolled=None).sri is None


def test_the_newest_evidence_is_when_data_last_arrived():
    days = days_of("c", Life(), 42)

    found = row("Ann", known(days), [], enrolled=None)

    assert found.heard == max(day.night.evidence_at for day in days)
    assert found.heard > datetime(2026, 3, 31, tzinfo=UTC)


def test_dates_include_both_ends():
    assert dates(date(2026, 3, 1), date(2026, 3, 1)) == [date(2026, 3, 1)]


def test_a_baseline_of_which_too_much_was_deleted_says_that_it_does_not_alert():
    days = days_of("c", Life(), 42)
    left = replace(baseline(days), nights=(LAST,) * 28, deleted=3, provisional=True)

    told = row("Ann", known(days, baselines=[left]), [], enrolled=None).countdown

    assert told is not None
    assert told.told == "25 of 28 nights, the rest was deleted: it raises no drift alerts"
