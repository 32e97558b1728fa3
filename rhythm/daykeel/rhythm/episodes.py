"""From signals of charts and rules to episodes: what an alert is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import chain

import numpy as np

from daykeel.rhythm.agreed import agreed, thresholds_of
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.course import gated
from daykeel.rhythm.declared import declared
from daykeel.rhythm.fusion import Run, deciding, runs
from daykeel.rhythm.inputs import HITS, stop_of
from daykeel.rhythm.ledger import Baseline, Episode, Finding
from daykeel.rhythm.lost import lost_anchors
from daykeel.rhythm.planned import Planned
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.streams import (
    ACUTE,
    AGREED,
    Stream,
    acute_streams,
    agreed_streams,
    lost_streams,
    opened,
    secondary_streams,
    slow_streams,
)
from daykeel.rhythm.track import Track, points

IRREGULAR = "irregularity"
KINDS = (
    "phase_advance",
    "phase_delay",
    "short_sleep",
    "long_sleep",
    IRREGULAR,
    "lost_anchors",
    "acute_change",
    "data_loss",
    "travel",
    AGREED,
)
"""Everything an episode can be, rhythm first."""
SHOWN = 28
"""Nights of a chart that a finding carries."""
GROWN_UP, YOUNG_TRUST = 56, 0.7
"""Baseline nights from which it is trusted fully, and the trust before."""


def rhythm_episodes(found: Planned, context: ClientContext) -> dict[str, list[Episode]]:
    """Return the episodes of the rhythm kinds, each kind's oldest first.

    On nights of the formulation only the acute rules open anything.
    """
    episodes: dict[str, list[Episode]] = {kind: [] for kind in KINDS}
    last = stop_of(found.series.final) - 1
    for streams, of in groups(found, context):
        done = runs(streams, len(found.series), of)
        for run in done:
            episodes[run.kind].append(episode(run, streams, found.series, context))
        for one in counting(streams, done, found, context, last):
            episodes[one.kind].append(one)
    return episodes


def groups(found: Planned, context: ClientContext) -> list[tuple[list[Stream], Sequence[Rules]]]:
    """Return the streams that may join into runs, and the rules of each night by which they do."""
    charts, series, by = found.charts, found.series, found.by
    closed = np.array(gated(context.phases, series.dates), dtype=bool)
    slow = opened(slow_streams(charts), closed)
    second = opened(secondary_streams(charts, by), closed)
    told = series.complete | ~_has_anchors(charts.tracks[HITS])
    regular = [
        replace(one, signal=one.signal & told, known=one.known & told)
        for one in second
        if one.kind in (IRREGULAR, "")
    ]
    wanted = thresholds_of(context, by, series.dates)
    thresholds = agreed_streams(charts, agreed(wanted, series, charts.tracks, found.travel))
    lost = lost_anchors(charts.tracks[HITS], found.anchors, found.made.tracked)
    return [
        ([*(one for one in slow if one.kind != IRREGULAR), *map(_beside, second)], by),
        ([*(one for one in slow if one.kind == IRREGULAR), *regular], by),
        (opened(lost_streams(charts, lost), closed), by),
        (acute_streams(charts, series), _at_once(by)),
        (opened(thresholds, closed), by),
    ]


def _has_anchors(track: Track) -> Flags:
    """Return the nights on which anchors have a say, or had one the night before.

    They are told of one night later than sleep, and so are all that may join them: on the newest
    night their chart does not stand yet.
    """
    has = track.limit > 0
    has[1:] |= track.limit[:-1] > 0
    return np.asarray(has)


def _beside(one: Stream) -> Stream:
    """Return a secondary chart among those of time and length of sleep: regularity supports."""
    return replace(one, kind="") if one.kind == IRREGULAR else one


def _at_once(by: Sequence[Rules]) -> list[Rules]:
    """Return the rules of each night without a cool-down: an acute rule may open at once."""
    few = {id(one): one for one in by}  # most often one, and hashing it each night takes time
    changed = {name: replace(one, cool_down=0) for name, one in few.items()}
    return [changed[id(one)] for one in by]


def counting(
    streams: Sequence[Stream],
    before: Sequence[Run],
    found: Planned,
    context: ClientContext,
    last: int,
) -> list[Episode]:
    """Return what still counts nights up to night `last`: it is told to nobody yet.

    Nothing while another episode is going on, or began within the cool-down: it would join that.
    """
    numbers = [
        number
        for number, one in enumerate(streams)
        if one.counting is not None and last >= 0 and one.counting[last]
    ]
    newest = before[-1] if before else None
    is_taken = newest is not None and (
        not newest.is_over or last < newest.onset + found.by[last].cool_down
    )
    if not numbers or is_taken:
        return []
    run = Run(streams[numbers[0]].kind, last, {number: [last] for number in numbers})
    return [replace(episode(run, streams, found.series, context), pending=True)]


def episode(run: Run, streams: Sequence[Stream], series: Series, context: ClientContext) -> Episode:
    """Return what a run of signals amounts to."""
    findings = tuple(
        finding(streams[number], nights, series) for number, nights in run.nights.items()
    )
    told = set(chain.from_iterable(run.nights.values()))
    nights = sorted(at for at in told if at >= run.onset)
    parts = deciding(run, streams)
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
        confidence=coverage * _trust(findings, parts),
        escalated=None if run.escalated is None else series.date(run.escalated),
        recovered=None if run.recovered is None else series.date(run.recovered),
        evidence_at=_evidence_at(parts, series, run.onset),
        suppressed=() if is_acute else declared(run, streams, series, context),
        phase=context.phase(series.date(run.onset)),
        note=(("clock change", "within the last 7 nights"),)
        if series.near_dst[nights].any()
        else (),
    )


def finding(stream: Stream, nights: Sequence[int], series: Series) -> Finding:
    """Return what a chart or rule saw on the nights it signalled, with the chart up to then."""
    days = [at - stream.lag for at in nights]
    last = days[-1]
    track, is_slow = stream.track, stream.rule == "slow"
    frozen = track.baseline(last) if track else None
    shown = points(track, series, max(last + 1 - SHOWN, 0), last + 1) if track else ()
    return Finding(
        chart=stream.chart,
        rule=stream.rule,
        side=stream.side,
        onset=series.date(days[0]),
        nights=tuple(series.date(at) for at in days),
        statistic=float(stream.statistic[nights[-1]]) if is_slow else None,
        limit=float(stream.limit[nights[-1]]) if is_slow else None,
        baseline=frozen.baseline if frozen else None,
        points=shown,
    )


def _coverage(parts: Iterable[Stream], series: Series, onset: int, last: int) -> float:
    """Return the mean coverage since the chart started: every night since then has a say."""
    tracks = [one.track for one in parts if one.track and one.track.limit[onset] > 0]
    first = min((one.started(onset) for one in tracks), default=max(onset - 1, 0))
    return float(series.coverage[first : last + 1].mean())


def _trust(findings: Iterable[Finding], parts: Iterable[Stream]) -> float:
    charts = {one.chart for one in parts}
    baselines: list[Baseline | None] = [one.baseline for one in findings if one.chart in charts]
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


def active(episodes: Mapping[str, Sequence[Episode]], night: date) -> bool:
    """Return whether an episode was going on at a night."""
    return any(
        not one.pending and one.onset <= night and (one.recovered is None or one.recovered > night)
        for one in chain.from_iterable(episodes.values())
    )
