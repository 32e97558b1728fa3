"""Nights of which nothing is known, and when that is something to tell."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from daykeel.rhythm.charts import SIDES
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.episodes import active
from daykeel.rhythm.inputs import DEVIATION, DURATION, HITS, MID
from daykeel.rhythm.ledger import Episode, Finding
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.track import Track

COUNTS, TELLS = 3, 7
"""Silent nights from which they are counted, and at which the therapist is told."""
GAPS = (
    "consent_revoked",
    "our_outage",
    "battery_flat",
    "not_worn",
    "not_synced",
    "source_silent",
    "unknown",
)
"""Reasons in the order of science.md 4."""
NAMES = {
    MID: "midpoint of sleep",
    DURATION: "length of sleep",
    HITS: "anchors",
    DEVIATION: "distance from usual midsleep",
}
WORDS = {
    (MID, "late_low"): "later than usual",
    (MID, "early_high"): "earlier than usual",
    (DURATION, "late_low"): "longer than usual",
    (DURATION, "early_high"): "shorter than usual",
    (HITS, "irregular"): "less regular than usual",
    (DEVIATION, "irregular"): "less regular than usual",
}


def silent_nights(series: Series, context: ClientContext) -> Flags:
    """Return the final nights since enrolment without any bound on main sleep."""
    silent = series.final & ~series.duration.is_bounded
    if context.enrolled is not None:
        silent[: max(series.at(context.enrolled), 0)] = False
    return silent


def silences(
    series: Series,
    context: ClientContext,
    tracks: Mapping[str, Track],
    episodes: Mapping[str, Sequence[Episode]],
) -> list[Episode]:
    """Return the runs of silent nights that count or were told, oldest first.

    Told at seven nights; at three if something was going on when the silence began: an episode,
    or a chart above half its limit. A run that ended untold is forgotten.
    """
    silent = silent_nights(series, context)
    edges = np.flatnonzero(np.diff(np.append(silent, False).astype(np.int8), prepend=0))
    found = []
    for start, stop in edges.reshape(-1, 2).tolist():
        if stop - start < COUNTS:
            continue
        is_tense = start > 0 and _is_tense(series, tracks, episodes, start - 1)
        needed = COUNTS if is_tense else TELLS
        is_told = stop - start >= needed
        is_over = bool(stop < len(series) and series.final[stop])
        if is_told or not is_over:
            run = range(start, stop)
            found.append(
                _episode(series, context, tracks, run, needed, is_told=is_told, is_over=is_over)
            )
    return found


def _is_tense(
    series: Series,
    tracks: Mapping[str, Track],
    episodes: Mapping[str, Sequence[Episode]],
    at: int,
) -> bool:
    shares = (share for one in tracks.values() for _, share in _shares(one, at))
    return any(share > 1 / 2 for share in shares) or active(episodes, series.date(at))


def _shares(track: Track, at: int) -> list[tuple[str, float]]:
    """Return, for each side that means something, how much of the limit is used up."""
    bound = float(track.limit[at])
    if bound == 0:
        return []
    sides = zip(SIDES[track.chart], (track.up, track.down), strict=True)
    return [(side, float(statistic[at]) / bound) for side, statistic in sides if side]


def _episode(  # noqa: PLR0913  all of it is said in the notice
    series: Series,
    context: ClientContext,
    tracks: Mapping[str, Track],
    run: range,
    needed: int,
    *,
    is_told: bool,
    is_over: bool,
) -> Episode:
    nights = tuple(series.date(at) for at in run)
    found = Finding(
        chart="silence",
        rule="silence",
        side="",
        onset=nights[0],
        nights=nights,
        statistic=float(len(run)),
        limit=float(needed),
    )
    return Episode(
        client=context.client,
        kind="data_loss",
        onset=nights[0],
        nights=nights,
        severity="info",
        findings=(found,),
        confidence=1.0,
        recovered=series.date(run.stop) if is_over else None,
        evidence_at=_known_at(series, run, run.start + (needed if is_told else COUNTS) - 1),
        note=(("reason", _reason(series, run)), *_before(tracks, run.start - 1)),
        pending=not is_told,
    )


def _known_at(series: Series, run: range, at: int) -> datetime | None:
    """Return when a run of silent nights up to night `at` could first be known.

    That takes its last night to be final, and the record that told of the night before it.
    """
    before = series.days[run.start - 1] if run.start else None
    record = series.days[at]
    moments = [record.night.finalised_at if record else None]
    moments.append(before.night.evidence_at if before else None)
    return max((one for one in moments if one), default=None)


def _reason(series: Series, run: range) -> str:
    """Return the reason that covers most of the time."""
    covered: Counter[str] = Counter()
    for record in series.days[run.start : run.stop]:
        for gap in record.night.gaps if record else ():
            covered[gap.reason] += (gap.stop - gap.start) // timedelta(minutes=1)
    if not covered:
        return "unknown"
    return max(GAPS, key=lambda reason: (covered[reason], -GAPS.index(reason)))


def _before(tracks: Mapping[str, Track], at: int) -> list[tuple[str, str]]:
    """Return in words where each chart stood before the silence."""
    if at < 0:
        return []
    told = []
    for one in tracks.values():
        side, share = max(_shares(one, at), key=lambda pair: pair[1], default=("", 0.0))
        if side:
            told.append((NAMES[one.chart], _said(WORDS[one.chart, side], share)))
    return told


def _said(words: str, share: float) -> str:
    percent = round(100 * share)
    return f"{words}, {percent} % of the limit" if percent else "as usual"
