"""All charts of a client under all their baselines, refined where nights were quiet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import numpy as np

from daykeel.rhythm.acute import Rule, rules
from daykeel.rhythm.anchors import Anchors
from daykeel.rhythm.freeze import NEEDED, Frozen, Material, freezes, steps
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
from daykeel.rhythm.series import DAY, Flags, Series
from daykeel.rhythm.track import Track, refined_track, track

Piece = tuple[Frozen, Material]
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


def frozen_plan(found: Materials, held: Held = NOTHING_HELD) -> Plan:
    """Return the baselines as they froze, and the refinements that are held."""
    of_hits = freezes(found.hits, held.frozen(HITS), held.since) if found.hits else []
    mids = freezes(found.mid, held.frozen(MID), held.since)
    durations = freezes(found.duration, held.frozen(DURATION), held.since)
    hits = [(one, found.hits) for one in of_hits if found.hits]
    frozen: Plan = {
        MID: [(one, found.mid) for one in mids],
        DURATION: [(one, found.duration) for one in durations],
        HITS: hits,
        DEVIATION: [
            piece
            for one in mids
            for piece in _deviations(one, found.mid, hits, held.frozen(DEVIATION))
        ],
    }
    return {
        chart: [piece for one in pieces for piece in _with_steps(one, held.steps(chart, one[0]))]
        for chart, pieces in frozen.items()
    }


def _with_steps(piece: Piece, held: Sequence[Frozen]) -> Iterator[Piece]:
    """Yield a baseline and its refinements, with what was deleted of their nights since."""
    frozen, material = piece
    stops = [*(one.start for one in held), frozen.stop]
    for one, stop in zip((frozen, *held), stops, strict=True):
        yield _counted(replace(one, stop=stop), material), material


def _counted(frozen: Frozen, material: Material) -> Frozen:
    left = int(material.valid[frozen.used].sum())
    deleted = frozen.used.size - left
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
    usual: Frozen, mid: SleepMaterial, hits: Sequence[Piece], held: Sequence[Frozen]
) -> list[Piece]:
    """Return the baselines of the distance to usual midsleep, for nights without anchors' chart.

    It takes the place of the chart of anchors while that has no baseline.
    """
    nights = np.zeros(len(mid.series) + 1, dtype=bool)
    nights[usual.start : usual.stop] = True
    for frozen, anchors in hits:
        is_last = frozen.stop == anchors.stop
        nights[frozen.start : None if is_last else frozen.stop] = False
    material = DeviationMaterial(mid.series, mid, usual.baseline)
    known = (one.baseline for one in held if one.baseline.frozen == usual.baseline.frozen)
    baseline = next(known, None)
    if baseline is None:
        left = usual.used[mid.valid[usual.used]]
        if left.size < NEEDED:
            return []
        baseline = material.baseline(left, usual.start - 1)
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


def refined(series: Series, plan: Plan, travel: Flags, since: int = 0) -> tuple[Plan, Charts]:
    """Return the plan with every refinement that quiet nights allow, and its charts."""
    found = charts(series, plan, travel)
    while True:
        disturbed = found.signal | travel | series.marked
        added = _refinements(plan, disturbed, since)
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


def _refinements(plan: Plan, disturbed: Flags, since: int) -> dict[str, Piece]:
    """Return the refinements that come first; later ones may look different under them."""
    added = {
        chart: piece
        for chart, pieces in plan.items()
        if (piece := _first_refinement(pieces, disturbed, since)) is not None
    }
    first = min((frozen.start for frozen, _ in added.values()), default=0)
    return {chart: piece for chart, piece in added.items() if piece[0].start == first}


def _first_refinement(pieces: Sequence[Piece], disturbed: Flags, since: int) -> Piece | None:
    found = []
    for (frozen, material), after in zip_longest(pieces, pieces[1:]):
        if after is None or after[0].is_anew:
            step = steps(material, frozen, disturbed, since)
            if step is not None and step.start < step.stop:
                found.append((step, material))
    return min(found, key=lambda piece: piece[0].start, default=None)


def _with(pieces: Sequence[Piece], added: Piece | None) -> Sequence[Piece]:
    if added is None:
        return pieces
    return [piece for one in pieces for piece in _followed(one, added)]


def _followed(piece: Piece, added: Piece) -> Iterator[Piece]:
    """Yield a baseline, and after it the refinement if it is one of it."""
    frozen, material = piece
    start = added[0].start
    if not frozen.start < start < frozen.stop:
        yield piece
    else:
        yield replace(frozen, stop=start), material
        yield added
