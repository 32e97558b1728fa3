"""How often an alert comes without a lasting change, as far as simulations know (science.md 13)."""

from typing import NamedTuple

from daykeel.rhythm.ledger import Episode

EPISODES_A_YEAR = 0.87
"""Of a client, in Lim 2024 (science.md 13.2)."""
SENSITIVITY = 0.6
"""Assumed share of episodes that raise an alert."""


class Rate(NamedTuple):
    """Alerts per client and monitored year with no change, of baselines from `nights` nights.

    All rules and charts together.
    """

    nights: int
    normal: float
    heavy_tailed: float

    @property
    def in_ten(self) -> int:
        """Of ten alerts, those without an episode, where residuals are heavy-tailed.

        >>> [rate.in_ten for rate in RATES]
        [6, 7]
        """
        true = SENSITIVITY * EPISODES_A_YEAR
        return round(10 * self.heavy_tailed / (true + self.heavy_tailed))


RATES = (Rate(56, 0.4, 0.7), Rate(28, 0.9, 1.5))
"""At the limits in use, the longest baseline first (science.md 13.3)."""


UNCOMPARED = frozenset({"data_loss", "travel"})
"""Kinds that tell of a fact, not of a change."""


class Expectation(NamedTuple):
    """It in words, and what that rests on."""

    told: str
    basis: str


def expectation(episode: Episode) -> Expectation | None:
    """Return it; None where nobody knows, or where it is no question of change."""
    rate = _rate(episode)
    if rate is None or episode.kind in UNCOMPARED:
        return None
    return Expectation(
        f"about {rate.in_ten} of 10",
        f"Simulations at these limits give {rate.normal:g} to {rate.heavy_tailed:g} alerts per "
        f"client and year where nothing changes, with a baseline of {rate.nights} nights or "
        f"more. Of {EPISODES_A_YEAR:g} episodes a year, {SENSITIVITY * 100:.0f} % are assumed "
        "to raise one. Not yet calibrated on real people.",
    )


def _rate(episode: Episode) -> Rate | None:
    """Return the rate of the shortest baseline that something was compared with."""
    nights = [len(one.baseline.nights) for one in episode.findings if one.baseline]
    if not nights:
        return None
    return next((rate for rate in RATES if rate.nights <= min(nights)), None)
