"""Faust's transport over Kafka: where a worker stands, and how it says so.

Promise: what is committed of a partition is in its tables, on their changelog, and was sent.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from time import monotonic
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from yarl import URL

from daykeel.log.errors import LogUnavailable
from daykeel.log.kafka import KafkaLog
from daykeel.log.kafka_metadata import encode
from daykeel.log.protocol import Position
from daykeel.stream.kafka.account import Account, Said
from daykeel.stream.kafka.consumer import Consumer
from daykeel.stream.kafka.producer import Producer
from daykeel.stream.kafka.shelf import Shelf
from daykeel.stream.kafka.standing import Standing, stand
from daykeel.stream.kafka.table import Change, ShelfStore

log = logging.getLogger(__name__)

Checkpoint = Callable[[Mapping[Position, int]], tuple[Mapping[Position, int], Mapping[str, float]]]
"""Given how far each partition is folded: how far that is scored, and the marks."""

CONFIRM_S = 3.0
"""After so long without a commit Kafka is asked whether the partitions are still ours."""

PAUSE_S = 0.5
"""How long the log is left alone before it is asked again where the partitions stand."""


class Transport(driver.Transport):
    """One worker of several: it owns some partitions, and of those their tables."""

    Consumer = Consumer
    Producer = Producer

    def __init__(self, app: faust.App, log: KafkaLog, shelf: Shelf) -> None:
        super().__init__([URL(f"kafka://{server}") for server in log.address.servers], app)
        self.log, self.shelf = log, shelf
        self.connection = log.address.connection()
        self.written: list[Callable[[], None]] = []
        """Called on the loop after each write."""
        self.caches: list[ShelfStore] = []
        """The stores of the tables."""
        self.checkpoint: Checkpoint = lambda folded: (folded, {})
        self.begin: Callable[[Standing], None] = lambda _: None
        """Called when the worker has got partitions and stands where their last commits left it."""
        self._account = Account({})
        self._confirmed = -inf
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="standing")

    def full(self, topic: str) -> str:
        """Return a topic's name on Kafka."""
        return self.log.address.name(topic)

    async def prepare(self) -> None:
        """Stand where the last commit of each partition owned left it."""
        app: Any = self.app
        await app.producer.clear()
        owned = sorted({tp.partition for tp in app.consumer.assignment()})
        standing = await self._standing(owned)
        self.let_go()
        self._account = Account(standing.stored)
        # what retention has let go of, such as a `due` of long ago, is dealt with
        self._account.pass_over(standing.starts)
        self.begin(standing)
        await app.consumer.stand(
            {TP(self.full(topic), part): at for (topic, part), at in self._account.folded.items()}
        )

    async def _standing(self, owned: Sequence[int]) -> Standing:
        """Return where the partitions stand, asked again for as long as the log is away."""
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self._pool, stand, self.log, self.shelf, owned
                )
            except LogUnavailable as error:
                log.warning("the log cannot be read, trying again: %s", error)
            await asyncio.sleep(PAUSE_S)

    def let_go(self) -> None:
        """Forget what is not committed: it will be delivered again, to us or to another worker."""
        app: Any = self.app
        self._account = Account({})
        app.producer.forget()
        for store in self.caches:
            store.forget()

    def owed(self, offsets: Mapping[TP, int]) -> dict[Position, Said]:
        """Return what is to be committed once events before the offsets are done."""
        start = self.full("")
        folded = {(tp.topic.removeprefix(start), tp.partition): at for tp, at in offsets.items()}
        scored, marks = self.checkpoint(self._account.folded | folded)
        self._account.note(folded, scored, marks)
        return self._account.owed()

    async def is_ours(self) -> bool:
        """Return whether the partitions are still ours; ask Kafka if it has not said so lately.

        A worker that slept for longer than its session must not write to tables that others own.
        """
        if monotonic() - self._confirmed < CONFIRM_S:
            return True
        return await self.say(self._account.some())

    def doubt(self) -> None:
        """Ask Kafka before anything more is written."""
        self._confirmed = -inf

    async def say(self, owed: Mapping[Position, Said]) -> bool:
        """Commit; return False if a partition is no longer ours."""
        app: Any = self.app
        words = {
            TP(self.full(topic), part): (said.folded, encode(said.scored, said.marks))
            for (topic, part), said in owed.items()
        }
        is_stored = bool(await app.consumer.say(words))
        if is_stored:
            self._confirmed = monotonic()
        return is_stored

    def keep(
        self,
        changes: Mapping[int, Sequence[Sequence[Change]]],
        stops: Mapping[int, int],
        owed: Mapping[Position, Said],
    ) -> None:
        """Note that all of it is written."""
        for partition, clients in changes.items():
            flat = [change for client in clients for change in client]
            self.shelf.put(partition, flat, stops[partition])
        for store in self.caches:
            store.settle()
        self._account.store(owed)

    def close(self) -> None:
        """Release the files and connections; whoever still reads the log is told that it ends."""
        self.log.close()
        self._pool.shutdown()
        self.shelf.close()
