"""Putting events into pieces, so that order and repetition do not show."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from daykeel.events.event import Event
from daykeel.events.pieces import Epochs, Pieces

EPOCH_S = 300
"""Longest stretch of activity that is kept as an epoch."""

REVISION = 16 + len("sha256:")
"""Characters of a revision that an epoch keeps."""

_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
_AMBIGUOUS = frozenset({"dst_fold", "dst_gap"})

Name = tuple[str, str, str, str, str]


class Row(NamedTuple):
    """One epoch: a row across the columns of `Epochs`, without its start."""

    observed: int
    revision: str
    received: int
    """Negative, so that of two equal contents the one received first is the greater."""
    seconds: int
    value: int


def movable(event: Event) -> bool:
    """Return whether a newer observation of the event's group may lie elsewhere.

    An epoch may not: it is known by its device, unit and start alone. An epoch in the repeated
    or missing hour of a change of clocks is no epoch, since its start is not certain.
    """
    return event.start is None or _seconds(event) == 0 or not _AMBIGUOUS.isdisjoint(event.quality)


def home(event: Event) -> datetime:
    """Return the instant that decides where an event lies; a local time counts as if in UTC."""
    if event.start is not None:
        return event.start
    if event.local_start is not None:
        return event.local_start.replace(tzinfo=UTC)
    return event.observed_at


def fold_events(pieces: Pieces, events: Sequence[Event]) -> Pieces:
    """Return the pieces with the events in them, or the same object if that changes nothing.

    Of two observations of one event or epoch the newer one holds; of two as new the one with
    the greater revision; of two equal ones the one received first.
    """
    epochs = [event for event in events if not movable(event)]
    others = [event for event in events if movable(event)]
    said = [event for event in others if event.kind != "meta.tombstone"]
    stones = [event for event in others if event.kind == "meta.tombstone"]
    folded = (
        _upsert(pieces.events, said),
        _fold_epochs(pieces.epochs, epochs),
        _upsert(pieces.tombstones, stones),
    )
    same = folded[0] is pieces.events and folded[1] is pieces.epochs
    return pieces if same and folded[2] is pieces.tombstones else Pieces(*folded)


def _seconds(event: Event) -> int:
    """Return how long an epoch lasts, or 0 if the event is none."""
    if event.kind == "activity.epoch":
        length = int(event.value["epoch_s"])
    elif event.kind == "activity.steps" and event.start is not None and event.end is not None:
        length = (event.end - event.start) // _SECOND
    else:
        return 0
    return length if length <= EPOCH_S else 0


def _upsert(known: list[Event], events: Iterable[Event]) -> list[Event]:
    by_id = {event.id: event for event in known}
    changed = False
    for event in events:
        before = by_id.get(event.id)
        if before is None or _newness(event) > _newness(before):
            by_id[event.id] = event
            changed = True
    return sorted(by_id.values(), key=_place) if changed else known


def _newness(event: Event) -> tuple[datetime, str, timedelta]:
    return event.observed_at, event.revision, _1970 - event.received_at


def _place(event: Event) -> tuple[datetime, str]:
    return home(event), event.id


def _fold_epochs(known: list[Epochs], events: Sequence[Event]) -> list[Epochs]:
    if not events:
        return known
    before = {_name(epochs): epochs for epochs in known}
    after = dict(before)
    for name, rows in _rows(events).items():
        after[name] = _merged(before.get(name), name, rows)
    if all(after[name] is before.get(name) for name in after):
        return known
    return [after[name] for name in sorted(after, key=_order)]


def _rows(events: Iterable[Event]) -> Mapping[Name, list[tuple[int, Row]]]:
    rows: dict[Name, list[tuple[int, Row]]] = defaultdict(list)
    for event in events:
        value = event.value
        is_epoch = event.kind == "activity.epoch"
        unit, amount = (value["unit"], value["value"]) if is_epoch else ("steps", value["steps"])
        name = (event.adapter, event.source, event.device, event.kind, unit)
        row = Row(
            (event.observed_at - _1970) // _MICROSECOND,
            event.revision[:REVISION],
            (_1970 - event.received_at) // _MICROSECOND,
            _seconds(event),
            round(amount * 1000),
        )
        rows[name].append((((event.start or _1970) - _1970) // _SECOND, row))
    return rows


def _merged(known: Epochs | None, name: Name, rows: list[tuple[int, Row]]) -> Epochs:
    merged = dict(_rows_of(known)) if known is not None else {}
    changed = known is None
    for start, row in rows:
        before = merged.get(start)
        if before is None or row > before:
            merged[start] = row
            changed = True
    if known is not None and not changed:
        return known
    return _columns(name, [(start, merged[start]) for start in sorted(merged)])


def _rows_of(epochs: Epochs) -> Iterable[tuple[int, Row]]:
    received = [-moment for moment in epochs.received]
    columns = (epochs.observed, epochs.revision, received, epochs.seconds, epochs.value)
    return zip(epochs.start, map(Row, *columns), strict=True)


def _columns(name: Name, rows: Sequence[tuple[int, Row]]) -> Epochs:
    return Epochs(
        *name,
        start=[start for start, _ in rows],
        seconds=[row.seconds for _, row in rows],
        value=[row.value for _, row in rows],
        observed=[row.observed for _, row in rows],
        received=[-row.received for _, row in rows],
        revision=[row.revision for _, row in rows],
    )


def _name(epochs: Epochs) -> Name:
    return epochs.adapter, epochs.source, epochs.device, epochs.kind, epochs.unit


def _order(name: Name) -> Name:
    """Return what runs are sorted by: device, source, kind, unit."""
    adapter, source, device, kind, unit = name
    return device, source, kind, unit, adapter
