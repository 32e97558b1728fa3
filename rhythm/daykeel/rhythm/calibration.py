"""Which limit keeps a budget of false alerts, and how late it then tells of a change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from daykeel.rhythm.panel import (
    FAMILIES,
    Flags,
    Floats,
    Panel,
    Setting,
    draw,
    fused,
    openings,
    statistics,
)
from daykeel.rhythm.rules import Rules

LOWEST, HIGHEST = 2.0, 8.0
NEAR_ENOUGH = 0.05
HALVINGS = 30
EARLY = 90
SHIFTS = (1.0, 1.5, 2.0, 3.0)
SETTLED = 60
"""Monitored night from which a shift lasts: the statistics have settled by then."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How soon a lasting shift of midsleep is told of on its own chart."""

    shift: float
    """In SD of the process."""
    median: float
    """Nights; infinite where fewer than half are told of."""
    within_7: float
    """Share."""
    within_14: float


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A limit, and what it comes to."""

    limit: float
    """In asymptotic SD of the statistic."""
    rate: float
    """False alerts a monitored client-year."""
    error: float
    """Monte-Carlo standard error of the rate."""
    early: float
    """Chance of at least one in the first 90 nights."""
    delays: tuple[Delay, ...]
    rules: str
    """Version of the rules."""
    setting: Setting | None = None
    """What the panels were drawn from; None for recordings."""
    seeds: tuple[int, ...] = ()


def calibrate_limit(
    budget: float,
    panel: Setting | Panel,
    rules: Rules,
    *,
    seeds: Sequence[int] = (1,),
) -> Calibrated:
    """Return the limit in [2, 8] that keeps a budget of false alerts (science.md 16.4).

    Parameters
    ----------
    budget
        False alerts a monitored client-year.
    panel
        A setting, of which one panel is drawn for each seed, or residuals of recordings as
        `daykeel.rhythm.panel.monitored` returns them.
    rules
        Whose statistic it is; their own limits do not matter.
    seeds
        Of the panels: the same for every limit tried.
    """
    if isinstance(panel, Setting):
        found = _calibrated(budget, [draw(replace(panel, seed=one)) for one in seeds], rules)
        return replace(found, setting=panel, seeds=tuple(seeds))
    return _calibrated(budget, [panel], rules)


def _calibrated(budget: float, panels: Sequence[Panel], rules: Rules) -> Calibrated:
    trial = _Trial(panels, rules)
    limit = _bisected(trial, budget)
    opened = trial.opened(limit)
    return Calibrated(
        limit=limit,
        rate=trial.rate(opened),
        error=trial.error(opened),
        early=float(np.mean([one[:, :EARLY].any(axis=1).mean() for one in opened])),
        delays=tuple(_delay(panels, rules, limit, shift) for shift in SHIFTS),
        rules=rules.version,
    )


class _Trial:
    """Panels whose statistics are computed once for every limit."""

    def __init__(self, panels: Sequence[Panel], rules: Rules) -> None:
        self._panels = panels
        self._rules = rules
        self._shares = [statistics(one, rules) for one in panels]

    @property
    def years(self) -> float:
        return sum(one.years for one in self._panels)

    def opened(self, limit: float) -> list[Flags]:
        """Return when alerts open at a limit."""
        return [
            openings(fused(panel, shares, limit, self._rules), self._rules.cool_down)
            for panel, shares in zip(self._panels, self._shares, strict=True)
        ]

    def rate(self, opened: Sequence[Flags]) -> float:
        return sum(int(one.sum()) for one in opened) / self.years

    def error(self, opened: Sequence[Flags]) -> float:
        """Return the standard error of the rate: clients are independent, their alerts not."""
        counts = np.concatenate([one.sum(axis=1) for one in opened])
        return float(counts.std(ddof=1) * np.sqrt(counts.size)) / self.years


def _bisected(trial: _Trial, budget: float) -> float:
    low, high = LOWEST, HIGHEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        opened = trial.opened(middle)
        rate = trial.rate(opened)
        if abs(rate - budget) <= max(NEAR_ENOUGH, trial.error(opened)):
            return middle
        low, high = (middle, high) if rate > budget else (low, middle)
    return middle


def _delay(panels: Sequence[Panel], rules: Rules, limit: float, shift: float) -> Delay:
    by = np.zeros(len(FAMILIES))
    by[0] = shift
    nights = np.concatenate([_nights(one.shifted(by, SETTLED), rules, limit) for one in panels])
    return Delay(
        shift,
        float(np.median(nights)),
        float((nights <= 7).mean()),  # noqa: PLR2004  the two windows of science.md 13.2
        float((nights <= 14).mean()),  # noqa: PLR2004
    )


def _nights(panel: Panel, rules: Rules, limit: float) -> Floats:
    """Return the nights from the shift to the first signal upwards of midsleep, or infinity."""
    alone = Panel(panel.z[:, :, :1], panel.phi[:, :1], panel.scale[:, :1])
    up, _ = statistics(alone, rules)
    signal = ((up[:, :, 0] > limit) & panel.known)[:, SETTLED:]
    return np.where(signal.any(axis=1), signal.argmax(axis=1) + 1.0, np.inf)
