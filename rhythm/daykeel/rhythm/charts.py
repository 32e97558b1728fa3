"""The slow channel: a pair of guarded one-sided EWMA statistics for each chart."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.inputs import DEVIATION, DURATION, HITS, MID
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.series import Flags, Interval, Series

LAMBDA = 0.2
LEAST, MOST = -1.0, 4.0
"""What one night may contribute; a missing night contributes the least."""
YOUNG, GROWN = 5.0, 4.6
"""Limits in asymptotic SD for baselines below 56 nights, and from 56 on."""
SKEWED = 1.1
"""By how much more for the distance from usual midsleep: its upper tail is longer. At the plain
limits `bench/false_alerts.py` gave 0.6 (normal) and 0.9 (t5) false alerts a year of this chart
alone; so widened it gives 0.4 and 0.3."""
GROWN_UP = 56

SIDES = {
    MID: ("late_low", "early_high"),
    DURATION: ("late_low", "early_high"),
    HITS: ("", "irregular"),
    DEVIATION: ("irregular", ""),
}
"""What a rise and a fall of each chart mean; empty: nothing."""
UNUSED = ("", "missing", "dst", "travel", "excluded", "device", "baseline")
"""Why a night carries no evidence, by its code; 0 where it does."""
MISSING, DST, TRAVEL, EXCLUDED, DEVICE, BASELINE = range(1, 7)


def limit(baseline: Baseline) -> float:
    """Return the asymptotic limit of the EWMA, widened for carry-over from night to night."""
    bound = YOUNG if len(baseline.nights) < GROWN_UP else GROWN
    return ewma_limit(bound * (SKEWED if baseline.chart == DEVIATION else 1), baseline.phi)


def ewma_limit(bound: float, phi: float) -> float:
    """Return `bound` asymptotic SD of an EWMA of a process that carries over `phi`.

    >>> round(ewma_limit(3.3, 0.0), 9), round(ewma_limit(1.0, 0.3) / ewma_limit(1.0, 0.0), 7)
    (1.1, 1.2773327)
    """
    keeps = phi * (1 - LAMBDA)
    return bound * sqrt(LAMBDA / (2 - LAMBDA)) * sqrt((1 + keeps) / (1 - keeps))


def guarded(evidence: Sequence[float], start: float = 0.0) -> list[float]:
    """Return the one-sided statistic after each night.

    Parameters
    ----------
    evidence
        For each night the standardised bound that speaks least for a change to this side; -1 or
        less where nothing is known.
    start
        The statistic before.

    Examples
    --------
    >>> [round(u, 5) for u in guarded([0.5, 2.0, -1.0, 3.0, 1.5])]
    [0.1, 0.48, 0.184, 0.7472, 0.89776]
    """
    found, last = [], start
    for one in evidence:
        clipped = LEAST if one < LEAST else min(one, MOST)
        last = max(0.0, (1 - LAMBDA) * last + LAMBDA * clipped)
        found.append(last)
    return found


def unused(series: Series, interval: Interval, travel: Flags) -> Numbers:
    """Return for each night the code of why it carries no evidence, 0 where it does."""
    codes = np.where(interval.is_bounded, 0, MISSING)
    codes[series.dst] = DST
    codes[travel] = TRAVEL
    codes[series.excluded] = EXCLUDED
    return codes


def held(values: Sequence[float], start: float) -> list[float]:
    """Return the two-sided EWMA, held over nights without a value: for display only."""
    found, last = [], start
    for one in values:
        if one == one:  # noqa: PLR0124  NaN is not itself
            last = (1 - LAMBDA) * last + LAMBDA * min(max(one, -MOST), MOST)
        found.append(last)
    return found
