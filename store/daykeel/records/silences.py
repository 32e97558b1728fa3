"""Silences: that nobody is told of a client for a while, with an end and a reason."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from daykeel.alerting.holding import Silence
from daykeel.records import tables
from daykeel.records.errors import Missing

SILENCES = tables.silences.c


def add(connection: Connection, silence: Silence) -> None:
    """Store a silence.

    Raises
    ------
    Missing
        There is no such client.
    """
    row = {name: getattr(silence, name) for name in Silence.__dataclass_fields__}
    try:
        connection.execute(insert(tables.silences), row)
    except IntegrityError:
        raise Missing("no such client") from None


def end(connection: Connection, client: str, silence: str, *, now: datetime) -> None:
    """End a silence now.

    Raises
    ------
    Missing
        The client has no such silence, or it is over.
    """
    done = connection.execute(
        update(tables.silences)
        .where(SILENCES.id == silence, SILENCES.client == client, SILENCES.stop > now)
        .values(stop=now)
    )
    if done.rowcount != 1:
        raise Missing("no such silence, or it is over")


def running(connection: Connection, now: datetime, client: str | None = None) -> list[Silence]:
    """Return the silences that are not over, the one that ends first in front."""
    asked = select(tables.silences).where(SILENCES.stop > now)
    if client is not None:
        asked = asked.where(SILENCES.client == client)
    rows = connection.execute(asked.order_by(SILENCES.stop, SILENCES.id))
    return [Silence(**row) for row in rows.mappings()]
