"""A chart and the table of the same rows: what every chart function returns."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings; the first cell of a row names it."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Legend:
    """What one mark of a chart means."""

    mark: str
    """Class of the swatch in the style sheet."""
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing, its words and its table twin."""

    name: str
    title: str
    svg: Markup
    table: Table
    note: str = ""
    legend: tuple[Legend, ...] = ()
    is_wide: bool = False
    """Too wide for a phone: it scrolls in its own frame."""
