"""Looks through everything that leaves for anything that tells of somebody: one list for all."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date

from daykeel.alerting.wording import TITLES
from daykeel.records.post import Post
from daykeel.rhythm.registry import MEASURES

KINDS = {form for kind in TITLES for form in (kind, kind.replace("_", " "), kind.replace("_", "-"))}
SCORED = {*MEASURES, "sri", "srm", "srm5", "sjl", "cpd", "cosinor", "dlmo"}
"""Kinds and measures: they stand nowhere, in no log either."""
WORDS = {
    *(part for one in (*TITLES, *MEASURES) for part in re.split(r"[._]", one) if len(part) > 2),
    *("severity", "watch", "score", "night", "nights", "rhythm", "drifted", "episode"),
    *("bipolar", "diagnosis", "depression", "mania", "patient"),
}
"""What a letter needs none of; a log speaks of errors and offsets."""
STAMP = re.compile(r"<[0-9a-f]{32}@|^date: .*$|\b\d+\.\d m?s$", re.MULTILINE)
"""Marks and the day on which a mail was sent, and how long a request took, in any number."""
SHORTEST = 4
"""Characters of a number that is not there by chance."""


@dataclass(frozen=True)
class Secrets:
    """What must not leave, by kind."""

    names: Iterable[str] = ()
    """Of people, and of their accounts; ids of clients, accounts and alerts."""
    nights: Iterable[date] = ()
    scores: Iterable[float] = ()
    addresses: Iterable[str] = ()
    """Where letters go; only the letter itself may say so."""
    links: Iterable[str] = ()
    """Random parts of links that were made; no log may hold one."""


def told_by(
    outputs: Mapping[str, Iterable[bytes | str]], secrets: Secrets
) -> list[tuple[str, str]]:
    """Return (output, secret) of everything that was found; `logs` are an output like others."""
    found = []
    for output, parts in outputs.items():
        text = "\n".join(_text(one) for one in parts).casefold()
        hidden = [*secrets.addresses, *secrets.links] if output == "logs" else ()
        found += [(output, one) for one in (*secrets.names, *hidden) if one.casefold() in text]
        for link in () if output == "logs" else secrets.links:
            text = text.replace(link.casefold(), "")
        text = STAMP.sub("", text)
        found += [(output, one) for one in _words(output, secrets) if _stands_in(one, text)]
    return found


def _text(part: bytes | str) -> str:
    return part.decode() if isinstance(part, bytes) else part


def _words(output: str, secrets: Secrets) -> Iterator[str]:
    yield from sorted(KINDS | SCORED if output == "logs" else KINDS | SCORED | WORDS)
    for night in secrets.nights:
        yield from _dates(night)
    for score in secrets.scores:
        yield from {one for one in (repr(score), f"{score:.2f}", f"{score:.1f}") if is_telling(one)}


def is_telling(number: str) -> bool:
    """Return whether a number has digits enough to be that score and no other."""
    return len(number) >= SHORTEST and not number.endswith(".0")


def _dates(night: date) -> Iterator[str]:
    yield night.isoformat()
    for form in ("%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"):
        yield night.strftime(form)
    for month in (night.strftime("%b"), night.strftime("%B")):
        yield from (f"{night.day} {month}", f"{month} {night.day}")


def _stands_in(word: str, text: str) -> bool:
    """Return whether a word stands in a text by itself, or joined to others by a sign."""
    return re.search(rf"(?<![a-z0-9]){re.escape(word.casefold())}(?![a-z0-9])", text) is not None


def links_in(post: Post, left: Iterable[bytes]) -> set[str]:
    """Return the random parts of the links in what left, of those alone that lead to a letter."""
    found = {one for each in left for one in re.findall(r"/n/([\w-]+)", each.decode())}
    return {one for one in found if post.behind(one) is not None}


def floats(value: object) -> Iterator[float]:
    """Yield every number with a fraction that a value holds anywhere."""
    if isinstance(value, float):
        yield value
    elif is_dataclass(value):
        yield from (one for each in fields(value) for one in floats(getattr(value, each.name)))
    elif isinstance(value, Mapping):
        yield from (one for each in value.values() for one in floats(each))
    elif isinstance(value, (tuple, list)):
        yield from (one for each in value for one in floats(each))
