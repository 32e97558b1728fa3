"""All charts of a client under all their baselines, refined where nights were quiet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from daykeel.rhythm.acute import Rule, rules
from daykeel.rhythm.anchors import Anchors
from daykeel.rhythm.freeze import Frozen, Material, freezes, steps
from daykeel.rhythm.hit_material import HitMaterial, hit_material
from daykeel.rhythm.inputs import (
    DEVIATION,
    DURATION,
    HITS,
    MID,
    DeviationMaterial,
    SleepMaterial,
    settled,
    sleep_material,
)
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.track import Track, refined_track, track

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


def charts(series: Series, plan: Plan, travel: Flags) -> Charts:
    """Return every chart under the baselines of a plan, and the acute rules."""
    tracks = {
        chart: track(
            chart,
            series,
            [(frozen, material.read(frozen.baseline)) for frozen, material in pieces],
            travel,
            by_device=chart != HITS,
        )
        for chart, pieces in plan.items()
    }
    return Charts(tracks, rules(series, tracks[MID], tracks[DURATION], travel))


def refined(series: Series, plan: Plan, travel: Flags) -> tuple[Plan, Charts]:
    """Return the plan with every refinement that quiet nights allow, and its charts."""
    found = charts(series, plan, travel)
    while True:
        disturbed = found.signal | travel | series.marked
        added = _refinements(plan, disturbed)
        if not added:
            return plan, found
        plan = {chart: _with(pieces, added.get(chart)) for chart, pieces in plan.items()}
        tracks = {**found.tracks}
        for chart, (frozen, material) in added.items():
            piece = (frozen, material.read(frozen.baseline))
            tracks[chart] = refined_track(
                tracks[chart], series, piece, travel, by_device=chart != HITS
            )
        found = Charts(tracks, rules(series, tracks[MID], tracks[DURATION], travel))


def _refinements(plan: Plan, disturbed: Flags) -> dict[str, Piece]:
    """Return the refinements that come first; later ones may look different under them."""
    added = {}
    for chart, pieces in plan.items():
        if pieces:
            frozen, material = pieces[-1]
            step = steps(material, frozen, disturbed)
            if step is not None and step.start < step.stop:
                added[chart] = (step, material)
    first = min((frozen.start for frozen, _ in added.values()), default=0)
    return {chart: piece for chart, piece in added.items() if piece[0].start == first}


def _with(pieces: Sequence[Piece], added: Piece | None) -> Sequence[Piece]:
    if added is None:
        return pieces
    frozen, material = pieces[-1]
    return [*pieces[:-1], (replace(frozen, stop=added[0].start), material), added]
