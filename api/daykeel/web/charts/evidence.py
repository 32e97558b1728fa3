"""What one chart saw: the nights' values above, the statistic against its limit below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from daykeel.rhythm.charts import SIDES
from daykeel.rhythm.ledger import ChartPoint, Finding
from daykeel.web import words
from daykeel.web.charts import svg
from daykeel.web.charts.figure import Figure, Legend, Table
from daykeel.web.charts.panel import (
    LEFT,
    RIGHT,
    WHOLE,
    WIDTH,
    axis,
    beyond,
    dates,
    drawn_range,
    drawn_within,
    is_bounded,
    least_span,
    usual_of,
    usual_range,
)
from daykeel.web.charts.scale import Scale, scale_of
from daykeel.web.charts.svg import Box

TOP, VALUES, BETWEEN, STATISTIC, BOTTOM = 10.0, 150.0, 30.0, 80.0, 26.0
SLOW = "slow"
"""The rule that gathers evidence night by night; acute rules look at a few nights alone."""

WHY = {
    "missing": "no data",
    "dst": "clock change: not used",
    "travel": "travel: not used",
    "excluded": "excluded by the therapist",
    "device": "another device: not used",
    "baseline": "too much of the baseline was deleted",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One night on the chart of a finding."""

    night: date
    point: ChartPoint
    statistic: float
    is_signal: bool


def evidence(findings: Sequence[Finding], *, name: str) -> Figure:
    """Return the chart that `findings` share, from the points they carry."""
    main = _main(findings)
    rows = evidence_rows(findings)
    note = "Triangles are the nights that signalled."
    if main.rule == SLOW:
        note = (
            "Above: what was measured. Below: how much evidence for a change has gathered; it "
            "signals above the dashed limit. A night without data never counts for a change."
        )
    return Figure(
        name=name,
        title=words.CHARTS.get(main.chart, main.chart),
        svg=draw(findings, rows, name),
        table=table(main, rows),
        note=note,
        legend=_legend(main, rows),
        is_wide=True,
    )


def _main(findings: Sequence[Finding]) -> Finding:
    """Return the finding that gathered evidence, else the first."""
    return next((one for one in findings if one.rule == SLOW), findings[0])


def _legend(main: Finding, rows: Sequence[Row]) -> tuple[Legend, ...]:
    """Return what is drawn, and nothing else."""
    entries = (
        (Legend("dot", "value of a night"), any(not row.is_signal for row in rows)),
        (Legend("signal", "night that signalled"), any(row.is_signal for row in rows)),
        (Legend("whisker", "bounds: some data missing"), any(map(_is_bounded, rows))),
        (Legend("centre", "own baseline"), main.baseline is not None),
        (Legend("range", "own usual range"), main.baseline is not None),
        (Legend("limit", "limit"), main.rule == SLOW),
        (Legend("unknown", "not used or unknown"), any(not row.point.evidence for row in rows)),
    )
    return tuple(entry for entry, is_drawn in entries if is_drawn)


def _is_bounded(row: Row) -> bool:
    return is_bounded(row.point.value, row.point.lo, row.point.hi)


def evidence_rows(findings: Sequence[Finding]) -> list[Row]:
    """Return the nights of one chart with the statistic of its direction."""
    main = _main(findings)
    signals = frozenset(night for one in findings for night in one.nights)
    is_rise = _is_rise(main)
    return [
        Row(point.night, point, point.up if is_rise else point.down, point.night in signals)
        for point in main.points
    ]


def _is_rise(finding: Finding) -> bool:
    """Return whether it is a rise that signals: as its points say, else as its side means."""
    said = [point.signal for point in finding.points if point.signal]
    rises, _ = SIDES.get(finding.chart, ("late_low", ""))
    return said[-1] == "up" if said else finding.side == rises


def draw(findings: Sequence[Finding], rows: Sequence[Row], name: str) -> Markup:
    """Return the values over an axis of nights, and the statistic below where there is one."""
    main = _main(findings)
    column = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    places = [LEFT + (at + 0.5) * column for at in range(len(rows))]
    upper = scale_of(
        _values(rows, main),
        TOP,
        TOP + VALUES,
        least=least_span(main.chart),
        within=drawn_within(main.chart, usual_of(main.baseline)),
    )
    below = _below(rows, places, column) if main.rule == SLOW else []
    height = TOP + VALUES + BOTTOM + (BETWEEN + STATISTIC if below else 0.0)
    parts = [
        svg.hatch(f"{name}-hatch"),
        *_usual(main, upper),
        *axis(main.chart, upper, WIDTH - RIGHT),
        svg.bars(_unused(rows, places, column), "unknown", "", f"{name}-hatch"),
        *_marks(main.chart, rows, places, upper),
        *below,
        *dates([row.night for row in rows], places, height - 8),
    ]
    title = words.CHARTS.get(main.chart, main.chart)
    return svg.drawing(name, (WIDTH, height), title, described(main, rows), *parts)


def _below(rows: Sequence[Row], places: Sequence[float], column: float) -> list[Markup]:
    """Return the panel of the statistic against its limit."""
    floor = TOP + VALUES + BETWEEN
    highest = max([1.0, *(row.statistic for row in rows), *(row.point.limit for row in rows)])
    scale = Scale(0.0, highest * 1.1, floor, floor + STATISTIC)
    return [
        svg.label(WIDTH - RIGHT, floor - 8, "evidence for a change", anchor="end"),
        svg.line(LEFT, scale.bottom, WIDTH - RIGHT, scale.bottom, "grid"),
        _columns(rows, places, column, scale),
        *_limits(rows, places, column, scale),
    ]


def _values(rows: Sequence[Row], main: Finding) -> list[float]:
    found = [
        value
        for row in rows
        for value in (row.point.value, row.point.lo, row.point.hi)
        if value is not None
    ]
    if usual := usual_of(main.baseline):
        found += usual_range(main.chart, usual)
    return [*found, *WHOLE.get(main.chart, ())]


def _usual(main: Finding, scale: Scale) -> list[Markup]:
    usual = usual_of(main.baseline)
    return drawn_range(main.chart, usual, scale) if usual else []


def _unused(rows: Sequence[Row], places: Sequence[float], column: float) -> list[Box]:
    return [
        Box(x - column / 2, TOP, column, VALUES)
        for row, x in zip(rows, places, strict=True)
        if not row.point.evidence
    ]


def _marks(chart: str, rows: Sequence[Row], places: Sequence[float], scale: Scale) -> list[Markup]:
    parts = []
    for row, x in zip(rows, places, strict=True):
        point = row.point
        if point.value is None:
            continue
        if point.lo is not None and point.hi is not None and _is_bounded(row):
            parts.append(svg.line(x, scale(point.hi), x, scale(point.lo), "whisker"))
        title = f"{words.day(row.night)}: {words.chart_value(chart, point.value)}"
        parts.append(svg.titled(title, _mark(row, x, scale(point.value))))
        parts.extend(beyond(chart, point.value, x, scale))
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


def described(main: Finding, rows: Sequence[Row]) -> str:
    """Return what the chart shows in one or two sentences."""
    signals = [row.night for row in rows if row.is_signal] or list(main.nights)
    many = len(signals)
    told = f"Signals on {many} night{'s' if many != 1 else ''} from {words.day(min(signals))}."
    if main.baseline:
        centre = words.chart_value(main.chart, main.baseline.centre)
        told += f" Own baseline {centre}, from {len(main.baseline.nights)} nights."
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
