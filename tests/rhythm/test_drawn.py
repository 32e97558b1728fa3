"""Charts under the baselines of a plan."""

import sys
from pathlib import Path

import numpy as np

from daykeel.rhythm.drawn import Before, charts, read, tracked
from daykeel.rhythm.inputs import MID
from daykeel.rhythm.planned import planned
from daykeel.rhythm.rules import CHARTS, LIVE, SECONDARY

sys.path.insert(0, str(Path(__file__).parent))
from day_records import context, shifted, steady

DAYS = shifted(steady(90), 20, mid=2.0)


def test_every_chart_of_a_plan_is_drawn_with_the_acute_rules():
    found = planned(DAYS, context())

    drawn = charts(found.series, found.plan, found.travel, LIVE)

    assert set(drawn.tracks) == {*CHARTS, *SECONDARY}
    assert drawn.tracks[MID].signal.any()
    assert {one.rule for one in drawn.rules} == {"acute_z", "acute_change", "acute_short"}


def test_drawn_on_from_a_night_it_takes_those_before_as_they_were():
    found = planned(DAYS, context())
    known = charts(found.series, found.plan, found.travel, LIVE).tracks[MID]
    known.up[:50] = 99.0

    on = tracked(
        MID, found.series, found.plan[MID], found.travel, LIVE, Before({MID: known}, until=50)
    )

    assert (on.up[:50] == 99.0).all()
    assert np.array_equal(on.low[50:], known.low[50:], equal_nan=True)


def test_what_a_baseline_reads_begins_with_the_night_asked_for():
    found = planned(DAYS, context())
    frozen, material = found.plan[MID][-1]

    whole, late = read(frozen, material), read(frozen, material, frozen.start + 5)

    first = frozen.start + 5
    assert np.isfinite(whole.interval.value[frozen.start : first]).any()
    assert np.array_equal(
        late.interval.value[first : frozen.stop], whole.interval.value[first : frozen.stop]
    )
