"""What a worker does between being handed partitions and reading on."""

import asyncio
from typing import Any, cast

from aiokafka.errors import IllegalStateError
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP
from mode import Service

from daykeel.stream.transport.membership import FAUST


class Restoring(Recovery):
    """Faust's recovery, with one step in place of reading changelogs through the consumer.

    Every rebalance is a start: what was in hand is forgotten, and the transport makes the worker
    stand where the last commit of each partition left it.
    """

    logger = FAUST

    app: Any

    async def on_rebalance(
        self,
        assigned: set[TP],  # noqa: ARG002  Faust's signature
        revoked: set[TP],  # noqa: ARG002
        newly_assigned: set[TP],  # noqa: ARG002
        generation_id: int = 0,
    ) -> None:
        """Begin again."""
        self._generation_id = generation_id
        self.signal_recovery_start.set()

    def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Do nothing: nothing is read here."""

    @Service.task
    async def _restart_recovery(self) -> None:
        begin = cast(Any, self.signal_recovery_start)
        while not await self.wait_for_stopped(begin):
            self.signal_recovery_start.clear()
            generation = self._generation_id
            try:
                await self._wait(asyncio.ensure_future(self.app.transport.prepare()))
                await self._resume_streams(generation)
            except (RebalanceAgain, IllegalStateError):
                continue
            except ServiceStopped:
                break

    @Service.task
    async def _slurp_changelogs(self) -> None:
        """Do nothing: the transport reads the changelog."""

    @Service.task
    async def _publish_stats(self) -> None:
        """Do nothing: restoring is one step."""
