"""The circadian clock as published models have it: how light of some strength moves it on."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Number = Any
"""A float for one recording, an array with one entry per recording for many."""
State = tuple[Number, ...]

HOUR = np.pi / 12
"""Radians the clock turns in an hour."""


class Pacemaker(NamedTuple):
    """A model of the clock."""

    start: State
    """At midnight, of somebody used to light from 8 to midnight."""
    used_up: float
    """Share of the receptors that light has used up by then."""
    power: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    """Rate a minute at which so many lux use them up."""
    decay: float
    """Rate a minute at which they recover."""
    drive: Callable[[State, Number], State]
    """Change of the state an hour, by the light that gets through."""
    is_wave: bool
    """Whether the first variable dips at the minimum; else one before the last is a phase."""
    later: float = 0.0
    """Hours from that to the minimum of body temperature."""

    @property
    def watched(self) -> int:
        """The place of the variable that shows the minimum."""
        return 0 if self.is_wave else len(self.start) // 2


def _forger(state: State, light: Number) -> State:
    x, c = state
    drive = 33.75 * light * (1 - 0.4 * x) * (1 - 0.4 * c)
    pull = 0.23 * (c - 4 / 3 * c * c * c)
    return HOUR * (c + drive), HOUR * (pull - x * (_FORGER_STIFF + 0.55 * drive))


_FORGER_STIFF = (24 / (0.99669 * 24.2)) ** 2
_JEWETT_STIFF = (24 / (0.99729 * 24.2)) ** 2


def _jewett(state: State, light: Number) -> State:
    x, c = state
    drive = 19.875 * light * (1 - 0.4 * x) * (1 - 0.4 * c)
    cube = x * x * x
    pull = 0.13 * (x / 3 + 4 / 3 * cube - 256 / 105 * cube * cube * x)
    stiff = _JEWETT_STIFF + 0.55 * drive
    return HOUR * (c + pull + drive), HOUR * (drive * c / 3 - x * stiff)


def _hannay(state: State, light: Number) -> State:
    r, phi = state
    drive = 33.75 * light
    first, second = 0.3855 / 2 * drive, 0.1977 / 2 * drive
    once, twice = phi - 0.0026, 2 * phi - 0.957756
    cube = r * r * r
    fourth = cube * r
    eighth = fourth * fourth
    grow = -0.024 * r + 0.06358 * _COS / 2 * r * (1 - fourth)
    push = first * (1 - fourth) * np.cos(once) + second * r * (1 - eighth) * np.cos(twice)
    turn = 2 * np.pi / 23.84 + 0.06358 / 2 * _SIN * (1 + fourth) + 0.0400692 * drive
    shift = first * (cube + 1 / r) * np.sin(once) + second * (1 + eighth) * np.sin(twice)
    return grow + push, turn - shift


_COS, _SIN = float(np.cos(-0.09318)), float(np.sin(-0.09318))


def _hannay_two(state: State, light: Number) -> State:
    v, d, phi, psi = state
    drive, apart = 33.75 * light, psi - phi
    first, second = 0.440068 / 2 * drive, 0.159136 / 2 * drive
    once, twice = phi + 0.06452, 2 * phi - 1.38935
    cube, other = v * v * v, d * d * d
    fourth = cube * v
    eighth = fourth * fourth
    push = first * (1 - fourth) * np.cos(once) + second * v * (1 - eighth) * np.cos(twice)
    shift = first * (cube + 1 / v) * np.sin(once) + second * (1 + eighth) * np.sin(twice)
    near, across = np.cos(apart), np.sin(apart)
    return (
        -0.024 * v + 0.05 / 2 * v * (1 - fourth) + 0.01 / 2 * d * (1 - fourth) * near + push,
        -0.024 * d + 0.04 / 2 * d * (1 - other * d) + 0.05 / 2 * v * (1 - other * d) * near,
        2 * np.pi / 24.25 + 0.01 / 2 * d * (cube + 1 / v) * across + 0.0477375 * drive - shift,
        2 * np.pi / 24 - 0.05 / 2 * v * (other + 1 / d) * across,
    )


def _saturating(lux: NDArray[np.float64]) -> NDArray[np.float64]:
    bright = lux * np.sqrt(lux)
    return np.asarray(0.05 * bright / (bright + 9325))


PACEMAKERS: Mapping[str, Pacemaker] = {
    "forger99": Pacemaker(
        (-0.0843259, -1.09607546),
        0.45584306,
        lambda lux: np.asarray(0.05 * np.sqrt(lux / 9500)),
        0.0075,
        _forger,
        is_wave=True,
    ),
    "jewett99": Pacemaker(
        (-0.10097101, -1.21985662),
        0.50529415,
        lambda lux: np.asarray(0.16 * (lux / 9500) ** 0.6),
        0.013,
        _jewett,
        is_wave=True,
        later=0.8,
    ),
    "hannay19": Pacemaker(
        (0.82041911, 1.71383697), 0.52318122, _saturating, 0.0075, _hannay, is_wave=False
    ),
    "hannay19tp": Pacemaker(
        (0.82423745, 0.82304996, 1.75233424, 1.863457),
        0.52318122,
        _saturating,
        0.0075,
        _hannay_two,
        is_wave=False,
    ),
}
