import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.anchors import anchors_of
from daykeel.rhythm.drawn import charts
from daykeel.rhythm.inputs import (
    DEVIATION,
    DURATION,
    HITS,
    M10,
    MID,
    OFFSET,
    ONSET,
    PAIR,
    STEPS,
    TST,
    DeviationMaterial,
)
from daykeel.rhythm.ledger import ANCHORS, Bounded
from daykeel.rhythm.plan import frozen_plan, materials
from daykeel.rhythm.refining import refined
from daykeel.rhythm.series import series_of
from daykeel.rhythm.travel import journeys, travelling

sys.path.insert(0, str(Path(__file__).parent))
from day_records import (  # noqa: I001
    START,
    active,
    context,
    counted,
    record,
    shifted,
    silent_night,
    silenced,
    steady,
)

DAY = timedelta(days=1)


FEW = ("bed", "out_of_bed")


def read(days, tracked=()):
    series = series_of(days, context())
    travel = travelling(series, journeys(series))
    return series, travel, materials(series, anchors_of(series), tracked, travel)


def planned(days, tracked=()):
    series, travel, made = read(days, tracked)
    return refined(series, frozen_plan(made), travel)


def held(plan, made):
    """The same baselines over other material: what Law 2 holds fixed."""
    by_chart = {MID: made.mid, DURATION: made.duration, HITS: made.hits, **made.secondary}
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
    widths = (spread[end].hi - spread[end].lo for end in ("onset", "offset"))
    certainty = "certain" if max(widths) <= 0.5 else "bounded"
    return replace(
        day,
        night=replace(
            night, certainty=certainty, coverage=night.coverage - 0.02 * (earlier + later), **spread
        ),
    )


def less(rng, day):
    """The day with something deleted: minutes, anchors, the whole night, or nothing."""
    day = fewer_minutes(rng, day)
    kept = tuple(one for one in day.anchors if rng.random() < 0.8)
    before = tuple(one for one in day.bed_before if rng.random() < 0.8)
    choice = rng.random()
    if choice < 0.15:
        empty = record(silent_night(day.day, zone=day.night.zone, day_type=day.night.day_type))
        return replace(empty, anchors=kept if rng.random() < 0.5 else ())
    if choice < 0.4:
        return replace(widened(rng, day), anchors=kept, bed_before=before)
    return replace(day, anchors=kept, bed_before=before) if choice < 0.7 else day


def fewer_minutes(rng, day):
    """The day with some minutes of sleep and some ten minutes of steps unknown, or all of them."""
    if rng.random() < 0.4:
        left = np.packbits(np.repeat(rng.random(48) < rng.uniform(0.5, 1), 30))
        valid = np.frombuffer(day.valid_bits, dtype=np.uint8) & left
        asleep = np.frombuffer(day.sleep_bits, dtype=np.uint8) & valid
        share = np.bitwise_count(valid).sum() / max(sum(map(int.bit_count, day.valid_bits)), 1)
        night = replace(day.night, coverage=day.night.coverage * float(share))
        day = replace(day, night=night, valid_bits=valid.tobytes(), sleep_bits=asleep.tobytes())
    if day.act_unit is None or rng.random() < 0.5:
        return day
    if rng.random() < 0.2:
        return replace(without_steps(day), act_unit=None, act_device="")
    gone = rng.random(144) < rng.uniform(0, 0.3)
    minutes = np.where(gone, rng.integers(0, 10, 144), day.bin_n)
    steps = np.where(gone, np.array(day.bin_sum) * minutes // 10, day.bin_sum)
    return counted(day, steps / 1000, np.minimum(minutes, day.bin_n), device=day.act_device)


def without_steps(day):
    return replace(day, act_sum=(0,) * 24, act_n=(0,) * 24, bin_sum=(0,) * 144, bin_n=(0,) * 144)


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
    if rng.random() < 0.7:
        days = walked(rng, days)
    flags = [("dst", "dst_1"), ("exclude",), ("illness",)]
    return [
        replace(day, night=replace(day.night, flags=flags[int(rng.integers(3))]))
        if rng.random() < 0.05
        else day
        for day in days
    ]


def some_tracked(rng):
    """All anchors, few of them, or others from some day on, once or twice."""
    drawn = rng.random()
    if drawn < 0.5:
        return ()
    if drawn < 0.65:
        return ((date.min, FEW),)
    first, second = sorted(int(one) for one in rng.integers(5, 85, 2))
    return (
        (START + first * DAY, FEW if drawn < 0.8 else ANCHORS[1:]),
        (START + second * DAY, ANCHORS),
    )


def walked(rng, days):
    """The life with steps, which become more or fewer, earlier or later, or of another device."""
    days = active(days, int(rng.integers(1 << 30)), worn=rng.choice([1.0, 0.97]))
    since, share, late = int(rng.integers(30, 60)), rng.uniform(0.3, 2), int(rng.integers(-12, 12))
    found = days[:since]
    for day in days[since:]:
        steps = np.roll(np.array(day.bin_sum) * share // 1000, late)
        device = "phone" if share > 1.8 else "watch"
        found.append(counted(day, steps, day.bin_n, device=device))
    return found


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_data_never_raises_a_signal_with_baselines_held(seed):
    rng = np.random.default_rng(seed)
    days = wild(rng)
    tracked = some_tracked(rng)
    plan, before = planned(days, tracked)

    series, travel, made = read([less(rng, day) for day in days], tracked)
    after = charts(series, held(plan, made), travel)

    assert signals(after) <= signals(before)


def test_wild_lives_have_signals_to_lose():
    found = [signals(planned(wild(np.random.default_rng(seed)))[1]) for seed in range(20)]

    assert sum(map(bool, found)) >= 10
    told = {one[0] for signal in found for one in signal}
    assert told >= {MID, DURATION, ONSET, OFFSET, TST, PAIR, M10, STEPS, "acute_change"}


def test_a_reporting_client_has_a_chart_of_anchors_and_a_tracker_one_of_distance():
    told, _ = planned(steady(50, anchors=True))
    alone, _ = planned(steady(50))
    few, _ = planned(steady(50, anchors=True), ((date.min, FEW),))

    sleep = [ONSET, OFFSET, TST, PAIR]
    assert [chart for chart, pieces in told.items() if pieces] == [MID, DURATION, HITS, *sleep]
    assert [chart for chart, pieces in alone.items() if pieces] == [
        MID,
        DURATION,
        DEVIATION,
        *sleep,
    ]
    assert [chart for chart, pieces in few.items() if pieces] == [MID, DURATION, DEVIATION, *sleep]


def test_while_too_few_anchors_are_tracked_the_distance_takes_their_place():
    tracked = (START + 40 * DAY, FEW), (START + 60 * DAY, ANCHORS)
    _, drawn = planned(steady(70, anchors=True), tracked)

    anchors, distance = (drawn.tracks[chart].evidence.nonzero()[0] for chart in (HITS, DEVIATION))
    assert set(anchors) == {*range(28, 40), *range(60, 69)}
    assert set(distance) == set(range(40, 60))


def test_other_tracked_anchors_make_another_baseline_once_there_are_enough_days():
    fewer = tuple(item for item in ANCHORS if item != "dinner")
    plan, drawn = planned(steady(90, anchors=True), ((START + 40 * DAY, fewer),))

    first, second = (one for one, _ in plan[HITS] if one.is_anew)
    assert (second.start, first.stop) == (68, 68)
    assert "dinner" in dict(first.baseline.habitual)
    assert "dinner" not in dict(second.baseline.habitual)
    anchors, distance = (drawn.tracks[chart].evidence.nonzero()[0] for chart in (HITS, DEVIATION))
    assert set(anchors) == {*range(28, 40), *range(68, 89)}
    assert set(distance) == set(range(40, 68))


def test_other_tracked_anchors_alone_are_no_change_of_rhythm():
    tracked = ((START + 60 * DAY, ("start_activity", "dinner", "bed")),)

    for seed in range(12):
        _, drawn = planned(steady(120, seed, spread=0.8, anchors=True), tracked)
        assert not drawn.tracks[HITS].signal[60:].any()


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
