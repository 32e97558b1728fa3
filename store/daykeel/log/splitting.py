"""Large uploads as several raw records, which are small enough for any log and say the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from daykeel.events.event import Adapted, RawRecord
from daykeel.sources.payload import BadPayload, read_json
from daykeel.sources.registry import adapt

LARGEST = 900_000
"""Bytes of a payload that is not split."""

Path = tuple[str | int, ...]
"""Where a list lies: keys of objects and places in arrays, from the outside."""

Tree = dict[str | int, "Tree | None"]
"""Where several lie: what is within each step; None is a list."""


def split(raw: RawRecord, *, largest: int = LARGEST) -> list[RawRecord]:
    """Return the record, or several instead of it that come to exactly the same events.

    Each part holds some rows of the payload's lists and all that is around them. A payload
    without such lists stays whole, and so does one whose rows must be read together: where two
    rows that tell of one thing would come into different parts.

    Parameters
    ----------
    raw
        As it came.
    largest
        Bytes of a payload that is not split, and of a part if no row alone is larger.
    """
    if len(raw.payload) <= largest:
        return [raw]
    try:
        said = read_json(raw.payload)
    except BadPayload:
        return [raw]
    paths = list(_lists(raw.adapter, said))
    payloads = _payloads(said, paths, largest)
    parts = [msgspec.structs.replace(raw, payload=one) for one in payloads]
    return parts if _say_the_same(raw, parts) else [raw]


def _lists(adapter: str, said: Any) -> Iterator[Path]:
    """Yield where the lists lie whose rows an adapter reads one by one."""
    match adapter, said:
        case "daykeel", list():
            yield ()
        case "health_connect", dict():
            yield from _members(said)
        case "health_auto_export", {"data": dict(data)}:
            for name in data:
                yield from _of_export(name, data[name])


def _members(said: Mapping[str, Any], before: Path = ()) -> Iterator[Path]:
    yield from ((*before, name) for name, value in said.items() if isinstance(value, list))


def _of_export(name: str, value: Any) -> Iterator[Path]:
    if not isinstance(value, list):
        return
    if name != "metrics":
        yield ("data", name)
        return
    for at, metric in enumerate(value):
        if isinstance(metric, dict) and isinstance(metric.get("data"), list):
            yield ("data", name, at, "data")


def _payloads(said: Any, paths: Sequence[Path], largest: int) -> list[bytes]:
    """Return payloads that hold the rows in their order, as many in each as there is room for."""
    lists = _tree(paths)
    around = _emptied(said, lists)
    empty = _length(around)
    if 2 * empty > largest:  # each part would be little else
        return []
    found, size = [around], empty
    for path in paths:
        for row in _at(said, path):
            length = _length(row) + 1
            if size + length > largest and size > empty:
                found.append(_emptied(around, lists))
                size = empty
            _at(found[-1], path).append(row)
            size += length
    return [msgspec.json.encode(one) for one in found]


def _length(value: Any) -> int:
    return len(msgspec.json.encode(value))


def _emptied(said: Any, lists: Tree | None) -> Any:
    """Return a copy of what lies around the lists, with nothing in them."""
    if lists is None:
        return []
    if isinstance(said, dict):
        return {key: _emptied(value, lists.get(key, {})) for key, value in said.items()}
    if isinstance(said, list) and lists:
        return [_emptied(value, lists.get(at, {})) for at, value in enumerate(said)]
    return said


def _tree(paths: Sequence[Path]) -> Tree | None:
    """Return the paths by their steps; of many lists each is then found at once."""
    if () in paths:
        return None
    tree: Tree = {}
    for path in paths:
        *before, last = path
        branch: Any = tree
        for step in before:
            branch = branch.setdefault(step, {})
        branch[last] = None
    return tree


def _at(said: Any, path: Path) -> Any:
    for step in path:
        said = said[step]
    return said


def _say_the_same(raw: RawRecord, parts: Sequence[RawRecord]) -> bool:
    """Return whether the parts come to what the whole does, and nothing is told in two of them."""
    if len(parts) < 2:  # noqa: PLR2004  one part is the whole
        return False
    whole, several = adapt(raw), [adapt(part) for part in parts]
    groups = [{event.group for event in _events(one)} for one in several]
    return (
        sum(map(len, groups)) == len(set().union(*groups))
        and _by_id(_events(whole)) == _by_id(event for one in several for event in _events(one))
        and set(whole.rejects) == {reject for one in several for reject in one.rejects}
        and not whole.fetches
    )


def _events(adapted: Adapted) -> Iterator[Any]:
    yield from adapted.events
    yield from adapted.internal


def _by_id(events: Iterator[Any]) -> list[Any]:
    return sorted(events, key=lambda event: event.id)
