"""What each group of events last said, laid on its dates whatever order it came in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from itertools import chain

import msgspec

from daykeel.events.event import Event
from daykeel.events.pieces import Pieces
from daykeel.events.pieces_fold import fold_events
from daykeel.pipeline.place import where, where_corrected
from daykeel.pipeline.state import ClientState, GroupEntry, Tables
from daykeel.pipeline.tables import day_key, load, save
from daykeel.pipeline.words import (
    corrected_groups,
    forget_words,
    keep_words,
    lying,
    named_dates,
    named_events,
    words_on,
)
from daykeel.rhythm.corrections import Corrections

Moments = tuple[datetime, datetime]
"""When something was received, and observed."""

HASH = 12
CORRECTION = "meta.correction"
TURN = {CORRECTION: 1, "meta.tombstone": 2}
"""Words are placed after all else, corrections before tombstones, which may name them."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What is taken off each date and what is laid on it, gathered so that each is written once."""

    off: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    on: dict[date, list[Event]] = field(default_factory=lambda: defaultdict(list))
    named: Mapping[str, set[date]] = field(default_factory=dict)
    """Where the single events lie that words among what is laid name."""
    gone: list[Event] = field(default_factory=list)
    """What was taken off."""


def place_groups(
    tables: Tables, state: ClientState, groups: Mapping[str, Sequence[Event]]
) -> set[date]:
    """Let the newest observation of each group replace its events; return the dates changed.

    What is said again keeps the moment it was first said, so that saying it again changes
    nothing.
    """
    touched: set[date] = set()
    for turn in _turns(groups):
        said = chain.from_iterable(turn.values())
        moves = Moves(named=named_events(tables, state, said))
        for group, members in turn.items():
            _place(tables, state, moves, group, members)
        touched |= _move(tables, state, moves)
        touched |= _follow(tables, state, moves, turn.keys())
    return touched


def _follow(tables: Tables, state: ClientState, moves: Moves, said: Set[str]) -> set[date]:
    """Lay anew what the corrections among some groups act on, which were just laid or taken off.

    An event lies where it was told and where it is corrected to, so that either night knows.
    """
    laid = (one for events in moves.on.values() for one in events if one.group in said)
    words = [one for one in (*laid, *moves.gone) if one.kind == CORRECTION]
    anew = Moves()
    for group in sorted(corrected_groups(tables, state, words)) if words else ():
        key = f"{state.client}|{group}"
        entry = load(tables.groups, key, GroupEntry)
        if entry is not None:
            for utc_date in entry.dates:
                anew.off[utc_date].add(group)
            members = {one.id: one for one in lying(tables, state, group, entry.dates)}
            lies = _lay(tables, state, anew, list(members.values()))
            save(tables.groups, key, msgspec.structs.replace(entry, dates=tuple(sorted(lies))))
    return _move(tables, state, anew)


def _turns(groups: Mapping[str, Sequence[Event]]) -> list[dict[str, Sequence[Event]]]:
    """Return the groups in the order in which they are placed: words after what they may name."""
    turns: list[dict[str, Sequence[Event]]] = [{}, {}, {}]
    for group, members in groups.items():
        turns[max(TURN.get(event.kind, 0) for event in members)][group] = members
    return [turn for turn in turns if turn]


def _place(
    tables: Tables, state: ClientState, moves: Moves, group: str, members: Sequence[Event]
) -> None:
    key = f"{state.client}|{group}"
    entry = load(tables.groups, key, GroupEntry)
    fresh = _entry(members, entry)
    if entry is not None and (kept := _unchanged(entry, fresh)) is not None:
        save(tables.groups, key, kept)
        return
    for utc_date in entry.dates if entry else ():
        moves.off[utc_date].add(group)
    first = fresh.firsts[fresh.content]
    newest = max(filter(None, (entry, fresh)), key=_newness)
    places = _lay(tables, state, moves, _stamped(members, first))
    dates = tuple(sorted(places))
    save(
        tables.groups,
        key,
        msgspec.structs.replace(newest, content=fresh.content, firsts=fresh.firsts, dates=dates),
    )


def _unchanged(entry: GroupEntry, fresh: GroupEntry) -> GroupEntry | None:
    """Return what to keep of a group if its events stay as they are, else None."""
    if fresh.content == entry.content:
        is_first = fresh.firsts[fresh.content] < entry.firsts[entry.content]
        newest = max(entry, fresh, key=_newness)
        kept = msgspec.structs.replace(newest, dates=entry.dates, firsts=fresh.firsts)
        return None if is_first else kept
    if _newness(fresh) < _newness(entry):
        return msgspec.structs.replace(entry, firsts=fresh.firsts)
    return None


def _lay(tables: Tables, state: ClientState, moves: Moves, members: Sequence[Event]) -> set[date]:
    """Lay events, and the words on them, on their dates and return those."""
    words = words_on(tables, state, members)
    corrections = Corrections(word for word in words if word.kind == CORRECTION)
    places: set[date] = set()
    for event in members:
        own = where(event) | named_dates(tables, state, event, moves.named)
        if corrections:
            own |= where_corrected(event, corrections)
        places |= own
        for utc_date in own:
            moves.on[utc_date].append(event)
    for word in words:
        _lies_on(tables, state.client, word, places)
        for utc_date in places:
            moves.on[utc_date].append(word)
    return places


def _move(tables: Tables, state: ClientState, moves: Moves) -> set[date]:
    """Write what is taken off and laid on each date, and return the dates."""
    touched = moves.off.keys() | moves.on.keys()
    for utc_date in touched:
        key = day_key(state.client, utc_date)
        pieces = load(tables.pieces, key, Pieces) or Pieces()
        moves.gone.extend(_members(pieces, moves.off[utc_date]))
        left = _without(pieces, moves.off[utc_date])
        save(tables.pieces, key, fold_events(left, moves.on[utc_date]))
    laid = [event for events in moves.on.values() for event in events]
    forget_words(tables, state.client, moves.gone)
    keep_words(tables, state, laid)
    state.oldest = min(filter(None, (state.oldest, *touched)), default=None)
    state.newest = max(filter(None, (state.newest, *touched)), default=None)
    return set(touched)


def fold_into(tables: Tables, key: str, events: Sequence[Event]) -> bool:
    """Fold events into the pieces under a key and return whether that changed them."""
    before = load(tables.pieces, key, Pieces) or Pieces()
    after = fold_events(before, events)
    return after is not before and save(tables.pieces, key, after)


def _members(pieces: Pieces, groups: set[str]) -> list[Event]:
    return [one for one in (*pieces.events, *pieces.tombstones) if one.group in groups]


def _without(pieces: Pieces, groups: set[str]) -> Pieces:
    if not groups:
        return pieces
    events = [event for event in pieces.events if event.group not in groups]
    tombstones = [event for event in pieces.tombstones if event.group not in groups]
    return Pieces(events, pieces.epochs, tombstones)


def _lies_on(tables: Tables, client: str, word: Event, places: set[date]) -> None:
    """Note that a word lies on more dates: those of what it names."""
    key = f"{client}|{word.group}"
    entry = load(tables.groups, key, GroupEntry)
    if entry is not None:
        lies = tuple(sorted(places.union(entry.dates)))
        save(tables.groups, key, msgspec.structs.replace(entry, dates=lies))


def _entry(members: Sequence[Event], entry: GroupEntry | None) -> GroupEntry:
    """Return what a new observation of a group says, with when its content was first said."""
    said = sorted(f"{event.id} {event.revision}" for event in members)
    content = sha256("\n".join(said).encode()).hexdigest()[:HASH]
    moments: Moments = min((event.received_at, event.observed_at) for event in members)
    firsts = dict(entry.firsts) if entry else {}
    firsts[content] = min(firsts.get(content, moments), moments)
    return GroupEntry(
        observed_at=max(event.observed_at for event in members),
        revision=max(event.revision for event in members),
        received_at=moments[0],
        dates=(),
        content=content,
        firsts=firsts,
    )


def _newness(entry: GroupEntry) -> tuple[datetime, str, str]:
    return entry.observed_at, entry.revision, entry.content


def _stamped(members: Iterable[Event], first: Moments) -> list[Event]:
    """Return the events as they were when this was first said."""
    received_at, observed_at = first
    return [
        event
        if (event.received_at, event.observed_at) == first
        else msgspec.structs.replace(event, received_at=received_at, observed_at=observed_at)
        for event in members
    ]
