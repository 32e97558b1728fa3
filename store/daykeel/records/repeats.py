"""Which requests came with which idempotency key."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from daykeel.records import tables

REQUESTS = tables.requests.c
KEPT = timedelta(7)


def remembered(connection: Connection, actor: str, key: str) -> str | None:
    """Return the fingerprint of the request that came with a key."""
    return connection.execute(
        select(REQUESTS.fingerprint).where(REQUESTS.actor == actor, REQUESTS.key == key)
    ).scalar_one_or_none()


def remember(
    connection: Connection, actor: str, key: str, fingerprint: str, *, now: datetime
) -> None:
    """Keep a request's fingerprint unless the key has one, and forget those of last week."""
    connection.execute(delete(tables.requests).where(REQUESTS.at < now - KEPT))
    if remembered(connection, actor, key) is None:
        row = {"actor": actor, "key": key, "fingerprint": fingerprint, "at": now}
        connection.execute(insert(tables.requests), row)
