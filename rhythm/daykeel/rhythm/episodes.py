"""From signals of charts and rules to episodes: what an alert is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain

from daykeel.rhythm.acute import Rule
from daykeel.rhythm.charts import SIDES, Track, points
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.inputs import DEVIATION, DURATION, HITS, MID
from daykeel.rhythm.ledger import Baseline, Episode, Finding
from daykeel.rhythm.plan import Charts
from daykeel.rhythm.series import Flags, Floats, Series

KINDS = (
    "phase_advance",
    "phase_delay",
    "short_sleep",
    "long_sleep",
    "irregularity",
    "acute_change",
    "data_loss",
    "travel",
)
"""Everything an episode can be, rhythm first."""
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
SHOWN = 28
"""Nights of a chart that a finding carries."""
GROWN_UP, YOUNG_TRUST = 56, 0.7
"""Baseline nights from which it is trusted fully, and the trust before."""
DECLARED = ("illness", "event")
"""Marks that hold back the notice of a lasting change."""


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
class _Run:
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


def runs(streams: Sequence[Stream], nights: int, *, cool_down: int = COOL_DOWN) -> list[_Run]:
    """Return the runs of signals in the order of their onset."""
    found: list[_Run] = []
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
    found: list[_Run], streams: Sequence[Stream], number: int, at: int, cool_down: int
) -> None:
    """Put a signal into the episode it belongs to, or open one."""
    kind = streams[number].kind
    run = _home(found, kind, number, at, cool_down)
    if run is None:
        run = _Run(kind, at)
        found.append(run)
    run.nights.setdefault(number, []).append(at)
    run.recovered = None


def _home(found: Sequence[_Run], kind: str, number: int, at: int, cool_down: int) -> _Run | None:
    newest = {run.kind: run for run in found}
    own = newest.get(kind)
    if own and not own.is_over:
        return own
    other = newest.get(TOGETHER.get(kind, ""))
    if other and not other.is_over and (number in other.nights or at - other.onset <= NEAR):
        return other
    return own if own and at < own.onset + cool_down else None


def _lived(run: _Run, streams: Sequence[Stream], at: int) -> None:
    """Count a night towards the end of an episode, or its escalation."""
    parts = [streams[number] for number in run.nights]
    if not all(one.known[at] and one.limit[at] > 0 for one in parts):
        return
    share = max(float(one.statistic[at] / one.limit[at]) for one in parts)
    run.quiet = run.quiet + 1 if share < 1 / 2 else 0
    if run.quiet >= QUIET:
        run.recovered = at
    if share >= 2 and run.escalated is None:  # noqa: PLR2004  twice the limit
        run.escalated = at


def rhythm_episodes(
    found: Charts, series: Series, context: ClientContext
) -> dict[str, list[Episode]]:
    """Return the episodes of the rhythm kinds, each kind's oldest first."""
    episodes: dict[str, list[Episode]] = {kind: [] for kind in KINDS}
    slow = slow_streams(found)
    acute = acute_streams(found, series)
    for streams, cool_down in ((slow, COOL_DOWN), (acute, 0)):
        for run in runs(streams, len(series), cool_down=cool_down):
            episodes[run.kind].append(_episode(run, streams, series, context))
    return episodes


def _episode(
    run: _Run, streams: Sequence[Stream], series: Series, context: ClientContext
) -> Episode:
    findings = tuple(
        finding(streams[number], nights, series) for number, nights in run.nights.items()
    )
    nights = sorted(set(chain.from_iterable(run.nights.values())))
    parts = [streams[number] for number in run.nights]
    is_acute = run.kind == ACUTE
    coverage = _coverage(parts, series, run.onset, nights[-1])
    return Episode(
        client=context.client,
        kind=run.kind,
        onset=series.date(run.onset),
        nights=tuple(series.date(at) for at in nights),
        severity="act" if is_acute or run.escalated is not None else "watch",
        findings=findings,
        coverage=coverage,
        confidence=coverage * _trust(findings),
        escalated=None if run.escalated is None else series.date(run.escalated),
        recovered=None if run.recovered is None else series.date(run.recovered),
        evidence_at=_evidence_at(parts, series, run.onset),
        suppressed=() if is_acute else _suppressed(series.date(run.onset), context),
        note=(("clock change", "within the last 7 nights"),)
        if series.near_dst[nights].any()
        else (),
    )


def finding(stream: Stream, nights: Sequence[int], series: Series) -> Finding:
    """Return what a chart or rule saw on the nights it signalled, with the chart up to then."""
    last = nights[-1]
    track, is_slow = stream.track, stream.rule == "slow"
    frozen = track.baseline(last) if track else None
    shown = points(track, series, max(last + 1 - SHOWN, 0), last + 1) if track else ()
    return Finding(
        chart=stream.chart,
        rule=stream.rule,
        side=stream.side,
        onset=series.date(nights[0]),
        nights=tuple(series.date(at) for at in nights),
        statistic=float(stream.statistic[last]) if is_slow else None,
        limit=float(stream.limit[last]) if is_slow else None,
        baseline=frozen.baseline if frozen else None,
        points=shown,
    )


def _coverage(parts: Iterable[Stream], series: Series, onset: int, last: int) -> float:
    """Return the mean coverage since the chart started: every night since then has a say."""
    tracks = [one.track for one in parts if one.track and one.track.limit[onset] > 0]
    first = min((one.started(onset) for one in tracks), default=max(onset - 1, 0))
    return float(series.coverage[first : last + 1].mean())


def _trust(findings: Iterable[Finding]) -> float:
    baselines: list[Baseline | None] = [one.baseline for one in findings]
    is_grown = all(one and len(one.nights) >= GROWN_UP for one in baselines)
    return 1.0 if is_grown else YOUNG_TRUST


def _evidence_at(parts: Sequence[Stream], series: Series, onset: int) -> datetime | None:
    """Return when the onset could first be known: all read, and the night final."""
    last = onset + (parts[0].chart == HITS)
    frozen = parts[0].track.baseline(onset) if parts[0].track else None
    first = int(frozen.used[0]) if frozen else max(onset - 1, 0)
    nights = [one.night for one in series.days[first : last + 1] if one]
    arrived = [one.evidence_at for one in nights if one.evidence_at]
    final = [one.finalised_at for one in nights[-1:] if one.finalised_at]
    return max((*arrived, *final), default=None)


def _suppressed(onset: date, context: ClientContext) -> tuple[str, ...]:
    """Return why nobody is told of a lasting change for now."""
    why = ["phase"] if context.phase == "formulation" else []
    declared = {mark.what for mark in context.marks if mark.first <= onset <= mark.last}
    return (*why, *(what for what in DECLARED if what in declared))


def active(episodes: Mapping[str, Sequence[Episode]], night: date) -> bool:
    """Return whether an episode was going on at a night."""
    return any(
        one.onset <= night and (one.recovered is None or one.recovered > night)
        for one in chain.from_iterable(episodes.values())
    )
