"""A Faust store that reads a table's compacted changelog on demand.

So nothing is recovered at the start, and memory does not grow with the number of clients.
"""

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, cast

import faust
from faust.stores.base import Store
from faust.tables import TableManager
from faust.types import TP
from yarl import URL

from daykeel.log.topics import partition_of
from daykeel.stream.transport.membership import FAUST
from daykeel.stream.transport.pinned import is_pinned

ROOM = 16_000_000
"""Bytes of keys and values each table keeps in memory besides what is not written yet."""

ENTRY = 200
"""Bytes an entry takes besides its key and value."""


class Recent:
    """The values used last, up to a number of bytes; None is a value that is known not to be."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._values: OrderedDict[bytes, bytes | None] = OrderedDict()

    def __contains__(self, key: bytes) -> bool:
        return key in self._values

    def get(self, key: bytes) -> bytes | None:
        """Return the value, which must be there, and note that it was used."""
        self._values.move_to_end(key)
        return self._values[key]

    def put(self, key: bytes, value: bytes | None) -> None:
        """Keep the value, and forget those used longest ago if there is no room."""
        if key in self._values:
            self._taken -= _size(key, self._values.pop(key))
        self._values[key] = value
        self._taken += _size(key, value)
        while self._taken > self._room:
            self._taken -= _size(*self._values.popitem(last=False))


def _size(key: bytes, value: bytes | None) -> int:
    return ENTRY + len(key) + len(value or b"")


class HeldStore(Store[bytes, bytes]):
    """The values of one table: those not yet written, over those that are kept.

    A value that was set is held until what writes it has ended.
    """

    logger = FAUST

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fresh: dict[bytes, bytes | None] = {}
        self.writing: dict[bytes, bytes | None] = {}
        """What is being written."""
        self._transport = cast(Any, self.app.transport)
        self._transport.caches.append(self)

    @abstractmethod
    def kept(self, key: bytes) -> bytes | None:
        """Return the value that was written last."""

    def value(self, key: bytes) -> bytes | None:
        """Return the value of a key, or None."""
        for layer in (self._fresh, self.writing):
            if key in layer:
                return layer[key]
        return self.kept(key)

    def partition(self, key: bytes) -> int:
        """Return the partition of the client whose value it is."""
        client = key.decode().partition("|")[0]
        return partition_of(client, self.table.partitions or 0)

    def take(self) -> None:
        """Note that all that was set is being written."""
        self.writing |= self._fresh
        self._fresh = {}

    def settle(self) -> None:
        """Note that it is written."""
        self.writing = {}

    def forget(self) -> None:
        """Forget what will not be written: its events are delivered again."""
        self._fresh, self.writing = {}, {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self.value(key)
        if value is None:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self.value(key) is not None

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._fresh[key] = value

    def __delitem__(self, key: bytes) -> None:
        self._fresh[key] = None

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError("tables are read by key; state.tables_of reads them whole")

    def __len__(self) -> int:
        raise NotImplementedError("tables are read by key; state.tables_of reads them whole")

    # What Faust asks of a store that it does not recover

    def apply_changelog_batch(self, batch: Iterable[Any], *_: Any) -> None:
        """Do nothing: Faust recovers nothing here."""

    def reset_state(self) -> None:
        """Do nothing: there is no state but the log's."""

    async def backup_partition(self, *_: Any, **__: Any) -> None:
        """Do nothing: a backup of the log holds the tables."""

    def restore_backup(self, *_: Any, **__: Any) -> None:
        """Do nothing: a backup of the log holds the tables."""


class LogStore(HeldStore):
    """The values of one table on SQLite: those used last, the rest on the log."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._recent = Recent(ROOM)
        self._topic = self.table.changelog_topic.get_topic_name()

    def kept(self, key: bytes) -> bytes | None:
        """Return the value that was written last."""
        if key in self._recent:
            return self._recent.get(key)
        found = self._transport.watch.value((self._topic, self.partition(key)), key)
        self._recent.put(key, found)
        return cast("bytes | None", found)

    def settle(self) -> None:
        """Note that it is written."""
        for key, value in self.writing.items():
            self._recent.put(key, value)
        super().settle()

    def persisted_offset(self, tp: TP) -> int:
        """Return the last offset of the changelog: all of it is here."""
        return cast(int, self._transport.heads[tp] - 1)

    async def on_rebalance(self, *_: Any, **__: Any) -> None:
        """Forget what will not be written."""
        self.forget()


class PromptTables(TableManager):
    """Faust's manager of tables, without its second of waiting for tables still to be declared."""

    logger = FAUST

    async def on_start(self) -> None:
        """Start the tables, all of which are declared before the app starts."""
        if not is_pinned():
            await super().on_start()
        elif not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class LogTable(faust.Table[bytes, bytes]):
    """A Faust table whose store reads the log."""

    logger = FAUST

    def _new_store(self) -> LogStore:
        return LogStore(URL("sqlite://"), self.app, self, loop=self.loop)
