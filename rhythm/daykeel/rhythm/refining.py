"""Refinements of baselines: quiet nights are taken in, one chart's after the other's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from daykeel.rhythm.acute import rules
from daykeel.rhythm.charts import PRIMARY
from daykeel.rhythm.drawn import NOTHING_BEFORE, Before, read, tracked
from daykeel.rhythm.freeze import Frozen, steps, tried
from daykeel.rhythm.inputs import DURATION, MID
from daykeel.rhythm.pinning import Piece
from daykeel.rhythm.plan import Charts, Plan
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.track import Track, refined_track


def refined(  # noqa: PLR0913, PLR0917  all that charts are made of
    series: Series,
    plan: Plan,
    travel: Flags,
    since: int = 0,
    by: Rules = LIVE,
    before: Before = NOTHING_BEFORE,
) -> tuple[Plan, Charts]:
    """Return the plan with every refinement that quiet nights allow, and its charts.

    The primary charts first: what they signal holds back all others, which hold back only
    themselves.

    Parameters
    ----------
    since
        First night at which baselines may be refined: what was decided before is in the plan.
    before
        Charts to go on from.
    """
    refining = _Refining(series, travel, since, by, before)
    pieces = {**plan}
    tracks = {chart: refining.tracked(chart, plan[chart]) for chart in PRIMARY}
    found = Charts({**tracks}, rules(series, tracks[MID], tracks[DURATION], travel, by))
    while added := refining.first(pieces, found.signal):
        for chart, piece in added.items():
            pieces[chart] = _with(pieces[chart], piece)
            tracks[chart] = refining.having(chart, pieces[chart], tracks[chart], piece)
        acute = rules(series, tracks[MID], tracks[DURATION], travel, by)
        found = Charts({**tracks}, acute)
    for chart in [one for one in plan if one not in PRIMARY]:
        pieces[chart], tracks[chart] = refining.alone(chart, plan[chart], found.signal)
    return pieces, Charts(tracks, found.rules)


@dataclass(frozen=True, slots=True)
class _Refining:
    """Refines baselines of a client, into the pieces and tracks it is given."""

    series: Series
    travel: Flags
    since: int
    by: Rules
    before: Before

    def first(self, plan: Plan, signal: Flags) -> dict[str, Piece]:
        """Return the primary charts' that come first: later ones may look different then."""
        disturbed = signal | self.travel | self.series.marked
        found = ((chart, self._next(plan[chart], disturbed)) for chart in PRIMARY)
        added = {chart: piece for chart, piece in found if piece is not None}
        first = min((frozen.start for frozen, _ in added.values()), default=0)
        return {chart: piece for chart, piece in added.items() if piece[0].start == first}

    def alone(
        self, chart: str, pieces: Sequence[Piece], signal: Flags
    ) -> tuple[Sequence[Piece], Track]:
        """Return a secondary chart's baselines with their refinements, and the chart.

        Most often it signals nothing before the last night that one hung on: then that is all
        there is to it.
        """
        disturbed = signal | self.travel | self.series.marked
        guess = pieces
        while piece := self._next(guess, disturbed):
            guess = _with(guess, piece)
        found = self.tracked(chart, guess)
        if not found.signal.any() or not found.signal[: self._tried(guess, disturbed)].any():
            return guess, found
        found = self.tracked(chart, pieces)
        while piece := self._next(pieces, disturbed | found.signal):
            pieces = _with(pieces, piece)
            found = self.having(chart, pieces, found, piece)
        return pieces, found

    def _tried(self, pieces: Sequence[Piece], disturbed: Flags) -> int:
        """Return the first night on which no refinement hung, nor one that was refused."""
        refused = (tried(material, one, disturbed, self.since) for one, material in pieces)
        refined = (one.start for one, _ in pieces if not one.is_anew)
        return max((*refused, *refined), default=0)

    def having(self, chart: str, pieces: Sequence[Piece], before: Track, piece: Piece) -> Track:
        """Return a chart with one more refinement among its pieces."""
        if _goes_on(pieces, piece[0]):
            return self.tracked(chart, pieces)
        return refined_track(before, self.series, read(*piece), self.travel)

    def tracked(self, chart: str, pieces: Sequence[Piece]) -> Track:
        """Return a chart under its baselines."""
        return tracked(chart, self.series, pieces, self.travel, self.by, self.before)

    def _next(self, pieces: Sequence[Piece], disturbed: Flags) -> Piece | None:
        found = []
        for (frozen, material), after in zip_longest(pieces, pieces[1:]):
            if after is None or after[0].is_anew or after[0].is_pinned:
                step = steps(material, frozen, disturbed, self.since)
                if step is not None and step.start < step.stop:
                    found.append((step, material))
        return min(found, key=lambda piece: piece[0].start, default=None)


def _goes_on(pieces: Sequence[Piece], frozen: Frozen) -> bool:
    """Return whether a pinned refinement follows, whose statistics go on from this one's."""
    return any(one.start == frozen.stop and not one.is_anew for one, _ in pieces)


def _with(pieces: Sequence[Piece], added: Piece) -> Sequence[Piece]:
    return [part for one in pieces for part in _followed(one, added)]


def _followed(piece: Piece, added: Piece) -> Iterator[Piece]:
    """Yield a baseline, and after it the refinement if it is one of it."""
    frozen, material = piece
    start = added[0].start
    if not frozen.start < start < frozen.stop:
        yield piece
    else:
        yield replace(frozen, stop=start), material
        yield added
