"""Dates before the first one: once something was told of them, and was told otherwise since."""

from collections.abc import Iterator
from datetime import date, timedelta

from daykeel.pipeline.state import SentDay, Tables
from daykeel.pipeline.tables import dates, day_key, load, save
from daykeel.rhythm.ledger import DayRecord, ScoreRow

DAY = timedelta(days=1)


def left_dates(begun: date | None, first: date) -> Iterator[date]:
    """Return the dates that were built and come before the first one now.

    >>> [str(day) for day in left_dates(date(2026, 3, 1), date(2026, 3, 3))]
    ['2026-03-01', '2026-03-02']
    """
    return dates(begun, first - DAY) if begun is not None else iter(())


def unsaid(tables: Tables, record: DayRecord) -> Iterator[ScoreRow]:
    """Yield rows without any score for what was said of a date that was left."""
    key = day_key(record.client, record.day)
    sent = load(tables.outputs, key, SentDay) or SentDay()
    for window in sorted(sent.scores):
        yield ScoreRow(record.client, record.day, window, record.night.zone, ())
    sent.scores = {}
    save(tables.outputs, key, sent)
