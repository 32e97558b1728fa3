"""The chart of how alike one day's sleep is to the one before."""

from dataclasses import dataclass

import numpy as np

from daykeel.rhythm.baseline import Numbers
from daykeel.rhythm.inputs import PAIR, made_of, stop_of
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.regularity import MINUTES, VALID, Pairs, pairs
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import Flags, Interval, Series


@dataclass(frozen=True, slots=True)
class PairMaterial:
    """The sleep regularity index of each night and the one before, of one device."""

    series: Series
    interval: Interval
    device: Numbers
    """Of both nights; -1 where they have none in common."""
    valid: Flags
    stop: int
    by: Rules

    @property
    def silent(self) -> Flags:
        """Nights that make no pair with the one before."""
        return ~self.interval.is_bounded & ~self.series.bridged

    def used(self, candidates: Numbers) -> Numbers:
        """Return all of them."""
        return candidates

    def baseline(self, used: Numbers, at: int) -> Baseline:
        """Return what is usual over some nights, frozen at the end of night `at`."""
        return made_of(PAIR, self.series, self.interval.value[used], used, at, self.by)

    def read(self, baseline: Baseline, nights: slice = slice(None)) -> Interval:  # noqa: ARG002  another chart needs them
        """Return what the chart reads under a baseline."""
        return self.interval


def pair_material(
    series: Series, is_settled: Flags, travel: Flags, by: Rules = LIVE
) -> PairMaterial:
    """Return what the chart of pairs of nights is made of.

    A pair after a night that carries no evidence says as little as that night, and so does one
    of two devices.
    """
    device = np.where(_before(series.device, -1) == series.device, series.device, -1)
    disturbed = travel | series.dst | series.excluded
    counts = (device >= 0) & ~_before(disturbed, True)
    interval = bounds(pairs(series.sleep_bits, series.valid_bits, series.fallback_bits), counts)
    quiet = is_settled & series.certain
    valid = quiet & _before(quiet, False) & np.isfinite(interval.value)
    return PairMaterial(series, interval, device, valid, stop_of(series.final), by)


def bounds(found: Pairs, counts: Flags) -> Interval:
    """Return the index of each pair that has one, and what it could be if all minutes were known.

    Unknown minutes may all agree or all differ, so deleting minutes only widens the bounds.
    """
    told = counts & (found.common >= VALID) & (found.asleep > 0)
    common = np.where(told, found.common, np.nan)
    value, least, most = (
        100 - 200 * differ / of
        for differ, of in (
            (found.differ, common),
            (found.differ + MINUTES - common, MINUTES),
            (np.where(told, found.differ, np.nan), MINUTES),
        )
    )
    return Interval(value, least, most)


def _before(nights: np.ndarray, first: object) -> np.ndarray:
    """Return what held on the night before each."""
    found = np.roll(nights, 1)
    found[:1] = first
    return found
