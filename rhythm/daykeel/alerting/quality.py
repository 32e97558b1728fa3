"""How well alerts do: how many, how useful, how soon answered, and whether that is in budget."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp
from statistics import median

from daykeel.alerting.alert import CANCELLED, PENDING, WITHDRAWN, Alert
from daykeel.alerting.holding import APART

BUDGET = 3.0
"""Alerts per monitored client-year at the default settings, at most (science.md 13.2)."""
YEAR_NIGHTS = 365.25
OUTSIDE = APART | {"agreed_threshold"}
"""Kinds that are no rhythm alerts, so they do not count against the budget."""
USEFUL = frozenset({"useful_acted", "useful_no_action"})
NOT_USEFUL = frozenset({"expected", "wrong_data", "wrong_rule"})
TAIL = 0.025
"""Of the exact 95 % interval, on either side."""


@dataclass(frozen=True, slots=True)
class ByRule:
    """What became of the alerts of one kind that one rule raised."""

    kind: str
    rule: str
    raised: int
    useful: int
    not_useful: int
    withdrawn: int

    @property
    def share(self) -> float | None:
        """The share that people found useful, of those they said anything about."""
        told = self.useful + self.not_useful
        return self.useful / told if told else None


@dataclass(frozen=True, slots=True)
class Volume:
    """How many rhythm alerts there were, against the budget."""

    alerts: int
    client_years: float
    budget: float = BUDGET

    @property
    def rate(self) -> float | None:
        """Alerts per monitored client-year; None where nothing was monitored."""
        return self.alerts / self.client_years if self.client_years else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The exact 95 % interval of the rate."""
        if not self.client_years:
            return None
        lower, upper = poisson_interval(self.alerts)
        return lower / self.client_years, upper / self.client_years

    @property
    def is_within(self) -> bool | None:
        """Whether the rate is within the budget; None where nobody can say."""
        return None if self.rate is None else self.rate <= self.budget


@dataclass(frozen=True, slots=True)
class Answers:
    """How soon people acknowledged, snoozed or resolved what was raised."""

    answered: int
    waiting: int
    """Open ones that nobody has answered."""
    median: timedelta | None
    longest: timedelta | None


def volume(alerts: Iterable[Alert], client_years: float) -> Volume:
    """Return how many rhythm alerts these are."""
    return Volume(sum(_is_raised(one) and one.kind not in OUTSIDE for one in alerts), client_years)


def _is_raised(alert: Alert) -> bool:
    return alert.state not in (PENDING, CANCELLED)


def by_rule(alerts: Iterable[Alert]) -> list[ByRule]:
    """Return what became of alerts, by kind and the rule that signalled first."""
    found: dict[tuple[str, str], list[Alert]] = {}
    for one in alerts:
        if _is_raised(one):
            found.setdefault((one.kind, _rule(one)), []).append(one)
    return [_by_rule(*key, found[key]) for key in sorted(found)]


def _rule(alert: Alert) -> str:
    first = min(alert.episode.findings, key=lambda one: one.onset, default=None)
    return first.rule if first else ""


def _said(alert: Alert) -> bool | None:
    """Return whether a person found it useful: by a word of its own, else by the reason."""
    if alert.useful is not None or alert.resolved_for not in USEFUL | NOT_USEFUL:
        return alert.useful
    return alert.resolved_for in USEFUL


def _by_rule(kind: str, rule: str, alerts: Sequence[Alert]) -> ByRule:
    said = [_said(one) for one in alerts]
    return ByRule(
        kind,
        rule,
        len(alerts),
        sum(one is True for one in said),
        sum(one is False for one in said),
        sum(one.reason == WITHDRAWN for one in alerts),
    )


def answers(waits: Sequence[timedelta], waiting: int) -> Answers:
    """Return how soon people answered, from how long each answer took."""
    middle = timedelta(seconds=median(one.total_seconds() for one in waits)) if waits else None
    return Answers(len(waits), waiting, middle, max(waits, default=None))


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a Poisson mean of which `count` were seen.

    >>> [round(one, 6) for one in poisson_interval(3)]
    [0.618672, 8.767273]
    """
    highest = 4.0 * count + 10
    lower = _where(lambda mean: 1 - _at_most(count - 1, mean), highest) if count else 0.0
    upper = _where(lambda mean: 1 - _at_most(count, mean), highest, 1 - TAIL)
    return lower, upper


def _at_most(count: int, mean: float) -> float:
    term = total = exp(-mean)
    for k in range(1, count + 1):
        term *= mean / k
        total += term
    return total if count >= 0 else 0.0


def _where(rising: Callable[[float], float], highest: float, reached: float = TAIL) -> float:
    """Return the mean at which a rising function reaches a value."""
    low, high = 0.0, highest
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < reached else (low, middle)
    return low
