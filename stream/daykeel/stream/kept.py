"""The stream's tables for who only looks: one client of one moment, wherever the log lies."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from daykeel.events.codec import decode
from daykeel.log.open import open_kafka_log, open_sqlite_log
from daykeel.log.topics import KAFKA_PARTITIONS, SQLITE_PARTITIONS, partition_of
from daykeel.pipeline.state import ClientState, Tables
from daykeel.stream.state import changelog, changelog_key, clients
from daykeel.stream.tables import NAMES, Overlay


@dataclass(frozen=True, slots=True)
class Kept:
    """What the tables hold; nothing that is done to a client's tables is kept."""

    clients: tuple[str, ...]
    """All of whom anything is known, by id."""
    _value: Callable[[str, str, bytes], bytes | None]
    """Of a table, of the client of a key, the value."""
    _moment: Callable[[], AbstractContextManager[None]]
    """What is read within is of one moment."""

    @contextmanager
    def tables(self, client: str) -> Iterator[Tables]:
        """Give the tables, to be read for this client alone."""
        with self._moment():
            yield Tables(**{name: Overlay(self._reader(name, client)) for name in NAMES})

    def _reader(self, name: str, client: str) -> Callable[[bytes], bytes | None]:
        return lambda key: self._value(name, client, key)


@contextmanager
def kept(log_url: str) -> Iterator[Kept]:
    """Give what the tables hold on a log.

    On Kafka it is read into a temporary folder first, as a worker without tables does.
    """
    on = _on_kafka if log_url.startswith("kafka:") else _on_sqlite
    with on(log_url) as found:
        yield found


@contextmanager
def _on_sqlite(log_url: str) -> Iterator[Kept]:
    with closing(open_sqlite_log(log_url)) as log:

        def value(name: str, client: str, key: bytes) -> bytes | None:
            return log.value((changelog(name), partition_of(client, SQLITE_PARTITIONS)), key)

        known = tuple(sorted(state.client for state in clients(log)))
        yield Kept(known, value, log.snapshot)


@contextmanager
def _on_kafka(log_url: str) -> Iterator[Kept]:
    from daykeel.stream.kafka.shelf import Shelf  # noqa: PLC0415  needs RocksDB
    from daykeel.stream.kafka.standing import catch_up  # noqa: PLC0415

    with TemporaryDirectory(prefix="daykeel-") as folder, closing(open_kafka_log(log_url)) as log:
        shelf = Shelf(Path(folder) / "tables", log.incarnation)
        try:
            for partition in range(KAFKA_PARTITIONS):
                catch_up(log, shelf, partition)

            def value(name: str, client: str, key: bytes) -> bytes | None:
                partition = partition_of(client, KAFKA_PARTITIONS)
                return shelf.get(partition, changelog_key(name, key))

            yield Kept(_on_shelf(shelf.values), value, nullcontext)
        finally:
            shelf.close()


def _on_shelf(values: Callable[[int, bytes], Iterator[bytes]]) -> tuple[str, ...]:
    prefix = changelog_key("clients", b"")
    found = (one for part in range(KAFKA_PARTITIONS) for one in values(part, prefix))
    return tuple(sorted(decode(ClientState, one).client for one in found))
