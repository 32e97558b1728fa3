"""What became known of a client and when: every version that charts read, each said once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime

from daykeel.alerting.knowledge import Known, read, stripped
from daykeel.pipeline.state import SentClient, SentDay, Tables
from daykeel.pipeline.tables import day_key, fingerprint, load, load_day, save
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.ledger import DayRecord
from daykeel.rhythm.series import DAY

AT_ONCE = 200
"""Days in one entry: many more could be too long for a record on the log."""


def became_known(  # noqa: PLR0913  all that it depends on
    tables: Tables,
    context: ClientContext,
    changed: Iterable[DayRecord],
    first: date,
    as_of: datetime,
    *,
    is_begun: bool,
) -> Iterator[Known]:
    """Yield what charts now read and did not before, and note that it was said.

    Parameters
    ----------
    context
        What was decided of the client by now.
    changed
        The days that were built otherwise than before.
    first
        First date of the client.
    as_of
        The instant of the evaluation.
    is_begun
        Whether days were built before this. If nothing was said of them then, the history begins
        with number 1.
    """
    key = f"{context.client}|"
    sent = load(tables.outputs, key, SentClient) or SentClient()
    decided = fingerprint((first, replace(context, outages=())))
    days = [
        stripped(record, is_complete=is_complete)
        for record, is_complete in _read_now(tables, changed)
        if _is_news(tables, record, is_complete=is_complete)
    ]
    if decided == sent.decided and not days:
        return
    whole = Known(as_of)
    if decided != sent.decided:
        whole = Known(as_of, context=replace(context, outages=()), first=first)
    number = max(sent.known, int(is_begun))
    for start in range(0, max(len(days), 1), AT_ONCE):
        part, goes_on = tuple(days[start : start + AT_ONCE]), start + AT_ONCE < len(days)
        yield replace(whole, days=part, number=number, goes_on=goes_on)
        whole, number = Known(as_of), number + 1
    sent.decided, sent.known = decided, number
    save(tables.outputs, key, sent)


def _read_now(tables: Tables, changed: Iterable[DayRecord]) -> Iterator[tuple[DayRecord, bool]]:
    """Yield the days that changed and those before them, and whether each is complete.

    The steps of a day are read as soon as the night after it is final.
    """
    built = {record.day: record for record in changed}
    for day in sorted({*built, *(day - DAY for day in built)}):
        client = built[day if day in built else day + DAY].client
        record, after = (
            built.get(one) or load_day(tables, client, one) for one in (day, day + DAY)
        )
        if record is not None:
            yield record, after is not None and after.night.final


def _is_news(tables: Tables, record: DayRecord, *, is_complete: bool) -> bool:
    """Return whether charts read of a date what they did not read before, and note it."""
    key = day_key(record.client, record.day)
    sent = load(tables.outputs, key, SentDay) or SentDay()
    mark = fingerprint(read(record, is_complete=is_complete))
    if mark == sent.known:
        return False
    sent.known = mark
    save(tables.outputs, key, sent)
    return True
