"""What a stream has left on the log: its tables, what is not scored, the next checks."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from daykeel.events.codec import decode
from daykeel.log.protocol import Log, Position, Record
from daykeel.log.topics import CHANGELOG, GROUPS
from daykeel.pipeline.score import Outputs, score
from daykeel.pipeline.state import ClientState, Tables
from daykeel.stream.checks import Checks
from daykeel.stream.progress import Progress
from daykeel.stream.tables import NAMES

GROUP = "stream"
SCORED = "scored"
AT_ONCE = 10_000


def changelog_key(table: str, key: bytes) -> bytes:
    r"""Return the key under which all tables of a partition lie on one changelog.

    >>> changelog_key("clients", b"c-1")
    b'clients\x00c-1'
    """
    return table.encode() + b"\0" + key


def changelog(name: str) -> str:
    """Return the topic of a table's changelog."""
    return f"{GROUP}-{name}-changelog"


def tables_of(log: Log) -> Tables:
    """Return what the stream's tables hold, as dicts: for comparing with batch."""
    found = {name: _table(log, name) for name in NAMES}
    for key, value in _last(log, CHANGELOG.name).items():
        name, _, own = key.partition(b"\0")
        found[name.decode()][own.decode()] = value
    return Tables(**found)


def state_at(log: Log, as_of: datetime) -> tuple[Tables, dict[str, Outputs]]:
    """Return the tables brought up to `as_of`, and by client what that changed.

    In a settled stream it changes only the nights in progress, which hold what is known of them
    up to the instant of their score. So it is these tables that batch is to be compared with.
    """
    tables = tables_of(log)
    return tables, {client: score(tables, client, as_of) for client in sorted(tables.clients)}


def _table(log: Log, name: str) -> dict[str, bytes]:
    """Return what a changelog of the table's own says, where it has one."""
    return {key.decode(): value for key, value in _last(log, changelog(name)).items()}


def _last(log: Log, topic: str) -> dict[bytes, bytes]:
    """Return the last value of each key of a topic, if it is there."""
    found: dict[bytes, bytes | None] = {}
    for at, head in log.heads((topic,)).items():
        found |= {record.key: record.value for record in between(log, at, 0, head)}
    return {key: value for key, value in found.items() if value is not None}


def clients(log: Log) -> list[ClientState]:
    """Return what the stream knows of each client, where their table has its own changelog."""
    return [decode(ClientState, value) for value in _table(log, "clients").values()]


def checks(states: Iterable[ClientState]) -> Checks:
    """Return when each client must be scored though nothing arrives."""
    found = Checks()
    for state in states:
        found.put(state.client, state.next_check)
    return found


def patient(states: Iterable[ClientState]) -> set[str]:
    """Return the clients who are to be computed anew, and can wait for everybody else."""
    return {state.client for state in states if state.anew}


def unscored(log: Log) -> Progress:
    """Return which records are folded and not scored, as the last transaction left it."""
    folded = log.committed(GROUP)
    heads = log.heads(GROUPS[SCORED])
    return progress_of(log, {at: folded.get(at, 0) for at in heads}, log.committed(SCORED))


def progress_of(
    log: Log, folded: Mapping[Position, int], scored: Mapping[Position, int]
) -> Progress:
    """Return which records are folded and not scored, given how far each partition is."""
    progress = Progress(folded)
    for at, stop in folded.items():
        for record in between(log, at, scored.get(at, 0), stop):
            progress.fold(at, record.offset, client_of(record))
    return progress


def client_of(record: Record) -> str:
    """Return whose record it is: the key is the client, or begins with it."""
    return record.key.decode(errors="replace").partition("|")[0]


def between(log: Log, at: Position, first: int, stop: int) -> Iterator[Record]:
    """Yield the records of a partition from offset `first` up to `stop`."""
    while first < stop:
        records = log.fetch(at, first, min(AT_ONCE, stop - first))
        yield from (record for record in records if record.offset < stop)
        first = records[-1].offset + 1 if records else stop
