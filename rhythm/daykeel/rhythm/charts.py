"""The slow channel: a pair of guarded one-sided statistics for each chart."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.inputs import (
    DEVIATION,
    DURATION,
    HITS,
    M10,
    MID,
    OFFSET,
    ONSET,
    PAIR,
    STEPS,
    TST,
)
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.rules import LIVE, PLAIN, Rules
from daykeel.rhythm.series import Flags, Floats, Interval, Series

SHOWN, FARTHEST = 0.2, 4.0
"""Weight of the newest night in the EWMA for display, and own SD at which it is cut."""

SIDES = {
    MID: ("late_low", "early_high"),
    DURATION: ("late_low", "early_high"),
    HITS: ("", "irregular"),
    DEVIATION: ("irregular", ""),
    ONSET: ("late_low", "early_high"),
    OFFSET: ("late_low", "early_high"),
    TST: ("late_low", "early_high"),
    PAIR: ("", "irregular"),
    M10: ("late_low", "early_high"),
    STEPS: ("early_high", "late_low"),
}
"""What a rise and a fall of each chart mean; empty: nothing."""
PRIMARY = (MID, DURATION, HITS, DEVIATION)
"""Charts whose signal opens an alert alone."""
FAMILIES = {
    ONSET: "timing",
    OFFSET: "timing",
    TST: "amount",
    PAIR: "regularity",
    M10: "activity phase",
    STEPS: "activity level",
}
"""Of secondary charts: two of different families open an alert together (science.md 13.1)."""
UNUSED = ("", "missing", "dst", "travel", "excluded", "device", "baseline")
"""Why a night carries no evidence, by its code; 0 where it does."""
MISSING, DST, TRAVEL, EXCLUDED, DEVICE, BASELINE = range(1, 7)


def limit(baseline: Baseline, by: Rules = LIVE) -> float:
    """Return the asymptotic limit of the EWMA, widened for carry-over from night to night."""
    bound = by.bound(baseline.chart, len(baseline.nights))
    return ewma_limit(bound, baseline.phi, by.weight)


def ewma_limit(bound: float, phi: float, weight: float = PLAIN.weight) -> float:
    """Return `bound` asymptotic SD of an EWMA of a process that carries over `phi`.

    >>> round(ewma_limit(3.3, 0.0), 9), round(ewma_limit(1.0, 0.3) / ewma_limit(1.0, 0.0), 7)
    (1.1, 1.2773327)
    """
    keeps = phi * (1 - weight)
    return bound * sqrt(weight / (2 - weight)) * sqrt((1 + keeps) / (1 - keeps))


def guarded(
    evidence: Sequence[float] | Floats, start: float = 0.0, by: Rules = LIVE
) -> list[float]:
    """Return the one-sided statistic after each night.

    Parameters
    ----------
    evidence
        For each night the standardised bound that speaks least for a change to this side; the
        least of the rules, or less, where nothing is known.
    start
        The statistic before.

    Notes
    -----
    Each step grows with the evidence and with the statistic before, and no night adds less than
    a missing one: so deleting nights never raises the statistic.

    Examples
    --------
    >>> [round(u, 5) for u in guarded([0.5, 2.0, -1.0, 3.0, 1.5], by=PLAIN)]
    [0.1, 0.48, 0.184, 0.7472, 0.89776]
    """
    keeps, found, last = 1 - by.weight, [], start
    counted = by.weight * (_cut(evidence, by.least, by.most) - by.reference)
    for one in counted.tolist():
        last = keeps * last + one
        if last < 0:  # `max` takes several times as long, and this is most of a back-test
            last = 0.0
        found.append(last)
    return found


def unused(series: Series, interval: Interval, travel: Flags, here: slice) -> Numbers:
    """Return of the nights of an interval the code of why each is no evidence, 0 where it is.

    They are the nights `here` of the series.
    """
    codes = np.where(interval.is_bounded, 0, MISSING)
    codes[series.dst[here]] = DST
    codes[travel[here]] = TRAVEL
    codes[series.excluded[here]] = EXCLUDED
    return codes


def held(values: Sequence[float] | Floats, start: float) -> list[float]:
    """Return the two-sided EWMA, held over nights without a value: for display only."""
    keeps, found, last = 1 - SHOWN, [], start
    for one in (SHOWN * _cut(values, -FARTHEST, FARTHEST)).tolist():
        if one == one:  # noqa: PLR0124  NaN is not itself
            last = keeps * last + one
        found.append(last)
    return found


def _cut(values: Sequence[float] | Floats, least: float, most: float) -> Floats:
    """Return values cut at both ends; `np.clip` takes several times as long on so few."""
    found: Floats = np.minimum(np.maximum(values, least), most)
    return found
