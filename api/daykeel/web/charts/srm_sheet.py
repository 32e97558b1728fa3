"""The week's SRM sheet: five strips, a mark for each day, shapes for near and far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from daykeel.web import words
from daykeel.web.charts import svg
from daykeel.web.charts.figure import Figure, Legend, Table
from daykeel.web.charts.svg import Box

NEAR = 45.0
"""Minutes around the habitual time that count as a hit, inclusive."""
SPAN = 135.0
"""Minutes to either side that a strip shows; farther marks stand at its edge."""
LEFT, TOP = 4.0, 32.0
COLUMN, STRIP, HEAD = 36.0, 54.0, 24.0
RADIUS = 5.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One anchor on one day."""

    day: date
    done: bool | None
    """None: nobody knows."""
    minutes: float | None = None
    """From midnight of the social day."""
    people: int | None = None
    source: str = ""
    is_near: bool | None = None
    """Within 45 minutes of the habitual time; None without one."""
    is_to_come: bool = False
    is_tracked: bool = True


@dataclass(frozen=True, slots=True)
class Strip:
    """One anchor through a week."""

    item: str
    entries: tuple[Entry, ...]
    habitual: float | None = None
    """Minutes from midnight; None with too few times."""
    target: float | None = None
    hits: int = 0
    known: int = 0

    @property
    def is_tracked(self) -> bool:
        """Whether it is on any of the days."""
        return any(entry.is_tracked for entry in self.entries)


def srm_sheet(strips: Sequence[Strip], *, name: str = "srm-week") -> Figure:
    """Return the sheet of one week."""
    return Figure(
        name=name,
        title="The five anchors of the week",
        svg=draw(strips, name),
        table=table(strips),
        note="The band is 45 minutes to either side of the week's habitual time.",
        legend=(
            Legend("near-alone", "near the usual time, alone"),
            Legend("near-others", "near, with others"),
            Legend("far-alone", "away from it, alone"),
            Legend("far-others", "away, with others"),
            Legend("untold", "company not told"),
            Legend("not-done", "not done"),
            Legend("unknown", "nobody knows"),
        ),
    )


def draw(strips: Sequence[Strip], name: str) -> Markup:
    """Return the drawing of the strips, one under the other."""
    days = strips[0].entries if strips else ()
    width = 2 * LEFT + COLUMN * max(len(days), 1)
    height = TOP + (HEAD + STRIP) * len(strips) + 4
    parts = [svg.hatch(f"{name}-hatch")]
    for at, entry in enumerate(days):
        x = LEFT + (at + 0.5) * COLUMN
        parts.append(svg.label(x, TOP - 20, f"{entry.day:%a}", anchor="middle"))
        parts.append(svg.label(x, TOP - 7, str(entry.day.day), anchor="middle"))
    for at, strip in enumerate(strips):
        parts.extend(_strip(strip, TOP + at * (HEAD + STRIP) + HEAD, name))
    return svg.drawing(name, (width, height), "Social rhythm sheet", _described(strips), *parts)


def _strip(strip: Strip, top: float, name: str) -> list[Markup]:
    width = COLUMN * len(strip.entries)
    middle = top + STRIP / 2
    parts = [
        svg.label(LEFT, top - 6, words.ITEMS[strip.item], "item"),
        svg.label(LEFT + width, top - 6, _usual(strip), anchor="end"),
        svg.bars([Box(LEFT, top, width, STRIP)], "strip"),
    ]
    if strip.habitual is not None:
        parts.append(svg.bars([Box(LEFT, *_band(middle, width))], "band"))
    if strip.target is not None and strip.habitual is not None:
        y = _height(_from_midnight(strip.target - strip.habitual), top)
        parts.append(svg.line(LEFT, y, LEFT + width, y, "target"))
    for at, entry in enumerate(strip.entries):
        parts.append(_mark(strip, entry, LEFT + at * COLUMN, top, name))
    return parts


def _usual(strip: Strip) -> str:
    if not strip.is_tracked:
        return "not tracked"
    if strip.habitual is None:
        return "too few times yet"
    return f"about {words.clock_of(strip.habitual)} · {strip.hits} of {strip.known}"


def _band(middle: float, width: float) -> tuple[float, float, float]:
    half = NEAR / SPAN * STRIP / 2
    return middle - half, width, 2 * half


def _height(minutes: float, top: float) -> float:
    """Return where a distance from the habitual time stands: later is lower."""
    return top + STRIP / 2 * (1 + max(-1.0, min(1.0, minutes / SPAN)))


def _from_midnight(difference: float) -> float:
    return (difference + 720) % 1440 - 720


def _mark(strip: Strip, entry: Entry, left: float, top: float, name: str) -> Markup:
    x = left + COLUMN / 2
    title = f"{words.ITEMS[strip.item]}, {words.day(entry.day)}: {told(entry)}"
    if entry.is_to_come or not entry.is_tracked:
        return Markup("")
    if entry.done is None:
        return svg.bars([Box(left + 3, top, COLUMN - 6, STRIP)], "unknown", title, f"{name}-hatch")
    if not entry.done or entry.minutes is None:
        return svg.titled(title, _cross(x, top + STRIP / 2))
    centre = strip.habitual if strip.habitual is not None else _middle(strip)
    y = _height(_from_midnight(entry.minutes - centre), top)
    return svg.titled(title, _shape(entry, x, min(max(y, top + RADIUS), top + STRIP - RADIUS)))


def _middle(strip: Strip) -> float:
    """Return the middle of what is known, to have somewhere to stand."""
    times = sorted(entry.minutes for entry in strip.entries if entry.minutes is not None)
    return times[len(times) // 2]


def _shape(entry: Entry, x: float, y: float) -> Markup:
    """Return a circle near the usual time, a diamond away from it.

    Filled with others, open alone, with a point inside where nobody told.
    """
    company = "others" if entry.people else "alone"
    if entry.is_near is False:
        path = f"M{svg.number(x)} {svg.number(y - 6.5)}l6.5 6.5l-6.5 6.5l-6.5 -6.5z"
        outline = svg.element("path", d=path, class_=f"anchor far {company}")
    else:
        outline = svg.element("circle", cx=x, cy=y, r=RADIUS, class_=f"anchor near {company}")
    if entry.people is not None:
        return outline
    return outline + svg.element("circle", cx=x, cy=y, r=1.8, class_="untold")


def _cross(x: float, y: float) -> Markup:
    path = f"M{svg.number(x - 4)} {svg.number(y - 4)}l8 8m0 -8l-8 8"
    return svg.element("path", d=path, class_="anchor not-done")


def told(entry: Entry) -> str:
    """Return an entry in words."""
    if not entry.is_tracked:
        return "not tracked"
    if entry.is_to_come:
        return "to come"
    if entry.done is None:
        return "not known"
    if not entry.done:
        return "not done"
    near = {True: "near the usual time", False: "away from the usual time", None: ""}
    company = words.PEOPLE[entry.people] if entry.people is not None else ""
    parts = (words.clock_of(entry.minutes), near[entry.is_near], company)
    return ", ".join(part for part in parts if part)


def _described(strips: Sequence[Strip]) -> str:
    if not strips or not strips[0].entries:
        return "No days."
    first, last = strips[0].entries[0].day, strips[0].entries[-1].day
    counts = "; ".join(
        f"{words.ITEMS[strip.item]}: {strip.hits} of {strip.known} near the usual time"
        for strip in strips
        if strip.habitual is not None
    )
    return f"Week from {words.day(first)} to {words.day(last)}. {counts}."


def table(strips: Sequence[Strip]) -> Table:
    """Return the table twin: a row for each anchor, a column for each day."""
    days = tuple(words.day(entry.day) for entry in strips[0].entries) if strips else ()
    columns = ("Anchor", "Usual time", "Target", "Near", *days)
    return Table(columns, [_cells(strip) for strip in strips])


def _cells(strip: Strip) -> tuple[str, ...]:
    target = words.clock_of(strip.target) if strip.target is not None else "none"
    return (
        words.ITEMS[strip.item],
        words.clock_of(strip.habitual),
        target,
        f"{strip.hits} of {strip.known}",
        *(told(entry) for entry in strip.entries),
    )
