"""When a client hears from us: at most once a day, always the same, and not for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from daykeel.alerting.hours import instant, local_date

IGNORED = 3
"""Letters in a row that nobody looked at, after which no more come."""
NUDGED = 2
"""Silent nights from which the client is reminded of the devices."""
USUAL = time(18)
"""For somebody who chose no time."""
LATE = timedelta(hours=3)
"""After the chosen time; later it waits for the next day."""

SEND, STOP, NOTHING = "send", "stop", ""


@dataclass(frozen=True, slots=True)
class Listener:
    """A client who wants to hear from us."""

    id: str
    """Of the account."""
    zone: str
    remind_at: time | None = None
    """When to be reminded of the diary; None: not at all."""
    silent_nights: int = 0
    """Of the silence that goes on, 0 if there is none."""
    looked_at: datetime | None = None
    """When they last opened their page."""
    letters: Sequence[datetime] = ()
    """When letters were made for them since they last began to listen."""


def step(listener: Listener, now: datetime) -> str:
    """Return `SEND` if a letter is due at `now`, `STOP` if the last ones went unanswered."""
    today = local_date(now, listener.zone)
    if not _is_time(listener, now) or not _has_reason(listener, now):
        return NOTHING
    if any(local_date(one, listener.zone) == today for one in listener.letters):
        return NOTHING
    return STOP if ignored(listener) >= IGNORED else SEND


def is_still_sent(listener: Listener, made_at: datetime, now: datetime) -> bool:
    """Return whether a letter that has not left yet is of use at `now`: it is today's, and no more.

    >>> from datetime import UTC
    >>> at = datetime(2026, 3, 2, 20, tzinfo=UTC)
    >>> listener = Listener("a-1", "UTC", remind_at=time(20))
    >>> [is_still_sent(listener, at, at + timedelta(hours=n)) for n in (2, 3, 24)]
    [True, False, False]
    """
    days = {local_date(one, listener.zone) for one in (made_at, now)}
    return len(days) == 1 and _is_time(listener, now) and _has_reason(listener, now)


def _is_time(listener: Listener, now: datetime) -> bool:
    due = instant(local_date(now, listener.zone), listener.remind_at or USUAL, listener.zone)
    return due <= now < due + LATE


def _has_reason(listener: Listener, now: datetime) -> bool:
    """Return whether a diary is asked for that nobody has looked at today, or nights are silent."""
    looked, zone = listener.looked_at, listener.zone
    has_looked = looked is not None and local_date(looked, zone) == local_date(now, zone)
    is_asked = listener.remind_at is not None and not has_looked
    return is_asked or listener.silent_nights >= NUDGED


def ignored(listener: Listener) -> int:
    """Return how many letters came since the client last looked."""
    looked = listener.looked_at
    return sum(looked is None or one > looked for one in listener.letters)
