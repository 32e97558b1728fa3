"""What ingest takes and leaves no record of is counted: how many for which reason, nothing else.

A count is written before the sender is told that its message was taken, so after a kill a message
may come that is counted already. MQTT says of such a one that it may have been sent before, and
by which number: of the last deliveries counted a few bytes made of session and number remain,
and nothing of what they said or when they came.
"""

import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from daykeel.log.protocol import Memo

MEMO = "ingest"
"""The name under which a log keeps it."""

REMEMBERED = 600
"""Deliveries that are known when they come again. As text they fit beside an offset on Kafka."""

_TAG = 4


class Delivery(NamedTuple):
    """One attempt to hand over a message of quality of service 1."""

    session: str
    """Of the sender; numbers mean something within it only."""
    number: int
    is_again: bool
    """Whether the sender may have sent it before under this number."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages were taken and left no record, by reason."""

    counts: Mapping[str, int] = field(default_factory=dict)
    recent: tuple[bytes, ...] = ()
    """Tags of the deliveries counted last, oldest first."""

    def plus(self, taken: Iterable[tuple[str, Delivery | None]]) -> "Tally":
        """Return the tally with these counted too, each of them once.

        Parameters
        ----------
        taken
            Reason and delivery; no delivery where the sender waits for no answer.

        Examples
        --------
        >>> first, again = Delivery("d-1", 7, False), Delivery("d-1", 7, True)
        >>> Tally().plus([("no_consent", first)]).plus([("no_consent", again)]).counts
        {'no_consent': 1}
        """
        counts, recent = Counter(self.counts), dict.fromkeys(self.recent)
        for reason, delivery in taken:
            tag = None if delivery is None else _tag(delivery)
            if delivery is None or not (delivery.is_again and tag in recent):
                counts[reason] += 1
            if tag is not None:
                recent.pop(tag, None)
                recent[tag] = None
        return Tally(dict(counts), tuple(recent)[-REMEMBERED:])

    def memo(self) -> Memo:
        """Return it as a log keeps it."""
        recent = b64encode(b"".join(self.recent)).decode()
        said = {"counts": dict(self.counts), "recent": recent}
        return Memo(MEMO, json.dumps(said, separators=(",", ":")))


def tally_of(text: str) -> Tally:
    """Return what `Tally.memo` was made of; of an empty text an empty one.

    >>> tally_of("").counts
    {}
    """
    if not text:
        return Tally()
    said = json.loads(text)
    tags = b64decode(said["recent"])
    recent = tuple(tags[at : at + _TAG] for at in range(0, len(tags), _TAG))
    return Tally(dict(said["counts"]), recent)


def _tag(delivery: Delivery) -> bytes:
    named = f"{delivery.number} {delivery.session}".encode()
    return blake2b(named, digest_size=_TAG).digest()
