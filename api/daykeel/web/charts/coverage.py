"""The coverage strip: for each night how much of it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from daykeel.web import words
from daykeel.web.charts import svg
from daykeel.web.charts.figure import Figure, Legend, Table
from daykeel.web.charts.panel import dates
from daykeel.web.charts.svg import Box

LEFT, TOP, HEIGHT, WIDTH = 4.0, 4.0, 28.0, 900.0
DATES = 16.0


@dataclass(frozen=True, slots=True)
class Row:
    """How much of one night is known."""

    night: date
    known: float
    """Share of the core, 0 to 1."""
    state: str
    """`certain`, `bounded` or `none`."""
    why: str = ""


def coverage(rows: Sequence[Row], *, name: str = "coverage-strip") -> Figure:
    """Return the strip of `rows`."""
    return Figure(
        name=name,
        title="How much is known",
        svg=draw(rows, name),
        table=table(rows),
        note="A full column is a whole night known. A quiet chart over gaps says little.",
        legend=(Legend("known", "known"), Legend("unknown", "unknown")),
        is_wide=True,
    )


def draw(rows: Sequence[Row], name: str) -> Markup:
    """Return a column for each night: known below, unknown hatched above."""
    column = (WIDTH - 2 * LEFT) / max(len(rows), 1)
    parts = [svg.hatch(f"{name}-hatch")]
    for at, row in enumerate(rows):
        x, filled = LEFT + at * column, row.known * HEIGHT
        width = column - 1.5
        blank = HEIGHT - filled
        told = f"{words.day(row.night)}: {_told(row)}"
        if blank > 0:
            parts.append(svg.bars([Box(x, TOP, width, blank)], "unknown", told, f"{name}-hatch"))
        if filled > 0:
            parts.append(svg.bars([Box(x, TOP + blank, width, filled)], "known", told))
    places = [LEFT + (at + 0.5) * column for at in range(len(rows))]
    parts.extend(dates([row.night for row in rows], places, TOP + HEIGHT + 14))
    size = (WIDTH, HEIGHT + 2 * TOP + DATES)
    return svg.drawing(name, size, "Coverage", _described(rows), *parts)


def _told(row: Row) -> str:
    return ", ".join(part for part in (f"{row.known:.0%} known", row.why) if part)


def _described(rows: Sequence[Row]) -> str:
    certain = sum(row.state == "certain" for row in rows)
    return f"{certain} of {len(rows)} nights are certain."


def table(rows: Sequence[Row]) -> Table:
    """Return the table twin of `rows`."""
    return Table(
        ("Night", "Known", "Main sleep", "Why not"),
        [(words.day(r.night), f"{r.known:.0%}", _STATES[r.state], r.why) for r in rows],
    )


_STATES = {"certain": "certain", "bounded": "within bounds", "none": "not known"}
