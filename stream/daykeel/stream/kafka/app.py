"""The Faust app of one worker on Kafka."""

from pathlib import Path

import faust

from daykeel.clock.clock import Clock
from daykeel.log.open import open_kafka_log
from daykeel.log.topics import KAFKA_PARTITIONS
from daykeel.stream.app import COMMON, App, work_of
from daykeel.stream.kafka.driver import Transport
from daykeel.stream.kafka.shelf import Shelf
from daykeel.stream.kafka.standing import Standing
from daykeel.stream.kafka.table import ShelfTable, ShelfTables
from daykeel.stream.state import GROUP
from daykeel.stream.timers import Timers
from daykeel.stream.transport.pinned import check_kafka

SESSION_S = 10.0
"""How long a worker may be silent before others take over its partitions."""


def build(
    log_url: str, clock: Clock, name: str, folder: Path
) -> tuple[faust.App, Timers, Transport]:
    """Return the app, what its agents share, and its transport."""
    check_kafka()
    log = open_kafka_log(log_url)
    app = App(
        log.address.name(GROUP),
        broker=[f"kafka://{server}" for server in log.address.servers],
        Table=ShelfTable,
        TableManager=ShelfTables,
        topic_partitions=KAFKA_PARTITIONS,
        broker_commit_interval=0.2,
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=SESSION_S / 5,
        consumer_group_instance_id=name,
        stream_recovery_delay=0.0,
        **COMMON,
    )
    app.transport = transport = Transport(app, log, Shelf(folder, log.incarnation))
    work = work_of(app, clock, KAFKA_PARTITIONS, log, log.address.name(""))
    timers = Timers(work)

    def begin(standing: Standing) -> None:
        work.begin(standing.progress, standing.checks, standing.unscored, standing.patient)
        timers.begin()

    transport.begin = begin
    transport.checkpoint = lambda folded: (work.progress.reached(folded), timers.marks())
    return app, timers, transport
