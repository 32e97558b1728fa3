"""How often anchors happened at the times agreed on, as a score."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from daykeel.rhythm.anchors import Anchors, Told, believed
from daykeel.rhythm.ledger import Score
from daykeel.rhythm.series import Floats
from daykeel.rhythm.srm import DAY, NEAR, ROUNDING, WEEK
from daykeel.rhythm.targets import Targets as Agreed
from daykeel.rhythm.tracked_days import TrackedDays

MEASURE = "srm.target_adherence"
RECORDED, SHOWN = 5, 3
"""Days with a known anchor that it needs, and from which it is shown."""

NO_TARGET = {window: Score(MEASURE, window, reasons=("no_target",)) for window in ("7d", "28d")}
"""What is said where nothing was agreed on."""

Targets = Mapping[str, Floats]
"""By anchor, the minutes from midnight agreed on for each date; NaN where there are none."""


def targets_of(told: Agreed, tracked: TrackedDays, dates: tuple[date, ...]) -> Targets:
    """Return the targets of tracked anchors in force on each date."""
    found = {item: np.full(len(dates), np.nan) for item in tracked.each}
    for item, first, minutes in told:
        if item in found:
            found[item][max((first - dates[0]).days, 0) :] = np.nan if minutes is None else minutes
    for item, is_tracked in tracked.each.items():
        found[item][~is_tracked] = np.nan
    return {item: times for item, times in found.items() if np.isfinite(times).any()}


@dataclass(slots=True)
class Count:
    """What was counted so far, in days of one anchor each."""

    expected: int = 0
    known: int = 0
    hits: int = 0
    weight: float = 0.0
    recorded: set[int] = field(default_factory=set)
    """Days on which any of them is known."""

    def add(self, told: Told | None, target: Floats, days: slice) -> None:
        """Count some days of one anchor."""
        agreed = np.isfinite(target[days])
        self.expected += int(agreed.sum())
        if told is None:
            return
        times, known = told.times[days], told.known[days]
        is_known = agreed & ((known == 0) | ((known == 1) & np.isfinite(times)))
        apart = np.abs((times - target[days] + DAY / 2) % DAY - DAY / 2)
        self.known += int(is_known.sum())
        self.hits += int((is_known & (known == 1) & (apart <= NEAR + ROUNDING)).sum())
        self.weight += float(told.weight[days][is_known].sum())
        self.recorded.update((np.flatnonzero(is_known) + days.start).tolist())


def score_adherence(
    window: str, days: slice, anchors: Anchors, targets: Targets, *, travelling: bool
) -> Score:
    """Return the share of known item-days on which the anchor was near its target.

    Parameters
    ----------
    window
        Its name.
    days
        Which dates it holds; the first may lie before any is known.
    anchors
        What is said of every day. Of each anchor one class is believed within seven days.
    targets
        Of the tracked anchors.
    travelling
        Any of the days lies in the window of a journey.
    """
    count = Count()
    for week in _weeks(days):
        for item, target in targets.items():
            name = believed(anchors[item], week)
            count.add(anchors[item][name] if name else None, target, week)
    if not count.expected:
        return NO_TARGET[window]
    why = "few_days" if len(count.recorded) < SHOWN else ""
    doubts = [] if why or len(count.recorded) >= RECORDED else ["few_days"]
    doubts += ["travel"] if travelling and not why else []
    total = count.expected
    return Score(
        measure=MEASURE,
        window=window,
        value=None if why else count.hits / count.known,
        lo=None if why else count.hits / total,
        hi=None if why else (count.hits + count.expected - count.known) / total,
        coverage=count.weight / total,
        status="insufficient" if why else "provisional" if doubts else "ok",
        reasons=(why,) if why else tuple(doubts),
        n=count.known,
        n_expected=count.expected,
    )


def _weeks(days: slice) -> Iterator[slice]:
    """Yield the days in sevens, the last of which ends where they do."""
    for stop in range(days.stop, days.start, -WEEK):
        if stop > 0:
            yield slice(max(stop - WEEK, days.start, 0), stop)
