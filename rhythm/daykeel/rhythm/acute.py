"""The acute channel: rules on two or three calendar nights, whatever the phase of therapy."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from daykeel.rhythm.freeze import Frozen
from daykeel.rhythm.inputs import DURATION
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import Flags, Floats, Series
from daykeel.rhythm.track import Track


@dataclass(frozen=True, slots=True)
class Rule:
    """One acute rule to one side, night by night."""

    chart: str
    rule: str
    side: str
    met: Flags
    """Nights that meet its condition."""
    signal: Flags
    """Nights on which it fires."""


def two_of_three(met: Flags) -> Flags:
    """Return the nights that meet a condition with another one of the two nights before.

    >>> two_of_three(np.array([True, False, True, False, False, True])).tolist()
    [False, False, True, False, False, False]
    """
    before = np.zeros_like(met)
    before[1:] |= met[:-1]
    before[2:] |= met[:-2]
    return met & before


def running(met: Flags, nights: int) -> Flags:
    """Return the nights that meet a condition as the nights before did, so many in all.

    >>> running(np.array([True, True, False, True]), 2).tolist()
    [False, True, False, False]
    """
    found = met.copy()
    for back in range(1, nights):
        found[:back] = False
        found[back:] &= met[:-back]
    return found


def far(track: Track, allowed: Flags, by: Rules = LIVE) -> list[Rule]:
    """Return `acute_z` to both sides: at least 4 own SD away, also at the nearer bound."""
    bound = by.acute_far
    return [
        _rule(track.chart, "acute_z", "late_low", allowed & (track.low >= bound)),
        _rule(track.chart, "acute_z", "early_high", allowed & (track.high <= -bound)),
    ]


def changed(lo: Floats, hi: Floats, scale: Floats, allowed: Flags, by: Rules = LIVE) -> list[Rule]:
    """Return `acute_change`: more than 3 h, and enough own SD, longer or shorter than the centre.

    `lo` and `hi` bound the hours by which a night was longer; `scale` has the hours of an own SD.
    """
    much = np.maximum(by.acute_much, by.acute_own * scale)
    return [
        _rule(DURATION, "acute_change", "late_low", allowed & (lo > much)),
        _rule(DURATION, "acute_change", "early_high", allowed & (hi < -much)),
    ]


def short(longest: Floats, allowed: Flags, by: Rules = LIVE) -> Rule:
    """Return `acute_short`: at most `longest` hours, below 4 on two nights running."""
    met = allowed & (longest < by.acute_short)
    return Rule("sleep.tst", "acute_short", "early_high", met, running(met, 2))


def _rule(chart: str, rule: str, side: str, met: Flags) -> Rule:
    return Rule(chart, rule, side, met, two_of_three(met))


def rules(
    series: Series, mid: Track, duration: Track, travel: Flags, by: Rules = LIVE
) -> list[Rule]:
    """Return every acute rule over the whole series.

    Changes of clocks do not silence them; a journey silences only what depends on the clock.
    """
    final = series.final & ~series.excluded
    found = []
    for one in (mid, duration):
        found += far(one, final & compared(series, one) & ~travel, by)
    scale = scales(duration, len(series))
    same = compared(series, duration)
    found += changed(duration.low * scale, duration.high * scale, scale, final & same, by)
    longest = np.maximum(series.tst.hi, series.duration.hi)
    is_own = _same_device(series, duration.frozen) | (duration.limit == 0)
    return [*found, short(longest, final & is_own, by)]


def compared(series: Series, track: Track) -> Flags:
    """Return the nights of one device with a baseline of which enough is left."""
    return _same_device(series, [one for one in track.frozen if not one.baseline.provisional])


def _same_device(series: Series, frozen: Iterable[Frozen]) -> Flags:
    """Return the nights on a chart that were recorded by the device of its baseline."""
    found = np.zeros(len(series), dtype=bool)
    for one in frozen:
        here = slice(one.start, one.stop)
        found[here] = (series.device[here] == one.device) | (series.device[here] < 0)
    return found


def scales(track: Track, n: int) -> Floats:
    """Return the scale of the baseline in use on each night, NaN where there is none."""
    found = np.full(n, np.nan)
    for one in track.frozen:
        found[one.start : one.stop] = one.baseline.scale
    return found
