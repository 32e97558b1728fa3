"""Nights of which nothing is known, and when that is something to tell."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from daykeel.rhythm.charts import PRIMARY, SIDES
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.episodes import active
from daykeel.rhythm.inputs import DEVIATION, DURATION, HITS, MID
from daykeel.rhythm.ledger import Episode, Finding, Night
from daykeel.rhythm.rules import LIVE, Rules, each_night
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.track import Track

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


def is_silent(night: Night) -> bool:
    """Return whether a night is final and there is no bound on its main sleep."""
    return night.final and (night.duration.lo is None or night.duration.hi is None)


def silences(
    series: Series,
    context: ClientContext,
    tracks: Mapping[str, Track],
    episodes: Mapping[str, Sequence[Episode]],
    by: Rules | Sequence[Rules] = LIVE,
) -> list[Episode]:
    """Return the runs of silent nights that count or were told, oldest first.

    Told sooner if something was going on when the silence began: an episode, or a chart near its
    limit. A run that ended untold is forgotten.
    """
    return Silences(series, context, tracks, by).until(len(series), episodes)


class Silences:
    """Runs of silent nights as they came to be known, night by night."""

    def __init__(
        self,
        series: Series,
        context: ClientContext,
        tracks: Mapping[str, Track],
        by: Rules | Sequence[Rules],
    ) -> None:
        self._series, self._context, self._tracks = series, context, tracks
        self._rules = each_night(by, len(series))
        silent = silent_nights(series, context)
        edges = np.flatnonzero(np.diff(np.append(silent, False).astype(np.int8), prepend=0))
        self._runs = [
            (start, stop, self._is_near_a_limit(start - 1))
            for start, stop in edges.reshape(-1, 2).tolist()
            if stop - start >= self._rules[start].silence_counts
        ]
        self._told: dict[tuple[int, int, int, bool], Episode] = {}

    def until(self, until: int, episodes: Mapping[str, Sequence[Episode]]) -> list[Episode]:
        """Return the runs that counted or had been told before night `until`, oldest first.

        Parameters
        ----------
        until
            The first night that is not known yet.
        episodes
            What else was known by then.
        """
        found = []
        for start, end, is_near in self._runs:
            if start >= until:
                break
            by, stop = self._rules[start], min(end, until)
            is_over = stop < until and bool(self._series.final[stop])
            least = by.silence_tense if is_over else by.silence_counts
            if stop - start < least:  # it told nobody, or does not count yet
                continue
            is_tense = is_near or (start > 0 and active(episodes, self._series.date(start - 1)))
            needed = by.silence_tense if is_tense else by.silence_tells
            if stop - start >= needed or not is_over:
                found.append(self._episode(start, stop, needed, is_over=is_over))
        return found

    def _is_near_a_limit(self, at: int) -> bool:
        """Return whether a chart was on the night before a silence, by the rules of that."""
        if at < 0:
            return False
        shares = (share for one in _primary(self._tracks) for _, share in _shares(one, at))
        return any(share > self._rules[at + 1].tense for share in shares)

    def _episode(self, start: int, stop: int, needed: int, *, is_over: bool) -> Episode:
        key = start, stop, needed, is_over
        if key not in self._told:
            series, run = self._series, range(start, stop)
            nights = needed if stop - start >= needed else self._rules[start].silence_counts
            known_at = _known_at(series, run, start + nights - 1)
            told = _episode(series, self._context, self._tracks, run, needed, known_at)
            over = series.date(stop) if is_over else None
            is_pending = stop - start < needed
            self._told[key] = replace(told, recovered=over, pending=is_pending)
        return self._told[key]


def _primary(tracks: Mapping[str, Track]) -> list[Track]:
    return [one for chart, one in tracks.items() if chart in PRIMARY]


def _shares(track: Track, at: int) -> list[tuple[str, float]]:
    """Return, for each side that means something, how much of the limit is used up."""
    bound = float(track.limit[at])
    if bound == 0:
        return []
    sides = zip(SIDES[track.chart], (track.up, track.down), strict=True)
    return [(side, float(statistic[at]) / bound) for side, statistic in sides if side]


def _episode(  # noqa: PLR0913, PLR0917  all of it is said in the notice
    series: Series,
    context: ClientContext,
    tracks: Mapping[str, Track],
    run: range,
    needed: int,
    known_at: datetime | None,
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
        evidence_at=known_at,
        note=(("reason", main_reason(_nights(series, run))), *_before(tracks, run.start - 1)),
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


def _nights(series: Series, run: range) -> Iterator[Night]:
    return (record.night for record in series.days[run.start : run.stop] if record)


def main_reason(nights: Iterable[Night]) -> str:
    """Return the reason that covers most of the time of which nothing is known."""
    covered: Counter[str] = Counter()
    for gap in (gap for night in nights for gap in night.gaps):
        covered[gap.reason] += (gap.stop - gap.start) // timedelta(minutes=1)
    if not covered:
        return "unknown"
    return max(GAPS, key=lambda reason: (covered[reason], -GAPS.index(reason)))


def _before(tracks: Mapping[str, Track], at: int) -> list[tuple[str, str]]:
    """Return in words where each chart stood before the silence."""
    if at < 0:
        return []
    told = []
    for one in _primary(tracks):
        side, share = max(_shares(one, at), key=lambda pair: pair[1], default=("", 0.0))
        if side:
            told.append((NAMES[one.chart], _said(WORDS[one.chart, side], share)))
    return told


def _said(words: str, share: float) -> str:
    percent = round(100 * share)
    return f"{words}, {percent} % of the limit" if percent else "as usual"
