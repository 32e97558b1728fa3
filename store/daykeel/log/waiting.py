"""Since when the readers of a log have had something to do."""

from daykeel.log.protocol import Log
from daykeel.log.topics import GROUPS


def oldest_waiting(log: Log, group: str) -> float | None:
    """Return the timestamp of the oldest record that waits for a group; None if none does."""
    done = log.committed(group)
    stamps = [
        found[0].timestamp
        for at, head in log.heads(GROUPS[group]).items()
        if (first := done.get(at, 0)) < head and (found := log.fetch(at, first, 1))
    ]
    return min(stamps, default=None)
