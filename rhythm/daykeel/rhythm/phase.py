"""When the inner night begins, as models of the circadian clock tell it from light."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.pacemaker import PACEMAKERS, Number, Pacemaker, State

Model = Literal["forger99", "jewett99", "hannay19", "hannay19tp"]
Floats = NDArray[np.float64]
Found = tuple[NDArray[np.int64], Floats, Floats]
"""Recording, sample with its fraction, and depth of each minimum."""

BEFORE = 7.0
"""Hours from the onset of melatonin to the minimum of body temperature."""
APART = 13.0
"""Hours between two minima at the least."""
CHUNK = 128
"""Steps of many recordings whose light is held at once."""


class Phase(NamedTuple):
    """When each inner night of a recording falls, in hours from its first sample.

    Of many recordings a row each, the shorter ones filled up with NaN.
    """

    dlmo: Floats
    """Onset of melatonin in dim light; modulo 24 the clock time if it began at midnight."""
    cbtmin: Floats
    """Minimum of core body temperature."""


def predict(lux: ArrayLike, *, step_hours: float, model: Model = "forger99") -> Phase:
    """Return when each inner night of a recording falls, as a model of the clock tells it.

    An estimate, typically an hour off, and no measurement of melatonin. The first days still
    show the start, which is that of somebody used to light from 8 to midnight.

    Parameters
    ----------
    lux
        Light, shape (n,), the first sample at the start (midnight), then one every `step_hours`;
        or of many recordings, shape (recordings, n), which takes far less time than one by one.
        Every sample must be known: bridge gaps before, and say so.
    step_hours
        Hours, at most 0.1. Fourth-order Runge-Kutta; the light of a step is that of its end.
    model
        `forger99`, `jewett99`, `hannay19` or `hannay19tp`.

    Returns
    -------
    Phase
        Shape (nights,), or (recordings, nights) with NaN after the last night of each.

    Raises
    ------
    NotEnoughData
        Light is unknown somewhere, or every recording ends before the first minimum.
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
    light = np.asarray(lux, dtype=float)
    if np.isnan(light).any():
        raise NotEnoughData("light is unknown somewhere")
    if not 0 < step_hours <= 0.1 + 1e-12 or (light < 0).any():
        raise ValueError("light is not negative, and a step lasts at most 0.1 hours")
    pacemaker = PACEMAKERS[model]
    rows = light.reshape(-1, light.shape[-1])
    nights = _nights(_minima(rows, step_hours, pacemaker), len(rows), APART / step_hours)
    if not nights.size:
        raise NotEnoughData("the recording ends before the first minimum")
    minima = nights * step_hours + pacemaker.later
    minima = minima if light.ndim > 1 else minima[0]
    return Phase(dlmo=minima - BEFORE, cbtmin=minima)


def _minima(light: Floats, step: float, pacemaker: Pacemaker) -> Found:
    """Return every minimum of each recording."""
    find = _dips if pacemaker.is_wave else _half_turns
    found = [
        (rows, at + first, depth)
        for first, watched in _watched(light, step, pacemaker)
        for rows, at, depth in [find(watched)]
    ]
    rows, at, depth = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, at, depth


def _watched(light: Floats, step: float, pacemaker: Pacemaker) -> Iterator[tuple[int, Floats]]:
    """Yield stretches of the variable that shows the minimum, and where each begins.

    Shape (samples, recordings); the last two samples are the first two of the next stretch.
    """
    many, length = light.shape
    start: State = (*pacemaker.start, pacemaker.used_up)
    if many > 1:
        start = tuple(np.full(many, one) for one in start)
    state, used_up = start[:-1], start[-1]
    seen = [state[pacemaker.watched]]
    size = CHUNK if many > 1 else length
    for first in range(1, length, size):
        alphas = pacemaker.power(light[:, first : first + size].T)
        lights, used_up = _through(alphas if many > 1 else alphas[:, 0], used_up, step, pacemaker)
        for four in lights:
            state = _moved_on(state, four, step, pacemaker)
            seen.append(state[pacemaker.watched])
        yield first - len(seen) + len(lights), np.array(seen).reshape(len(seen), many)
        seen = seen[-2:]


def _through(
    alphas: Floats, used_up: Number, step: float, pacemaker: Pacemaker
) -> tuple[list[list[Number]] | Floats, Number]:
    """Return the light that gets through at the four stages of each step, and what is used up.

    What light uses up does not depend on the clock: it obeys `n' = a - k n` over a step, so each
    stage of Runge-Kutta has a share of the way to its end, where `n` is `a / k`.
    """
    rate = 60 * (alphas + pacemaker.decay)
    goal = 60 * alphas / rate
    z = rate * step
    half = 1 - z / 2
    ways = (half, 1 - z / 2 * half, 1 - z * (1 - z / 2 * half))
    whole = 1 - z * (1 - z / 2 * (1 - z / 3 * (1 - z / 4)))
    away = np.empty_like(alphas)
    steps = zip(goal, whole, strict=True)
    if alphas.ndim == 1:
        steps = zip(goal.tolist(), whole.tolist(), strict=True)
    for at, (end, share) in enumerate(steps):
        away[at] = used_up - end
        used_up = end + (used_up - end) * share
    stages = np.stack([alphas * (1 - goal - away * way) for way in (1.0, *ways)], axis=1)
    return (stages.tolist() if alphas.ndim == 1 else stages), used_up


def _moved_on(state: State, lights: list[Number] | Floats, step: float, of: Pacemaker) -> State:
    """Return the state after a step of Runge-Kutta."""
    first, second, third, fourth = lights
    one = of.drive(state, first)
    two = of.drive(_moved(state, one, step / 2), second)
    three = of.drive(_moved(state, two, step / 2), third)
    four = of.drive(_moved(state, three, step), fourth)
    sixth = step / 6
    return tuple(
        [
            x + sixth * (a + 2 * (b + c) + d)
            for x, a, b, c, d in zip(state, one, two, three, four, strict=True)
        ]
    )


def _moved(state: State, slope: State, step: float) -> State:
    return tuple([x + step * dx for x, dx in zip(state, slope, strict=True)])


def _dips(x: Floats) -> Found:
    """Return where the parabolas through three samples with the lowest between have their dip."""
    at, rows = np.nonzero((x[1:-1] < x[:-2]) & (x[1:-1] <= x[2:]))
    at += 1
    before, here, after = x[at - 1, rows], x[at, rows], x[at + 1, rows]
    return rows, at + (before - after) / 2 / (before - 2 * here + after), here


def _half_turns(phase: Floats) -> Found:
    """Return where a growing phase passes each odd multiple of pi, after the first step."""
    turns = np.floor((phase - np.pi) / (2 * np.pi))
    at, rows = np.nonzero(np.diff(turns[1:], axis=0) > 0)
    at += 1
    goal = np.pi + 2 * np.pi * turns[at + 1, rows]
    before, after = phase[at, rows], phase[at + 1, rows]
    return rows, at + (goal - before) / (after - before), np.zeros(len(rows))


def _nights(found: Found, many: int, apart: float) -> Floats:
    """Return the minima of each recording as a row, oldest first, NaN after the last.

    Of those nearer than `apart` samples the deepest counts: bright light at the trough splits it.
    """
    kept: list[list[float]] = [[] for _ in range(many)]
    rows, at, depth = found
    deepest = np.argsort(depth, kind="stable")
    for row, one in zip(rows[deepest].tolist(), at[deepest].tolist(), strict=True):
        if all(abs(one - other) >= apart for other in kept[row]):
            kept[row].append(one)
    nights = np.full((many, max(map(len, kept))), np.nan)
    for row, minima in enumerate(kept):
        nights[row, : len(minima)] = sorted(minima)
    return nights
