"""SVG as text: elements whose attributes and texts are always escaped."""

from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup, escape

Value = str | float | None


class Box(NamedTuple):
    """A rectangle, in user units from the top left corner."""

    x: float
    y: float
    width: float
    height: float


def element(name: str, *children: str, **attributes: Value) -> Markup:
    """Return an element; text children are escaped, elements are kept.

    A trailing `_` of an attribute's name is dropped and any other becomes `-`. An attribute that
    is None is left out.

    >>> element("text", "a < b", x=1.25, class_="label", text_anchor="end")
    Markup('<text x="1.2" class="label" text-anchor="end">a &lt; b</text>')
    """
    told = Markup("").join(
        Markup(' {}="{}"').format(_attribute(key), _plain(value))
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(name, told, inner)


def number(value: float) -> str:
    """Return a length with at most one decimal.

    >>> number(12.0), number(3.14159), number(-0.04)
    ('12', '3.1', '0')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def bars(boxes: Iterable[Box], class_: str, title: str = "", fill: str | None = None) -> Markup:
    """Return one path of filled rectangles, or nothing if there are none.

    `fill` names a pattern, which a style sheet cannot; anything else is coloured by the class.
    """
    path = "".join(
        f"M{number(box.x)} {number(box.y)}h{number(box.width)}v{number(box.height)}"
        f"h{number(-box.width)}z"
        for box in boxes
    )
    if not path:
        return Markup("")
    filled = None if fill is None else f"url(#{fill})"
    return element("path", *_titled(title), class_=class_, fill=filled, d=path)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def polyline(points: Iterable[tuple[float, float]], class_: str) -> Markup:
    """Return an open line through `points`."""
    return element(
        "polyline", points=" ".join(f"{number(x)},{number(y)}" for x, y in points), class_=class_
    )


def label(x: float, y: float, text: str, class_: str = "tick", anchor: str = "start") -> Markup:
    """Return a text that begins, is centred or ends (`anchor`) at `x`."""
    return element("text", text, x=x, y=y, class_=class_, text_anchor=anchor)


def hatch(name: str) -> Markup:
    """Return the pattern of everything unknown, to be filled with `url(#name)`."""
    stroke = element("path", d="M0 6L6 0M-1 1L1 -1M5 7L7 5", class_="hatch-line")
    pattern = element(
        "pattern", stroke, id=name, width=6.0, height=6.0, patternUnits="userSpaceOnUse"
    )
    return element("defs", pattern)


def drawing(
    name: str, size: tuple[float, float], title: str, description: str, *children: str
) -> Markup:
    """Return a whole drawing that a screen reader announces by title and description.

    `name` must be unique in its page.
    """
    width, height = size
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        class_=f"chart chart-{name.partition('-')[0]}",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def titled(title: str, *children: str, **attributes: Value) -> Markup:
    """Return a group whose parts a pointer explains with `title`."""
    return element("g", *_titled(title), *children, **attributes)


def _titled(title: str) -> tuple[str, ...]:
    return (element("title", title),) if title else ()


def _attribute(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


def _plain(value: Value) -> str:
    return number(value) if isinstance(value, int | float) else str(value)
