"""Outages of ours: how long nothing came through, as the canary that was not heard shows."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from daykeel.pipeline.outages import KIND
from daykeel.pipeline.state import Command
from daykeel.records import outbox, tables
from daykeel.records.policy import CANARY
from daykeel.rhythm.context import Outage

OUTAGES = tables.outages.c
CLIENTS = tables.clients.c


def heard(connection: Connection, *, now: datetime, longest: timedelta) -> Outage | None:
    """Note that the canary was heard; return the outage that ended, if there was one.

    Every client's stream is told of it once: it may be why a part of a night is unknown.

    Parameters
    ----------
    longest
        For which it may be silent without that being an outage.
    """
    last = connection.execute(
        select(OUTAGES.id, OUTAGES.start).where(OUTAGES.stop.is_(None))
    ).first()
    if last is None:
        connection.execute(insert(tables.outages), {"start": now})
        return None
    if now - last.start < longest:
        _set(connection, last.id, start=max(now, last.start))
        return None
    _set(connection, last.id, stop=now)
    connection.execute(insert(tables.outages), {"start": now})
    outage = _outage(last.start, now)
    for client in connection.execute(select(CLIENTS.id).where(CLIENTS.id != CANARY)).scalars():
        outbox.put(connection, _command(client, outage))
    return outage


def _set(connection: Connection, outage: int, **values: datetime) -> None:
    connection.execute(update(tables.outages).where(OUTAGES.id == outage).values(values))


def _command(client: str, outage: Outage) -> Command:
    return Command(
        client=client,
        kind=KIND,
        id=outage.id,
        version=1,
        effective_from=outage.start,
        effective_to=outage.stop,
    )


def since(connection: Connection, first: datetime) -> list[Outage]:
    """Return the outages that ended after `first`, oldest first."""
    rows = connection.execute(
        select(tables.outages).where(OUTAGES.stop > first).order_by(OUTAGES.id)
    )
    return [_outage(row.start, row.stop) for row in rows]


def _outage(start: datetime, stop: datetime) -> Outage:
    return Outage(f"outage-{start:%Y%m%dT%H%M%S}Z", start, stop)
