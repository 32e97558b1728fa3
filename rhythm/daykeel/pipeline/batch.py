"""The whole State from raw records at once: what the stream must equal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from daykeel.events.codec import encode
from daykeel.events.event import Quarantined, RawRecord
from daykeel.pipeline.command import apply
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import Outputs, score
from daykeel.pipeline.state import Command, SentClient, SentDay, Tables
from daykeel.pipeline.tables import day_key, known_days, load, load_client


@dataclass(frozen=True, slots=True)
class Batch:
    """What a set of raw records and commands comes to."""

    tables: Tables
    outputs: dict[str, Outputs]
    """By client: everything, since nothing was sent before."""
    quarantined: tuple[Quarantined, ...]


def empty_tables() -> Tables:
    """Return tables in memory."""
    return Tables(clients={}, pieces={}, groups={}, days={}, outputs={})


def batch(raws: Iterable[RawRecord], commands: Iterable[Command], as_of: datetime) -> Batch:
    """Return what the records and commands come to at `as_of`, in whatever order they stand.

    >>> from datetime import UTC, datetime
    >>> batch([], [], datetime(2026, 1, 1, tzinfo=UTC)).outputs
    {}
    """
    tables = empty_tables()
    for command in commands:
        apply(tables, command)
    refused = [
        refusal
        for offset, raw in enumerate(raws)
        for refusal in fold(
            tables, raw, partition=0, offset=offset, incarnation="batch"
        ).quarantined
    ]
    outputs = {client: score(tables, client, as_of) for client in sorted(tables.clients)}
    return Batch(tables, outputs, tuple(refused))


def state_digest(tables: Tables, client: str) -> str:
    """Return a hash of a client's State: day records, scores, signals, baselines.

    Versions of nights are History and do not count.
    """
    state = load_client(tables, client)
    whole = sha256()
    for day, record in known_days(tables, state).items():
        sent = load(tables.outputs, day_key(client, day), SentDay) or SentDay()
        whole.update(encode((record, sent.scores)))
    signals = load(tables.outputs, f"{client}|", SentClient) or SentClient()
    whole.update(encode((signals.signals, signals.baselines)))
    return whole.hexdigest()
