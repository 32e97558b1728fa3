"""How often an alert comes without a lasting change, as far as simulations know (science.md 13)."""

from collections.abc import Iterable
from typing import NamedTuple

from daykeel.rhythm.ledger import Episode, Finding

SLOW = "slow"
EPISODES_A_YEAR = 0.87
"""Of a client, in Lim 2024 (science.md 13.2)."""
SENSITIVITY = 0.6
"""Assumed share of episodes before which an alert comes."""


class Rate(NamedTuple):
    """Alerts per client and monitored year with no change, of baselines from `nights` nights."""

    nights: int
    normal: float
    heavy_tailed: float

    @property
    def in_ten(self) -> int:
        """Of ten alerts, those without an episode, where residuals are heavy-tailed.

        >>> RATES[1].in_ten
        7
        """
        true = SENSITIVITY * EPISODES_A_YEAR
        return round(10 * self.heavy_tailed / (true + self.heavy_tailed))


RATES = (Rate(56, 0.4, 0.7), Rate(28, 0.9, 1.5))
"""At the limits in use, the longest baseline first (science.md 13.3)."""


def expectation(episode: Episode) -> str:
    """Return it in words; empty where nobody knows, as of acute rules and of silence."""
    rate = _rate(episode.findings)
    if rate is None:
        return ""
    return (
        f"About {rate.in_ten} of 10 such alerts come without a lasting change. Simulations at "
        f"these limits give {rate.normal:g} to {rate.heavy_tailed:g} alerts per client and year "
        f"where nothing changes, with baselines of {rate.nights} nights or more; with "
        f"{EPISODES_A_YEAR:g} episodes a year, of which {SENSITIVITY:.0%} are assumed to raise "
        "one. Not yet calibrated on real residuals."
    )


def _rate(findings: Iterable[Finding]) -> Rate | None:
    """Return the rate of the shortest baseline that a chart signalled against."""
    nights = [len(one.baseline.nights) for one in findings if one.rule == SLOW and one.baseline]
    if not nights:
        return None
    return next((rate for rate in RATES if rate.nights <= min(nights)), None)
