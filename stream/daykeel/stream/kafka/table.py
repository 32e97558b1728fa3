"""Faust tables over a worker's shelf: written with a commit, restored before anything is read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import faust
from faust.tables import TableManager
from faust.tables.recovery import Recovery
from faust.types import TP
from yarl import URL

from daykeel.stream.kafka.restore import Restoring
from daykeel.stream.state import changelog_key
from daykeel.stream.store import HeldStore
from daykeel.stream.transport.membership import FAUST

Change = tuple[bytes, bytes | None]


class ShelfStore(HeldStore):
    """The values of one table: those not yet written, the rest on the shelf."""

    def kept(self, key: bytes) -> bytes | None:
        """Return the value that was written last."""
        found = self._transport.shelf.get(self.partition(key), changelog_key(self.table_name, key))
        return cast("bytes | None", found)

    def changes(self) -> Iterator[tuple[int, bytes, Change]]:
        """Yield the partition, the table's key and the changelog's record of what is written."""
        for key, value in self.writing.items():
            yield self.partition(key), key, (changelog_key(self.table_name, key), value)


class ShelfTable(faust.Table[bytes, bytes]):
    """A Faust table whose changes go out with the commit, all tables' of a client at once.

    Faust sends each to a changelog of its table, and a crash between two of them leaves a client
    of whom one table knows what another does not.
    """

    logger = FAUST

    def _new_store(self) -> ShelfStore:
        return ShelfStore(URL("shelf://"), self.app, self, loop=self.loop)

    async def on_start(self) -> None:
        """Start the store; there is no changelog of this table alone."""
        await self.add_runtime_dependency(self.data)

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """Leave it to the commit."""

    def on_key_del(self, key: bytes) -> None:
        """Leave it to the commit."""


class ShelfTables(TableManager):
    """Faust's manager of tables, with our way of restoring them."""

    logger = FAUST

    @property
    def recovery(self) -> Recovery:
        """What restores the tables once partitions are handed out."""
        if self._recovery is None:
            self._recovery = Restoring(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """Start the tables, all of which are declared before the app starts."""
        self._tables_finalized.set()
        for table in self.values():
            await table.maybe_start()
        self._tables_registered.set()
        await self.recovery.start()

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Have the tables of what is owned now restored."""
        await self.recovery.on_rebalance(assigned, revoked, newly_assigned, generation_id)


def of_clients(stores: Iterable[ShelfStore]) -> dict[int, list[list[Change]]]:
    """Return what is written, by partition one list for each client, the client's state last."""
    found: dict[int, dict[bytes, list[Change]]] = {}
    for store in _clients_last(list(stores)):
        for partition, key, change in store.changes():
            client = key.partition(b"|")[0]
            found.setdefault(partition, {}).setdefault(client, []).append(change)
    return {partition: list(clients.values()) for partition, clients in found.items()}


def _clients_last(stores: Sequence[Any]) -> list[Any]:
    return sorted(stores, key=lambda store: store.table_name == "clients")
