import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.anchors import anchors_of
from daykeel.rhythm.inputs import DEVIATION, DURATION, HITS, MID, DeviationMaterial
from daykeel.rhythm.ledger import ANCHORS, Bounded
from daykeel.rhythm.plan import charts, frozen_plan, materials, refined
from daykeel.rhythm.series import series_of
from daykeel.rhythm.travel import journeys, travelling

sys.path.insert(0, str(Path(__file__).parent))
from day_records import context, record, shifted, silent_night, silenced, steady  # noqa: I001

DAY = timedelta(days=1)


def read(days, tracked=ANCHORS):
    series = series_of(days, context())
    travel = travelling(series, journeys(series))
    return series, travel, materials(series, anchors_of(series), tracked, travel)


def planned(days, tracked=ANCHORS):
    series, travel, made = read(days, tracked)
    return refined(series, frozen_plan(made), travel)


def held(plan, made):
    """The same baselines over other material: what Law 2 holds fixed."""
    by_chart = {MID: made.mid, DURATION: made.duration, HITS: made.hits}
    return {
        chart: [
            (frozen, by_chart.get(chart) or deviation(material, made))
            for frozen, material in pieces
        ]
        for chart, pieces in plan.items()
    }


def deviation(material, made):
    return DeviationMaterial(made.mid.series, made.mid, material.usual)


def signals(found):
    slow = {
        (track.chart, side, int(night))
        for track in found.tracks.values()
        for side, nights in (("up", track.signal_up), ("down", track.signal_down))
        for night in nights.nonzero()[0]
    }
    acute = {
        (rule.rule, rule.chart, rule.side, int(night))
        for rule in found.rules
        for night in rule.signal.nonzero()[0]
    }
    return slow | acute


def widened(rng, day):
    """The night with some of what bounds it unknown."""
    night = day.night
    if night.onset.value is None:
        return day
    earlier, later = (rng.uniform(0, 3, 2) * (rng.random(2) < 0.5)).tolist()
    spread = {
        "onset": Bounded(night.onset.value, night.onset.lo - earlier, night.onset.hi),
        "offset": Bounded(night.offset.value, night.offset.lo, night.offset.hi + later),
        "mid": Bounded(night.mid.value, night.mid.lo - earlier / 2, night.mid.hi + later / 2),
        "duration": Bounded(
            night.duration.value, night.duration.lo, night.duration.hi + 60 * (earlier + later)
        ),
        "tst": Bounded(night.tst.value, night.tst.lo, night.tst.hi + 60 * (earlier + later)),
    }
    certainty = "certain" if max(earlier, later) <= 0.5 else "bounded"
    return replace(
        day,
        night=replace(
            night, certainty=certainty, coverage=night.coverage - 0.02 * (earlier + later), **spread
        ),
    )


def less(rng, day):
    """The day with something deleted: minutes, anchors, the whole night, or nothing."""
    kept = tuple(one for one in day.anchors if rng.random() < 0.8)
    before = tuple(one for one in day.bed_before if rng.random() < 0.8)
    choice = rng.random()
    if choice < 0.15:
        empty = record(silent_night(day.day, zone=day.night.zone, day_type=day.night.day_type))
        return replace(empty, anchors=kept if rng.random() < 0.5 else ())
    if choice < 0.4:
        return replace(widened(rng, day), anchors=kept, bed_before=before)
    return replace(day, anchors=kept, bed_before=before) if choice < 0.7 else day


def wild(rng):
    """A life with drifts, short nights, silences, changes of device and zone, marks."""
    nights = int(rng.integers(50, 90))
    days = steady(
        nights, int(rng.integers(1 << 30)), spread=rng.uniform(0.2, 1.0), anchors=rng.random() < 0.6
    )
    days = shifted(days, int(rng.integers(1, 20)), mid=rng.normal(0, 2), longer=rng.normal(0, 2))
    days = silenced(days, np.flatnonzero(rng.random(nights) < rng.uniform(0, 0.2)).tolist())
    days = [widened(rng, day) if rng.random() < 0.1 else day for day in days]
    if rng.random() < 0.3:
        first = int(rng.integers(30, nights))
        days[first:] = [
            replace(day, night=replace(day.night, zone="Asia/Dubai")) for day in days[first:]
        ]
    flags = [("dst", "dst_1"), ("exclude",), ("illness",)]
    return [
        replace(day, night=replace(day.night, flags=flags[int(rng.integers(3))]))
        if rng.random() < 0.05
        else day
        for day in days
    ]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_data_never_raises_a_signal_with_baselines_held(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    tracked = ANCHORS if rng.random() < 0.7 else ("bed", "out_of_bed")
    plan, before = planned(days, tracked)

    series, travel, made = read([less(rng, day) for day in days], tracked)
    after = charts(series, held(plan, made), travel)

    assert signals(after) <= signals(before)


def test_wild_lives_have_signals_to_lose():
    found = [signals(planned(wild(np.random.default_rng(seed)))[1]) for seed in range(20)]

    assert sum(map(bool, found)) >= 10
    assert {one[0] for signal in found for one in signal} >= {MID, DURATION, "acute_change"}


def test_a_reporting_client_has_a_chart_of_anchors_and_a_tracker_one_of_distance():
    told, _ = planned(steady(50, anchors=True))
    alone, _ = planned(steady(50))
    few, _ = planned(steady(50, anchors=True), ("bed", "out_of_bed"))

    assert [chart for chart, pieces in told.items() if pieces] == [MID, DURATION, HITS]
    assert [chart for chart, pieces in alone.items() if pieces] == [MID, DURATION, DEVIATION]
    assert [chart for chart, pieces in few.items() if pieces] == [MID, DURATION, DEVIATION]


def test_the_distance_gives_way_when_the_anchors_have_a_baseline():
    days = steady(80, anchors=True)
    quiet = steady(20)
    plan, _ = planned([*quiet, *days[20:]])

    (frozen, _), *rest = plan[DEVIATION]
    assert (frozen.start, frozen.stop) == (28, 48)
    assert rest == []
    assert plan[HITS][0][0].start == 48


def test_a_tracker_that_becomes_irregular_at_the_same_mean_is_seen():
    days = steady(70, anchors=False)
    swing = [shifted([day], 1, mid=2.0 * (-1) ** n)[0] for n, day in enumerate(days[-24:])]

    _, found = planned([*days[:-24], *swing])

    assert found.tracks[DEVIATION].signal_up[-20:].any()
    assert not found.tracks[MID].signal.any()


def test_quiet_nights_refine_every_chart_and_a_signal_holds_that_back():
    plan, _ = planned(steady(70))
    shifted_plan, _ = planned(shifted(steady(70), 25, mid=2.5))

    assert [len(frozen.baseline.nights) for frozen, _ in plan[MID]] == [28, 56]
    assert [len(frozen.baseline.nights) for frozen, _ in shifted_plan[MID]] == [28]
    assert [len(frozen.baseline.nights) for frozen, _ in shifted_plan[DURATION]] == [28]


def test_a_baseline_that_another_device_ends_keeps_its_refinement():
    days = steady(110)
    ring = [replace(day, night=replace(day.night, device="ring")) for day in days[60:]]

    plan, _ = planned([*days[:60], *ring])

    found = [(frozen.start, frozen.stop, frozen.is_anew) for frozen, _ in plan[MID]]
    assert found == [(28, 56, True), (56, 88, False), (88, 110, True)]


def test_a_refinement_changes_nothing_before_it():
    _, whole = planned(steady(70))
    _, part = planned(steady(70)[:55])

    assert whole.tracks[MID].up[:55].tolist() == part.tracks[MID].up.tolist()
