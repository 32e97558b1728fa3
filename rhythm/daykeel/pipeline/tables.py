"""Reading and writing the stream's tables: what the keys are and what lies under them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

from daykeel.events.codec import decode, encode
from daykeel.events.pieces import Epochs, Pieces, piece_dates
from daykeel.pipeline.state import ClientState, Table, Tables
from daykeel.rhythm.ledger import DayRecord

T = TypeVar("T")
HOURS = tuple(f"{hour:02d}" for hour in range(24))


def load(table: Table, key: str, kind: type[T]) -> T | None:
    """Return the value under `key`, or None."""
    data = table.get(key)
    return None if data is None else decode(kind, data)


def save(table: Table, key: str, value: object) -> bool:
    """Store `value` and return whether that changed anything."""
    data = encode(value)
    if table.get(key) == data:
        return False
    table[key] = data
    return True


def fingerprint(value: object) -> str:
    """Return a short hash of the canonical form of a value."""
    return sha256(encode(value)).hexdigest()[:24]


def load_client(tables: Tables, client: str) -> ClientState:
    """Return what is known of the client, which may be nothing."""
    return load(tables.clients, client, ClientState) or ClientState(client=client)


def day_key(client: str, day: date) -> str:
    """Return the key of one client and date in `days`, `outputs` and `pieces`."""
    return f"{client}|{day.isoformat()}"


def epoch_key(client: str, instant: datetime) -> str:
    """Return the key under which epochs that start in this UTC hour lie in `pieces`."""
    return f"{client}|{instant.astimezone(UTC):%Y-%m-%d|%H}"


def pieces_of(tables: Tables, client: str, day: date) -> dict[date, Pieces]:
    """Return the pieces that `day` is built from, by UTC date."""
    found = ((utc_date, _pieces(tables, client, utc_date)) for utc_date in piece_dates(day))
    return {utc_date: pieces for utc_date, pieces in found if pieces is not None}


def is_told(tables: Tables, client: str, utc_date: date) -> bool:
    """Return whether anything was told of a UTC date, beside words on what was told."""
    held = _pieces(tables, client, utc_date)
    if held is None:
        return False
    return bool(held.epochs) or any(not one.kind.startswith("meta.") for one in held.events)


def _pieces(tables: Tables, client: str, utc_date: date) -> Pieces | None:
    key = day_key(client, utc_date)
    base = _decoded(tables.pieces, key)
    hours = [chunk for hour in HOURS if (chunk := _decoded(tables.pieces, f"{key}|{hour}"))]
    if base is None and not hours:
        return None
    base = base or Pieces()
    return Pieces(base.events, list(_joined(hours)), base.tombstones)


def _decoded(table: Table, key: str) -> Pieces | None:
    data = table.get(key)
    return None if data is None else _pieces_in(data)


@lru_cache(maxsize=32)
def _pieces_in(data: bytes) -> Pieces:
    return decode(Pieces, data)


def _joined(hours: list[Pieces]) -> Iterator[Epochs]:
    """Yield the epochs of one date, each device and unit in one piece, in order of time."""
    whole: dict[tuple[str, str, str, str, str], Epochs] = {}
    for part in (epochs for chunk in hours for epochs in chunk.epochs):
        name = name_fields(part)
        if name not in whole:
            whole[name] = Epochs(*name, [], [], [], [], [], [])
        _extend(whole[name], part)
    for name in sorted(whole):
        yield whole[name]


def name_fields(epochs: Epochs) -> tuple[str, str, str, str, str]:
    """Return what names a run of epochs, in the order of its fields."""
    return epochs.adapter, epochs.source, epochs.device, epochs.kind, epochs.unit


def _extend(whole: Epochs, part: Epochs) -> None:
    whole.start.extend(part.start)
    whole.seconds.extend(part.seconds)
    whole.value.extend(part.value)
    whole.observed.extend(part.observed)
    whole.received.extend(part.received)
    whole.revision.extend(part.revision)


def load_day(tables: Tables, client: str, day: date) -> DayRecord | None:
    """Return the day record of one date, or None if it was never built."""
    data = tables.days.get(day_key(client, day))
    return None if data is None else _day_in(data)


@lru_cache(maxsize=512)
def _day_in(data: bytes) -> DayRecord:
    return decode(DayRecord, data)


def forget() -> None:
    """Let go of all that is kept decoded for whoever reads the same next."""
    _pieces_in.cache_clear()
    _day_in.cache_clear()


def dates(first: date, last: date) -> Iterator[date]:
    """Yield the dates from `first` to `last`, both included."""
    for step in range((last - first).days + 1):
        yield first + timedelta(days=step)


def known_days(tables: Tables, state: ClientState) -> Mapping[date, DayRecord]:
    """Return every day record of the client, oldest first."""
    if state.begins is None or state.last is None:
        return {}
    found = ((day, load_day(tables, state.client, day)) for day in dates(state.begins, state.last))
    return {day: record for day, record in found if record is not None}
