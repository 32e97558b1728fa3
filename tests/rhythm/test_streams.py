import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from daykeel.rhythm.charts import FAMILIES, PRIMARY, SIDES
from daykeel.rhythm.inputs import M10, MID, ONSET, PAIR, STEPS, TST
from daykeel.rhythm.planned import planned
from daykeel.rhythm.rules import CHARTS, LIVE, SECONDARY
from daykeel.rhythm.streams import MEANS, secondary_streams, slow_streams

sys.path.insert(0, str(Path(__file__).parent))
from day_records import active, context, counted, shifted, steady


def streams_of(days, by=LIVE):
    found = planned(days, context(), by)
    return slow_streams(found.charts), secondary_streams(found.charts, found.by)


def test_every_chart_is_primary_or_has_a_family():
    assert {*PRIMARY} == {*CHARTS}
    assert FAMILIES.keys() == {*SECONDARY} == SIDES.keys() - {*PRIMARY}


def test_kinds_are_those_of_the_specification():
    assert [MEANS.get((chart, "early_high")) for chart in (MID, ONSET, TST, M10, STEPS)] == [
        "phase_advance",
        "phase_advance",
        "short_sleep",
        None,
        None,
    ]
    assert MEANS[PAIR, "irregular"] == "irregularity"


def test_secondary_charts_take_part_where_the_rules_have_them():
    days = shifted(steady(60), 20, mid=3.0)
    _, second = streams_of(days)
    _, none = streams_of(days, replace(LIVE, version="trial", secondary=()))

    assert {one.chart for one in second} == {*SECONDARY}
    assert any(one.signal.any() for one in second)
    assert none == []


def test_rules_may_change_from_one_night_to_the_next():
    days = shifted(steady(60), 20, mid=3.0)
    found = planned(days, context())
    before = replace(LIVE, version="before", secondary=())

    second = secondary_streams(found.charts, [before] * 50 + [LIVE] * 10)

    late = next(one for one in second if (one.chart, one.side) == (ONSET, "late_low"))
    whole = found.charts.tracks[ONSET].signal_up
    assert whole[:50].any()
    assert late.signal.tolist() == [False] * 50 + whole[50:].tolist()


def test_what_a_day_tells_is_heard_with_the_night_after_it():
    days = active(steady(60))
    few = [
        counted(day, np.array(day.bin_sum) // 10_000, day.bin_n) if n >= 40 else day
        for n, day in enumerate(days)
    ]
    found = planned(few, context())

    one = next(
        one
        for one in secondary_streams(found.charts, found.by)
        if (one.chart, one.side) == (STEPS, "late_low")
    )

    track = found.charts.tracks[STEPS]
    assert track.signal_down.any()
    assert one.lag == 1
    assert one.signal[1:].tolist() == track.signal_down[:-1].tolist()
    assert not track.evidence[-1]
