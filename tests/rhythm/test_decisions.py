import sys
from datetime import timedelta
from pathlib import Path

from daykeel.rhythm.decisions import Decisions, periods

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, baseline

DAY = timedelta(1)


def test_pins_of_a_chart_are_in_the_order_they_froze():
    later, first = baseline(frozen=START + DAY), baseline(frozen=START)
    other = baseline(chart="sleep.duration")

    assert Decisions((later, other, first)).pinned("sleep.mid") == [first, later]


def test_of_two_pins_of_one_night_one_holds_whatever_their_order():
    one, other = baseline(centre=3.0), baseline(centre=3.5)

    found = {Decisions(told).pinned("sleep.mid")[0].id for told in ((one, other), (other, one))}

    assert len(found) == 1


def test_renewals_divide_the_nights():
    assert periods([START + 5 * DAY, START + 5 * DAY, START], START) == [START, START + 5 * DAY]
