"""Alerts with their history and the notices they cause, always in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement

from daykeel.alerting.lifecycle import Alert, Notice, Transition
from daykeel.events.codec import decode, encode
from daykeel.records import tables
from daykeel.records.errors import Conflict
from daykeel.rhythm.course import MIDDLE
from daykeel.rhythm.ledger import Episode

ALERTS = tables.alerts.c
HISTORY = tables.alert_history.c

_COLUMNS = tuple(one.name for one in fields(Alert))


def found(connection: Connection, *where: ColumnElement[bool]) -> list[Alert]:
    """Return the alerts that meet the conditions, the oldest first."""
    rows = connection.execute(
        select(tables.alerts).where(*where).order_by(ALERTS.raised_at, ALERTS.id)
    )
    return [_alert(row) for row in rows.mappings()]


def _alert(row: Mapping[Any, Any]) -> Alert:
    values = {name: row[name] for name in _COLUMNS}
    return Alert(**values | {"episode": decode(Episode, row["episode"])})


@dataclass(frozen=True, slots=True)
class _Gist:
    """What of an episode decides about notices."""

    client: str
    kind: str
    onset: date
    nights: tuple[date, ...]
    severity: str
    recovered: date | None = None
    suppressed: tuple[str, ...] = ()
    phase: str = MIDDLE


def briefly(connection: Connection, *where: ColumnElement[bool]) -> list[Alert]:
    """Return the alerts as `found` does, but without the findings of their episodes."""
    rows = connection.execute(
        select(tables.alerts).where(*where).order_by(ALERTS.raised_at, ALERTS.id)
    )
    return [_brief(row) for row in rows.mappings()]


def _brief(row: Mapping[Any, Any]) -> Alert:
    gist = decode(_Gist, row["episode"])
    named = {one.name: getattr(gist, one.name) for one in fields(_Gist)}
    values = {name: row[name] for name in _COLUMNS}
    return Alert(**values | {"episode": Episode(**named, findings=())})


def _row(alert: Alert) -> dict[str, object]:
    values = {name: getattr(alert, name) for name in _COLUMNS}
    return values | {"episode": encode(alert.episode)}


def history(connection: Connection, where: ColumnElement[bool]) -> list[Transition]:
    """Return the steps of the alerts that meet a condition, alert by alert, each oldest first."""
    rows = connection.execute(
        select(tables.alert_history)
        .join(tables.alerts)
        .where(where)
        .order_by(HISTORY.alert, HISTORY.version)
    )
    return [Transition(**row) for row in rows.mappings()]


def save(
    connection: Connection,
    expected_version: int,
    alert: Alert,
    entry: Transition,
    notices: Sequence[Notice],
) -> None:
    """Store a step over `expected_version`, 0 for a new alert, or raise `Conflict`."""
    if alert.version != expected_version + 1 or entry.version != alert.version:
        raise Conflict
    _put(connection, expected_version, alert)
    connection.execute(insert(tables.alert_history), asdict(entry))
    for notice in notices:
        connection.execute(insert(tables.notices), asdict(notice) | {"made_at": entry.at})


def _put(connection: Connection, expected_version: int, alert: Alert) -> None:
    if expected_version == 0:
        try:
            connection.execute(insert(tables.alerts), _row(alert))
        except IntegrityError:
            raise Conflict from None
        return
    done = connection.execute(
        update(tables.alerts)
        .where(ALERTS.id == alert.id, ALERTS.version == expected_version)
        .values(_row(alert))
    )
    if done.rowcount != 1:
        raise Conflict
