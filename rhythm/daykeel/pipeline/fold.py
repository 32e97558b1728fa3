"""One raw record into pieces: what each event group last said, and which dates that touches."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from daykeel.events.event import Adapted, Event, Quarantined, RawRecord
from daykeel.events.pieces import Pieces, nights_reading
from daykeel.events.pieces_fold import fold_events, movable, remove_group
from daykeel.pipeline.context import context_of
from daykeel.pipeline.state import ClientState, GroupEntry, Tables, ZoneWord
from daykeel.pipeline.tables import (
    dates,
    day_key,
    epoch_key,
    home,
    load,
    load_client,
    save,
)
from daykeel.sources.registry import adapt

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What became of one raw record."""

    changed: bool
    quarantined: tuple[Quarantined, ...] = ()
    hot: bool = True
    """Whether a score is wanted at once; epochs of activity can wait for more of their kind."""


def fold(
    tables: Tables, raw: RawRecord, *, partition: int, offset: int, incarnation: str
) -> FoldResult:
    """Put a raw record into the tables and say what came of it.

    An offset that was applied before changes nothing. The tables afterwards depend on the set
    of records folded, not on their order or number.
    """
    state = load_client(tables, raw.client)
    if not _is_new(state, partition, offset, incarnation):
        return FoldResult(changed=False)
    adapted = adapt(raw)
    touched = _place(tables, state, adapted.events)
    for utc_date in touched:
        state.dirty.update(nights_reading(utc_date))
    heard = _hear(state, raw)
    _begin_at(state, touched)
    save(tables.clients, raw.client, state)
    return FoldResult(
        changed=bool(touched) or heard,
        quarantined=tuple(_refusals(raw, adapted)),
        hot=not _only_epochs(adapted),
    )


def _is_new(state: ClientState, partition: int, offset: int, incarnation: str) -> bool:
    if state.incarnation != incarnation:
        state.incarnation, state.offsets = incarnation, {}
    if offset <= state.offsets.get(str(partition), -1):
        return False
    state.offsets[str(partition)] = offset
    return True


def _begin_at(state: ClientState, touched: set[date]) -> None:
    """Let history begin earlier where something older arrived."""
    first = min(filter(None, (state.first, *touched)), default=None)
    if first is not None and state.first is not None:
        state.dirty.update(dates(first, state.first - DAY))
    state.first = first


def _refusals(raw: RawRecord, adapted: Adapted) -> Iterable[Quarantined]:
    """Yield one refusal for each reason, however many parts of the record it is true of.

    Each holds the whole payload: one for each part could be thousands of times the record.
    """
    details: dict[str, list[str]] = defaultdict(list)
    for reject in adapted.rejects:
        details[reject.reason].append(reject.detail)
    for reason, (first, *others) in details.items():
        detail = f"{first} and {len(others)} more" if others else first
        yield Quarantined(reason=reason, detail=detail, raw=raw, stage="adapter")


def _only_epochs(adapted: Adapted) -> bool:
    return bool(adapted.events) and not any(movable(event) for event in adapted.events)


def _hear(state: ClientState, raw: RawRecord) -> bool:
    """Note that the device has synced up to now: what it did not report before did not happen."""
    before, now = state.heard.get(raw.device), raw.received_at
    if before is not None and now <= before:
        return False
    state.heard[raw.device] = now
    if before is not None:
        zones = context_of(state).zones
        zone = ZoneInfo(max((one for one in zones if one.start <= now), key=_start).tz)
        first, last = before.astimezone(zone).date(), now.astimezone(zone).date()
        state.dirty.update(dates(first, last + DAY))
    return True


def _start(change: object) -> datetime:
    return change.start  # type: ignore[attr-defined,no-any-return]  # a ZoneChange


def _place(tables: Tables, state: ClientState, events: Sequence[Event]) -> set[date]:
    """Return the UTC dates on which something changed."""
    touched: set[date] = set()
    groups: dict[str, list[Event]] = defaultdict(list)
    chunks: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.kind == "meta.tombstone":
            touched |= _place_tombstone(tables, state, event)
        elif movable(event):
            groups[event.group].append(event)
        else:
            chunks[epoch_key(state.client, home(event))].append(event)
    for group, members in groups.items():
        touched |= _place_group(tables, state, group, members)
    for key, members in chunks.items():
        if _fold_into(tables, key, members):
            touched.add(home(members[0]).date())
    return touched


def _fold_into(tables: Tables, key: str, events: Sequence[Event]) -> bool:
    before = load(tables.pieces, key, Pieces) or Pieces()
    after = fold_events(before, events)
    return after is not before and save(tables.pieces, key, after)


def _place_group(
    tables: Tables, state: ClientState, group: str, members: Sequence[Event]
) -> set[date]:
    """Let the newest observation of a group replace all its events."""
    key = f"{state.client}|{group}"
    entry = load(tables.groups, key, GroupEntry)
    fresh = _entry(members)
    if entry is not None and _newness(fresh) <= _newness(entry):
        return set()
    for utc_date in entry.dates if entry else ():
        _remove(tables, day_key(state.client, utc_date), group)
    for utc_date in fresh.dates:
        here = [event for event in members if home(event).date() == utc_date]
        _fold_into(tables, day_key(state.client, utc_date), here)
    _note_zone(state, group, members)
    save(tables.groups, key, fresh)
    return set(fresh.dates) | set(entry.dates if entry else ())


def _entry(members: Sequence[Event]) -> GroupEntry:
    return GroupEntry(
        observed_at=max(event.observed_at for event in members),
        revision=max(event.revision for event in members),
        received_at=min(event.received_at for event in members),
        dates=tuple(sorted({home(event).date() for event in members})),
    )


def _newness(entry: GroupEntry) -> tuple[datetime, str, float]:
    return entry.observed_at, entry.revision, -entry.received_at.timestamp()


def _remove(tables: Tables, key: str, group: str) -> None:
    pieces = load(tables.pieces, key, Pieces)
    if pieces is not None:
        save(tables.pieces, key, remove_group(pieces, group))


def _note_zone(state: ClientState, group: str, members: Sequence[Event]) -> None:
    """Keep what a device said of its zone; dates since then are to be built again."""
    before = context_of(state).zones
    for event in members:
        if event.kind == "device.timezone" and event.start is not None:
            tz = str(event.value["tz"])
            state.zones[group] = ZoneWord(event.start, tz, event.observed_at)
    changed = set(before) ^ set(context_of(state).zones)
    if changed and state.last is not None:
        since = min(change.start for change in changed).date() - 2 * DAY
        state.dirty.update(dates(since, state.last))


def _place_tombstone(tables: Tables, state: ClientState, event: Event) -> set[date]:
    """Lay a tombstone on every date of its span and of what it names."""
    entry = load(tables.groups, f"{state.client}|{event.value['of']}", GroupEntry)
    start = home(event)
    span = set(dates(start.date(), (event.end or start).astimezone(UTC).date()))
    where = span | set(entry.dates if entry else ())
    return {
        utc_date
        for utc_date in where
        if _fold_into(tables, day_key(state.client, utc_date), [event])
    }
