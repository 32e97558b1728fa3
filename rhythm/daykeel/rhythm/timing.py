"""When nights begin and end: how much that varies, and shifts between work and free days."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.clock import HOURS, anchored, centres, difference, means
from daykeel.rhythm.errors import NotEnoughData

WORK_DAYS, FREE_DAYS = 5, 2
"""Of a week, as the correction for sleep debt assumes."""


class SocialJetlag(NamedTuple):
    """How sleep differs between work and free days; everything in hours."""

    relative: float
    """How much later mid-sleep is on free days, at least -12 and below 12."""
    absolute: float
    """The same without sign, at most 12."""
    msfsc: float
    """Mid-sleep on free days, corrected for sleep debt, anchored on midnight."""
    corrected: float
    """Shift of the onset where free nights are longer, else of the offset."""
    msw: float
    """Mid-sleep on work days, anchored on midnight."""
    msf: float
    """Mid-sleep on free days, anchored on midnight."""
    duration_work: float
    duration_free: float


def social_jetlag(
    onset: ArrayLike, offset: ArrayLike, free: ArrayLike, *, alarm: ArrayLike | None = None
) -> SocialJetlag:
    """Return how far sleep shifts between work and free days.

    Parameters
    ----------
    onset, offset
        When each main sleep began and ended, clock hours, shape (n,); NaN where unknown. 25.5,
        1.5 and -22.5 are the same time.
    free
        1 if nobody had to get up, 0 if somebody had, NaN if that is unknown, shape (n,).
    alarm
        1 if an alarm rang, shape (n,): such free nights are left out.

    Raises
    ------
    NotEnoughData
        No work night or no free night is known, or times of day cancel out.

    Notes
    -----
    What is corrected is taken from [3]_, the onset on equal durations.

    References
    ----------
    .. [1] M. Wittmann et al., Chronobiology International 23, 497-509 (2006),
       doi:10.1080/07420520500545979.
    .. [2] T. Roenneberg et al., Current Biology 22, 939-943 (2012),
       doi:10.1016/j.cub.2012.03.038.
    .. [3] K. S. Jankowski, Chronobiology International 34, 1013 (2017).

    Examples
    --------
    >>> found = social_jetlag([23, 23, 0.5], [7, 7, 9.5], [0, 0, 1])
    >>> found.relative, found.msfsc
    (2.0, 4.64285714)
    """
    began, ended = np.asarray(onset, dtype=float), np.asarray(offset, dtype=float)
    duration, mid = _spans(began, ended)
    days = _days(mid, free, alarm)
    if not days.any(axis=1).all():
        raise NotEnoughData("there is no known work night or no known free night")
    found = shifts(Nights(began, ended, mid, duration), days)
    if any(np.isnan(part) for part in found):
        raise NotEnoughData("the times of day cancel out")
    return SocialJetlag(*map(float, found))


class Nights(NamedTuple):
    """Main sleeps of consecutive nights in hours, shape (..., n); NaN where unknown."""

    onset: NDArray[np.float64]
    offset: NDArray[np.float64]
    mid: NDArray[np.float64]
    """Anchored on midnight."""
    duration: NDArray[np.float64]


class Shifts(NamedTuple):
    """What `SocialJetlag` holds, of many stretches of nights: one entry each, NaN where none."""

    relative: NDArray[np.float64]
    absolute: NDArray[np.float64]
    msfsc: NDArray[np.float64]
    corrected: NDArray[np.float64]
    msw: NDArray[np.float64]
    msf: NDArray[np.float64]
    duration_work: NDArray[np.float64]
    duration_free: NDArray[np.float64]


def shifts(nights: Nights, days: NDArray[np.bool_]) -> Shifts:
    """Return how far sleep shifts in each stretch of nights.

    Parameters
    ----------
    nights
        Shape (..., n), the last axis being the nights of a stretch.
    days
        Which of them are known work nights, and which known free ones without alarm, shape
        (2, ..., n).
    """
    msw, msf = centres(np.where(days, nights.mid, np.nan))
    at_work, at_home = means(np.where(days, nights.duration, np.nan))[1]
    edge = np.where((at_work <= at_home)[..., None], nights.onset, nights.offset)
    edge_at_work, edge_at_home = centres(np.where(days, anchored(edge), np.nan))
    relative = difference(msf, msw)
    return Shifts(
        relative=relative,
        absolute=np.abs(relative),
        msfsc=_without_debt(msf, at_work, at_home),
        corrected=difference(edge_at_home, edge_at_work),
        msw=msw,
        msf=msf,
        duration_work=at_work,
        duration_free=at_home,
    )


def _spans(
    onset: NDArray[np.float64], offset: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return durations and clock times of the middle."""
    duration = (offset - onset) % HOURS
    return duration, anchored(onset + duration / 2)


def _days(mid: NDArray[np.float64], free: ArrayLike, alarm: ArrayLike | None) -> NDArray[np.bool_]:
    """Return which nights are known work nights, and which known free ones without alarm."""
    kind, known = np.asarray(free, dtype=float), ~np.isnan(mid)
    rang = np.zeros(mid.size) if alarm is None else np.asarray(alarm, dtype=float)
    return np.logical_and(known, [kind == 0, (kind == 1) & (rang == 0)])


def _without_debt(
    msf: NDArray[np.float64], at_work: NDArray[np.float64], at_home: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return mid-sleep on free days without what is made up for there; of no debt if unknown."""
    week = (WORK_DAYS * at_work + FREE_DAYS * at_home) / (WORK_DAYS + FREE_DAYS)
    return np.where(at_home > at_work, anchored(msf - (at_home - week) / 2), msf)


class PhaseDeviation(NamedTuple):
    """How far sleep is from its own best time and from the night before, in hours."""

    mean: float
    """At least 0 and at most 17."""
    terms: NDArray[np.float64]
    """Of each night, shape (n,); NaN where it or the night before it is unknown."""
    reference: float
    """The best time, anchored on midnight."""
    n: int
    """Terms the mean is made of."""


def composite_phase_deviation(
    onset: ArrayLike,
    offset: ArrayLike,
    free: ArrayLike | None = None,
    *,
    alarm: ArrayLike | None = None,
) -> PhaseDeviation:
    """Return the composite phase deviation of consecutive nights.

    Parameters
    ----------
    onset, offset
        When each main sleep began and ended, clock hours, shape (n,), one entry per night, oldest
        first; NaN where unknown.
    free, alarm
        As in `social_jetlag`. Without a free night the mean of all nights is the reference.

    Raises
    ------
    NotEnoughData
        No two consecutive nights are known, or times of day cancel out.

    References
    ----------
    .. [1] D. Fischer, C. Vetter and T. Roenneberg, Scientific Reports 6, 38601 (2016),
       doi:10.1038/srep38601.

    Examples
    --------
    >>> composite_phase_deviation([23, 0, 23], [7, 8, 7]).terms.tolist()[1:]
    [1.20185043, 1.05409255]
    """
    began, ended = np.asarray(onset, dtype=float), np.asarray(offset, dtype=float)
    duration, mid = _spans(began, ended)
    known = ~np.isnan(mid)
    if not (known[1:] & known[:-1]).any():
        raise NotEnoughData("no two consecutive nights are known")
    kind = np.zeros(mid.size) if free is None else free
    days = _days(mid, kind, alarm)
    shift = shifts(Nights(began, ended, mid, duration), days)
    terms, reference = deviations(mid, shift.msfsc, days[1].any())
    if np.isnan(reference):
        raise NotEnoughData("the times of day cancel out")
    n, mean = means(terms)
    return PhaseDeviation(float(mean), terms, float(reference), int(n))


def deviations(
    mid: NDArray[np.float64], best: NDArray[np.float64], has_free: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the terms of `composite_phase_deviation`, and what they are counted from.

    Parameters
    ----------
    mid
        Shape (..., n), the last axis being consecutive nights; NaN where unknown.
    best
        Mid-sleep on free days of each stretch, corrected for sleep debt, shape (...).
    has_free
        Whether there are free nights; else the mean of all nights is the reference.
    """
    reference = np.where(has_free, best, centres(mid))
    step = np.full_like(mid, np.nan)
    step[..., 1:] = difference(mid[..., 1:], mid[..., :-1])
    return np.hypot(difference(reference[..., None], mid), step), reference


def standard_deviation(hours: ArrayLike) -> float:
    """Return the sample standard deviation of clock times anchored on midnight, in hours.

    NaN is left out. Raises `NotEnoughData` below two times.

    >>> round(standard_deviation([23.5, 0.5]), 6)
    0.707107
    """
    found = float(sample_deviations(anchored(hours)))
    if np.isnan(found):
        raise NotEnoughData("fewer than two times are known")
    return found


def sample_deviations(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sample standard deviation of each row, NaN below two known values."""
    n, mean = means(values)
    squares = np.square(values - mean[..., None])
    total = np.where(np.isnan(squares), 0.0, squares).sum(axis=-1)
    return np.where(n > 1, np.sqrt(total / np.maximum(n - 1, 1)), np.nan)


def successive_difference(hours: ArrayLike, *, is_clock: bool = True) -> float:
    """Return the root mean square of the differences between consecutive nights (RMSSD).

    Parameters
    ----------
    hours
        One value per night, shape (n,), oldest first; NaN where unknown, which breaks the chain.
    is_clock
        Whether differences go the short way round the clock; durations do not.

    Raises
    ------
    NotEnoughData
        No two consecutive nights are known.

    Examples
    --------
    >>> successive_difference([23.5, 0.5, np.nan, 3.0, 5.0]) ** 2
    2.5
    """
    values = np.asarray(hours, dtype=float)
    n, found = successive_differences(values, is_clock=is_clock)
    if not n:
        raise NotEnoughData("no two consecutive nights are known")
    return float(found)


def successive_differences(
    values: NDArray[np.float64], *, is_clock: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return of each row the pairs of consecutive known nights and `successive_difference`."""
    steps = values[..., 1:] - values[..., :-1]
    n, mean = means(np.square(anchored(steps) if is_clock else steps))
    return n, np.sqrt(mean)
