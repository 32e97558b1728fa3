"""A message without a time of its own that arrives twice happened once."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from daykeel.events.event import Event

SPAN = timedelta(minutes=10)


def without_repeats(events: Iterable[Event]) -> list[Event]:
    """Return the events without those that only say again what was said just before.

    An event whose time is that of its arrival is a repeat if an equal one of the same device
    came at most 10 minutes before it, with no other event of that device between the two.

    Parameters
    ----------
    events
        Of one client, in any order.

    Returns
    -------
    list
        What is left, by (start, id); events without `start` stand first.
    """
    ordered = sorted(events, key=_place)
    gone = set(_repeats(event for event in ordered if event.time_basis == "arrival"))
    return [event for event in ordered if event.id not in gone]


def _repeats(arrivals: Iterable[Event]) -> Iterator[str]:
    """Yield the ids of repeats; arrivals of one instant and device are one message."""
    last: dict[tuple[str, str], tuple[datetime, set[tuple[str, str]]]] = {}
    before: dict[tuple[str, str], tuple[datetime, set[tuple[str, str]]]] = {}
    for event in arrivals:
        device, said = (event.adapter, event.device), (event.kind, repr(event.value))
        start = event.start or event.received_at
        if device in last and last[device][0] == start:
            last[device][1].add(said)
        else:
            if device in last:
                before[device] = last[device]
            last[device] = (start, {said})
        earlier = before.get(device)
        if earlier and said in earlier[1] and start - earlier[0] <= SPAN:
            yield event.id


def _place(event: Event) -> tuple[bool, datetime, str]:
    return event.start is not None, event.start or event.received_at, event.id
