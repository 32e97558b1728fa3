"""Tombstones and corrections, which name another group or event and may come before it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from daykeel.events.event import Event
from daykeel.events.pieces import Pieces
from daykeel.pipeline.place import WORDS
from daykeel.pipeline.state import ClientState, GroupEntry, Tables, Words
from daykeel.pipeline.tables import dates, day_key, load, save


def keep_words(tables: Tables, state: ClientState, events: Iterable[Event]) -> None:
    """Keep the words among some events under what they name, for when that arrives or moves."""
    for event in events:
        if event.kind in WORDS:
            kept = {one.id: one for one in _words(tables, state.client, event.value["of"])}
            kept[event.id] = event
            _save(tables, state.client, event.value["of"], kept)
            state.has_words = True


def forget_words(tables: Tables, client: str, events: Iterable[Event]) -> None:
    """Forget the words among some events, which something newer replaces."""
    for event in events:
        if event.kind in WORDS:
            kept = {one.id: one for one in _words(tables, client, event.value["of"])}
            if kept.pop(event.id, None) is not None:
                _save(tables, client, event.value["of"], kept)


def words_on(tables: Tables, state: ClientState, events: Sequence[Event]) -> list[Event]:
    """Return the words that name some events or their groups, and the words on those words."""
    found: dict[str, Event] = {}
    new = list(events) if state.has_words else []
    while new:
        names = {name for event in new for name in (event.id, event.group)}
        said = [word for name in sorted(names) for word in _words(tables, state.client, name)]
        new = [word for word in said if word.id not in found]
        found.update({word.id: word for word in new})
    return list(found.values())


def corrected_groups(tables: Tables, state: ClientState, corrections: Iterable[Event]) -> set[str]:
    """Return the groups that some corrections act on, also those that act on another one."""
    found: set[str] = set()
    passed: set[str] = set()
    words = list(corrections)
    while words:
        named = named_events(tables, state, words)
        names = {word.value["of"] for word in words} - passed
        passed |= names
        words = []
        for name in sorted(names):
            entry = load(tables.groups, f"{state.client}|{name}", GroupEntry)
            places = entry.dates if entry else sorted(named.get(name, ()))
            for event in lying(tables, state, name, places):
                if event.kind in WORDS:
                    words.append(event)
                else:
                    found.add(event.group)
    return found


def lying(tables: Tables, state: ClientState, name: str, places: Iterable[date]) -> Iterator[Event]:
    """Yield what has an id or group and lies on some dates, once for each of them."""
    for utc_date in places:
        pieces = load(tables.pieces, day_key(state.client, utc_date), Pieces) or Pieces()
        said = (*pieces.events, *pieces.tombstones)
        yield from (one for one in said if name in (one.id, one.group))


def named_dates(
    tables: Tables, state: ClientState, word: Event, events: Mapping[str, set[date]]
) -> set[date]:
    """Return the dates of what a word names, if that has arrived; none for other events.

    Parameters
    ----------
    events
        Of `named_events`.
    """
    if word.kind not in WORDS:
        return set()
    name = word.value["of"]
    entry = load(tables.groups, f"{state.client}|{name}", GroupEntry)
    return set(entry.dates) if entry else set(events.get(name, ()))


def named_events(
    tables: Tables, state: ClientState, said: Iterable[Event]
) -> Mapping[str, set[date]]:
    """Return the dates of each single event that some words name, by its id.

    Where an event lies is not kept, so all dates are looked through, once for all the words.
    """
    found: dict[str, set[date]] = {}
    names = {event.value["of"] for event in said if event.kind in WORDS}
    names = {name for name in names if tables.groups.get(f"{state.client}|{name}") is None}
    if not names or state.oldest is None or state.newest is None:
        return found
    for utc_date in dates(state.oldest, state.newest):
        pieces = load(tables.pieces, day_key(state.client, utc_date), Pieces) or Pieces()
        for event in (*pieces.events, *pieces.tombstones):
            if event.id in names:
                found.setdefault(event.id, set()).add(utc_date)
    return found


def _words(tables: Tables, client: str, name: str) -> list[Event]:
    words = load(tables.groups, f"{client}|of|{name}", Words)
    return words.events if words else []


def _save(tables: Tables, client: str, name: str, words: dict[str, Event]) -> None:
    save(tables.groups, f"{client}|of|{name}", Words([words[key] for key in sorted(words)]))
