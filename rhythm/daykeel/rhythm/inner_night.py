"""Where the inner clock is after days of bright waking and dark sleep.

The model of `daykeel.rhythm.phase`, made cheap for light that changes a few times a day: what
light uses up is exact, the clock takes Runge-Kutta steps of up to an hour instead of a tenth, and
whole weeks are remembered. The minimum differs by less than 0.01 hours.
"""

from array import array
from functools import lru_cache
from math import ceil, exp, sqrt
from typing import NamedTuple

import numpy as np

from daykeel.rhythm.light import STEPS
from daykeel.rhythm.pacemaker import PACEMAKERS
from daykeel.rhythm.phase import APART

LUX = 250.0
"""Awake; asleep it is dark."""
LONGEST = 10
"""Steps of the line of light that one of the clock may last."""
SETTLED = 0.01
"""Hours by which the last minimum of two rounds may differ."""
ROUNDS = 30
RECENT = 48
"""Hours for which minima are kept."""
HOURS = 24 / STEPS
"""Of a step of the line of light."""

_MODEL = PACEMAKERS["forger99"]
_BRIGHT = float(_MODEL.power(np.array(LUX)))
_RATE = {alpha: 60 * (alpha + _MODEL.decay) for alpha in (_BRIGHT, 0.0)}


class Step(NamedTuple):
    """A step in which `x` began to fall or fell on: the minimum may lie in it."""

    hour: float
    """When it began."""
    length: float
    x: float
    slope: float
    light: float
    """That gets through at its end."""


class Walk(NamedTuple):
    """How far the clock has come."""

    state: tuple[float, float]
    used_up: float
    hour: float = 0.0
    """Since the start of the line of light."""
    last: Step | None = None
    minima: tuple[tuple[float, float], ...] = ()
    """Hour and depth of those of the last two days."""

    @property
    def minimum(self) -> float | None:
        """The hour of the last minimum; of those too near to each other the deepest counts."""
        kept: list[float] = []
        for hour, _ in sorted(self.minima, key=lambda one: one[1]):
            if all(abs(hour - other) >= APART for other in kept):
                kept.append(hour)
        return max(kept, default=None)


@lru_cache(maxsize=8192)
def after(weeks: tuple[bytes, ...], nights: tuple[bytes, ...] = ()) -> Walk | None:
    """Return the clock after weeks of light and some nights more; None if it never settles.

    It starts where it settles when the first week comes again and again. A date asks for what the
    date before it asked for and one night more, which then is all there is to do; each time costs
    about a kilobyte, and of each client the last two or three are of use.

    Parameters
    ----------
    weeks
        At least one; of each the lengths of stretches as in `Light`.
    nights
        The same of single nights.
    """
    if nights:
        walk, then = after(weeks, nights[:-1]), nights[-1]
    else:
        walk, then = after(weeks[:-1]) if len(weeks) > 1 else settled(weeks[0]), weeks[-1]
    return None if walk is None else walked(walk, then)


def settled(week: bytes) -> Walk | None:
    """Return the clock at the start of a week that comes again and again, None if it drifts."""
    walk, before = NOON, None
    for _ in range(ROUNDS):
        walk = walked(Walk(walk.state, walk.used_up), week)
        found = walk.minimum
        if before is not None and found is not None and abs(found - before) < SETTLED:
            return Walk(walk.state, walk.used_up)
        before = found
    return None


def walked(walk: Walk, stretches: bytes) -> Walk:
    """Return the clock after stretches of light, awake and asleep in turn."""
    for at, steps in enumerate(memoryview(stretches).cast("H")):
        if steps:
            walk = _along(walk, 0.0 if at % 2 else _BRIGHT, steps)
    return walk._replace(minima=tuple([one for one in walk.minima if one[0] > walk.hour - RECENT]))


def _along(walk: Walk, alpha: float, steps: int) -> Walk:
    """Return the clock after a stretch of one light."""
    (x, c), n, hour, last, minima = walk
    goal, drive = 60 * alpha / _RATE[alpha], _MODEL.drive
    count = ceil(steps / LONGEST)
    length = steps * HOURS / count
    half, shrinks, away = length / 2, exp(-_RATE[alpha] * length / 2), n - goal
    for _ in range(count):
        begin = alpha * (1 - goal - away)
        middle = alpha * (1 - goal - away * shrinks)
        away *= shrinks * shrinks
        end = alpha * (1 - goal - away)
        a1, b1 = drive((x, c), begin)
        if last is not None and a1 >= 0:
            minima = (*minima, _dip(last, x, c))
        a2, b2 = drive((x + half * a1, c + half * b1), middle)
        a3, b3 = drive((x + half * a2, c + half * b2), middle)
        a4, b4 = drive((x + length * a3, c + length * b3), end)
        last = Step(hour, length, x, a1, end) if a1 < 0 else None
        x += length / 6 * (a1 + 2 * (a2 + a3) + a4)
        c += length / 6 * (b1 + 2 * (b2 + b3) + b4)
        hour += length
    return Walk((x, c), goal + away, hour, last, minima)


def _dip(step: Step, x: float, c: float) -> tuple[float, float]:
    """Return hour and depth of the minimum in a step after which `x` rises.

    Of the cubic with the values and slopes of both ends. If `x` still falls where the step ends,
    a change of light turned it.
    """
    slope = _MODEL.drive((x, c), step.light)[0]
    if slope <= 0:
        return step.hour + step.length, x
    first, second, rise = step.slope * step.length, slope * step.length, x - step.x
    square, line = 3 * (first + second - 2 * rise), 2 * (3 * rise - 2 * first - second)
    part = 2 * first / (-line - sqrt(line * line - 4 * square * first))
    return step.hour + part * step.length, step.x


NOON = walked(
    Walk((_MODEL.start[0], _MODEL.start[1]), _MODEL.used_up),
    array("H", (0, STEPS // 3, STEPS // 6, 0)).tobytes(),
)
"""The clock of somebody who sleeps from midnight to 8, at noon."""
