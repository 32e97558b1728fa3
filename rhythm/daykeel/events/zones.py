"""From the time a clock on the wall shows to the instant, where the zone is known."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MINUTE = timedelta(minutes=1)


class Resolved(NamedTuple):
    """The instant of a local time."""

    instant: datetime
    offset_min: int
    flag: str
    """`dst_fold` in a repeated hour, `dst_gap` in a missing one, else empty."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, or None if there is no such zone.

    >>> zone("Europe/Berlin")
    zoneinfo.ZoneInfo(key='Europe/Berlin')
    >>> zone("Mars/Olympus") is None
    True
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def resolve(local: datetime, where: ZoneInfo) -> Resolved:
    """Return the instant at which clocks in `where` show `local`.

    A repeated hour is taken the first time; a time in a missing hour is moved forward by it.

    Parameters
    ----------
    local
        Without zone and with `fold` 0, as parsed texts are.
    where
        The zone the clock shows.

    Examples
    --------
    >>> str(resolve(datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Berlin")).instant)
    '2026-03-29 01:30:00+00:00'
    >>> str(resolve(datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Berlin")).instant)
    '2026-10-25 00:30:00+00:00'
    """
    before = where.utcoffset(local) or timedelta()
    after = where.utcoffset(local.replace(fold=1)) or timedelta()
    instant = local.replace(tzinfo=UTC) - before
    if before == after:
        return Resolved(instant, _minutes(before), "")
    if before > after:
        return Resolved(instant, _minutes(before), "dst_fold")
    return Resolved(instant, _minutes(after), "dst_gap")


def _minutes(offset: timedelta) -> int:
    return round(offset / _MINUTE)
