"""What is shown of a client's nights: the points of the charts, from what the store holds."""

from collections.abc import Callable
from datetime import date

from daykeel.rhythm.ledger import Bounded, Night, Score
from daykeel.scores.protocol import StoredNight
from daykeel.web import words
from daykeel.web.charts import coverage
from daykeel.web.charts.trend import Point
from daykeel.web.history import History

Read = Callable[[Night], Bounded]


def midsleep(night: Night) -> Bounded:
    """Return the midpoint of sleep, in hours around midnight."""
    return night.mid


def hours_asleep(night: Night) -> Bounded:
    """Return the length of the main sleep, in hours."""
    value, lo, hi = (
        None if minutes is None else minutes / 60
        for minutes in (night.duration.value, night.duration.lo, night.duration.hi)
    )
    return Bounded(value, lo, hi)


def points(found: History, read: Read) -> list[Point]:
    """Return a point for each night asked for, also those nobody knows."""
    return [_point(day, found.nights.get(day), read) for day in found.dates]


def _point(day: date, stored: StoredNight | None, read: Read) -> Point:
    if stored is None:
        return Point(day, None, why="no data")
    night = stored.night
    value = read(night)
    return Point(
        day,
        value.value,
        value.lo,
        value.hi,
        is_provisional=not night.final,
        why=_why(stored),
    )


def score_points(found: History, measure: str) -> list[Point]:
    """Return a point for each day asked for, also those without a value."""
    return [_of_score(day, found.score(measure, day)) for day in found.dates]


def week_points(found: History, measure: str) -> list[Point]:
    """Return a point for each therapy week that has ended."""
    rows = ((day, found.score(measure, day)) for day in found.dates)
    return [_of_score(day, score) for day, score in rows if score]


def _of_score(day: date, score: Score | None) -> Point:
    if score is None:
        return Point(day, None, why="no data")
    is_provisional = score.status == "provisional"
    why = words.reasons(score.reasons)
    return Point(day, score.value, score.lo, score.hi, is_provisional, why)


def _why(stored: StoredNight) -> str:
    gaps = dict.fromkeys(words.gap(gap.reason) for gap in stored.night.gaps)
    revised = ["revised by late data"] if stored.state == "revised" else []
    return ", ".join([*gaps, *revised])


def coverage_rows(found: History) -> list[coverage.Row]:
    """Return how much of each night is known."""
    return [_coverage(day, found.nights.get(day)) for day in found.dates]


def _coverage(day: date, stored: StoredNight | None) -> coverage.Row:
    if stored is None:
        return coverage.Row(day, 0.0, "none", "no data")
    night = stored.night
    return coverage.Row(day, night.known_core, night.certainty, _why(stored))
