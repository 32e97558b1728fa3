"""From values and nights to places on a drawing, with readable ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0, 500.0, 1000.0)
MOST_TICKS = 6
PAD = 0.08
"""Share of the range that stays free at either end."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale from [low, high] to pixels, the high end on top."""

    low: float
    high: float
    top: float
    bottom: float

    def __call__(self, value: float) -> float:
        """Return where `value` stands, at the edge if it lies outside."""
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - min(1.0, max(0.0, share)) * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        """Return round values inside the scale, lowest first.

        >>> Scale(22.3, 27.9, 0, 100).ticks()
        [23.0, 24.0, 25.0, 26.0, 27.0]
        """
        step = next((s for s in STEPS if (self.high - self.low) / s <= MOST_TICKS), STEPS[-1])
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [n * step for n in range(first, last + 1)]


def scale_of(
    values: Sequence[float],
    top: float,
    bottom: float,
    *,
    least: float = 1.0,
    within: tuple[float, float] | None = None,
) -> Scale:
    """Return a scale that shows all of `values`, spanning at least `least`.

    It goes beyond `within` by no more than a mark needs.
    """
    low, high = (min(values), max(values)) if values else (0.0, least)
    short = max(0.0, least - (high - low)) / 2
    room = max(high - low, least) * PAD
    floor, ceiling = within or (-math.inf, math.inf)
    return Scale(max(low - short, floor) - room, min(high + short, ceiling) + room, top, bottom)
