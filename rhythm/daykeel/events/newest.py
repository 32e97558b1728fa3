"""What is left of the events of several records: the newest observation of each group."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from daykeel.events.event import Event
from daykeel.events.repeats import without_repeats
from daykeel.events.times import EARLIEST

Newness = tuple[datetime, str, timedelta]


def newest(records: Iterable[Sequence[Event]]) -> list[Event]:
    """Return the events that hold once all records are known, in the order they were told.

    The newest observation of a group replaces all its events: the greatest `observed_at`, then
    the greater revision, then the one received first. What a message without a time of its own
    says again within minutes is left out.

    Parameters
    ----------
    records
        The events of each raw record of one client, in any order.
    """
    held: dict[str, tuple[Newness, list[Event]]] = {}
    for group, members in _groups(records):
        fresh = _newness(members)
        if group not in held or fresh > held[group][0]:
            held[group] = (fresh, members)
    events = [event for _, members in held.values() for event in members]
    kept = {event.id for event in without_repeats(events)}
    return [event for event in events if event.id in kept]


def _groups(records: Iterable[Sequence[Event]]) -> Iterator[tuple[str, list[Event]]]:
    for events in records:
        groups: dict[str, list[Event]] = {}
        for event in events:
            groups.setdefault(event.group, []).append(event)
        yield from groups.items()


def _newness(members: Sequence[Event]) -> Newness:
    return (
        max(event.observed_at for event in members),
        max(event.revision for event in members),
        EARLIEST - min(event.received_at for event in members),
    )
