"""Rows of Health Auto Export: their times, and the names of the devices they came from."""

import re
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any, NamedTuple

from daykeel.events.times import BadTime, in_utc, to_wire
from daykeel.sources.draft import Draft
from daykeel.sources.fields import Fields, label

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d) (\d{1,2}):(\d\d):(\d\d)"
    r"(?:\s?([AaPp])\.?[Mm]\.?)?\s?([+-])(\d\d):?(\d\d)",
    re.ASCII,
)
_SPACES = str.maketrans("\u00a0\u202f", "  ")
_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc", "'''")
NOON = 12


class Moment(NamedTuple):
    """An instant, and the offset that the phone had when it exported it."""

    instant: datetime
    offset_min: int


def moment(told: object) -> Moment:
    """Return the moment a text such as `2024-07-01 22:30:00 +0100` names.

    A phone set to twelve hours writes `2024-07-01 10:30:00 PM +0100`.

    >>> str(moment("2024-07-01 11:00:00 -0230").instant)
    '2024-07-01 13:30:00+00:00'

    Raises
    ------
    BadTime
        It is no such text.
    """
    found = _TIME.fullmatch(told.translate(_SPACES)) if isinstance(told, str) else None
    if found is None:
        raise BadTime("not a time")
    *digits, half, sign, offset_h, offset_m = found.groups()
    year, month, day, hour, minute, second = map(int, digits)
    offset = (60 * int(offset_h) + int(offset_m)) * (-1 if sign == "-" else 1)
    try:
        zone = timezone(timedelta(minutes=offset))
        local = datetime(year, month, day, _hour(hour, half), minute, second, tzinfo=zone)
    except ValueError as error:
        raise BadTime("not a time") from error
    return Moment(in_utc(local), offset)


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    return hour % NOON + (NOON if half in "Pp" else 0)


def optional_moment(told: object) -> Moment | None:
    """Return the moment, or None where there is none to read."""
    try:
        return moment(told)
    except BadTime:
        return None


def source_of(row: Fields) -> str | None:
    """Return which device a row came from, without the name its owner gave it.

    >>> source_of({"source": "Ann's iPhone|Ann's Apple Watch"})
    'apple-watch+iphone'
    """
    named = label(row.get("source")) or label(row.get("sleepSource"))
    if named is None:
        return None
    return "+".join(sorted({_device(name) for name in named.split("|")}))


def _device(name: str) -> str:
    plain = name.translate(_APOSTROPHES).casefold().strip()
    for device in ("watch", "iphone", "ipad"):
        if device in plain:
            return "apple-watch" if device == "watch" else device
    return "app-" + sha256(plain.encode()).hexdigest()[:8]


def drafted(  # noqa: PLR0913  a row tells two times and where it stands
    kind: str,
    of: str,
    row: Fields,
    start: Moment,
    end: Moment | None = None,
    *,
    at: Moment | None = None,
    **more: Any,
) -> Draft:
    """Return a draft of what a row says.

    Parameters
    ----------
    of
        The name of the metric or list the row stands in.
    start, end
        Of the row: what identifies it, together with `of` and its source.
    at
        The event itself, where it is only a point of the row.
    more
        Further fields of the draft.
    """
    source = source_of(row)
    native = label(row.get("id"))
    told = (of, to_wire(start.instant), to_wire(end.instant) if end else "", source or "")
    return Draft(
        kind=kind,
        key=told if native is None else (native,),
        native_id=native,
        start=(at or start).instant,
        end=end.instant if end and not at else None,
        utc_offset_min=(at or start).offset_min,
        time_basis="utc+offset(export)",
        source=source,
        **more,
    )
