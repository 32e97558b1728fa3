"""From signals of charts and rules to episodes: what an alert is about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.fusion import (
    ACUTE,
    COOL_DOWN,
    Run,
    Stream,
    acute_streams,
    runs,
    slow_streams,
)
from daykeel.rhythm.inputs import HITS
from daykeel.rhythm.ledger import Baseline, Episode, Finding
from daykeel.rhythm.plan import Charts
from daykeel.rhythm.series import Series
from daykeel.rhythm.track import points

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
SHOWN = 28
"""Nights of a chart that a finding carries."""
GROWN_UP, YOUNG_TRUST = 56, 0.7
"""Baseline nights from which it is trusted fully, and the trust before."""
DECLARED = ("illness", "event")
"""Marks that hold back the notice of a lasting change."""


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
    run: Run, streams: Sequence[Stream], series: Series, context: ClientContext
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
