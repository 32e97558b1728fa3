"""One raw record into pieces: what each event group last said, and which dates that touches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daykeel.events.event import Adapted, Event, Quarantined, RawRecord
from daykeel.events.ids import sender
from daykeel.events.kinds import STATUS
from daykeel.events.pieces import nights_reading
from daykeel.events.pieces_fold import home, movable
from daykeel.pipeline.context import context_of, zone_in_force
from daykeel.pipeline.groups import fold_into, place_groups
from daykeel.pipeline.state import ClientState, Tables, ZoneWord
from daykeel.pipeline.tables import dates, epoch_key, is_told, load_client, save
from daykeel.sources.registry import adapt

DAY = timedelta(days=1)
SLEEP = ("sleep", "bed.", "self.sleep_diary")
"""Beginnings of what a refusal says it is of, where sleep was refused."""


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
    heard = _hear(state, raw, adapted)
    state.first = _first(tables, state, touched)
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


def _hear(state: ClientState, raw: RawRecord, adapted: Adapted) -> bool:
    """Note that a device is there, and whether it has synced up to now.

    If so, what it did not report before did not happen.

    That it is there, or has gone, is no sync; nor is what nobody could read, or of which some
    sleep was refused: it may have been the very sleep that would then be taken for none.
    """
    is_sync = not (_only_status(raw, adapted) or _lost_some(adapted))
    has_synced = is_sync and _note(state, state.heard, raw)
    is_there = not (raw.retain or _is_last_will(adapted)) and _note(state, state.seen, raw)
    return has_synced or is_there


def _note(state: ClientState, moments: dict[str, datetime], raw: RawRecord) -> bool:
    """Note when a sender was last heard from, and return whether that is news."""
    name, now = sender(raw.adapter, raw.device), raw.received_at
    before = moments.get(name)
    if before is not None and now <= before:
        return False
    moments[name] = now
    state.dirty.update(_explained(state, before, now))
    return True


def _is_last_will(adapted: Adapted) -> bool:
    """Return whether the broker may have said all of it for a device that is gone."""
    events = adapted.events
    return bool(events) and all(event.kind == "device.offline" for event in events)


def _only_status(raw: RawRecord, adapted: Adapted) -> bool:
    events = adapted.events
    status = bool(events) and all(event.kind in STATUS for event in events)
    return status or raw.stream == "status" or raw.retain


def _lost_some(adapted: Adapted) -> bool:
    if adapted.rejects and not adapted.events:
        return True
    return any(one.detail.startswith(SLEEP) for one in adapted.rejects)


def _explained(state: ClientState, before: datetime | None, now: datetime) -> Iterable[date]:
    """Return the dates of which something else is known once a device was heard from.

    Those after it may have been built already: they say when it was heard from last.
    """
    if before is None:
        return dates(state.begins, state.last) if state.begins and state.last else ()
    zones = context_of(state).zones
    zone = zone_in_force(zones, now)
    first, last = before.astimezone(zone).date(), now.astimezone(zone).date()
    spare = DAY if len(zones) > 1 else timedelta()
    return dates(first - spare, max(last + DAY + spare, state.last or last))


def _place(tables: Tables, state: ClientState, events: Sequence[Event]) -> set[date]:
    """Return the UTC dates on which something changed."""
    touched: set[date] = set()
    groups: dict[str, list[Event]] = defaultdict(list)
    chunks: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if movable(event):
            groups[event.group].append(event)
        else:
            chunks[epoch_key(state.client, home(event))].append(event)
    touched |= place_groups(tables, state, groups)
    _note_zones(state, groups)
    for key, members in chunks.items():
        if fold_into(tables, key, members):
            touched.add(home(members[0]).date())
    return touched


def _note_zones(state: ClientState, groups: Mapping[str, Sequence[Event]]) -> None:
    """Keep what devices said of their zone; dates since then are to be built again."""
    told = [
        (group, event)
        for group, members in groups.items()
        for event in members
        if event.kind == "device.timezone" and event.start is not None
    ]
    before = context_of(state).zones if told else ()
    for group, event in told:
        word = ZoneWord(event.start or event.observed_at, str(event.value["tz"]), event.observed_at)
        state.zones[group] = max(state.zones.get(group, word), word, key=_newness)
    changed = set(before) ^ set(context_of(state).zones) if told else set()
    if changed and state.last is not None:
        since = min(change.start for change in changed).date() - 2 * DAY
        # The night a deletion counts from goes by the zone, and stands in every date it touched.
        first = state.begins if state.has_words else None
        state.dirty.update(dates(min(since, first or since), state.last))


def _first(tables: Tables, state: ClientState, touched: Iterable[date]) -> date | None:
    """Return the first date on which anything but words on it lies, now that some have changed."""
    early = sorted(day for day in touched if state.first is None or day <= state.first)
    found = next((day for day in early if is_told(tables, state.client, day)), None)
    if found is not None or state.first is None or state.first not in early:
        return found or state.first
    later = dates(state.first, state.newest or state.first)
    return next((day for day in later if is_told(tables, state.client, day)), None)


def _newness(word: ZoneWord) -> tuple[datetime, datetime, str]:
    return word.observed_at, word.start, word.tz
