"""What group `stream` commits besides its offsets, in the text Kafka keeps with each of them.

One commit of the group then says at once how far is folded, how far is scored and up to which
instant timers have fired.
"""

import json
from collections.abc import Iterable, Mapping


def encode(scored: int | None, marks: Mapping[str, float]) -> str:
    """Return the text to commit with an offset; an empty one says nothing.

    Parameters
    ----------
    scored
        Offset before which everything of the partition is scored; None where nothing is scored.
    marks
        Progress marks of the partition, by name.

    Examples
    --------
    >>> encode(123, {"stream.timers": 1771234567.5})
    '{"scored":123,"marks":{"stream.timers":1771234567.5}}'
    >>> encode(None, {})
    ''
    """
    said: dict[str, object] = {}
    if scored is not None:
        said["scored"] = scored
    if marks:
        said["marks"] = dict(marks)
    return json.dumps(said, separators=(",", ":")) if said else ""


def decode(text: str) -> tuple[int | None, dict[str, float]]:
    """Return what `encode` was given.

    >>> decode('{"scored":123}')
    (123, {})
    >>> decode("")
    (None, {})
    """
    said = json.loads(text) if text else {}
    return said.get("scored"), dict(said.get("marks", {}))


def least(marks: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return of each mark the least value, of those alone that every partition has.

    >>> least([{"a": 2.0, "b": 1.0}, {"a": 1.5}])
    {'a': 1.5}
    """
    of_all = list(marks)
    names = set.intersection(*(set(one) for one in of_all)) if of_all else set()
    return {name: min(one[name] for one in of_all) for name in sorted(names)}
