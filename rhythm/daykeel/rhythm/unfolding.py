"""Episodes as they came to be known, night by night, from one evaluation of the charts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.episodes import IRREGULAR, KINDS, counting, episode, groups
from daykeel.rhythm.fusion import Fusing, Run
from daykeel.rhythm.inputs import HITS
from daykeel.rhythm.journeys import travel_episodes
from daykeel.rhythm.ledger import Episode, Finding
from daykeel.rhythm.planned import Planned
from daykeel.rhythm.silence import Silences
from daykeel.rhythm.streams import LOST, Stream
from daykeel.rhythm.travel import LASTING

Sets = Mapping[str, Sequence[Episode]]
"""All episodes of each kind."""


class Unfolding:
    """What State said of a client after each of the last nights, if no earlier one changed.

    Nothing a chart says of a night depends on later ones, with two exceptions: a journey shows in
    its second night, and the anchors of a day are complete with the night after it. The second is
    seen to here; the first is for who asks: a night in another zone must be the last.
    """

    def __init__(self, found: Planned, context: ClientContext) -> None:
        self._found = found
        self._groups = [
            _Group(Fusing(streams, of), found, context) for streams, of in groups(found, context)
        ]
        self._silences = Silences(found.series, context, found.charts.tracks, found.by)
        by = found.by[-1]
        self._travel = travel_episodes(found.series, context, found.plan, found.trips, by)

    def until(self, last: int) -> Sets:
        """Return what was known with night `last`; nights are asked for in order."""
        sets: dict[str, list[Episode]] = {kind: [] for kind in KINDS}
        for group in self._groups:
            for one in group.until(last):
                sets[one.kind].append(one)
        sets["data_loss"] = self._silences.until(last + 1, sets)
        sets["travel"] = _journeys(self._travel, self._found.series.date(last))
        return sets

    def is_calm(self, last: int) -> bool:
        """Return whether nothing is going on that night `last` could be about; asked after it.

        Nothing signals, counts, lasts or was over just then, nobody travels, and no chart begins.
        """
        if self._found.travel[last] or not all(one.is_calm(last) for one in self._groups):
            return False
        tracks = self._found.charts.tracks.values()
        return not any(one.start == last for track in tracks for one in track.frozen)


class _Group:
    """Streams that may join, and the episodes they have come to."""

    def __init__(self, fusing: Fusing, found: Planned, context: ClientContext) -> None:
        self._fusing = fusing
        self._found = found
        self._context = context
        self._waits = _waiting(fusing.streams, len(found.series))
        self._counts = any(one.counting is not None for one in fusing.streams)
        self._told: dict[int, tuple[object, Episode]] = {}

    def until(self, last: int) -> list[Episode]:
        self._fusing.until(last + 1 - (last >= 0 and self._waits[last]))
        runs, streams = self._fusing.found, self._fusing.streams
        told = [self._episode(number, run) for number, run in enumerate(runs)]
        if not self._counts:
            return told
        return told + counting(streams, runs, self._found, self._context, last)

    def is_calm(self, last: int) -> bool:
        """Return whether the night stepped over last left nothing behind."""
        at = self._fusing.next - 1
        if any(run.recovered is None or run.recovered >= at for run in self._fusing.found):
            return False
        counting = (one.counting for one in self._fusing.streams)
        return not any(one is not None and one[last] for one in counting)

    def _episode(self, number: int, run: Run) -> Episode:
        state = (sum(map(len, run.nights.values())), run.recovered, run.escalated)
        before, told = self._told.get(number, (None, None))
        if told is None or before != state:
            told = episode(run, self._fusing.streams, self._found.series, self._context)
            self._told[number] = state, told
        return told


def _waiting(streams: Sequence[Stream], nights: int) -> list[bool]:
    """Return on which nights anchors are told of, which are complete one night later."""
    waits = np.zeros(nights, dtype=bool)
    for one in streams:
        if one.chart == HITS and one.kind in (IRREGULAR, LOST):
            waits |= one.limit > 0
    return waits.tolist()


def _journeys(found: Sequence[Episode], last: date) -> list[Episode]:
    return [
        replace(
            one,
            nights=nights,
            recovered=one.recovered if one.recovered and one.recovered <= last else None,
            findings=tuple(_before(finding, last) for finding in one.findings),
        )
        for one in found
        if len(nights := tuple(night for night in one.nights if night <= last)) >= LASTING
    ]


def _before(finding: Finding, last: date) -> Finding:
    return replace(finding, nights=tuple(night for night in finding.nights if night <= last))
