"""The double-plotted actogram: each row two nights, so that a drift is seen as a slant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from markupsafe import Markup

from daykeel.rhythm.ledger import DayRecord
from daykeel.web import words
from daykeel.web.charts import svg
from daykeel.web.charts.figure import Figure, Legend, Table
from daykeel.web.charts.runs import MINUTES, Run, minutes_of, runs, total
from daykeel.web.charts.svg import Box

LEFT, TOP, ROW = 76.0, 30.0, 16.0
HOUR = 15.0
NIGHT = 24 * HOUR
RIGHT = 92.0
WIDTH = LEFT + 2 * NIGHT + RIGHT
BAR = 11.0
AFTER = "after clock change"
"""Of six nights, and so only in the table."""
BINS = 144
BIN_MINUTES = 10
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class View:
    """Which nights are shown, and how the client lives."""

    first: date
    last: date
    now: datetime
    """The instant up to which there is anything to know."""
    zone: str = "UTC"
    """For nights without a record."""
    boundary_hour: int = 12
    """Local hour at which a night begins."""
    targets: Mapping[str, float] = field(default_factory=dict)
    """Agreed times of `bed` and `out_of_bed`, minutes from midnight."""


@dataclass(frozen=True, slots=True)
class Row:
    """One night from boundary to boundary and what is known of each of its minutes."""

    night: date
    elapsed: int
    """Minutes of it that have passed: later ones are neither known nor unknown."""
    asleep: tuple[Run, ...] = ()
    unknown: tuple[Run, ...] = ()
    activity: tuple[float, ...] = ()
    """Activity of each ten minutes as a share of the greatest shown; empty if none is known."""
    onset: float | None = None
    offset: float | None = None
    duration: float | None = None
    why: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


def actogram(days: Mapping[date, DayRecord], view: View, *, name: str = "actogram-main") -> Figure:
    """Return the actogram of the nights of `view`, also of those nobody knows.

    `days` holds the records that exist; the day after the last belongs to the right half of the
    last row.
    """
    rows = night_rows(days, view)
    return Figure(
        name=name,
        title="Sleep and activity, two nights in each row",
        svg=draw(rows, view, name),
        table=table(rows[:-1]),
        note="Each row shows a night and the one after it, so every night appears twice.",
        legend=_legend(rows),
        is_wide=True,
    )


def _legend(rows: Sequence[Row]) -> tuple[Legend, ...]:
    """Return what is drawn, and nothing else."""
    entries = (
        (Legend("asleep", "asleep"), any(row.asleep for row in rows)),
        (Legend("active", "activity"), any(row.activity for row in rows)),
        (Legend("unknown", "unknown: no data"), any(row.unknown for row in rows)),
        (Legend("none", "awake, as far as known"), True),
        (Legend("change", "clock change, travel or a mark"), any(row.marks for row in rows)),
    )
    return tuple(entry for entry, is_drawn in entries if is_drawn)


def night_rows(days: Mapping[date, DayRecord], view: View) -> list[Row]:
    """Return a row for each night of `view` and the one after it, oldest first."""
    wanted = [view.first + n * DAY for n in range((view.last - view.first).days + 2)]
    level = _greatest(days[day] for day in wanted if day in days)
    return [
        _row(day, days, level, elapsed=_elapsed(day, days, view), split=view.boundary_hour)
        for day in wanted
    ]


def _elapsed(night: date, days: Mapping[date, DayRecord], view: View) -> int:
    """Return how many minutes of a night have passed, in the zone in which it is spent."""
    lived = days[night].night.zone if night in days else view.zone
    start = datetime.combine(night - DAY, time(view.boundary_hour), ZoneInfo(lived))
    passed = (view.now - start).total_seconds() / 60
    return int(min(max(passed, 0), MINUTES))


def _greatest(records: Iterable[DayRecord]) -> float:
    """Return the level that fills a row: what nine in ten active bins stay below."""
    values = [
        total / n
        for record in records
        for total, n in zip(record.bin_sum, record.bin_n, strict=True)
        if n and total
    ]
    return float(np.percentile(values, 95)) if values else 1.0


def _row(
    night: date,
    days: Mapping[date, DayRecord],
    level: float,
    *,
    elapsed: int,
    split: int,
) -> Row:
    record = days.get(night)
    if record is None:
        return Row(night, elapsed, unknown=_cut([Run(0, MINUTES)], elapsed), why=("no data",))
    known = minutes_of(record.valid_bits)
    asleep = minutes_of(record.sleep_bits) & known
    ledger = record.night
    return Row(
        night,
        elapsed,
        asleep=_cut(runs(asleep), elapsed),
        unknown=_cut(runs(~known), elapsed),
        activity=_activity(days, night, level, split),
        onset=ledger.onset.value,
        offset=ledger.offset.value,
        duration=ledger.duration.value,
        why=tuple(dict.fromkeys(words.gap(gap.reason) for gap in ledger.gaps)),
        marks=_marks(record),
    )


def _cut(stretches: Sequence[Run], stop: int) -> tuple[Run, ...]:
    return tuple(Run(run.start, min(run.stop, stop)) for run in stretches if run.start < stop)


def _activity(
    days: Mapping[date, DayRecord], night: date, level: float, split: int
) -> tuple[float, ...]:
    """Return the bins of the night: of the day before from hour `split`, and of its own to it."""
    at = split * 60 // BIN_MINUTES
    bins = _levels(days.get(night - DAY), level)[at:] + _levels(days.get(night), level)[:at]
    return tuple(bins) if any(bins) else ()


def _levels(record: DayRecord | None, level: float) -> list[float]:
    if record is None:
        return [0.0] * BINS
    pairs = zip(record.bin_sum, record.bin_n, strict=True)
    return [min(1.0, total / n / level) if n else 0.0 for total, n in pairs]


def _marks(record: DayRecord) -> tuple[str, ...]:
    night = record.night
    found = []
    if "dst" in night.flags:
        found.append("clock change" if "dst_1" in night.flags else AFTER)
    if "travel" in night.flags or night.zone_changed:
        found.append("travel")
    return (*found, *sorted({"illness", "event", "episode", "excluded"} & set(night.flags)))


def draw(rows: Sequence[Row], view: View, name: str) -> Markup:
    """Return the drawing of `rows`, the last of which only stands at the right of the others.

    Each night is drawn once, at the left of its row, and used again at the right of the row
    before.
    """
    height = TOP + ROW * (len(rows) - 1) + 8
    parts = [svg.hatch(f"{name}-hatch"), *_axis(view.boundary_hour, height)]
    parts.extend(_night(row, name) for row in rows)
    for at, (left, right) in enumerate(pairwise(rows)):
        parts.extend(_placed(left, right, TOP + at * ROW, name))
    parts.extend(_rules(view, height))
    return svg.drawing(
        name, (WIDTH, height), "Double-plotted actogram", _described(rows[:-1]), *parts
    )


def _axis(boundary_hour: int, height: float) -> list[Markup]:
    parts = []
    for hour in range(0, 49, 6):
        x = LEFT + hour * HOUR
        of_day = (boundary_hour + hour) % 24
        parts.append(svg.line(x, TOP - 4, x, height - 8, "grid midnight" if not of_day else "grid"))
        parts.append(svg.label(x, TOP - 10, f"{of_day:02}:00", anchor="middle"))
    return parts


def _placed(left: Row, right: Row, top: float, name: str) -> list[Markup]:
    parts = [svg.label(LEFT - 8, top + BAR, words.day(left.night), anchor="end")]
    for row, x in ((left, LEFT), (right, LEFT + NIGHT)):
        parts.append(svg.element("use", href=f"#{_id(row, name)}", x=x, y=top))
    if drawn := [mark for mark in left.marks if mark != AFTER]:
        text = ", ".join(drawn)
        parts.append(svg.label(LEFT + 2 * NIGHT + 6, top + BAR, text, "tick mark"))
        parts.append(svg.line(LEFT, top - 2.5, LEFT + 2 * NIGHT + 4, top - 2.5, "change"))
    return parts


def _id(row: Row, name: str) -> str:
    return f"{name}-{row.night:%m%d}"


def _night(row: Row, name: str) -> Markup:
    """Return one night with its boundary at the origin, to be placed by `use`."""
    drawn = svg.titled(
        _told(row),
        svg.bars(map(_box, row.unknown), "unknown", fill=f"{name}-hatch"),
        _profile(row),
        svg.bars(map(_box, row.asleep), "asleep"),
        id=_id(row, name),
    )
    return svg.element("defs", drawn)


def _box(run: Run) -> Box:
    return Box(run.start * HOUR / 60, 0.0, (run.stop - run.start) * HOUR / 60, BAR)


def _profile(row: Row) -> Markup:
    """Return the activity as one stepped outline that stands on the row's floor."""
    heights = [round(share * BAR) for share in row.activity[: row.elapsed // BIN_MINUTES]]
    if not any(heights):
        return Markup("")
    step = HOUR * BIN_MINUTES / 60
    outline = [f"M0 {svg.number(BAR)}"]
    for before, height in pairwise((0, *heights)):
        outline.append((f"v{before - height}" if before != height else "") + f"h{svg.number(step)}")
    return svg.element("path", d="".join(outline) + f"V{svg.number(BAR)}z", class_="active")


def _rules(view: View, height: float) -> list[Markup]:
    """Return the target times as rules through all rows."""
    parts = []
    for item in ("bed", "out_of_bed"):
        if item in view.targets:
            minute = (view.targets[item] - view.boundary_hour * 60) % MINUTES
            for x in (LEFT, LEFT + NIGHT):
                at = x + minute * HOUR / 60
                parts.append(svg.line(at, TOP - 4, at, height - 8, "target"))
    return parts


def _told(row: Row) -> str:
    """Return a night in words, for a pointer."""
    told = f"Night of {words.day(row.night)}: "
    if row.onset is not None:
        told += f"{words.clock(row.onset)} to {words.clock(row.offset)}, "
        told += words.length(row.duration)
    elif row.duration == 0:
        told += "certainly no main sleep"
    else:
        told += "sleep not known"
    return f"{told} ({', '.join(row.why)})" if row.why else told


def _described(rows: Sequence[Row]) -> str:
    if not rows:
        return "No nights."
    certain = sum(row.onset is not None for row in rows)
    return (
        f"{len(rows)} nights from {words.day(rows[0].night)} to {words.day(rows[-1].night)}; "
        f"sleep is known on {certain} of them. The table below holds the same rows."
    )


def table(rows: Sequence[Row]) -> Table:
    """Return the table twin of `rows`."""
    columns = ("Night", "Fell asleep", "Woke", "Main sleep", "Unknown", "Why", "Marks")
    return Table(columns, [_cells(row) for row in rows])


def _cells(row: Row) -> tuple[str, ...]:
    missing = total(row.unknown)
    return (
        words.day(row.night),
        words.clock(row.onset),
        words.clock(row.offset),
        words.length(row.duration),
        words.length(missing) if missing else "none",
        ", ".join(row.why) or "",
        ", ".join(row.marks) or "",
    )
