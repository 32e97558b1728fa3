"""The plots of the evaluation, as SVG files of their own."""

from collections.abc import Sequence

from markupsafe import Markup

from daykeel.cli.evaluation import Found
from daykeel.cli.evaluation_trade import panels
from daykeel.rhythm.budget import MOST_FALSE, Rate
from daykeel.rhythm.cohort.study import AFTER, Condition, Tally
from daykeel.web.charts.svg import drawing, element, label, line, polyline

WIDTH, LEFT, RIGHT = 780.0, 310.0, 40.0
ROW, TOP, BOTTOM = 22.0, 40.0, 40.0
MOST = 8.0
"""Alerts a year at the right edge; what lies beyond is drawn there."""
COLOURS = ("#0b6e4f", "#8a8a8a", "#b3541e", "#7fb8a4")
"""Of the rules evaluated, the plain ones, the plain ones at the same budget, and those evaluated
without secondary charts."""
STYLE = (
    "svg{background:#fff}text{font:12px sans-serif;fill:#222}.axis{stroke:#999}"
    ".budget{stroke:#b00;stroke-dasharray:4 3}"
    + "".join(f".s{at}{{stroke:{c};fill:none;stroke-width:2}}" for at, c in enumerate(COLOURS))
    + "".join(f".f{at}{{fill:{c}}}" for at, c in enumerate(COLOURS))
)
PANELS = ("mid-sleep 1.5 h later", "mid-sleep 2.5 h earlier, sleep 2.5 h shorter")


def plots(found: Found) -> dict[str, str]:
    """Return each plot by the name of its file."""
    names = [one.version for one in found.rules]
    return {
        "evaluation-false.svg": _rates(found.calm, names),
        "evaluation-delays.svg": _delays(found.changed, names),
        "evaluation-trade.svg": _file(
            "trade",
            300.0,
            "Share told of within 14 nights, by false alerts a year in ordinary life undeclared; "
            "dashed: the budget",
            [*_legend(names[:2]), *panels(found)],
        ),
    }


def _rates(rows: Sequence[tuple[Condition, list[Tally]]], names: Sequence[str]) -> str:
    height = TOP + ROW * len(rows) + BOTTOM
    parts: list[str] = []
    for tick in range(int(MOST) + 1):
        x = _across(tick)
        parts += [line(x, TOP - 6, x, height - BOTTOM, "axis")]
        parts += [label(x, height - BOTTOM + 16, str(tick), anchor="middle")]
    parts.append(line(_across(MOST_FALSE), TOP - 6, _across(MOST_FALSE), height - BOTTOM, "budget"))
    for at, (condition, tallies) in enumerate(rows):
        y = TOP + ROW * at + ROW / 2
        parts.append(label(LEFT - 10, y + 4, condition.name, anchor="end"))
        parts += _bar(tallies[0].alerts, y - 3, 0)
        parts += _bar(tallies[1].alerts, y + 4, 1)
    parts += _legend(names[:2])
    title = "False alerts a monitored client-year, with exact 95 % intervals; dashed: the budget"
    return _file("false", height, title, parts)


def _bar(rate: Rate, y: float, at: int) -> list[Markup]:
    low, high = rate.interval
    return [
        line(_across(low), y, _across(high), y, f"s{at}"),
        element("circle", cx=_across(rate.value), cy=y, r=3.0, class_=f"f{at}"),
    ]


def _across(value: float) -> float:
    return LEFT + min(value, MOST) / MOST * (WIDTH - LEFT - RIGHT)


def _delays(rows: Sequence[tuple[Condition, list[Tally]]], names: Sequence[str]) -> str:
    height = 300.0
    parts: list[str] = [*_legend(names)]
    for panel, shift in enumerate(PANELS):
        own = [
            tallies
            for condition, tallies in rows
            if condition.shift and condition.shift.name == shift and condition.name == "other"
        ]
        parts += _panel(
            60.0 + panel * 340.0, shift, [sum(one, Tally()) for one in zip(*own, strict=True)]
        )
    return _file("delays", height, "Share of lasting changes told of within so many nights", parts)


def _panel(left: float, title: str, tallies: Sequence[Tally]) -> list[Markup]:
    wide, top, bottom = 280.0, 60.0, 250.0
    parts = [label(left, top - 10, title)]
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        parts += [line(left, y, left + wide, y, "axis")]
        parts += [label(left - 6, y + 4, f"{share:.0%}", anchor="end")]
    for night in range(0, AFTER + 1, 7):
        parts.append(label(left + night / AFTER * wide, bottom + 16, str(night), anchor="middle"))
    for at, tally in enumerate(tallies):
        points = [
            (left + night / AFTER * wide, bottom - tally.within(night) * (bottom - top))
            for night in range(AFTER + 1)
        ]
        parts.append(polyline(points, f"s{at}"))
    return parts


def _legend(names: Sequence[str]) -> list[Markup]:
    parts = []
    for at, name in enumerate(names):
        x = 20.0 + 180.0 * at
        parts += [line(x, 18, x + 24, 18, f"s{at}"), label(x + 30, 22, f"rules {name}")]
    return parts


def _file(name: str, height: float, title: str, parts: Sequence[str]) -> str:
    return str(
        drawing(
            f"evaluation-{name}", (WIDTH, height), title, title, element("style", STYLE), *parts
        )
    )
