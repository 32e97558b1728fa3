"""A measure night by night against the client's own usual range; gaps are never joined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from daykeel.web import words
from daykeel.web.charts import svg
from daykeel.web.charts.figure import Figure, Legend, Table
from daykeel.web.charts.panel import (
    LEFT,
    LIMITED,
    RIGHT,
    WHOLE,
    WIDTH,
    Usual,
    axis,
    beyond,
    dates,
    drawn_range,
    drawn_within,
    is_bounded,
    least_span,
    usual_range,
)
from daykeel.web.charts.scale import Scale, scale_of
from daykeel.web.charts.svg import Box

HEIGHT = 190.0
TOP, BOTTOM = 10.0, 26.0


@dataclass(frozen=True, slots=True)
class Point:
    """One night's value with its bounds; None is unknown, never zero."""

    day: date
    value: float | None
    lo: float | None = None
    hi: float | None = None
    is_provisional: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A value of the literature, said to be that."""

    value: float
    text: str
    note: str = ""
    """What to read beside it."""


def trend(
    chart: str,
    points: Sequence[Point],
    *,
    usual: Usual | None = None,
    line: Line | None = None,
    name: str = "",
) -> Figure:
    """Return the trend of one chart, with the usual range where there is a baseline."""
    name = name or f"trend-{chart.replace('.', '-')}"
    return Figure(
        name=name,
        title=words.CHARTS.get(chart, chart),
        svg=draw(chart, points, usual, name, line),
        table=table(chart, points),
        note=_note(chart, usual, line),
        legend=_legend(points, usual, line),
        is_wide=True,
    )


def _legend(points: Sequence[Point], usual: Usual | None, line: Line | None) -> tuple[Legend, ...]:
    """Return what is drawn, and nothing else."""
    what = "value of a week" if line else "value of a night"
    bounded = any(is_bounded(point.value, point.lo, point.hi) for point in points)
    entries = (
        (Legend("dot", what), True),
        (Legend("provisional", "provisional"), any(map(_is_greyed, points))),
        (Legend("whisker", "bounds: some data missing"), bounded),
        (Legend("centre", "own baseline"), usual is not None),
        (Legend("range", "own usual range"), usual is not None),
        (Legend("target", line.text if line else ""), line is not None),
        (Legend("unknown", "unknown"), any(point.value is None for point in points)),
    )
    return tuple(entry for entry, is_drawn in entries if is_drawn)


def _is_greyed(point: Point) -> bool:
    return point.is_provisional and point.value is not None


def _note(chart: str, usual: Usual | None, line: Line | None) -> str:
    if line:
        return line.note
    if usual is None:
        return "No baseline yet, so no usual range." if chart in LIMITED else ""
    low, high = (words.chart_value(chart, end) for end in usual_range(chart, usual))
    return (
        f"Own usual range {low} to {high}: the centre of {usual.nights} baseline nights "
        f"(frozen {words.day(usual.frozen)}) and twice their spread to either side."
    )


def draw(
    chart: str, points: Sequence[Point], usual: Usual | None, name: str, line: Line | None = None
) -> Markup:
    """Return the drawing; the range of values follows the data and the usual range."""
    within = drawn_within(chart, usual)
    values = [*_shown(chart, points, usual), *(WHOLE.get(chart, ()))]
    scale = scale_of(values, TOP, HEIGHT - BOTTOM, least=least_span(chart), within=within)
    column = (WIDTH - LEFT - RIGHT) / max(len(points), 1)
    places = [LEFT + (at + 0.5) * column for at in range(len(points))]
    parts = [
        svg.hatch(f"{name}-hatch"),
        *(drawn_range(chart, usual, scale) if usual else []),
        *axis(chart, scale, WIDTH - RIGHT),
        *_line(line, scale),
        *dates([point.day for point in points], places, HEIGHT - 8),
        svg.bars(unknown_columns(points, places, column, scale), "unknown", "", f"{name}-hatch"),
        *_lines(points, places, scale),
        *_dots(chart, points, places, scale),
    ]
    title, note = words.CHARTS.get(chart, chart), _note(chart, usual, line)
    return svg.drawing(name, (WIDTH, HEIGHT), title, _described(points, chart, note), *parts)


def _shown(chart: str, points: Sequence[Point], usual: Usual | None) -> Iterator[float]:
    for point in points:
        yield from (v for v in (point.value, point.lo, point.hi) if v is not None)
    if usual:
        yield from usual_range(chart, usual)


def _line(line: Line | None, scale: Scale) -> list[Markup]:
    if line is None:
        return []
    y = scale(line.value)
    return [svg.line(LEFT, y, WIDTH - RIGHT, y, "target")]


def unknown_columns(
    points: Sequence[Point], places: Sequence[float], column: float, scale: Scale
) -> list[Box]:
    """Return a column for each night of which nothing is known."""
    return [
        Box(x - column / 2, scale.top, column, scale.bottom - scale.top)
        for point, x in zip(points, places, strict=True)
        if point.value is None
    ]


def _lines(points: Sequence[Point], places: Sequence[float], scale: Scale) -> list[Markup]:
    """Return a line through each run of consecutive known nights."""
    found: list[list[tuple[float, float]]] = [[]]
    for point, x in zip(points, places, strict=True):
        if point.value is None:
            found.append([])
        else:
            found[-1].append((x, scale(point.value)))
    return [svg.polyline(run, "joined") for run in found if len(run) > 1]


def _dots(
    chart: str, points: Sequence[Point], places: Sequence[float], scale: Scale
) -> list[Markup]:
    parts = []
    for point, x in zip(points, places, strict=True):
        if point.value is None:
            continue
        if point.lo is not None and point.hi is not None and point.lo < point.hi:
            parts.append(svg.line(x, scale(point.hi), x, scale(point.lo), "whisker"))
        class_ = "dot provisional" if point.is_provisional else "dot"
        dot = svg.element("circle", cx=x, cy=scale(point.value), r=3.0, class_=class_)
        parts.append(svg.titled(f"{words.day(point.day)}: {_told(chart, point)}", dot))
        parts.extend(beyond(chart, point.value, x, scale))
    return parts


def _told(chart: str, point: Point) -> str:
    return words.chart_value(chart, point.value) if point.value is not None else words.UNKNOWN


def _described(points: Sequence[Point], chart: str, note: str) -> str:
    known = [point for point in points if point.value is not None]
    if not known:
        return "Nothing is known of these nights."
    last = known[-1]
    told = f"{len(known)} of {len(points)} nights known; last {words.day(last.day)}: "
    told += words.chart_value(chart, last.value)
    return f"{told}. {note}".strip()


def table(chart: str, points: Sequence[Point]) -> Table:
    """Return the table twin of `points`."""
    columns = ("Night", "Value", "From", "To", "Remarks")
    return Table(columns, [_cells(chart, point) for point in points])


def _cells(chart: str, point: Point) -> tuple[str, ...]:
    remark = "provisional" if point.is_provisional else ""
    return (
        words.day(point.day),
        words.chart_value(chart, point.value),
        words.chart_value(chart, point.lo) if point.lo is not None else "",
        words.chart_value(chart, point.hi) if point.hi is not None else "",
        ", ".join(part for part in (remark, point.why) if part),
    )
