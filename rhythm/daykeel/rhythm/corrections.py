"""What people say was wrong: the newest word on each thing, itself corrected by words on it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import msgspec

from daykeel.events.event import Event
from daykeel.events.kinds import BadShape, checked
from daykeel.events.times import parse_instant

DAYS = ("day", "first", "last")
"""Fields of values that say on which dates an event lies."""

FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
"""Outside of these nothing is corrected to lie."""


class Corrections:
    """The corrections around a night, by the id or group they name."""

    def __init__(self, said: Iterable[Event]) -> None:
        """Take corrections in any order: of several that name the same the newest holds."""
        self._by_name = {one.value["of"]: one for one in sorted(said, key=newness)}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._by_name)

    def on(self, *names: str) -> Iterator[Event]:
        """Yield the correction of what has one of these names, then that of it, and so on.

        Parameters
        ----------
        names
            Ids or groups.
        """
        passed: set[str] = set()
        while names:
            found = [self._by_name[name] for name in names if name in self._by_name]
            newest = max(found, key=newness, default=None)
            if newest is None or newest.id in passed:
                return
            yield newest
            passed.add(newest.id)
            names = (newest.id, newest.group)

    def of(self, *names: str) -> Event | None:
        """Return what holds in place of what has one of these names, None if it stands as told.

        A correction of a correction changes what that one says, and leaves the rest of it.
        """
        words = list(self.on(*names))
        if not words:
            return None
        said: dict[str, Any] = {}
        for word in words:
            told = {name: one for name, one in word.value.items() if one is not None}
            value = (said.get("value") or {}) | (told.get("value") or {})
            said |= {**told, "value": value}
        return msgspec.structs.replace(
            words[0],
            value=said,
            received_at=max(word.received_at for word in words),
            revision=" ".join(word.revision for word in words),
        )


def newness(event: Event) -> tuple[datetime, str, str]:
    """Return what the newer of two words on one thing has more of."""
    return event.observed_at, event.revision, event.id


def moved(event: Event, correction: Event) -> Event:
    """Return an event with the times and values of a correction; it never ends before it begins."""
    said = correction.value
    start = parse_instant(said["start"]) if said.get("start") else event.start
    end = parse_instant(said["end"]) if said.get("end") else event.end
    if start is not None and end is not None:
        end = max(start, end)
    return msgspec.structs.replace(valued(event, correction), start=start, end=end)


def valued(event: Event, correction: Event) -> Event:
    """Return an event with the values of a correction, its times as they were told.

    Values that an event of its kind cannot have correct nothing.
    """
    said = correction.value.get("value")
    if not said:
        return event
    try:
        value = checked(event.kind, event.value | said)
    except BadShape:
        return event
    days = (date.fromisoformat(value[name]) for name in DAYS if name in value)
    if not all(FIRST <= day < LAST for day in days):
        return event
    return msgspec.structs.replace(event, value=value)
