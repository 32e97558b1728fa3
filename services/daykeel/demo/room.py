"""A room of one's own on servers that others use too, which leaves nothing behind.

It is a prefix of topics on Kafka, a prefix of buckets in InfluxDB, and a database of PostgreSQL.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aiokafka.admin import AIOKafkaAdminClient
from influxdb_client import InfluxDBClient
from sqlalchemy import create_engine, make_url

from daykeel.log.kafka_address import address
from daykeel.log.open import create_log

GONE_S = 60


@dataclass(frozen=True, slots=True)
class Room:
    """Where the stores of one installation lie."""

    name: str
    log: str
    """URLs."""
    scores: str
    records: str


@contextmanager
def room(urls: Mapping[str, str], name: str, *, is_kept: bool = False) -> Iterator[Room]:
    """Make a room of this name, and remove it in the end unless it is to be kept.

    Parameters
    ----------
    urls
        Of `kafka`, `influxdb` and `postgres`.
    name
        Of letters, digits and hyphens.
    """
    own = make(urls, name)
    try:
        create_log(own.log)
        yield own
    finally:
        if not is_kept:
            remove(urls, own)


def make(urls: Mapping[str, str], name: str) -> Room:
    """Take a name, which nobody else may have; topics and buckets are made when they are used."""
    own = Room(
        name,
        urlsplit(urls["kafka"])._replace(path=f"/{name}").geturl(),
        _in_organisation(urls["influxdb"], name),
        urlsplit(urls["postgres"])._replace(path=f"/{name}").geturl(),
    )
    _postgres(urls["postgres"], f'CREATE DATABASE "{name}"')
    return own


def remove(urls: Mapping[str, str], own: Room) -> None:
    """Remove everything of a room; what one server does not let go holds up no other."""
    with ExitStack() as removal:
        removal.callback(drop_database, urls["postgres"], own.name)
        removal.callback(delete_buckets, own.scores)
        removal.callback(lambda: asyncio.run(delete_topics(own.log)))


def _in_organisation(url: str, prefix: str) -> str:
    parts = urlsplit(url)
    organisation = parts.path.split("/")[1]
    return parts._replace(path=f"/{organisation}/{prefix}").geturl()


def _postgres(url: str, *statements: str) -> None:
    engine = create_engine(make_url(url), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def drop_database(url: str, name: str) -> None:
    """Drop a database, and end the connections to it.

    ``WITH (FORCE)`` would be refused to its owner while the server itself is tidying up in it;
    without, the server ends its own work and waits for connections that were told to end.
    """
    _postgres(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608  a name of ours
        f" WHERE datname = '{name}' AND usename = current_user",
        f'DROP DATABASE IF EXISTS "{name}"',
    )


async def delete_topics(log_url: str) -> None:
    """Delete the topics of a log; with them go what groups have committed.

    A broker lists for a moment what it has promised to delete; it is waited until it does not.
    """
    where = address(log_url)
    admin = AIOKafkaAdminClient(**where.connection())

    async def ours() -> list[str]:
        return [name for name in await admin.list_topics() if where.plain(name) is not None]

    await admin.start()
    try:
        if found := await ours():
            await admin.delete_topics(found)
        async with asyncio.timeout(GONE_S):
            while await ours():  # noqa: ASYNC110  nothing tells when they are gone
                await asyncio.sleep(0.1)
    finally:
        await admin.close()


def delete_buckets(scores_url: str) -> None:
    """Delete the buckets of a store of scores."""
    parts = urlsplit(scores_url)
    _, organisation, prefix = parts.path.split("/")
    token = Path(parse_qs(parts.query)["token_file"][0]).read_text().strip()
    with InfluxDBClient(f"http://{parts.netloc}", token, org=organisation) as client:
        buckets = client.buckets_api()
        for bucket in list(buckets.find_buckets_iter()):
            if bucket.name.startswith(f"{prefix}-"):
                buckets.delete_bucket(bucket)
