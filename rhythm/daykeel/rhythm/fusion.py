"""Signals of charts and rules put together: what opens, joins, escalates and is over."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.streams import Stream

TOGETHER = {
    "phase_advance": "short_sleep",
    "short_sleep": "phase_advance",
    "phase_delay": "long_sleep",
    "long_sleep": "phase_delay",
}
"""Timing and amount to one side are one matter."""
EITHER = "irregular"
"""A side that agrees with every other."""


@dataclass(slots=True)
class Run:
    """An episode while it is put together; nights by number."""

    kind: str
    onset: int
    nights: dict[int, list[int]] = field(default_factory=dict)
    """By the number of the stream."""
    quiet: int = 0
    recovered: int | None = None
    escalated: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has passed, for now."""
        return self.recovered is not None


def runs(streams: Sequence[Stream], nights: int, by: Rules | Sequence[Rules] = LIVE) -> list[Run]:
    """Return the runs of signals in the order of their onset."""
    fusing = Fusing(streams, by)
    fusing.until(nights)
    return fusing.found


class Fusing:
    """Runs of signals put together night by night: a later night changes no earlier step."""

    def __init__(self, streams: Sequence[Stream], by: Rules | Sequence[Rules]) -> None:
        self.found: list[Run] = []
        """In the order of their onset."""
        self.streams = streams
        self.next = 0
        """The night to take in next."""
        self._by = by
        self._signals: dict[int, list[int]] = {}
        for number, one in enumerate(streams):
            for at in one.signal.nonzero()[0].tolist():
                self._signals.setdefault(at, []).append(number)
        self._nights = sorted(self._signals)

    def until(self, stop: int) -> None:
        """Take in the nights before `stop`; while nothing is going on, only those with signals."""
        while self.next < stop:
            if all(run.is_over for run in self.found):
                at = bisect_left(self._nights, self.next)
                self.next = min([*self._nights[at : at + 1], stop])
            if self.next < stop:
                self._step(self.next)
                self.next += 1

    def _step(self, at: int) -> None:
        by = self._by if isinstance(self._by, Rules) else self._by[at]
        signals = self._signals.get(at, ())
        for number in signals:
            if not self.streams[number].family:
                _placed(self.found, self.streams, number, at, by)
        for number in signals:
            if self.streams[number].family:
                _supported(self.found, self.streams, number, at, by)
        for run in self.found:
            if not run.is_over:
                _lived(run, self.streams, at, by)


def _placed(found: list[Run], streams: Sequence[Stream], number: int, at: int, by: Rules) -> None:
    """Put a signal into the episode it belongs to, or open one."""
    kind = streams[number].kind
    run = _home(found, kind, number, at, by)
    if run is None:
        run = Run(kind, at)
        found.append(run)
    run.nights.setdefault(number, []).append(at)
    run.recovered, run.quiet = None, 0


def _home(found: Sequence[Run], kind: str, number: int, at: int, by: Rules) -> Run | None:
    newest = {run.kind: run for run in found}
    own = newest.get(kind)
    if own and not own.is_over:
        return own
    other = newest.get(TOGETHER.get(kind, ""))
    if other and not other.is_over and (number in other.nights or at - other.onset <= by.near):
        return other
    return own if own and at < own.onset + by.cool_down else None


def _supported(
    found: list[Run], streams: Sequence[Stream], number: int, at: int, by: Rules
) -> None:
    """Put a secondary chart's signal into an open episode, or open one with another chart's.

    It says nothing of when an episode ends that a primary chart takes part in.
    """
    open_runs = [run for run in found if not run.is_over]
    run = _joined(open_runs, streams, number, at, by)
    together = [] if run else _together(streams, number, at, by.near)
    if together:
        kind = streams[together[0]].kind
        told = (one for one in open_runs if not one.nights.keys().isdisjoint(together))
        run = next(told, None) or _home(found, kind, together[0], at, by) or Run(kind, at)
    if run is None or (run.is_over and _has_primary(run, streams)):
        return
    if all(run is not one for one in found):
        found.append(run)
    for one in together or [number]:
        _noted(run, streams, one, at, by.near if together else 0)
    if not _has_primary(run, streams):
        run.recovered, run.quiet = None, 0


def _joined(
    runs: Sequence[Run], streams: Sequence[Stream], number: int, at: int, by: Rules
) -> Run | None:
    """Return the open episode that a secondary chart's signal speaks for.

    That of its kind; else one to its side that it speaks for already, or that is young.
    """
    one = streams[number]
    for run in reversed(runs):
        if run.kind == one.kind:
            return run
    kinds = {one.kind, TOGETHER.get(one.kind, "")} - {""}
    for run in reversed(runs):
        is_young = number in run.nights or at - run.onset <= by.near
        is_meant = run.kind in kinds if kinds else _agree(_side(run, streams), one.side)
        if is_young and is_meant:
            return run
    return None


def _side(run: Run, streams: Sequence[Stream]) -> str:
    """Return the side of what gave an episode its kind."""
    return next(streams[number].side for number in run.nights if streams[number].kind)


def _agree(side: str, other: str) -> bool:
    return side == other or EITHER in (side, other)


def _together(streams: Sequence[Stream], number: int, at: int, near: int) -> list[int]:
    """Return the secondary charts that open an episode on a night, that which names it first.

    Two of different families and to one side that signalled within `near` nights, of which one
    has a kind: the kind is that of the one that signalled first.
    """
    own = streams[number]
    lately = slice(max(at - near, 0), at + 1)
    others = [
        other
        for other, one in enumerate(streams)
        if one.family not in ("", own.family)
        and _agree(one.side, own.side)
        and one.signal[lately].any()
        and (one.kind or own.kind)
    ]
    if not others:
        return []
    firsts = {one: int(streams[one].signal[lately].argmax()) for one in (number, *others)}
    return sorted(firsts, key=lambda one: (not streams[one].kind, firsts[one], one))


def _noted(run: Run, streams: Sequence[Stream], number: int, at: int, back: int) -> None:
    """Add the nights of the last ones on which a secondary chart signalled."""
    nights = run.nights.setdefault(number, [])
    first = max(at - back, nights[-1] + 1 if nights else 0)
    nights += [night for night in range(first, at + 1) if streams[number].signal[night]]


def _has_primary(run: Run, streams: Sequence[Stream]) -> bool:
    return any(not streams[number].family for number in run.nights)


def deciding(run: Run, streams: Sequence[Stream]) -> list[Stream]:
    """Return the streams that decide about an episode.

    The primary ones; where none takes part, those that have a kind.
    """
    parts = [streams[number] for number in run.nights]
    return [one for one in parts if not one.family] or [one for one in parts if one.kind]


def _lived(run: Run, streams: Sequence[Stream], at: int, by: Rules) -> None:
    """Count a night towards the end of an episode, or its escalation.

    A chart that has ended has no say; the others decide, or what has taken its place.
    """
    parts = [one for one in deciding(run, streams) if one.limit[at] > 0] or [
        one for one in streams if (one.kind, one.family) == (run.kind, "") and one.limit[at] > 0
    ]
    if not parts or not all(one.known[at] for one in parts):
        return
    share = max(float(one.statistic[at] / one.limit[at]) for one in parts)
    run.quiet = run.quiet + 1 if share < 1 / 2 else 0
    if run.quiet >= by.quiet:
        run.recovered = at
    if share >= by.escalates and run.escalated is None:
        run.escalated = at
