"""How many alerts a client-year had, with what chance leaves open (science.md 13.2)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log

YEAR = 365.25
MOST_ALERTS, MOST_FALSE, MOST_SILENT = 3.0, 2.0, 1.0
"""Alerts, false ones, and data-loss notices a client-year at default rules."""
EPISODES = 0.87
"""Of illness a client-year, by which an alert's worth is estimated (Lim 2024)."""
HALVINGS = 100


@dataclass(frozen=True, slots=True)
class Rate:
    """Events over client-years."""

    count: int
    years: float

    @property
    def value(self) -> float:
        """Events a client-year; NaN over no time."""
        return self.count / self.years if self.years else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Exact 95 % interval a client-year; NaN over no time."""
        low, high = poisson_interval(self.count)
        return (low / self.years, high / self.years) if self.years else (float("nan"),) * 2


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the mean of a Poisson count.

    >>> [round(one, 6) for one in poisson_interval(3)]
    [0.618672, 8.767273]
    """
    lower = _root(lambda mean: 1 - _at_most(count - 1, mean), 0.025, count) if count else 0.0
    return lower, _root(lambda mean: 1 - _at_most(count, mean), 0.975, count)


def predictive_value(sensitivity: float, false: float, episodes: float = EPISODES) -> float:
    """Return the share of alerts that come with a lasting change.

    >>> round(predictive_value(0.6, 2.0), 3)
    0.207
    """
    return sensitivity * episodes / (sensitivity * episodes + false)


def _at_most(count: int, mean: float) -> float:
    if mean == 0:
        return 1.0
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))


def _root(rising: Callable[[float], float], target: float, count: int) -> float:
    low, high = 0.0, 10.0 + 3 * count
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2
