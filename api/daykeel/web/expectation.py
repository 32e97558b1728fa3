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
    low: float
    high: float
    """Where people are less regular, or residuals heavier-tailed, than simulated first."""

    @property
    def in_ten(self) -> int:
        """Of ten alerts, those without an episode, at the higher rate.

        >>> [rate.in_ten for rate in RATES["1.0.0"]], RATES["2.0.0"][0].in_ten
        ([6, 7], 7)
        """
        true = SENSITIVITY * EPISODES_A_YEAR
        return round(10 * self.high / (true + self.high))


RATES = {
    "1.0.0": (Rate(56, 0.4, 0.7), Rate(28, 0.9, 1.5)),
    "2.0.0": (Rate(28, 0.6, 1.1),),
    "2.1.0": (Rate(28, 0.6, 1.2),),
    "2.2.0": (Rate(28, 0.5, 0.9),),
}
"""By the version of the rules, the longest baseline first: of 1.0.0 as in science.md 13.3, of
others as in docs/evaluation.md, the two generators of lives without change."""

UNCOMPARED = frozenset({"data_loss", "travel"})
"""Kinds that tell of a fact, not of a change."""


class Expectation(NamedTuple):
    """It in words, and what that rests on."""

    told: str
    basis: str


OFTEN = Expectation(
    "often",
    "You agreed on it, outside the alert budget: with ordinary variation such a threshold fires 3 "
    "to 6 times a year.",
)
TRIED = "A back-test shows how often it would have been told of on this client's own past nights."
UNKNOWN = "not known"
LOST = Expectation(
    UNKNOWN,
    "It depends on how often the client leaves an anchor out without anything having changed, "
    f"which no simulation knows. {TRIED}",
)
UNSIMULATED = Expectation(
    UNKNOWN,
    "Its rules are the clinic's or the client's own, or its baseline is shorter than any that was "
    f"simulated: nobody has counted how often they tell of what does not last. {TRIED}",
)


def expectation(episode: Episode) -> Expectation | None:
    """Return it; None where it is no question of change."""
    if episode.kind in UNCOMPARED:
        return None
    if episode.kind == "agreed_threshold":
        return OFTEN
    if episode.kind == "lost_anchors":
        return LOST
    rate = _rate(episode)
    if rate is None:
        return UNSIMULATED
    return Expectation(
        f"about {rate.in_ten} of 10",
        f"Simulations at these limits give {rate.low:g} to {rate.high:g} alerts per "
        f"client and year where nothing changes, with a baseline of {rate.nights} nights or "
        f"more. Of {EPISODES_A_YEAR:g} episodes a year, {SENSITIVITY * 100:.0f} % are assumed "
        "to raise one. Not yet calibrated on real people.",
    )


def _rate(episode: Episode) -> Rate | None:
    """Return the rate of the shortest baseline that something was compared with."""
    compared = [one.baseline for one in episode.findings if one.baseline]
    versions = {one.rule_version for one in compared}
    if len(versions) != 1:
        return None
    nights = min(len(one.nights) for one in compared)
    known = RATES.get(versions.pop(), ())
    return next((rate for rate in known if rate.nights <= nights), None)
