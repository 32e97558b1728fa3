"""All charts of a client under all their baselines, refined where nights were quiet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from daykeel.rhythm.acute import Rule, rules
from daykeel.rhythm.anchors import Anchors
from daykeel.rhythm.baseline import Frozen, Material, freezes, steps
from daykeel.rhythm.charts import Track, track
from daykeel.rhythm.inputs import (
    DEVIATION,
    DURATION,
    HITS,
    MID,
    DeviationMaterial,
    HitMaterial,
    SleepMaterial,
    hit_material,
    settled,
    sleep_material,
)
from daykeel.rhythm.series import Flags, Series

Piece = tuple[Frozen, Material]
Plan = Mapping[str, Sequence[Piece]]
"""Which baseline each chart stands on, and when."""


@dataclass(frozen=True, slots=True)
class Materials:
    """What the baselines of a client may be made of."""

    mid: SleepMaterial
    duration: SleepMaterial
    hits: HitMaterial | None


@dataclass(frozen=True, slots=True)
class Charts:
    """Every chart and acute rule of a client."""

    tracks: Mapping[str, Track]
    rules: Sequence[Rule]

    @property
    def signal(self) -> Flags:
        """Nights on which anything signalled."""
        nights = [one.signal for one in self.tracks.values()]
        nights += [one.signal for one in self.rules]
        return np.asarray(np.logical_or.reduce(nights))


def materials(
    series: Series, anchors: Anchors, tracked: tuple[str, ...], travel: Flags
) -> Materials:
    """Return what may enter baselines."""
    quiet = settled(series, travel)
    return Materials(
        mid=sleep_material(MID, series, quiet),
        duration=sleep_material(DURATION, series, quiet),
        hits=hit_material(series, anchors, tracked, quiet),
    )


def frozen_plan(found: Materials) -> Plan:
    """Return the baselines as they froze."""
    hits = _pieces(found.hits) if found.hits else []
    mids = _pieces(found.mid)
    return {
        MID: mids,
        DURATION: _pieces(found.duration),
        HITS: hits,
        DEVIATION: [piece for frozen, _ in mids for piece in _deviations(frozen, found.mid, hits)],
    }


def _pieces(material: Material) -> list[Piece]:
    return [(frozen, material) for frozen in freezes(material)]


def _deviations(usual: Frozen, mid: SleepMaterial, hits: Sequence[Piece]) -> list[Piece]:
    """Return the baselines of the distance to usual midsleep, for nights without anchors' chart.

    It takes the place of the chart of anchors while that has no baseline.
    """
    nights = np.zeros(len(mid.series) + 1, dtype=bool)
    nights[usual.start : usual.stop] = True
    for frozen, anchors in hits:
        is_last = frozen.stop == anchors.stop
        nights[frozen.start : None if is_last else frozen.stop] = False
    material = DeviationMaterial(mid.series, mid, usual.baseline)
    baseline = material.baseline(usual.used, usual.start - 1)
    edges = np.flatnonzero(np.diff(nights.astype(np.int8), prepend=0)).reshape(-1, 2)
    return [
        (
            replace(usual, baseline=baseline, origin=baseline, start=int(start), stop=int(stop)),
            material,
        )
        for start, stop in edges
    ]


def charts(
    series: Series, plan: Plan, travel: Flags, *, known: Mapping[str, Track] | None = None
) -> Charts:
    """Return every chart under the baselines of a plan, and the acute rules.

    Those in `known` are taken as they are.
    """
    tracks = {
        chart: (known or {}).get(chart) or _track(chart, series, pieces, travel)
        for chart, pieces in plan.items()
    }
    return Charts(tracks, rules(series, tracks[MID], tracks[DURATION], travel))


def _track(chart: str, series: Series, pieces: Sequence[Piece], travel: Flags) -> Track:
    read = [(frozen, material.read(frozen.baseline)) for frozen, material in pieces]
    return track(chart, series, read, travel, by_device=chart != HITS)


def refined(series: Series, plan: Plan, travel: Flags) -> tuple[Plan, Charts]:
    """Return the plan with every refinement that quiet nights allow, and its charts."""
    found = charts(series, plan, travel)
    while True:
        disturbed = found.signal | travel | series.marked
        added = _refinements(plan, disturbed)
        if not added:
            return plan, found
        first = min(frozen.start for frozen, _ in added.values())
        finer = {chart: _with(pieces, added.get(chart), first) for chart, pieces in plan.items()}
        same = {chart: one for chart, one in found.tracks.items() if finer[chart] is plan[chart]}
        plan, found = finer, charts(series, finer, travel, known=same)


def _refinements(plan: Plan, disturbed: Flags) -> dict[str, Piece]:
    added = {}
    for chart, pieces in plan.items():
        if pieces:
            frozen, material = pieces[-1]
            step = steps(material, frozen, disturbed)
            if step is not None and step.start < step.stop:
                added[chart] = (step, material)
    return added


def _with(pieces: Sequence[Piece], added: Piece | None, first: int) -> Sequence[Piece]:
    if added is None or added[0].start != first:
        return pieces
    frozen, material = pieces[-1]
    return [*pieces[:-1], (replace(frozen, stop=first), material), added]
