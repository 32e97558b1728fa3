import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from daykeel.rhythm.evaluate import evaluate

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, kinds, shifted, steady

DAY = timedelta(days=1)


def flown(zone, nights=20, *, late=5.0):
    days = shifted(steady(60), nights, mid=late)
    days[-nights:] = [replace(day, night=replace(day.night, zone=zone)) for day in days[-nights:]]
    return days


def evaluated(days):
    return evaluate(days, context(), at(days[-1].day, 20), days[-1].day)


def journey(days):
    signals = next(one for one in evaluated(days).signals if one.kind == "travel")
    return signals.episodes[0]


def test_a_journey_over_many_hours_is_told_in_place_of_a_rhythm_alert():
    found = evaluated(flown("Asia/Tokyo", 8))

    assert kinds(found) == {"travel": [START + 52 * DAY]}


def test_it_says_from_where_to_where_and_until_when():
    found = journey(flown("Asia/Tokyo"))

    assert dict(found.note) == {
        "from": "UTC",
        "to": "Asia/Tokyo",
        "hours": "+9",
        "no evidence until": "25 Feb 2026",
    }
    assert (found.severity, len(found.nights)) == ("info", 11)
    assert found.recovered == START + 51 * DAY


def test_it_carries_what_the_charts_would_have_said():
    found = journey(flown("Asia/Tokyo"))

    held = [(one.chart, one.rule, one.side) for one in found.findings]
    assert held[0] == ("zone", "zone_change", "")
    assert ("sleep.mid", "slow", "late_low") in held


def test_a_journey_over_two_hours_silences_but_is_not_told():
    assert kinds(evaluated(flown("Europe/Helsinki", 4))) == {}


def test_it_is_known_when_the_second_night_is_final():
    days = flown("Asia/Tokyo", 8)

    assert journey(days).evidence_at == days[53].night.finalised_at
