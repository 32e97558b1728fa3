"""The clinic: when people work, and by which clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, insert, select, update

from daykeel.alerting.hours import Hours, hours
from daykeel.records import tables


@dataclass(frozen=True, slots=True)
class Clinic:
    """When people work, and by which clock."""

    zone: str = "UTC"
    """IANA name."""
    hours: Hours = field(default_factory=Hours)


def read(connection: Connection) -> Clinic:
    """Return what was set, or what holds where nothing was."""
    row = connection.execute(select(tables.clinic)).one_or_none()
    if row is None:
        return Clinic()
    return Clinic(row.zone, hours(row.hours, _dates(row.closed)))


def _dates(texts: Iterable[str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(one) for one in texts)


def is_set(connection: Connection) -> bool:
    """Return whether anybody has said when people work."""
    return connection.execute(select(tables.clinic.c.id)).one_or_none() is not None


def store(connection: Connection, clinic: Clinic) -> None:
    """Store when people work."""
    closed = sorted(one.isoformat() for one in clinic.hours.closed)
    row = {"zone": clinic.zone, "hours": clinic.hours.told, "closed": closed}
    if is_set(connection):
        connection.execute(update(tables.clinic).values(row))
    else:
        connection.execute(insert(tables.clinic), {"id": 1, **row})
