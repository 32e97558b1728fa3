"""When events lie whose time is that of a wall clock, by the zones the client has lived in."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from daykeel.events.event import Event
from daykeel.events.zones import resolve, zone
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.frame import DAY, MINUTE, zone_of_wall

Stretch = tuple[datetime, datetime]
"""Half-open."""

SOCIAL_DAY_STARTS = 4
"""Local hour."""
NO_TIME = frozenset({"self.mood", "self.energy", "self.medication", "phone.usage_daily"})
"""Said of a day: their local time is only its midnight."""
_MAY_HAVE_NONE = NO_TIME | {"self.srm_entry", "self.sleep_diary"}


def resolved(event: Event, context: ClientContext) -> Event:
    """Return an event whose local time has an instant, by the zone the client lives in."""
    if event.start is not None or event.local_start is None or event.kind in NO_TIME:
        return event
    start, _ = _instant(event, event.local_start, context)
    end = _instant(event, event.local_end, context)[0] if event.local_end is not None else None
    return msgspec.structs.replace(event, start=start, end=end)


def doubts(event: Event, context: ClientContext) -> Iterator[Stretch]:
    """Yield the stretches in which an end of a local event may lie, where clocks were changed."""
    for wall in (event.local_start, event.local_end):
        if wall is not None:
            instant, minutes = _instant(event, wall, context)
            if minutes:
                yield instant, instant + minutes * MINUTE


def is_untimed(event: Event) -> bool:
    """Return whether an event says something of a day, and no time of day."""
    return (
        event.kind in _MAY_HAVE_NONE
        and event.start is None
        and event.local_start is not None
        and event.local_start.time() == time()
        and event.local_end is None
        and not event.value.get("time")
    )


def lies(event: Event, context: ClientContext) -> Stretch:
    """Return from when to when an event lies; one at an instant ends as it begins.

    What is said of a day without a time lies on all of it: from 04:00 to 04:00 where a person
    says it, else from midnight to midnight.
    """
    if event.start is not None:
        return event.start, max(event.start, event.end or event.start)
    if event.local_start is None:
        return event.observed_at, event.observed_at
    first, last = event.local_start, event.local_end or event.local_start
    if is_untimed(event):
        first += timedelta(hours=SOCIAL_DAY_STARTS if event.kind.startswith("self.") else 0)
        last = first + DAY
    start, end = (_instant(event, wall, context)[0] for wall in (first, last))
    return start, max(start, end)


def _instant(event: Event, wall: datetime, context: ClientContext) -> tuple[datetime, int]:
    """Return the instant of a wall time and by how many minutes it may be off."""
    there = zone(event.tz) if event.tz is not None else None
    there = there or ZoneInfo(zone_of_wall(context, wall))
    found = resolve(wall, there)
    if not found.flag:
        return found.instant, 0
    sides = [there.utcoffset(wall.replace(fold=fold)) or timedelta() for fold in (0, 1)]
    return found.instant, abs(sides[0] - sides[1]) // MINUTE
