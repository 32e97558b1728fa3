"""All charts of a client under all their baselines, refined where nights were quiet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from daykeel.rhythm.acute import Rule
from daykeel.rhythm.anchors import Anchors
from daykeel.rhythm.charts import PRIMARY
from daykeel.rhythm.decisions import NOTHING_DECIDED, Decisions
from daykeel.rhythm.freeze import NEEDED, Frozen, Material
from daykeel.rhythm.hit_material import HitMaterial, hit_material
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
    SleepMaterial,
    settled,
    sleep_material,
)
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.pair_material import PairMaterial, pair_material
from daykeel.rhythm.pinning import M, Piece, decided_freezes, pinned_steps
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import DAY, Flags, Series
from daykeel.rhythm.step_material import StepMaterial, step_materials
from daykeel.rhythm.track import Track
from daykeel.rhythm.tracked import Tracked
from daykeel.rhythm.tracked_days import TrackedDays, tracked_days

Secondary = SleepMaterial | PairMaterial | StepMaterial
Plan = Mapping[str, Sequence[Piece]]
"""Which baseline each chart stands on, and when."""


@dataclass(frozen=True, slots=True)
class Held:
    """What was decided about baselines before night `since`, from what was known then.

    It stays as it was, whatever is deleted from then on (science.md 12.3).
    """

    since: int = 0
    plan: Mapping[str, Sequence[Frozen]] = field(default_factory=dict)
    """Baselines of each chart, each followed by its refinements."""
    travel: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """Nights in the window of a journey; without its sleep a night may lie in another zone."""

    def frozen(self, chart: str) -> list[Frozen]:
        """Return the baselines of a chart as they froze."""
        return [one for one in self.plan.get(chart, ()) if one.is_anew]

    def steps(self, chart: str, of: Frozen) -> list[Frozen]:
        """Return the refinements of a baseline while it is in use."""
        return [
            one
            for one in self.plan.get(chart, ())
            if not one.is_anew and one.origin.id == of.origin.id and of.start < one.start < of.stop
        ]


NOTHING_HELD = Held()
SLEEP = (ONSET, OFFSET, TST)
"""Secondary charts of sleep."""


@dataclass(frozen=True, slots=True)
class Materials:
    """What the baselines of a client may be made of."""

    mid: SleepMaterial
    duration: SleepMaterial
    hits: HitMaterial | None
    tracked: TrackedDays
    by: Rules
    secondary: Mapping[str, Secondary]
    """By chart."""


@dataclass(frozen=True, slots=True)
class Charts:
    """Every chart and acute rule of a client."""

    tracks: Mapping[str, Track]
    rules: Sequence[Rule]

    @property
    def signal(self) -> Flags:
        """Nights on which a primary chart or a rule signalled."""
        nights = [self.tracks[chart].signal for chart in PRIMARY]
        nights += [one.signal for one in self.rules]
        return np.asarray(np.logical_or.reduce(nights))

    def disturbing(self, chart: str) -> Flags:
        """Return the nights whose signals hold back a refinement of a chart's baseline.

        A secondary chart holds back only its own: alone it tells of nothing.
        """
        return self.signal if chart in PRIMARY else self.signal | self.tracks[chart].signal


def materials(
    series: Series,
    anchors: Anchors,
    tracked: Tracked,
    travel: Flags,
    by: Rules = LIVE,
) -> Materials:
    """Return what may enter baselines."""
    quiet, days = settled(series, travel), tracked_days(tracked, series.dates)
    return Materials(
        mid=sleep_material(MID, series, quiet, by),
        duration=sleep_material(DURATION, series, quiet, by),
        hits=hit_material(series, anchors, days, quiet, by),
        tracked=days,
        by=by,
        secondary={
            **{chart: sleep_material(chart, series, quiet, by) for chart in SLEEP},
            PAIR: pair_material(series, quiet, travel, by),
            **step_materials(series, quiet, (M10, STEPS), by),
        },
    )


def frozen_plan(
    found: Materials, held: Held = NOTHING_HELD, decisions: Decisions = NOTHING_DECIDED
) -> Plan:
    """Return the baselines as they froze, and the refinements that are held or pinned."""
    mids = _decided(found.mid, held, decisions, MID)
    lengths = _decided(found.duration, held, decisions, DURATION)
    hits: list[tuple[Frozen, HitMaterial]] = []
    if found.hits is not None:
        hits = [(one, found.hits) for one in _decided(found.hits, held, decisions, HITS)]
    known = [*(one.baseline for one in held.frozen(DEVIATION)), *_pinned_deviations(decisions)]
    frozen: Plan = {
        MID: [(one, found.mid) for one in mids],
        DURATION: [(one, found.duration) for one in lengths],
        HITS: list[Piece](hits),
        DEVIATION: [piece for one in mids for piece in _deviations(one, found.mid, hits, known)],
        **{
            chart: [(one, material) for one in _decided(material, held, decisions, chart)]
            for chart, material in found.secondary.items()
        },
    }
    return {
        chart: [piece for one in pieces for piece in _with_steps(chart, one, held, decisions)]
        for chart, pieces in frozen.items()
    }


def _decided(material: M, held: Held, decisions: Decisions, chart: str) -> list[Frozen]:
    return decided_freezes(material, held.frozen(chart), held.since, decisions, chart)


def _pinned_deviations(decisions: Decisions) -> list[Baseline]:
    pinned = (one for one in decisions.pinned(DEVIATION) if not one.refines)
    return [replace(one, confirmed=True) for one in pinned]


def _with_steps(chart: str, piece: Piece, held: Held, decisions: Decisions) -> Iterator[Piece]:
    """Yield a baseline and its refinements, with what was deleted of their nights since."""
    frozen, material = piece
    known = held.steps(chart, frozen)
    known += pinned_steps(decisions, chart, piece, held.since)
    stops = [*(one.start for one in known), frozen.stop]
    for one, stop in zip((frozen, *known), stops, strict=True):
        yield _counted(replace(one, stop=stop), material), material


def _counted(frozen: Frozen, material: Material) -> Frozen:
    # Late data may change a night of a pinned one, but only deleting takes it away.
    there = material.valid
    if frozen.is_pinned:
        there = there | ~(material.silent | material.series.bridged)
    left = int(there[frozen.used].sum())
    deleted = (len(frozen.baseline.nights) if frozen.is_pinned else frozen.used.size) - left
    if deleted == frozen.baseline.deleted:
        return frozen
    baseline = replace(frozen.baseline, deleted=deleted, provisional=left < NEEDED)
    origin = baseline if frozen.is_anew else frozen.origin
    return replace(frozen, baseline=baseline, origin=origin)


def decided(plan: Plan, series: Series, since: int, travel: Flags) -> Held:
    """Return what a plan decided before night `since`."""
    until = series.dates[0] + since * DAY
    found = {}
    for chart, pieces in plan.items():
        before = [piece for piece in pieces if piece[0].baseline.frozen < until]
        # What had not expired has no end yet, wherever the data ended.
        ends = {
            one.origin.id: one.stop if one.stop < material.stop else max(one.stop, since)
            for one, material in before
        }
        found[chart] = [
            replace(one, stop=ends[one.origin.id]) if one.is_anew else one for one, _ in before
        ]
    return Held(since, found, travel[:since])


def _deviations(
    usual: Frozen,
    mid: SleepMaterial,
    hits: Sequence[tuple[Frozen, HitMaterial]],
    known: Sequence[Baseline],
) -> list[Piece]:
    """Return the baselines of the distance to usual midsleep, for nights without anchors' chart.

    It takes the place of the chart of anchors while that has no baseline of what is tracked, or too
    few are.
    """
    nights = np.zeros(len(mid.series) + 1, dtype=bool)
    nights[usual.start : usual.stop] = True
    for frozen, anchors in hits:
        is_last = frozen.stop == anchors.stop
        here = slice(frozen.start, None if is_last else frozen.stop)
        nights[here] &= ~np.append(anchors.speaks(frozen.device), [True])[here]
    material = DeviationMaterial(mid.series, mid, usual.baseline)
    baseline = next((one for one in known if one.frozen == usual.baseline.frozen), None)
    if baseline is None:
        left = usual.used[mid.valid[usual.used]]
        if left.size < NEEDED:
            return []
        baseline = material.baseline(left, usual.start - 1)
    edges = np.flatnonzero(np.diff(nights.astype(np.int8), prepend=0)).reshape(-1, 2)
    return [
        (
            replace(
                usual,
                baseline=baseline,
                origin=baseline,
                pinned=baseline if baseline.confirmed else None,
                start=int(start),
                stop=int(stop),
            ),
            material,
        )
        for start, stop in edges
    ]
