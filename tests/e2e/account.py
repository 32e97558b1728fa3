"""What became of every message that somebody acknowledged: each is accounted for once."""

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from installation import Installation
from people import quarantined, raws
from sender import BAD, DEEP, KEPT, LARGE, STRANGER, UNWANTED, Said

from daykeel.events.event import RawRecord
from daykeel.log.tally import MEMO, tally_of

Identity = tuple[str, bytes]
"""Topic and payload."""

CLASS = {
    KEPT: "accepted",
    BAD: "quarantined",
    DEEP: "refused",
    LARGE: "refused",
    STRANGER: "refused",
    UNWANTED: "dropped without consent",
}
COUNTED = {STRANGER: "unknown_device", UNWANTED: "no_consent"}
"""What leaves no record, by the reason under which it is counted."""


@dataclass
class Account:
    """How many distinct messages were acknowledged, and as what they are found."""

    acknowledged: int = 0
    classes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lost: int = 0
    """Of those acknowledged by Mosquitto just before it was killed."""
    at_risk: int = 0
    """How many those were."""
    twice: int = 0
    """Counted more than once: Mosquitto took them, was killed, and devices sent them again."""
    repeatable: int = 0
    """Of what is only counted, how much may have been."""
    problems: list[str] = field(default_factory=list)


def account(
    home: Installation,
    said: Sequence[Said],
    *,
    may_be_lost: Callable[[Said], bool],
    may_come_twice: Callable[[Said], bool],
) -> Account:
    """Return what became of everything that was said.

    Parameters
    ----------
    may_be_lost
        Whether a broker that was killed may have forgotten what it acknowledged.
    may_come_twice
        Whether a broker that was killed may have taken it before, and does not know that.
    """
    acked = {}
    for one in said:
        if one.acked is not None and not one.is_refused:
            acked.setdefault(one.identity, one)
    found = Account(acknowledged=len(acked))
    found.at_risk = sum(may_be_lost(one) for one in acked.values())
    traces = _traces(home)
    for one in acked.values():
        if one.kind in COUNTED:
            continue
        seen = traces.get(_trace(one.raw.topic, sha256(one.raw.payload).hexdigest()), set())
        if seen == {CLASS.get(one.kind)}:
            found.classes[CLASS[one.kind]] += 1
        elif not seen and may_be_lost(one):
            found.lost += 1
        else:
            found.problems.append(
                f"{one.kind} is found as {sorted(seen)}: {one.raw.payload[:60]!r}"
            )
    _count(home, found, said, may_be_lost, may_come_twice)
    return found


def _count(
    home: Installation,
    found: Account,
    said: Sequence[Said],
    may_be_lost: Callable[[Said], bool],
    may_come_twice: Callable[[Said], bool],
) -> None:
    """Compare what is counted on the log with what left nothing else there."""
    counts = tally_of(home.log.memo(MEMO)).counts
    for kind, reason in COUNTED.items():
        acked = [one for one in said if one.kind == kind and one.acked is not None]
        least = sum(not may_be_lost(one) for one in acked)
        repeatable = sum(may_come_twice(one) for one in acked)
        most = len(acked) + repeatable
        found.repeatable += repeatable
        count = counts.get(reason, 0)
        if not least <= count <= most:
            found.problems.append(f"{reason}: {count} counted, from {least} to {most} possible")
        found.classes[CLASS[kind]] += min(count, len(acked))
        found.lost += max(len(acked) - count, 0)
        found.twice += max(count - len(acked), 0)


def _traces(home: Installation) -> dict[tuple[str, str], set[str]]:
    """Return as what each message is found: on the log, and there or in quarantine refused."""
    found: dict[tuple[str, str], set[str]] = {}
    for raw in raws(home):
        found[_trace_of(raw)] = {"accepted"}
    for note in quarantined(home):
        digest = note.sha256 or sha256(note.raw.payload).hexdigest()
        name = "quarantined" if note.stage == "adapter" else "refused"
        kinds = found.setdefault(_trace(note.raw.topic, digest), set())
        if note.stage == "adapter":
            kinds.discard("accepted")
        kinds.add(name)
    return found


def _trace_of(raw: RawRecord) -> tuple[str, str]:
    return _trace(raw.topic, sha256(raw.payload).hexdigest())


def _trace(topic: str, digest: str) -> tuple[str, str]:
    return topic, digest
