"""What each group of events last said, laid on its dates whatever order it came in."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from hashlib import sha256

import msgspec

from daykeel.events.event import Event
from daykeel.events.pieces import Pieces
from daykeel.events.pieces_fold import fold_events, remove_group
from daykeel.pipeline.place import where
from daykeel.pipeline.state import ClientState, GroupEntry, Tables
from daykeel.pipeline.tables import day_key, load, save
from daykeel.pipeline.words import forget_words, keep_words, named_dates, words_on

Moments = tuple[datetime, datetime]
"""When something was received, and observed."""

HASH = 12


def place_group(
    tables: Tables, state: ClientState, group: str, members: Sequence[Event]
) -> set[date]:
    """Let the newest observation of a group replace all its events; return the dates changed.

    What is said again keeps the moment it was first said, so that saying it again changes
    nothing.
    """
    key = f"{state.client}|{group}"
    entry = load(tables.groups, key, GroupEntry)
    content, moments = _content(members), _moments(members)
    firsts = dict(entry.firsts) if entry else {}
    first = firsts[content] = min(firsts.get(content, moments), moments)
    fresh = _entry(members, content, firsts)
    if entry is not None and _newness(fresh) < _newness(entry) and content != entry.content:
        save(tables.groups, key, msgspec.structs.replace(entry, firsts=firsts))
        return set()
    if entry is not None and content == entry.content:
        return _say_again(tables, state, group, (entry, fresh, members))
    return _replace(tables, state, group, (entry, fresh, _stamped(members, first)))


def _say_again(
    tables: Tables,
    state: ClientState,
    group: str,
    said: tuple[GroupEntry, GroupEntry, Sequence[Event]],
) -> set[date]:
    entry, fresh, members = said
    newest = max(entry, fresh, key=_newness)
    kept = msgspec.structs.replace(newest, dates=entry.dates, firsts=fresh.firsts)
    first = fresh.firsts[fresh.content]
    if first == entry.firsts[entry.content]:
        save(tables.groups, f"{state.client}|{group}", kept)
        return set()
    return _replace(tables, state, group, (entry, kept, _stamped(members, first)))


def _replace(
    tables: Tables,
    state: ClientState,
    group: str,
    said: tuple[GroupEntry | None, GroupEntry, Sequence[Event]],
) -> set[date]:
    entry, fresh, members = said
    before = set(entry.dates) if entry else set()
    removed = [gone for day in before for gone in _remove(tables, state.client, day, group)]
    forget_words(tables, state.client, removed)
    places = {event.id: where(event) | named_dates(tables, state, event) for event in members}
    keep_words(tables, state, members)
    words = words_on(tables, state, members)
    after = set().union(*places.values())
    for utc_date in after:
        here = [event for event in members if utc_date in places[event.id]]
        fold_into(tables, day_key(state.client, utc_date), [*here, *words])
    state.oldest = min(filter(None, (state.oldest, *after)))
    state.newest = max(filter(None, (state.newest, *after)))
    for word in words:
        _lies_on(tables, state.client, word, after)
    key = f"{state.client}|{group}"
    save(tables.groups, key, msgspec.structs.replace(fresh, dates=tuple(sorted(after))))
    return before | after


def _lies_on(tables: Tables, client: str, word: Event, places: set[date]) -> None:
    """Note that a word lies on more dates: those of what it names."""
    key = f"{client}|{word.group}"
    entry = load(tables.groups, key, GroupEntry)
    if entry is not None:
        lies = tuple(sorted(places.union(entry.dates)))
        save(tables.groups, key, msgspec.structs.replace(entry, dates=lies))


def fold_into(tables: Tables, key: str, events: Sequence[Event]) -> bool:
    """Fold events into the pieces under a key and return whether that changed them."""
    before = load(tables.pieces, key, Pieces) or Pieces()
    after = fold_events(before, events)
    return after is not before and save(tables.pieces, key, after)


def _remove(tables: Tables, client: str, utc_date: date, group: str) -> list[Event]:
    """Take a group's events off a date and return them."""
    key = day_key(client, utc_date)
    pieces = load(tables.pieces, key, Pieces)
    if pieces is None:
        return []
    save(tables.pieces, key, remove_group(pieces, group))
    return [event for event in (*pieces.events, *pieces.tombstones) if event.group == group]


def _content(members: Iterable[Event]) -> str:
    said = sorted(f"{event.id} {event.revision}" for event in members)
    return sha256("\n".join(said).encode()).hexdigest()[:HASH]


def _moments(members: Iterable[Event]) -> Moments:
    return min((event.received_at, event.observed_at) for event in members)


def _stamped(members: Iterable[Event], first: Moments) -> list[Event]:
    """Return the events as they were when this was first said."""
    received_at, observed_at = first
    return [
        event
        if (event.received_at, event.observed_at) == first
        else msgspec.structs.replace(event, received_at=received_at, observed_at=observed_at)
        for event in members
    ]


def _entry(members: Sequence[Event], content: str, firsts: dict[str, Moments]) -> GroupEntry:
    return GroupEntry(
        observed_at=max(event.observed_at for event in members),
        revision=max(event.revision for event in members),
        received_at=min(event.received_at for event in members),
        dates=(),
        content=content,
        firsts=firsts,
    )


def _newness(entry: GroupEntry) -> tuple[datetime, str, str]:
    return entry.observed_at, entry.revision, entry.content
