"""What a client declared, where it alone explains a lasting change: then nobody is told of it."""

from collections.abc import Sequence

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.fusion import Run
from daykeel.rhythm.series import DECLARED, Series
from daykeel.rhythm.streams import Stream


def declared(
    run: Run, streams: Sequence[Stream], series: Series, context: ClientContext
) -> tuple[str, ...]:
    """Return why nobody is told of a lasting change: what was declared of its nights.

    Nothing once a night of it showed what would be there if nothing were known of the nights
    that were declared: each of them then counts as any missing one does. So a statistic that
    remembers an illness does not tell of it afterwards, what outlasts the illness is told of, and
    deleting data, which adds no such night, never lets go of a notice.
    """
    newest = max(nights[-1] for nights in run.nights.values())
    nights = series.declared[: newest + 1].nonzero()[0]
    if not nights.size or _stands(run, streams):
        return ()
    return _said(int(nights[-1]), series, context)


def _stands(run: Run, streams: Sequence[Stream]) -> bool:
    """Return whether it would have been opened without the declared nights.

    By a chart or rule that opens alone, or by secondary ones of two families.
    """
    parts = [
        streams[number]
        for number, nights in run.nights.items()
        if streams[number].standing[nights].any()
    ]
    families = {one.family for one in parts}
    return "" in families or (len(families) > 1 and any(one.kind for one in parts))


def _said(at: int, series: Series, context: ClientContext) -> tuple[str, ...]:
    """Return what was declared of a night."""
    night, record = series.date(at), series.days[at]
    marks = {mark.what for mark in context.marks if mark.first <= night <= mark.last}
    flags = record.night.flags if record else ()
    return tuple(what for what in DECLARED if what in marks or what in flags)
