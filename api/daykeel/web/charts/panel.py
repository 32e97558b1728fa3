"""What charts over nights share: their axes, and the client's own usual range on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from daykeel.rhythm.ledger import Baseline
from daykeel.web import words
from daykeel.web.charts import svg
from daykeel.web.charts.scale import Scale
from daykeel.web.charts.svg import Box

WIDTH = 640.0
LEFT, RIGHT = 8.0, 62.0
"""The values stand at the right, beside the newest nights: there a phone begins."""
WITHIN = {"srm.hit_fraction": (0.0, 1.0), "srm5.weekly": (0.0, 7.0), "sri.pair": (-100.0, 100.0)}
"""Between which values a measure lies at all."""
LIMITED = frozenset({"sleep.mid", "sleep.duration", "srm.hit_fraction", "sri.pair"})
"""Measures that get limits of the client's own."""
WHOLE = {"srm.hit_fraction": (0.0, 1.0), "srm5.weekly": (0.0, 7.0)}
"""Measures whose chart shows all of it, whatever the values."""
HALF_DATE = 18.0
"""Half the width of a date under a chart: none is cut off at the edge."""
FEW = 10
"""Days up to which each has its date at the axis."""
FAR = 6.0
"""Scales from the centre beyond which a mark stands at the edge, with its value beside it."""
USUAL = 2.0
"""Scales around the centre that hold about 19 of 20 nights of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The client's own centre and scale from a frozen baseline."""

    centre: float
    scale: float
    nights: int
    frozen: date

    @property
    def low(self) -> float:
        """The lower end of the usual range."""
        return self.centre - USUAL * self.scale

    @property
    def high(self) -> float:
        """The upper end of the usual range."""
        return self.centre + USUAL * self.scale


def usual_of(baseline: Baseline | None) -> Usual | None:
    """Return a client's usual range, once there is a baseline."""
    if baseline is None:
        return None
    return Usual(baseline.centre, baseline.scale, len(baseline.nights), baseline.frozen)


def is_bounded(value: float | None, lo: float | None, hi: float | None) -> bool:
    """Return whether a value is known within bounds only."""
    return value is not None and lo is not None and hi is not None and lo < hi


def usual_range(chart: str, usual: Usual) -> tuple[float, float]:
    """Return the usual range, as far as the measure goes."""
    floor, ceiling = WITHIN.get(chart, (usual.low, usual.high))
    return max(usual.low, floor), min(usual.high, ceiling)


def drawn_within(chart: str, usual: Usual | None) -> tuple[float, float] | None:
    """Return the values an axis may reach: one far night must not flatten all others."""
    if usual is None or chart in WITHIN:
        return WITHIN.get(chart)
    return usual.centre - FAR * usual.scale, usual.centre + FAR * usual.scale


def beyond(chart: str, value: float, x: float, scale: Scale) -> list[Markup]:
    """Return the value of a mark that stands at the edge because it lies beyond it."""
    if scale.low <= value <= scale.high:
        return []
    is_left = x < WIDTH / 2
    place = x + 7 if is_left else x - 7
    text = words.chart_value(chart, value)
    return [svg.label(place, scale(value) + 4, text, "tick far", "start" if is_left else "end")]


def least_span(chart: str) -> float:
    """Return what the axis spans at least, so that noise does not look like drift."""
    if chart in words.CLOCK_CHARTS | words.HOUR_CHARTS:
        return 3.0
    return 20.0 if chart == "sri.pair" else 1.0


def drawn_range(chart: str, usual: Usual, scale: Scale) -> list[Markup]:
    """Return the usual range and its centre."""
    low, high = usual_range(chart, usual)
    top, bottom, centre = scale(high), scale(low), scale(usual.centre)
    right = WIDTH - RIGHT
    return [
        svg.bars([Box(LEFT, top, right - LEFT, bottom - top)], "range"),
        svg.line(LEFT, centre, right, centre, "centre"),
    ]


def axis(chart: str, scale: Scale, right: float) -> list[Markup]:
    """Return the value axis: a thin line and a text for each round value."""
    parts = []
    for value in scale.ticks():
        y = scale(value)
        parts.append(svg.line(LEFT, y, right, y, "grid"))
        parts.append(svg.label(right + 6, y + 4, words.chart_value(chart, value)))
    return parts


def dates(days: Sequence[date], places: Sequence[float], y: float) -> list[Markup]:
    """Return the day axis: every Monday, or every day of a short stretch."""
    return [
        svg.label(max(x, HALF_DATE), y, f"{day.day} {day:%b}", anchor="middle")
        for day, x in zip(days, places, strict=True)
        if day.weekday() == 0 or len(days) <= FEW
    ]
