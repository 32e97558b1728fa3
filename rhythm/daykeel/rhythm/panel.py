"""Many clients of the reference panel at once: what limits come to before any are promised.

Nine charts on six latent series (science.md 16.2): a stated generator, not data. Everything is
arrays of (clients, nights, charts), so a thousand clients and a year take a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.rules import Rules

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Tails = Literal["normal", "t5"]

FAMILIES = (0, 0, 0, 1, 1, 2, 3, 4, 5)
"""Of midsleep, onset, offset, duration, time asleep, anchors, SRI, M10 onset and steps."""
PRIMARY = (0, 3, 5)
SECONDARY = (1, 2, 4, 6, 7, 8)
DOWN_ONLY = (5, 6)
TIMED = (0, 3)
"""Charts of the acute rule."""
TURNED = 8
"""More steps are to the side of less sleep."""
SHARED = 0.8
"""Of the variance of a secondary chart, what it has from its family."""
TOGETHER = 0.3
"""Correlation between families."""
FLOOR = 0.1
CLIP, MOST_PHI = 4.0, 0.6
RUN = 2.5
SPARE = 40
"""Nights for baselines that take longer because many are missing."""
YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Setting:
    """What a panel is drawn from."""

    clients: int = 1500
    nights: int = 365
    """Monitored, after the baseline."""
    baseline: int = 28
    tails: Tails = "normal"
    carry: float = 0.3
    missing: float = 0.1
    seed: int = 1


@dataclass(frozen=True)
class Panel:
    """Monitored nights of many clients, as distances from each one's own baseline."""

    z: Floats
    """(clients, nights, charts); NaN where the night is missing."""
    phi: Floats
    """(clients, charts), as estimated."""
    scale: Floats
    """(clients, charts): SD of the process in one estimated SD is 1 / scale."""

    @cached_property
    def known(self) -> Flags:
        """(clients, nights)."""
        return ~np.isnan(self.z[:, :, 0])

    @property
    def years(self) -> float:
        """Monitored client-years."""
        return float(self.known.sum()) / YEAR

    def shifted(self, by: Floats, since: int = 0) -> "Panel":
        """Return the panel with charts shifted from a night on, in SD of the process."""
        moved = self.z.copy()
        moved[:, since:] += (by / self.scale)[:, None, :]
        return Panel(moved, self.phi, self.scale)


def draw(setting: Setting, charts: int = len(FAMILIES)) -> Panel:
    """Return a panel; the same setting gives the same one.

    Parameters
    ----------
    charts
        1 for a single chart.
    """
    rng = np.random.Generator(np.random.PCG64(setting.seed))
    span = setting.nights + round(setting.baseline / (1 - setting.missing)) + SPARE
    values = _charts(rng, setting, span)[:, :, :charts]
    values[_missing(rng, setting, span)] = np.nan
    return monitored(values, setting.baseline, setting.nights)


def monitored(values: Floats, baseline: int, nights: int) -> Panel:
    """Return what follows each client's baseline of the first `baseline` known nights.

    `values` are (clients, nights, charts), NaN where missing; a client needs `nights` more.
    """
    known = ~np.isnan(values[:, :, 0])
    start = np.argmax(known.cumsum(axis=1) >= baseline, axis=1) + 1
    before = (np.arange(values.shape[1])[None, :] < start[:, None])[:, :, None]
    centre, scale = _usual(np.where(before, values, np.nan))
    z = (values - centre[:, None, :]) / scale[:, None, :]
    phi = _carried(np.where(before, z, np.nan), baseline)
    rows = np.arange(len(values))[:, None]
    return Panel(z[rows, start[:, None] + np.arange(nights)], phi, scale)


def _charts(rng: np.random.Generator, setting: Setting, span: int) -> Floats:
    size = (setting.clients, span)
    families = max(FAMILIES) + 1
    common = _process(rng, setting, (*size, 1))
    latent = np.sqrt(TOGETHER) * common + np.sqrt(1 - TOGETHER) * _process(
        rng, setting, (*size, families)
    )
    values = latent[:, :, list(FAMILIES)]
    noisy = [1, 2, 4]
    noise = _process(rng, setting, (*size, len(noisy)))
    values[:, :, noisy] = np.sqrt(SHARED) * values[:, :, noisy] + np.sqrt(1 - SHARED) * noise
    return np.asarray(values)


def _process(rng: np.random.Generator, setting: Setting, size: tuple[int, int, int]) -> Floats:
    """Return series of variance 1 with carry-over along the second axis."""
    if setting.tails == "t5":
        drawn = rng.standard_t(5, size) * np.sqrt(3 / 5)
    else:
        drawn = rng.standard_normal(size)
    for at in range(1, size[1]):
        drawn[:, at] = (
            setting.carry * drawn[:, at - 1] + np.sqrt(1 - setting.carry**2) * drawn[:, at]
        )
    return np.asarray(drawn)


def _missing(rng: np.random.Generator, setting: Setting, span: int) -> Flags:
    """Return which nights are missing: a chain of two states."""
    draws = rng.uniform(size=(setting.clients, span))
    starts = setting.missing / (1 - setting.missing) / RUN
    gone = draws < setting.missing
    for at in range(1, span):
        gone[:, at] = np.where(gone[:, at - 1], draws[:, at] >= 1 / RUN, draws[:, at] < starts)
    return gone


def _usual(values: Floats) -> tuple[Floats, Floats]:
    """Return median and scaled median absolute deviation of each client and chart."""
    centre = np.nanmedian(values, axis=1)
    apart = np.abs(values - centre[:, None, :])
    return centre, np.maximum(1.4826 * np.nanmedian(apart, axis=1), FLOOR)


def _carried(z: Floats, nights: int) -> Floats:
    """Return the lag-1 autocorrelation over nights that follow each other, as baselines have it."""
    cut = np.clip(z, -CLIP, CLIP)
    cut = cut - np.nanmean(cut, axis=1, keepdims=True)
    raw = np.nanmean(cut[:, 1:] * cut[:, :-1], axis=1) / np.nanmean(cut**2, axis=1)
    return np.asarray(np.clip(raw + (1 + 3 * raw) / nights, 0, MOST_PHI))


def statistics(panel: Panel, rules: Rules) -> tuple[Floats, Floats]:
    """Return the guarded statistics to both sides in asymptotic SD of each client and chart."""
    unit = asymptotic(panel.phi, rules.weight)[:, None, :]
    found = []
    for side in (1.0, -1.0):
        evidence = np.clip(side * panel.z, rules.least, rules.most)
        evidence = np.where(np.isnan(evidence), rules.least, evidence) - rules.reference
        found.append(_guarded(evidence, rules.weight) / unit)
    return found[0], found[1]


def asymptotic(phi: Floats, weight: float) -> Floats:
    """Return the SD an EWMA comes to, of processes of variance 1 that carry over `phi`."""
    keeps = phi * (1 - weight)
    return np.asarray(np.sqrt(weight / (2 - weight) * (1 + keeps) / (1 - keeps)))


def _guarded(evidence: Floats, weight: float) -> Floats:
    last = np.zeros_like(evidence[:, 0])
    for at in range(evidence.shape[1]):
        last = np.maximum(0.0, (1 - weight) * last + weight * evidence[:, at])
        evidence[:, at] = last
    return evidence


def held(panel: Panel, weight: float, *, by_phi: bool = True) -> Floats:
    """Return the plain two-sided EWMA, held over missing nights, in its asymptotic SD."""
    phi = panel.phi if by_phi else np.zeros_like(panel.phi)
    last, found = np.zeros_like(panel.z[:, 0]), np.empty_like(panel.z)
    for at in range(panel.z.shape[1]):
        now = np.clip(panel.z[:, at], -CLIP, CLIP)
        last = np.where(np.isnan(now), last, (1 - weight) * last + weight * now)
        found[:, at] = last
    return found / asymptotic(phi, weight)[:, None, :]


def fused(panel: Panel, shares: tuple[Floats, Floats], limit: float, rules: Rules) -> Flags:
    """Return the nights on which a client's charts together signal (science.md 13.1).

    A primary chart, or two secondary ones of different families to one side within `near`
    nights, or the acute rule on midsleep or duration.
    """
    up, down = (share > limit for share in shares)
    up[:, :, DOWN_ONLY] = False
    early, late = down.copy(), up.copy()
    early[:, :, TURNED], late[:, :, TURNED] = up[:, :, TURNED], down[:, :, TURNED]
    late[:, :, DOWN_ONLY] = early[:, :, DOWN_ONLY]
    primary = _any(up | down, PRIMARY)
    return (
        np.asarray(primary | _paired(early, rules.near) | _paired(late, rules.near)) & panel.known
    ) | _acute(panel, rules)


def _paired(signal: Flags, near: int) -> Flags:
    """Return the nights on which secondary charts of two families have signalled of late."""
    families = {FAMILIES[chart] for chart in SECONDARY}
    many = np.zeros(signal.shape[:2], dtype=np.int64)
    for family in families:
        own = [chart for chart in SECONDARY if FAMILIES[chart] == family]
        many += _lately(_any(signal, own), near)
    return np.asarray((many > 1) & _any(signal, SECONDARY))


def _any(signal: Flags, charts: Sequence[int]) -> Flags:
    return np.asarray(signal[:, :, list(charts)].any(axis=2))


def _lately(signal: Flags, near: int) -> Flags:
    found = signal.copy()
    for back in range(1, near + 1):
        found[:, back:] |= signal[:, :-back]
    return found


def _acute(panel: Panel, rules: Rules) -> Flags:
    found = np.zeros(panel.known.shape, dtype=bool)
    for side in (1.0, -1.0):
        far = side * panel.z[:, :, TIMED] >= rules.acute_far
        before = far.copy()
        before[:] = False
        before[:, 1:] |= far[:, :-1]
        before[:, 2:] |= far[:, :-2]
        found |= (far & before).any(axis=2)
    return found


def openings(signal: Flags, cool_down: int) -> Flags:
    """Return the nights on which an alert opens; for so many nights nothing new does."""
    found, since = np.zeros_like(signal), np.full(len(signal), -cool_down)
    for at in range(signal.shape[1]):
        opens = signal[:, at] & (at - since >= cool_down)
        found[:, at] = opens
        since = np.where(opens, at, since)
    return found


def crossings(signal: Flags, cool_down: int) -> Flags:
    """Return the openings where one that lasts does not open again (science.md 12.7)."""
    found, since = np.zeros_like(signal), np.full(len(signal), -cool_down)
    before = np.zeros(len(signal), dtype=bool)
    for at in range(signal.shape[1]):
        opens = signal[:, at] & ~before & (at - since >= cool_down)
        found[:, at] = opens
        since, before = np.where(opens, at, since), signal[:, at]
    return found
