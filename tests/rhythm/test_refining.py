import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.inputs import DURATION, MID, ONSET, PAIR, STEPS, TST

sys.path.insert(0, str(Path(__file__).parent))
from day_records import active, counted, sharp, shifted, steady
from test_plan import planned


def nights(plan, chart):
    return [len(frozen.baseline.nights) for frozen, _ in plan[chart]]


def test_quiet_nights_refine_every_chart():
    plan, _ = planned(active(steady(75)))

    assert {chart: nights(plan, chart) for chart in (MID, DURATION, ONSET, TST, PAIR, STEPS)} == {
        chart: [28, 56] for chart in (MID, DURATION, ONSET, TST, PAIR, STEPS)
    }


def test_what_a_primary_chart_signals_holds_back_all():
    plan, found = planned(shifted(active(steady(75)), 25, mid=2.5))

    assert found.tracks[MID].signal.any()
    assert nights(plan, DURATION) == nights(plan, TST) == [28]


def test_what_a_secondary_chart_signals_holds_back_only_itself():
    days = active(steady(75))
    few = [
        counted(day, np.array(day.bin_sum) // 10_000, day.bin_n) if n >= 40 else day
        for n, day in enumerate(days)
    ]

    plan, found = planned(few)

    assert found.tracks[STEPS].signal.any()
    assert nights(plan, STEPS) == [28]
    assert nights(plan, MID) == nights(plan, ONSET) == [28, 56]


def asleep_longer(seed):
    """A life with more of its time in bed asleep for some nights, and another device later."""
    rng = np.random.default_rng(seed)
    first, more = int(rng.integers(30, 50)), rng.uniform(25, 60)
    longer = range(first, first + int(rng.integers(5, 25)))
    return [
        replace(
            day,
            night=replace(
                day.night,
                tst=sharp(day.night.tst.value + (more if n in longer else 0)),
                device="watch" if n < 110 else "other",
            ),
        )
        for n, day in enumerate(steady(190, seed, spread=0.3))
    ]


@pytest.mark.parametrize("seed", range(12))
def test_which_nights_refine_a_secondary_chart_hangs_on_no_later_ones(seed):
    days = asleep_longer(seed)

    whole, part = planned(days)[0][TST], planned(days[:140])[0][TST]

    early = [one.baseline.id for one, _ in whole if one.start < 139]
    assert early == [one.baseline.id for one, _ in part if one.start < 139]
