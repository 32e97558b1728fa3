"""Where a worker stands that has been handed partitions: what their tables say, what is open."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from daykeel.events.codec import decode
from daykeel.log.kafka import KafkaLog
from daykeel.log.kafka_metadata import decode as read
from daykeel.log.protocol import Position
from daykeel.log.topics import CHANGELOG, GROUPS
from daykeel.pipeline.state import ClientState
from daykeel.stream.checks import Checks
from daykeel.stream.kafka.account import Said
from daykeel.stream.kafka.shelf import Shelf
from daykeel.stream.progress import Progress
from daykeel.stream.state import GROUP, SCORED, changelog_key, checks, patient, progress_of

AT_ONCE = 2_000


class Standing(NamedTuple):
    """What a worker needs to go on with some partitions."""

    stored: Mapping[Position, Said]
    starts: Mapping[Position, int]
    """Where retention has left the partitions beginning."""
    progress: Progress
    checks: Checks
    unscored: frozenset[str]
    """Clients to be scored first of all."""
    patient: frozenset[str]
    """Those of them who can wait for everybody else."""


def stand(log: KafkaLog, shelf: Shelf, partitions: Sequence[int]) -> Standing:
    """Bring the shelf up to the changelog's ends and return where the partitions stand."""
    for partition in partitions:
        catch_up(log, shelf, partition)
    stored = _stored(log, partitions)
    progress = _progress(log, stored)
    states = _clients(shelf, partitions)
    dirty = {state.client for state in states if state.dirty or state.everything}
    starts = {at: start for at, start in log.starts(GROUPS[GROUP]).items() if at in stored}
    unscored = frozenset(progress.clients() | dirty)
    return Standing(stored, starts, progress, checks(states), unscored, frozenset(patient(states)))


def catch_up(log: KafkaLog, shelf: Shelf, partition: int) -> None:
    """Apply what the changelog says beyond what is on the shelf."""
    at = (CHANGELOG.name, partition)
    head = log.heads((CHANGELOG.name,))[at]
    if shelf.stop(partition) > head:
        shelf.clear(partition)
    while (first := shelf.stop(partition)) < head:
        records = log.fetch(at, first, AT_ONCE)
        stop = records[-1].offset + 1 if records else head
        shelf.put(partition, [(one.key, one.value) for one in records], stop)


def _stored(log: KafkaLog, partitions: Iterable[int]) -> dict[Position, Said]:
    found = log.said(GROUP)
    stored = {}
    for topic in GROUPS[GROUP]:
        for partition in partitions:
            folded, text = found.get((topic, partition), (0, ""))
            scored, marks = read(text)
            is_scored = topic in GROUPS[SCORED]
            stored[topic, partition] = Said(folded, (scored or 0) if is_scored else None, marks)
    return stored


def _progress(log: KafkaLog, stored: Mapping[Position, Said]) -> Progress:
    """Return which records are folded and not scored."""
    said = {at: one for at, one in stored.items() if at[0] in GROUPS[SCORED]}
    folded = {at: one.folded for at, one in said.items()}
    return progress_of(log, folded, {at: one.scored or 0 for at, one in said.items()})


def _clients(shelf: Shelf, partitions: Iterable[int]) -> list[ClientState]:
    """Return what the worker knows of each client of the partitions."""
    prefix = changelog_key("clients", b"")
    return [decode(ClientState, one) for part in partitions for one in shelf.values(part, prefix)]
