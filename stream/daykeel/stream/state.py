"""What a stream has left on the log: its tables, what is not scored, the next checks."""

from collections.abc import Iterator
from datetime import datetime

from daykeel.events.codec import decode
from daykeel.log.protocol import Position, Record
from daykeel.log.sqlite import SqliteLog
from daykeel.log.topics import GROUPS, QUARANTINE
from daykeel.pipeline.score import Outputs, score
from daykeel.pipeline.state import ClientState, Tables
from daykeel.stream.checks import Checks
from daykeel.stream.progress import Progress
from daykeel.stream.tables import NAMES

GROUP = "stream"
SCORED = "scored"
AT_ONCE = 10_000


def changelog(name: str) -> str:
    """Return the topic of a table's changelog."""
    return f"{GROUP}-{name}-changelog"


def tables_of(log: SqliteLog) -> Tables:
    """Return what the stream's tables hold, as dicts: for comparing with batch."""
    return Tables(**{name: _table(log, name) for name in NAMES})


def state_at(log: SqliteLog, as_of: datetime) -> tuple[Tables, dict[str, Outputs]]:
    """Return the tables brought up to `as_of`, and by client what that changed.

    In a settled stream it changes only the nights in progress, which hold what is known of them
    up to the instant of their score. So it is these tables that batch is to be compared with.
    """
    tables = tables_of(log)
    return tables, {client: score(tables, client, as_of) for client in sorted(tables.clients)}


def _table(log: SqliteLog, name: str) -> dict[str, bytes]:
    return {
        record.key.decode(): record.value
        for at, head in log.heads((changelog(name),)).items()
        for record in _between(log, at, 0, head)
        if record.value is not None
    }


def checks(log: SqliteLog) -> Checks:
    """Return when each client must be scored though nothing arrives."""
    found = Checks()
    for client, value in _table(log, "clients").items():
        found.put(client, decode(ClientState, value).next_check)
    return found


def unscored(log: SqliteLog) -> Progress:
    """Return which records are folded and not scored, as the last transaction left it."""
    folded, scored = log.committed(GROUP), log.committed(SCORED)
    heads = log.heads(GROUPS[SCORED])
    progress = Progress({at: folded.get(at, 0) for at in heads})
    for at in heads:
        for record in _between(log, at, scored.get(at, 0), folded.get(at, 0)):
            progress.fold(at, record.offset, client_of(record))
    return progress


def quarantined(log: SqliteLog) -> dict[str, int]:
    """Return how many bytes quarantine holds of each client."""
    return {key.decode(errors="replace"): size for key, size in log.sizes(QUARANTINE).items()}


def client_of(record: Record) -> str:
    """Return whose record it is: the key is the client, or begins with it."""
    return record.key.decode(errors="replace").partition("|")[0]


def _between(log: SqliteLog, at: Position, first: int, stop: int) -> Iterator[Record]:
    while first < stop:
        records = log.fetch(at, first, min(AT_ONCE, stop - first))
        yield from (record for record in records if record.offset < stop)
        first = records[-1].offset + 1 if records else stop
