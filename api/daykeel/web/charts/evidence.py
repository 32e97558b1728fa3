"""What one chart saw: the nights' values above, the statistic against its limit below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from daykeel.rhythm.ledger import Baseline, ChartPoint, Finding
from daykeel.web import words
from daykeel.web.charts import svg
from daykeel.web.charts.figure import Figure, Legend, Table
from daykeel.web.charts.scale import Scale, scale_of
from daykeel.web.charts.svg import Box
from daykeel.web.charts.trend import LEFT, RIGHT, WIDTH, axis, dates

TOP, VALUES, BETWEEN, STATISTIC, BOTTOM = 10.0, 150.0, 30.0, 80.0, 26.0
HEIGHT = TOP + VALUES + BETWEEN + STATISTIC + BOTTOM

WHY = {
    "missing": "no data",
    "dst": "clock change: not used",
    "travel": "travel: not used",
    "excluded": "excluded by the therapist",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One night on the chart of a finding."""

    night: date
    point: ChartPoint
    statistic: float
    is_signal: bool


def evidence(finding: Finding, *, name: str) -> Figure:
    """Return the chart of one finding, from the points it carries."""
    rows = evidence_rows(finding)
    return Figure(
        name=name,
        title=words.CHARTS.get(finding.chart, finding.chart),
        svg=draw(finding, rows, name),
        table=table(finding, rows),
        note="Above: what was measured. Below: how much evidence for a change has gathered; "
        "it signals above the dashed limit. A night without data counts as no change.",
        legend=(
            Legend("dot", "value of a night"),
            Legend("whisker", "bounds: some data missing"),
            Legend("signal", "signal"),
            Legend("centre", "own baseline"),
            Legend("limit", "limit"),
            Legend("unknown", "not used or unknown"),
        ),
        is_wide=True,
    )


def evidence_rows(finding: Finding) -> list[Row]:
    """Return the nights of a finding with the statistic of its direction."""
    signals = frozenset(finding.nights)
    is_rise = _is_rise(finding)
    return [
        Row(point.night, point, point.up if is_rise else point.down, point.night in signals)
        for point in finding.points
    ]


def _is_rise(finding: Finding) -> bool:
    """Return whether it is a rise that signals: as its points say, else as its side means."""
    said = [point.signal for point in finding.points if point.signal]
    return said[-1] == "up" if said else finding.side == "late_low"


def draw(finding: Finding, rows: Sequence[Row], name: str) -> Markup:
    """Return the two panels over one axis of nights."""
    column = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    places = [LEFT + (at + 0.5) * column for at in range(len(rows))]
    upper = scale_of(_values(rows, finding.baseline), TOP, TOP + VALUES, least=2.0)
    floor = TOP + VALUES + BETWEEN
    highest = max([1.0, *(row.statistic for row in rows), *(row.point.limit for row in rows)])
    lower = Scale(0.0, highest * 1.1, floor, floor + STATISTIC)
    parts = [
        svg.hatch(f"{name}-hatch"),
        *_usual(finding.baseline, upper),
        *axis(finding.chart, upper, WIDTH - RIGHT),
        svg.bars(_unused(rows, places, column), "unknown", "", f"{name}-hatch"),
        *_marks(finding, rows, places, upper),
        svg.label(WIDTH - RIGHT, floor - 8, "evidence for a change", anchor="end"),
        svg.line(LEFT, lower.bottom, WIDTH - RIGHT, lower.bottom, "grid"),
        _columns(rows, places, column, lower),
        *_limits(rows, places, column, lower),
        *dates([row.night for row in rows], places, HEIGHT - 8),
    ]
    title = words.CHARTS.get(finding.chart, finding.chart)
    return svg.drawing(name, (WIDTH, HEIGHT), title, described(finding), *parts)


def _values(rows: Sequence[Row], baseline: Baseline | None) -> list[float]:
    found = [
        value
        for row in rows
        for value in (row.point.value, row.point.lo, row.point.hi)
        if value is not None
    ]
    if baseline:
        found += [baseline.centre - baseline.scale, baseline.centre + baseline.scale]
    return found


def _usual(baseline: Baseline | None, scale: Scale) -> list[Markup]:
    if baseline is None:
        return []
    top, bottom = (scale(baseline.centre + d) for d in (2 * baseline.scale, -2 * baseline.scale))
    y = scale(baseline.centre)
    return [
        svg.bars([Box(LEFT, top, WIDTH - RIGHT - LEFT, bottom - top)], "range"),
        svg.line(LEFT, y, WIDTH - RIGHT, y, "centre"),
    ]


def _unused(rows: Sequence[Row], places: Sequence[float], column: float) -> list[Box]:
    return [
        Box(x - column / 2, TOP, column, VALUES)
        for row, x in zip(rows, places, strict=True)
        if not row.point.evidence
    ]


def _marks(
    finding: Finding, rows: Sequence[Row], places: Sequence[float], scale: Scale
) -> list[Markup]:
    parts = []
    for row, x in zip(rows, places, strict=True):
        point = row.point
        if point.value is None:
            continue
        if point.lo is not None and point.hi is not None and point.lo < point.hi:
            parts.append(svg.line(x, scale(point.hi), x, scale(point.lo), "whisker"))
        title = f"{words.day(row.night)}: {words.chart_value(finding.chart, point.value)}"
        parts.append(svg.titled(title, _mark(row, x, scale(point.value))))
    return parts


def _mark(row: Row, x: float, y: float) -> Markup:
    """Return a dot, or a triangle on a night that signalled."""
    if not row.is_signal:
        return svg.element("circle", cx=x, cy=y, r=3.0, class_="dot")
    path = f"M{svg.number(x)} {svg.number(y - 5.5)}l5.5 9.5h-11z"
    return svg.element("path", d=path, class_="signal")


def _columns(rows: Sequence[Row], places: Sequence[float], column: float, scale: Scale) -> Markup:
    return svg.bars(
        (
            Box(
                x - column / 3,
                scale(row.statistic),
                column / 1.5,
                0.5 + scale.bottom - scale(row.statistic),
            )
            for row, x in zip(rows, places, strict=True)
        ),
        "statistic",
    )


def _limits(
    rows: Sequence[Row], places: Sequence[float], column: float, scale: Scale
) -> list[Markup]:
    limits = {row.point.limit for row in rows if row.point.limit > 0}
    return [
        svg.line(LEFT, scale(limit), places[-1] + column / 2, scale(limit), "limit")
        for limit in sorted(limits)
    ]


def described(finding: Finding) -> str:
    """Return what the chart shows in one or two sentences."""
    nights = len(finding.nights)
    told = f"Signals on {nights} night{'s' if nights != 1 else ''} from {words.day(finding.onset)}."
    if finding.baseline:
        centre = words.chart_value(finding.chart, finding.baseline.centre)
        told += f" Own baseline {centre}, from {len(finding.baseline.nights)} nights."
    return told


def table(finding: Finding, rows: Sequence[Row]) -> Table:
    """Return the table twin of `rows`."""
    columns = ("Night", "Value", "From", "To", "Distance in SD", "Evidence", "Limit", "Remarks")
    return Table(columns, [_cells(finding.chart, row) for row in rows])


def _cells(chart: str, row: Row) -> tuple[str, ...]:
    point = row.point
    remark = "" if point.evidence else WHY.get(point.why, point.why or "not used")
    return (
        words.day(row.night),
        words.chart_value(chart, point.value),
        words.chart_value(chart, point.lo) if point.lo is not None else "",
        words.chart_value(chart, point.hi) if point.hi is not None else "",
        f"{point.z:+.1f}" if point.z is not None else "",
        f"{row.statistic:.2f}",
        f"{point.limit:.2f}",
        "signal" if row.is_signal else remark,
    )
