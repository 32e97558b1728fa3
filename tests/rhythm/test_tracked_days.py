from datetime import date, timedelta

import pytest

from daykeel.rhythm.ledger import ANCHORS
from daykeel.rhythm.tracked import tracked_on
from daykeel.rhythm.tracked_days import tracked_days

DAY = timedelta(days=1)
START = date(2026, 1, 5)
DATES = tuple(START + n * DAY for n in range(6))
FEW = ("bed", "dinner")
PLANS = [
    (),
    ((date.min, FEW),),
    ((START + 2 * DAY, FEW), (START + 4 * DAY, ANCHORS)),
    ((START - DAY, FEW), (START + 9 * DAY, ANCHORS)),
    ((START + DAY, ()), (START + DAY * 2, ("bed", "nonsense"))),
]


@pytest.mark.parametrize("plan", PLANS)
def test_of_many_days_it_is_what_it_is_of_each(plan):
    found = tracked_days(plan, DATES)

    for at, day in enumerate(DATES):
        items = tracked_on(plan, day)
        assert tuple(item for item, of in found.each.items() if of[at]) == items
        assert found.number[at] == len(items)
        assert found.enough[at] == (len(items) >= 3)


@pytest.mark.parametrize("plan", PLANS)
def test_the_version_changes_where_other_anchors_are_tracked(plan):
    version = tracked_days(plan, DATES).version

    for at in range(1, len(DATES)):
        is_same = tracked_on(plan, DATES[at - 1]) == tracked_on(plan, DATES[at])
        assert (version[at - 1] == version[at]) == is_same


def test_saying_the_same_again_is_no_other_version():
    again = ((START + DAY, FEW), (START + 3 * DAY, FEW[::-1]))

    assert len(set(tracked_days(again, DATES).version[1:])) == 1
