"""A small Faust app on the SQLite log that counts events; as a program it works until killed."""

import asyncio
import sys

import faust

from daykeel.log.open import open_sqlite_log
from daykeel.log.protocol import NewRecord, TopicSpec
from daykeel.log.sqlite import SqliteLog
from daykeel.log.topics import partition_of
from daykeel.stream.store import LogTable, PromptTables
from daykeel.stream.transport.driver import Transport

PARTITIONS = 4
TOPICS = (TopicSpec("events"), TopicSpec("echoes"))


def open_counting(url: str) -> SqliteLog:
    log = open_sqlite_log(url)
    log.create(TOPICS, PARTITIONS)
    return log


def event(key: bytes) -> NewRecord:
    return NewRecord("events", partition_of(key.decode(), PARTITIONS), key, b"x")


def counting_app(url: str, **settings) -> faust.App:
    """Return an app that counts `events` by key in a table and sends one echo for each."""
    app = faust.App(
        "counting",
        broker="kafka://unused",
        Table=LogTable,
        TableManager=PromptTables,
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,
        **{"broker_commit_interval": 0.1, **settings},
    )
    app.transport = Transport(app, lambda: open_counting(url), "counting")
    raw = {
        "key_type": bytes,
        "value_type": bytes,
        "key_serializer": "raw",
        "value_serializer": "raw",
    }
    events, echoes = app.topic("events", **raw), app.topic("echoes", **raw)
    counts = app.Table("counts", key_type=bytes, value_type=bytes, partitions=PARTITIONS)

    @app.agent(events, name="count")
    async def count(stream):
        async for event in stream.noack().events():
            seen = int(counts.get(event.key) or b"0") + 1
            counts[event.key] = b"%d" % seen
            echoes.send_soon(
                key=event.key,
                value=b"%d" % seen,
                partition=event.message.partition,
                headers=event.headers,
            )
            event.ack()

    return app


async def run(url: str) -> None:
    app = counting_app(url)
    await app.start()
    await app.wait_until_stopped()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
