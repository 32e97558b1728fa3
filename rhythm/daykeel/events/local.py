"""Clock times without a zone, once the zone is known."""

from zoneinfo import ZoneInfo

import msgspec

from daykeel.events.event import Event
from daykeel.events.zones import resolve


def located(event: Event, where: ZoneInfo) -> Event:
    """Return a `local` event with the instants its clock times are in a zone.

    Another event is returned as it is. The clock times stay, and what is not certain about the
    instants is flagged: `dst_fold` in a repeated hour, `dst_gap` in a missing one.
    """
    if event.start is not None or event.local_start is None:
        return event
    start = resolve(event.local_start, where)
    end = resolve(event.local_end, where) if event.local_end is not None else None
    flags = {start.flag, end.flag if end else ""}.difference(("", *event.quality))
    return msgspec.structs.replace(
        event,
        start=start.instant,
        end=end and end.instant,
        utc_offset_min=start.offset_min,
        quality=(*event.quality, *sorted(flags)),
    )
