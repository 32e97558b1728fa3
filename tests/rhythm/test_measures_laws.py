"""What holds for every measure, found through the registry."""

import sys
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.registry import MEASURES

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, active, at, context, counted, steady
from test_plan import less, wild

DAY = timedelta(days=1)
TARGETS = tuple(
    (item, START, minutes) for item, minutes in (("dinner", 1110.0), ("first_contact", 480.0))
)
OF_BASELINES = ("drift.", "srm.hit_fraction")
"""Beginnings of measures that read baselines, which deleting may move."""


def rows(days, since=START, **more):
    told = context(targets=TARGETS, **more)
    found = evaluate(days, told, at(days[-1].day, 20), since).scores
    return {(row.local_date, row.window): row for row in found}


def scores(found):
    return {(*key, one.measure): one for key, row in found.items() for one in row.scores}


def lively(rng):
    """A wild life with steps, worn now and then, and with changes of clocks and unit."""
    days = active(wild(rng), int(rng.integers(1 << 30)), worn=rng.choice([1.0, 0.97, 0.7]))
    days = [
        replace(day, act_unit="counts") if at < 20 and rng.random() < 0.3 else day
        for at, day in enumerate(days)
    ]
    change = int(rng.integers(len(days)))
    return [
        _short(day) if at == change else _near(day) if change < at < change + 7 else day
        for at, day in enumerate(days)
    ]


def _short(day):
    """A night of 23 hours: one hour of its clock there never was."""
    known = np.unpackbits(np.frombuffer(day.valid_bits, dtype=np.uint8))
    known[14 * 60 : 15 * 60] = 0
    minutes = np.array(day.bin_n)
    minutes[12:18] = 0
    steps = np.array(day.bin_sum) // 1000
    return replace(_near(counted(day, steps, minutes)), valid_bits=np.packbits(known).tobytes())


def _near(day):
    return replace(day, night=replace(day.night, flags=(*day.night.flags, "dst")))


def lazier(rng, day):
    """The day with some of it deleted, what was counted included."""
    found = less(rng, day)
    if found.act_unit is None and day.act_unit is not None and rng.random() < 0.5:
        names = "act_unit", "act_sum", "act_n", "bin_sum", "bin_n"
        found = replace(found, **{name: getattr(day, name) for name in names})
    if found.act_unit is None or rng.random() < 0.6:
        return found
    gone = rng.random(144) < rng.choice([0.01, 0.2, 1.0])
    minutes = np.where(gone, 0, found.bin_n)
    if not minutes.any():
        return replace(found, act_unit=None, act_sum=(0,) * 24, act_n=(0,) * 24,
                       bin_sum=(0,) * 144, bin_n=(0,) * 144)  # fmt: skip
    return counted(found, np.array(found.bin_sum) // 1000, minutes, found.act_unit)


@pytest.fixture(scope="module")
def told():
    """By measure and window, all scores of an ordinary life that tells everything."""
    found = defaultdict(list)
    for (_, window, measure), one in scores(rows(active(steady(70, anchors=True)))).items():
        found[measure, window].append(one)
    return found


@pytest.mark.parametrize(
    ("measure", "window"),
    [(one.id, window) for one in MEASURES.values() if one.computed for window in one.windows],
)
def test_a_life_that_tells_everything_gives_every_measure_a_value(told, measure, window):
    statuses = [one.status for one in told[measure, window]]

    if measure == "drift.sleep.mid.deviation":  # stands in for the anchors' chart
        assert set(statuses) == {"insufficient"}
    elif measure in ("act.is", "act.iv") and window == "7d":
        assert statuses[30] == "provisional"
    else:
        assert "ok" in statuses[30:] or "ok" in statuses[4:]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_values_lie_within_their_bounds_and_the_range_of_the_measure(seed):
    for key, one in scores(rows(lively(np.random.default_rng(seed)))).items():
        known = MEASURES[one.measure]
        assert (one.value is None) == (one.status == "insufficient"), key
        assert one.reasons or one.status == "ok", key
        assert 0 <= one.coverage <= 1 + 1e-12, key
        assert one.version == known.version
        if one.value is not None:
            assert one.value - (known.lo if known.lo is not None else -np.inf) >= -1e-9, key
            assert one.value <= (known.hi if known.hi is not None else np.inf) + 1e-9, key
            assert one.lo is None or one.lo <= one.value + 1e-9, key
            assert one.hi is None or one.value <= one.hi + 1e-9, key


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deleting_moves_a_score_only_with_its_coverage_and_never_narrows_it(seed):
    rng = np.random.default_rng(seed)
    days = lively(rng)
    since = days[-12].day
    left = [*days[:-20], *(lazier(rng, day) for day in days[-20:])]

    before, after = scores(rows(days, since)), scores(rows(left, since))

    for key, one in before.items():
        if one.measure.startswith(OF_BASELINES):
            continue
        other = after[key]
        if (one.value, one.lo, one.hi) != (other.value, other.lo, other.hi):
            assert other.coverage < one.coverage, (one, other)
        if None not in (one.value, other.value) and not one.measure.startswith("srm"):
            assert (other.lo if other.lo is not None else -np.inf) <= one.lo + 1e-9, (one, other)
            assert other.hi is None or (one.hi is not None and one.hi <= other.hi + 1e-9), (
                one,
                other,
            )


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_edits_one_after_the_other_end_where_all_at_once_do(seed):
    rng = np.random.default_rng(seed)
    days = lively(rng)
    held = rows(days)
    for _ in range(4):
        edited = sorted(rng.choice(np.arange(len(days) - 20, len(days)), 2, replace=False).tolist())
        days = [lazier(rng, day) if at in edited else day for at, day in enumerate(days)]
        held |= rows(days, days[edited[0]].day)

    whole = scores(rows(days))

    for key, one in scores(held).items():
        if not one.measure.startswith(OF_BASELINES):
            assert one == whole[key]


def test_windows_near_a_change_of_clocks_say_so_and_a_journey_makes_them_provisional():
    days = active(steady(60, anchors=True))
    days[50] = _short(days[50])
    days[54:] = [replace(one, night=replace(one.night, zone="Asia/Tokyo")) for one in days[54:]]

    found = scores(rows(days))

    near, far = (days[n].day for n in (52, 58))
    for measure in MEASURES.values():
        if not measure.computed or "28d" not in measure.windows:
            continue
        if measure.id == "srm.target_adherence":
            continue
        assert "dst" in found[near, "28d", measure.id].reasons, measure.id
        one = found[far, "28d", measure.id]
        assert "travel" in one.reasons
        assert one.status == ("ok" if measure.id in ("sjl", "sjl.sc", "cpd") else "provisional")
