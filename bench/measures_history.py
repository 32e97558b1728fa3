"""A long history held as day records hold it, and what one more day does to its measures."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from daykeel.rhythm.activity import Minutes, spread
from daykeel.rhythm.activity_days import BINS, HOURS, means_of
from daykeel.rhythm.activity_windows import LEAST, MOST
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.manyfold import centred, contrasts, extremes, stabilities, variabilities
from daykeel.rhythm.regularity import pairs

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/rhythm"))
from day_records import active, at, context, steady

DAY = 1440
EVERY = np.arange(DAY)


class History:
    """What day records keep: sums and valid minutes of hours and ten minutes, sleep as bits.

    Of pairs of nights the counts are held. A record is made, and the measures come from records,
    by the functions that make the product's records and measure its windows.
    """

    def __init__(self, activity: np.ndarray, asleep: np.ndarray) -> None:
        size = len(activity) + 1
        self._hours, self._hours_n, self._bins, self._bins_n = (
            np.zeros((size, width), dtype=np.int64) for width in (HOURS, HOURS, BINS, BINS)
        )
        self._bits, self._valid, self._none = (
            np.zeros((size, DAY // 8), dtype=np.uint8) for _ in range(3)
        )
        for day, (minutes, states) in enumerate(zip(activity, asleep, strict=True)):
            self._put(day, minutes, states)
        found = pairs(self._bits[:-1], self._valid[:-1], self._none[:-1])
        self._common, self._differ = int(found.common.sum()), int(found.differ.sum())

    def _put(self, day: int, minutes: np.ndarray, states: np.ndarray) -> None:
        """Make the record of a day from its minutes."""
        value = np.rint(minutes * 1000).astype(np.int64)
        sums = spread(Minutes(value, ~np.isnan(minutes)), EVERY)
        self._hours[day], self._hours_n[day], self._bins[day], self._bins_n[day] = sums
        self._bits[day] = np.packbits(states == 1)
        self._valid[day] = np.packbits(~np.isnan(states))

    def with_day(self, minutes: np.ndarray, states: np.ndarray) -> dict[str, float]:
        """Return the measures of the whole history and one more day."""
        self._put(len(self._bins) - 1, minutes, states)
        found = pairs(self._bits[-2:], self._valid[-2:], self._none[-2:])
        common = self._common + int(found.common.sum())
        differ = self._differ + int(found.differ.sum())
        least, most = self._levels()
        return self._stability() | {
            "L5": float(least[0]),
            "M10": float(most[0]),
            "RA": float(contrasts(least, most)[0]),
            "SRI": 100 - 200 * differ / common,
        }

    def _stability(self) -> dict[str, float]:
        hourly = means_of(self._hours, self._hours_n)
        line = hourly.reshape(-1)
        around = centred(line)
        return {
            "IS": float(stabilities(around, hourly)),
            "IV": float(variabilities(around, line)),
        }

    def _levels(self) -> tuple[np.ndarray, np.ndarray]:
        profile = means_of(self._bins.sum(axis=0), self._bins_n.sum(axis=0))
        least, most = (
            extremes(np.append(profile, profile[: width - 1])[None], width, sign=sign)[0]
            for width, sign in ((LEAST, 1), (MOST, -1))
        )
        return least, most


def whole_product(nights: int) -> Callable[[], object]:
    """Return a call that says everything of a client on whose record one more day came."""
    days = active(steady(nights + 1, anchors=True))
    told, now = context(), at(days[-1].day, 20)
    return lambda: evaluate(days, told, now, days[-1].day)
