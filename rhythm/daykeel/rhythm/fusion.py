"""Signals of charts and rules put together: what opens, joins, escalates and is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from daykeel.rhythm.acute import Rule
from daykeel.rhythm.charts import SIDES
from daykeel.rhythm.inputs import DEVIATION, DURATION, HITS, MID
from daykeel.rhythm.plan import Charts
from daykeel.rhythm.series import Flags, Floats, Series
from daykeel.rhythm.track import Track

ACUTE = "acute_change"
MEANS = {
    (MID, "early_high"): "phase_advance",
    (MID, "late_low"): "phase_delay",
    (DURATION, "early_high"): "short_sleep",
    (DURATION, "late_low"): "long_sleep",
    (HITS, "irregular"): "irregularity",
    (DEVIATION, "irregular"): "irregularity",
}
TOGETHER = {
    "phase_advance": "short_sleep",
    "short_sleep": "phase_advance",
    "phase_delay": "long_sleep",
    "long_sleep": "phase_delay",
}
"""Timing and amount to one side are one matter."""
NEAR = 5
"""Nights within which they join."""
COOL_DOWN = 14
"""Nights from opening in which nothing new of a kind opens."""
QUIET = 7
"""Known nights below half the limit after which an episode is over."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One chart or rule to one side, as fusion sees it."""

    kind: str
    chart: str
    rule: str
    side: str
    signal: Flags
    statistic: Floats
    limit: Floats
    known: Flags
    """Nights that can tell whether it has passed."""
    track: Track | None


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


def slow_streams(found: Charts) -> list[Stream]:
    """Return the charts' directions that mean something."""
    streams = []
    for one in found.tracks.values():
        rises, falls = SIDES[one.chart]
        sides = ((rises, one.signal_up, one.up), (falls, one.signal_down, one.down))
        for side, signal, statistic in sides:
            if side:
                kind = MEANS[one.chart, side]
                streams.append(
                    Stream(
                        kind,
                        one.chart,
                        "slow",
                        side,
                        signal,
                        statistic,
                        one.limit,
                        one.evidence,
                        one,
                    )
                )
    return streams


def acute_streams(found: Charts, series: Series) -> list[Stream]:
    """Return the acute rules; the statistic is 1 on nights that meet their condition."""
    known = series.final & series.duration.is_bounded
    return [
        Stream(
            kind=ACUTE,
            chart=one.chart,
            rule=one.rule,
            side=one.side,
            signal=one.signal,
            statistic=one.met * 1.0,
            limit=_ones(one),
            known=known,
            track=found.tracks.get(one.chart),
        )
        for one in found.rules
    ]


def _ones(rule: Rule) -> Floats:
    return (rule.met | True) * 1.0


def runs(streams: Sequence[Stream], nights: int, *, cool_down: int = COOL_DOWN) -> list[Run]:
    """Return the runs of signals in the order of their onset."""
    found: list[Run] = []
    signals = {
        at: [number for number, one in enumerate(streams) if one.signal[at]]
        for at in sorted(
            set(chain.from_iterable(one.signal.nonzero()[0].tolist() for one in streams))
        )
    }
    for at in range(min(signals, default=nights), nights):
        for number in signals.get(at, ()):
            _placed(found, streams, number, at, cool_down)
        for run in found:
            if not run.is_over:
                _lived(run, streams, at)
    return found


def _placed(
    found: list[Run], streams: Sequence[Stream], number: int, at: int, cool_down: int
) -> None:
    """Put a signal into the episode it belongs to, or open one."""
    kind = streams[number].kind
    run = _home(found, kind, number, at, cool_down)
    if run is None:
        run = Run(kind, at)
        found.append(run)
    run.nights.setdefault(number, []).append(at)
    run.recovered, run.quiet = None, 0


def _home(found: Sequence[Run], kind: str, number: int, at: int, cool_down: int) -> Run | None:
    newest = {run.kind: run for run in found}
    own = newest.get(kind)
    if own and not own.is_over:
        return own
    other = newest.get(TOGETHER.get(kind, ""))
    if other and not other.is_over and (number in other.nights or at - other.onset <= NEAR):
        return other
    return own if own and at < own.onset + cool_down else None


def _lived(run: Run, streams: Sequence[Stream], at: int) -> None:
    """Count a night towards the end of an episode, or its escalation.

    A chart that has ended has no say; the others decide.
    """
    parts = [streams[number] for number in run.nights if streams[number].limit[at] > 0]
    if not parts or not all(one.known[at] for one in parts):
        return
    share = max(float(one.statistic[at] / one.limit[at]) for one in parts)
    run.quiet = run.quiet + 1 if share < 1 / 2 else 0
    if run.quiet >= QUIET:
        run.recovered = at
    if share >= 2 and run.escalated is None:  # noqa: PLR2004  twice the limit
        run.escalated = at
