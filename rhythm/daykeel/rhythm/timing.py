"""When nights begin and end, how that shifts between work and free days, and its scores."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daykeel.rhythm.clock import HOURS, anchored, centre, difference
from daykeel.rhythm.errors import NotEnoughData
from daykeel.rhythm.ledger import Bounded, Night, Score

WORK_DAYS, FREE_DAYS = 5, 2
"""Of a week, as the correction for sleep debt assumes."""

MEASURES = ("sleep.onset", "sleep.offset", "sleep.mid", "sleep.duration", "sleep.tst")
AMOUNTS = frozenset({"sleep.duration", "sleep.tst"})
"""Known also where there certainly was no main sleep: it is 0 then."""


def score_night(night: Night | None, *, travelling: bool = False) -> tuple[Score, ...]:
    """Return the five scores of a night; without a record of it, nothing is known.

    A score is `ok` on a final night whose bounds are narrow, `provisional` where they are wide,
    the night may still change or the body is still arriving from a journey.
    """
    if night is None:
        return tuple(Score(one, "1d", reasons=("few_nights",), n_expected=1) for one in MEASURES)
    parts = (night.onset, night.offset, night.mid, night.duration, night.tst)
    return tuple(
        _score(measure, part, night, travelling=travelling)
        for measure, part in zip(MEASURES, parts, strict=True)
    )


def _score(measure: str, part: Bounded, night: Night, *, travelling: bool) -> Score:
    is_known = part.value is not None and (night.certainty != "none" or _is_nil(measure, night))
    status, reasons = _status(night, is_known=is_known, travelling=travelling)
    return Score(
        measure=measure,
        window="1d",
        value=part.value if is_known else None,
        lo=part.lo,
        hi=part.hi,
        coverage=night.coverage,
        status=status,
        reasons=reasons,
        n=int(is_known),
        n_expected=1,
    )


def _is_nil(measure: str, night: Night) -> bool:
    return night.no_main_sleep and measure in AMOUNTS


def _status(night: Night, *, is_known: bool, travelling: bool) -> tuple[str, tuple[str, ...]]:
    gaps = (f"gap:{gap.reason}" for gap in night.gaps)
    doubts = [] if night.final else ["night_provisional"]
    if travelling:
        doubts.append("travel")
    if night.certainty == "bounded":
        doubts.append("edge_unknown")
    noted = ["dst"] if "dst" in night.flags else []
    if night.no_main_sleep:
        noted.append("no_main_sleep")
    reasons = tuple(dict.fromkeys((*doubts, *noted, *night.reasons, *gaps)))
    if not is_known:
        return "insufficient", reasons or ("few_nights",)
    return ("provisional" if doubts else "ok"), reasons


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
    work, off = _days(mid, free, alarm)
    if not work.any() or not off.any():
        raise NotEnoughData("there is no known work night or no known free night")
    msw, msf = centre(mid[work]), centre(mid[off])
    at_work, at_home = float(duration[work].mean()), float(duration[off].mean())
    edge = began if at_work <= at_home else ended
    relative = float(difference(msf, msw))
    return SocialJetlag(
        relative=relative,
        absolute=abs(relative),
        msfsc=_without_debt(msf, at_work, at_home),
        corrected=float(difference(centre(edge[off]), centre(edge[work]))),
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


def _days(
    mid: NDArray[np.float64], free: ArrayLike, alarm: ArrayLike | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which nights are known work nights, and which known free ones without alarm."""
    kind, known = np.asarray(free, dtype=float), ~np.isnan(mid)
    rang = np.zeros(mid.size) if alarm is None else np.asarray(alarm, dtype=float)
    return known & (kind == 0), known & (kind == 1) & (rang == 0)


def _without_debt(msf: float, at_work: float, at_home: float) -> float:
    week = (WORK_DAYS * at_work + FREE_DAYS * at_home) / (WORK_DAYS + FREE_DAYS)
    return float(anchored(msf - (at_home - week) / 2)) if at_home > at_work else msf


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
    .. [1] D. Fischer, C. Vetter and T. Roenneberg, Scientific Reports 6, 33393 (2016),
       doi:10.1038/srep33393.

    Examples
    --------
    >>> composite_phase_deviation([23, 0, 23], [7, 8, 7]).terms.tolist()[1:]
    [1.20185043, 1.05409255]
    """
    duration, mid = _spans(np.asarray(onset, dtype=float), np.asarray(offset, dtype=float))
    known = ~np.isnan(mid)
    if not (known[1:] & known[:-1]).any():
        raise NotEnoughData("no two consecutive nights are known")
    kind = np.zeros(mid.size) if free is None else free
    reference = _reference(mid, duration, *_days(mid, kind, alarm))
    step = np.concatenate(([np.nan], difference(mid[1:], mid[:-1])))
    terms = np.hypot(difference(reference, mid), step)
    return PhaseDeviation(float(np.nanmean(terms)), terms, reference, int((~np.isnan(terms)).sum()))


def _reference(
    mid: NDArray[np.float64],
    duration: NDArray[np.float64],
    work: NDArray[np.bool_],
    off: NDArray[np.bool_],
) -> float:
    if not off.any():
        return centre(mid[~np.isnan(mid)])
    at_home = float(duration[off].mean())
    at_work = float(duration[work].mean()) if work.any() else at_home
    return _without_debt(centre(mid[off]), at_work, at_home)


def standard_deviation(hours: ArrayLike) -> float:
    """Return the sample standard deviation of clock times anchored on midnight, in hours.

    NaN is left out. Raises `NotEnoughData` below two times.

    >>> round(standard_deviation([23.5, 0.5]), 6)
    0.707107
    """
    times = anchored(hours)
    times = times[~np.isnan(times)]
    if times.size < 2:  # noqa: PLR2004  one time has no spread
        raise NotEnoughData("fewer than two times are known")
    return float(np.std(times, ddof=1))


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
    steps = difference(values[1:], values[:-1]) if is_clock else np.diff(values)
    steps = steps[~np.isnan(steps)]
    if not steps.size:
        raise NotEnoughData("no two consecutive nights are known")
    return float(np.sqrt(np.square(steps).mean()))
