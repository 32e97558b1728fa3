import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daykeel.alerting.knowledge import Known
from daykeel.alerting.recalled import Past, as_it_was, recalled, recalled_reports
from daykeel.rhythm.rules import LIVE

sys.path.insert(0, str(Path(__file__).parents[1] / "rhythm"))
from day_records import START, at, context, shifted, silent_night, steady
from day_records import record as day_record

DAY = timedelta(days=1)
NOW = START + 60 * DAY


def late(day, hours):
    """The same day, of which the data came so many hours after the night was final."""
    came = day.night.finalised_at + timedelta(hours=hours)
    return replace(day, night=replace(day.night, evidence_at=came))


def test_each_night_became_known_when_it_was_final():
    days = steady(3)

    found = recalled(days[::-1], context())

    assert [(one.at, one.days) for one in found] == [
        (day.night.finalised_at, (day,)) for day in days
    ]
    assert [one.context is not None for one in found] == [True, False, False]


def test_a_night_whose_data_came_late_was_unknown_until_then():
    days = steady(3)
    days[0] = late(days[0], 60)

    found = recalled(days, context())

    assert [(one.days[0].day, one.days[0].night.certainty) for one in found] == [
        (days[0].day, "none"),
        (days[1].day, "certain"),
        (days[2].day, "certain"),
        (days[0].day, "certain"),
    ]


def test_a_night_that_is_not_final_is_not_known():
    days = steady(2)
    days[1] = replace(days[1], night=replace(days[1].night, final=False, finalised_at=None))

    assert len(recalled(days, context())) == 1


def test_as_known_a_drift_is_told_of_when_its_nights_came():
    days = shifted(steady(60), 14, mid=2.5)
    days = [*days[:-14], *(late(day, 24 * (70 - n)) for n, day in enumerate(days[-14:], 46))]

    final, known = (
        recalled_reports(Past(days, context()), [LIVE], mode, coming=NOW)[0]
        for mode in ("as_final", "as_known")
    )

    first, second = (
        next(one for one in report.alerts if one.kind == "phase_delay") for report in (final, known)
    )
    assert first.onset == second.onset
    assert second.raised_at - first.raised_at > 7 * DAY


def test_only_alerts_of_the_nights_asked_for_are_told():
    days = shifted(steady(60), 20, mid=2.5)

    long, short = (
        recalled_reports(Past(days, context()), [LIVE], coming=NOW, back=back)[0].alerts
        for back in (60, 3)
    )

    assert {one.kind for one in long} >= {"phase_delay"}
    assert "phase_delay" not in {one.kind for one in short}


def test_without_a_final_night_there_is_nothing_to_test():
    night = replace(silent_night(at(steady(1)[0].day, 0).date()), final=False)

    with pytest.raises(ValueError, match="nothing to test"):
        recalled_reports(Past([day_record(night)], context()), [LIVE], coming=NOW)


def test_a_history_that_began_with_the_client_is_all_there_is():
    days = steady(2)
    history = [Known(at(START, 30), tuple(days), context())]

    assert as_it_was(steady(3), history, context(enrolled=START)) == (history, set())


def test_before_the_history_began_only_last_versions_are_known():
    days = steady(4)
    later = late(days[1], 60)
    history = [
        Known(at(days[2].day, 1), context=context(), number=1),
        Known(at(days[3].day, 20), (later,), number=2),
    ]

    known, last_only = as_it_was([days[0], days[1], *days[2:]], history, context(enrolled=START))

    assert last_only == {days[0].day, days[1].day}
    assert [one.days[0].night.certainty if one.days else "" for one in known] == [
        "certain",
        "none",
        "",
        "certain",
    ]
    assert known[0].context == context()
    assert known[2:] == history


def test_without_any_history_the_report_says_that_only_last_versions_are_known():
    days = steady(60)

    known, final = (
        recalled_reports(Past(days, context()), [LIVE], mode, coming=NOW, back=30)
        for mode in ("as_known", "as_final")
    )

    assert [one.last_only for one in known] == [30, 30]
    assert [one.last_only for one in final] == [0, 0]


def test_as_known_the_rules_of_each_night_are_those_that_were_in_force():
    days = shifted(steady(60), 14, mid=2.5)
    deaf = replace(LIVE, version="deaf", limits=((0, 30.0),), acute_far=90.0, acute_much=20.0)
    before, since = context(rules=((START, deaf),)), ((START, deaf), (START + 70 * DAY, LIVE))
    history = [
        Known(at(START, -5), context=before),
        *(Known(at(day.day, 20), (day,)) for day in days),
        Known(at(NOW, 20), context=context(rules=since)),
    ]

    live, trial = recalled_reports(
        Past(days, context(rules=since), history), [LIVE], "as_known", coming=START + 70 * DAY
    )

    assert (live.rules, live.alerts) == ("deaf", ())
    assert trial.rules == LIVE.version
    assert "phase_delay" in {one.kind for one in trial.alerts}
