"""When the inner night begins, as models of the circadian clock tell it from light."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.errors import NotEnoughData

Model = Literal["forger99", "jewett99", "hannay19", "hannay19tp"]
Number = Any
"""A float for one recording, an array with one entry per recording for many."""
State = tuple[Number, ...]

BEFORE = 7.0
"""Hours from the onset of melatonin to the minimum of body temperature."""
HOUR = np.pi / 12
"""Radians the clock turns in an hour."""

APART = 13.0
"""Hours between two minima at the least."""


class Phase(NamedTuple):
    """When each inner night of a recording falls, in hours from its first sample."""

    dlmo: NDArray[np.float64]
    """Onset of melatonin in dim light; modulo 24 the clock time if it began at midnight."""
    cbtmin: NDArray[np.float64]
    """Minimum of core body temperature."""


class _Clock(NamedTuple):
    start: State
    power: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    decay: float
    drive: Callable[[State, Number], State]
    is_wave: bool
    """Whether the first variable dips at the minimum; else the third-last is a phase."""
    later: float = 0.0


def _forger(state: State, light: Number) -> State:
    x, c = state
    drive = 33.75 * light * (1 - 0.4 * x) * (1 - 0.4 * c)
    return (
        HOUR * (c + drive),
        HOUR * (0.23 * (c - 4 / 3 * c**3) - x * ((24 / (0.99669 * 24.2)) ** 2 + 0.55 * drive)),
    )


def _jewett(state: State, light: Number) -> State:
    x, c = state
    drive = 19.875 * light * (1 - 0.4 * x) * (1 - 0.4 * c)
    pull = 0.13 * (x / 3 + 4 / 3 * x**3 - 256 / 105 * x**7)
    stiff = (24 / (0.99729 * 24.2)) ** 2 + 0.55 * drive
    return HOUR * (c + pull + drive), HOUR * (drive * c / 3 - x * stiff)


def _hannay(state: State, light: Number) -> State:
    r, phi = state
    drive = 33.75 * light
    first, second = 0.3855 / 2 * drive, 0.1977 / 2 * drive
    once, twice = phi - 0.0026, 2 * phi - 0.957756
    grow = -0.024 * r + 0.06358 * np.cos(-0.09318) / 2 * r * (1 - r**4)
    push = first * (1 - r**4) * np.cos(once) + second * r * (1 - r**8) * np.cos(twice)
    turn = 2 * np.pi / 23.84 + 0.06358 / 2 * np.sin(-0.09318) * (1 + r**4) + 0.0400692 * drive
    shift = first * (r**3 + 1 / r) * np.sin(once) + second * (1 + r**8) * np.sin(twice)
    return grow + push, turn - shift


def _hannay_two(state: State, light: Number) -> State:
    v, d, phi, psi = state
    drive, apart = 33.75 * light, psi - phi
    first, second = 0.440068 / 2 * drive, 0.159136 / 2 * drive
    once, twice = phi + 0.06452, 2 * phi - 1.38935
    push = first * (1 - v**4) * np.cos(once) + second * v * (1 - v**8) * np.cos(twice)
    shift = first * (v**3 + 1 / v) * np.sin(once) + second * (1 + v**8) * np.sin(twice)
    near, across = np.cos(apart), np.sin(apart)
    return (
        -0.024 * v + 0.05 / 2 * v * (1 - v**4) + 0.01 / 2 * d * (1 - v**4) * near + push,
        -0.024 * d + 0.04 / 2 * d * (1 - d**4) + 0.05 / 2 * v * (1 - d**4) * near,
        2 * np.pi / 24.25 + 0.01 / 2 * d * (v**3 + 1 / v) * across + 0.0477375 * drive - shift,
        2 * np.pi / 24 - 0.05 / 2 * v * (d**3 + 1 / d) * across,
    )


def _saturating(lux: NDArray[np.float64]) -> NDArray[np.float64]:
    bright = lux**1.5
    return np.asarray(0.05 * bright / (bright + 9325))


_CLOCKS: Mapping[str, _Clock] = {
    "forger99": _Clock(
        (-0.0843259, -1.09607546, 0.45584306),
        lambda lux: np.asarray(0.05 * np.sqrt(lux / 9500)),
        0.0075,
        _forger,
        is_wave=True,
    ),
    "jewett99": _Clock(
        (-0.10097101, -1.21985662, 0.50529415),
        lambda lux: np.asarray(0.16 * (lux / 9500) ** 0.6),
        0.013,
        _jewett,
        is_wave=True,
        later=0.8,
    ),
    "hannay19": _Clock(
        (0.82041911, 1.71383697, 0.52318122), _saturating, 0.0075, _hannay, is_wave=False
    ),
    "hannay19tp": _Clock(
        (0.82423745, 0.82304996, 1.75233424, 1.863457, 0.52318122),
        _saturating,
        0.0075,
        _hannay_two,
        is_wave=False,
    ),
}


def predict(lux: ArrayLike, *, step_hours: float, model: Model = "forger99") -> Phase:
    """Return when each inner night of a recording falls, as a model of the clock tells it.

    An estimate, typically an hour off, and no measurement of melatonin. The first days still
    show the start, which is that of somebody used to light from 8 to midnight.

    Parameters
    ----------
    lux
        Light, shape (n,), the first sample at the start (midnight), then one every `step_hours`.
        Every sample must be known: bridge gaps before, and say so.
    step_hours
        Hours, at most 0.1. Fourth-order Runge-Kutta; the light of a step is that of its end.
    model
        `forger99`, `jewett99`, `hannay19` or `hannay19tp`.

    Raises
    ------
    NotEnoughData
        Light is unknown somewhere, or the recording ends before the first minimum.
    ValueError
        Light is negative, or the step is not above 0 and at most 0.1.

    Notes
    -----
    A minimum is refined between samples: by a parabola through three of them, or where the phase
    of the model passes half a turn. Melatonin begins 7 hours before it.

    References
    ----------
    .. [1] D. B. Forger, M. E. Jewett and R. E. Kronauer, Journal of Biological Rhythms 14,
       533-538 (1999), doi:10.1177/074873099129000867.
    .. [2] K. M. Hannay, V. Booth and D. B. Forger, Journal of Biological Rhythms 34, 658-671
       (2019), doi:10.1177/0748730419878298.

    Examples
    --------
    >>> day = np.where((np.arange(240) >= 70) & (np.arange(240) < 230), 250.0, 0.0)
    >>> round(float(predict(np.tile(day, 40), step_hours=0.1).dlmo[-1]) % 24, 1)
    21.4
    """
    return predict_many(np.asarray(lux, dtype=float)[None], step_hours=step_hours, model=model)[0]


def predict_many(
    lux: ArrayLike, *, step_hours: float, model: Model = "forger99"
) -> tuple[Phase, ...]:
    """Return what `predict` returns for many recordings of equal length, shape (clients, n)."""
    light = np.asarray(lux, dtype=float)
    if np.isnan(light).any():
        raise NotEnoughData("light is unknown somewhere")
    if not 0 < step_hours <= 0.1 + 1e-12 or (light < 0).any():
        raise ValueError("light is not negative, and a step lasts at most 0.1 hours")
    clock = _CLOCKS[model]
    alphas = clock.power(light)
    watched = _watched(alphas[0] if len(light) == 1 else alphas.T, step_hours, clock)
    columns = watched.reshape(light.shape[1], len(light)).T
    return tuple(_markers(column, step_hours, clock) for column in columns)


def _watched(alphas: NDArray[np.float64], step: float, clock: _Clock) -> NDArray[np.float64]:
    """Return the variable that shows the minimum at each sample."""
    at = 0 if clock.is_wave else -3 + (len(clock.start) == 3)  # noqa: PLR2004
    steps = alphas.tolist() if alphas.ndim == 1 else alphas
    state: State = clock.start
    if alphas.ndim > 1:
        state = tuple(np.full(alphas.shape[1], one) for one in clock.start)
    seen = [state[at]]
    for alpha in steps[1:]:
        state = _step(state, alpha, step, clock)
        seen.append(state[at])
    return np.array(seen)


def _slope(state: State, alpha: Number, clock: _Clock) -> State:
    *rest, n = state
    moved = clock.drive(tuple(rest), alpha * (1 - n))
    return (*moved, 60 * (alpha * (1 - n) - clock.decay * n))


def _step(state: State, alpha: Number, step: float, clock: _Clock) -> State:
    one = _slope(state, alpha, clock)
    two = _slope(_moved(state, one, step / 2), alpha, clock)
    three = _slope(_moved(state, two, step / 2), alpha, clock)
    four = _slope(_moved(state, three, step), alpha, clock)
    return tuple(
        x + step / 6 * (a + 2 * b + 2 * c + d)
        for x, a, b, c, d in zip(state, one, two, three, four, strict=True)
    )


def _moved(state: State, slope: State, step: float) -> State:
    return tuple(x + step * dx for x, dx in zip(state, slope, strict=True))


def _markers(watched: NDArray[np.float64], step: float, clock: _Clock) -> Phase:
    found = _dips(watched, APART / step) if clock.is_wave else _half_turns(watched)
    if not found.size:
        raise NotEnoughData("the recording ends before the first minimum")
    minima = found * step + clock.later
    return Phase(dlmo=minima - BEFORE, cbtmin=minima)


def _dips(x: NDArray[np.float64], apart: float) -> NDArray[np.float64]:
    """Return where the parabolas through three samples with the lowest between have their dip.

    Of dips nearer than `apart` samples the deepest counts: bright light at the trough splits it.
    """
    at = np.flatnonzero((x[1:-1] < x[:-2]) & (x[1:-1] <= x[2:])) + 1
    kept: list[int] = []
    for one in at[np.argsort(x[at], kind="stable")].tolist():
        if all(abs(one - other) >= apart for other in kept):
            kept.append(one)
    at = np.array(sorted(kept), dtype=np.int64)
    before, here, after = x[at - 1], x[at], x[at + 1]
    dips: NDArray[np.float64] = at + (before - after) / 2 / (before - 2 * here + after)
    return dips


def _half_turns(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a growing phase passes each odd multiple of pi."""
    turns = np.floor((phase - np.pi) / (2 * np.pi))
    at = np.flatnonzero(np.diff(turns) > 0)
    goal = np.pi + 2 * np.pi * turns[at + 1]
    passed: NDArray[np.float64] = at + (goal - phase[at]) / (phase[at + 1] - phase[at])
    return passed
