"""The social rhythm metric: how often the anchors of a week happened at about their usual time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isnan, nan, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.errors import NotEnoughData

HitsFrom = Literal["all", "kept"]

WEEK = 7
FEW = 3
"""Times below which an anchor is not scored."""
NEAR = 45.0
"""Minutes around the habitual time that count as a hit, inclusive."""
FAR = 1.5
"""Standard deviations beyond which a time does not shape the habitual time."""
SAFE = 4
"""Times up to which none can lie that far out."""
STILL = 0.5 / 60
"""Minutes of spread below which nothing is left out."""
DAY = 1440.0
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ItemWeek:
    """One anchor over one week; times in minutes from midnight."""

    mean: float
    """Of all times, after unwrapping them around their median."""
    sd: float
    kept: tuple[bool, ...]
    """Which of the seven days shape the habitual time."""
    habitual: float
    hits: int
    k: int
    """Days on which it is known whether it was done."""

    @property
    def score(self) -> float:
        """Hits, scaled up to seven known days."""
        return self.hits * WEEK / self.k


@dataclass(frozen=True, slots=True)
class SocialRhythm:
    """What a week's anchors come to."""

    score: float
    """Mean hits per scored anchor, 0 to 7, as published: a missing day is a day without a hit."""
    prorated: float
    """The same with each anchor scaled up for its missing days: what the product shows."""
    hits: int
    eligible: int
    """Anchors with at least three times."""
    anchors: Mapping[str, ItemWeek]
    """The scored ones."""


def social_rhythm_metric(
    week: Mapping[str, Sequence[float | None]], *, hits_from: HitsFrom = "all"
) -> SocialRhythm:
    """Return the social rhythm metric of a week.

    For each anchor that has at least three times, the habitual time is their mean without those
    more than 1.5 standard deviations away; a day on which the anchor lies within 45 minutes of it
    is a hit. The score is the mean number of hits per scored anchor.

    Parameters
    ----------
    week
        For each anchor its times on the days of the week, in minutes from midnight; None where
        there is none. 1455 and 15 are the same time.
    hits_from
        `all` counts hits among all times, as the instrument is worded; `kept` only among those
        that shaped the habitual time, as one published program does.

    Raises
    ------
    NotEnoughData
        No anchor has three times.

    References
    ----------
    .. [1] T. H. Monk et al., Journal of Sleep Research 11, 183-190 (2002).
    .. [2] T. H. Monk et al., J Nerv Ment Dis 178, 120-126 (1990),
       doi:10.1097/00005053-199002000-00007.

    Examples
    --------
    >>> found = social_rhythm_metric({"bed": [1410, 1425, 15, 5, 1430, 20, 1435]})
    >>> found.score, round(found.anchors["bed"].habitual, 3)
    (7.0, 1441.667)
    """
    scored = {}
    for name, times in week.items():
        known = [nan if time is None else float(time) for time in times]
        found = _item(known, [-1 if isnan(time) else 1 for time in known], hits_from)
        if found is not None:
            scored[name] = found
    if not scored:
        raise NotEnoughData("no anchor has three times")
    hits = sum(item.hits for item in scored.values())
    return SocialRhythm(
        score=hits / len(scored),
        prorated=fsum(item.score for item in scored.values()) / len(scored),
        hits=hits,
        eligible=len(scored),
        anchors=scored,
    )


def item_week(
    times: NDArray[np.floating[Any]], known: NDArray[np.int64], *, hits_from: HitsFrom = "all"
) -> ItemWeek | None:
    """Return what one anchor's week comes to, or None below three times.

    Parameters
    ----------
    times
        Minutes from local midnight of each social day, shape (7,); NaN where there is none.
    known
        1 done, 0 known not done, -1 unknown, shape (7,). Done at a time nobody knows is unknown.
    hits_from
        Whether times that did not shape the habitual time may be hits.

    Examples
    --------
    >>> late = np.array([360.0, 350, 481, 475, 345, 350, 350])
    >>> found = item_week(late, np.ones(7, dtype=int))
    >>> round(found.habitual, 3), found.hits, found.kept[2]
    (371.667, 5, False)
    """
    return _item(times.tolist(), known.tolist(), hits_from)


def _item(times: Sequence[float], known: Sequence[int], hits_from: HitsFrom) -> ItemWeek | None:
    done = [state == 1 and not isnan(time) for time, state in zip(times, known, strict=True)]
    found = [time for time, is_done in zip(times, done, strict=True) if is_done]
    if len(found) < FEW:
        return None
    unwrapped = unwrap(found)
    mean, sd = _moments(unwrapped)
    is_kept = _kept(unwrapped, mean, sd)
    kept = [time for time, keep in zip(unwrapped, is_kept, strict=True) if keep]
    habitual = fsum(kept) / len(kept)
    counted = unwrapped if hits_from == "all" else kept
    marks = iter(is_kept)
    return ItemWeek(
        mean=mean,
        sd=sd,
        kept=tuple(is_done and next(marks) for is_done in done),
        habitual=habitual,
        hits=sum(abs(time - habitual) <= NEAR + ROUNDING for time in counted),
        k=len(found) + sum(state == 0 for state in known),
    )


def habitual_time(times: NDArray[np.floating[Any]]) -> float | None:
    """Return the usual time of any number of times, in minutes; None below three.

    >>> habitual_time(np.array([420.0, 425.0, 430.0]))
    425.0
    """
    if times.size < FEW:
        return None
    unwrapped = unwrap(times.tolist())
    mean, sd = _moments(unwrapped)
    kept = [time for time, keep in zip(unwrapped, _kept(unwrapped, mean, sd), strict=True) if keep]
    return fsum(kept) / len(kept)


def _moments(times: Sequence[float]) -> tuple[float, float]:
    mean = fsum(times) / len(times)
    return mean, sqrt(fsum((time - mean) ** 2 for time in times) / (len(times) - 1))


def _kept(times: Sequence[float], mean: float, sd: float) -> list[bool]:
    """Return which times shape the habitual time: one pass, never repeated."""
    if len(times) <= SAFE or sd <= STILL:
        return [True] * len(times)
    return [abs(time - mean) <= FAR * sd + ROUNDING for time in times]


def unwrap(times: Sequence[float]) -> list[float]:
    """Return times of day on one line around their circular median, in minutes.

    The median is the time from which the others are nearest in sum; of several the smallest one
    anchored on midnight.

    >>> unwrap([1410.0, 1425.0, 15.0])
    [1410.0, 1425.0, 1455.0]
    """
    if max(times) - min(times) < DAY / 2:
        return list(times)
    median = min(times, key=lambda centre: (_apart(centre, times), wrapped(centre)))
    return [median + wrapped(time - median) for time in times]


def _apart(centre: float, times: Sequence[float]) -> float:
    # Rounded, so that sums of the same distances in another order tie.
    return round(sum(abs(wrapped(time - centre)) for time in times), 6)


def wrapped(minutes: float) -> float:
    """Return minutes wrapped to [-720, 720): the short way round the clock."""
    return (minutes + DAY / 2) % DAY - DAY / 2
