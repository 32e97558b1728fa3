"""Alerts with their history and the notices they cause, always in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement

from daykeel.alerting.lifecycle import Alert, Notice, Transition
from daykeel.events.codec import decode, encode
from daykeel.records import secrets, tables
from daykeel.records.errors import Conflict
from daykeel.records.people import OutgoingNotice
from daykeel.rhythm.ledger import Episode

ALERTS = tables.alerts.c
HISTORY = tables.alert_history.c
NOTICES = tables.notices.c

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


def _row(alert: Alert) -> dict[str, object]:
    values = {name: getattr(alert, name) for name in _COLUMNS}
    return values | {"episode": encode(alert.episode)}


def history(connection: Connection, alert: str) -> list[Transition]:
    """Return the steps of an alert, oldest first."""
    rows = connection.execute(
        select(tables.alert_history).where(HISTORY.alert == alert).order_by(HISTORY.version)
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
        made = {"link": secrets.token(), "made_at": entry.at}
        connection.execute(insert(tables.notices), asdict(notice) | made)


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


def pending_notices(connection: Connection, limit: int) -> list[OutgoingNotice]:
    """Return the oldest notices that have not left."""
    attempts = tables.notice_attempts.c
    count = select(func.count(attempts.id)).where(attempts.notice == NOTICES.id).scalar_subquery()
    rows = connection.execute(
        select(
            NOTICES.id,
            NOTICES.link,
            NOTICES.channel,
            NOTICES.severity,
            NOTICES.made_at,
            count.label("attempts"),
        )
        .where(NOTICES.sent_at.is_(None))
        .order_by(NOTICES.id)
        .limit(limit)
    )
    return [OutgoingNotice(**row) for row in rows.mappings()]


def notice_sent(
    connection: Connection, notice: int, now: datetime, *, ok: bool, detail: str
) -> None:
    """Keep a receipt of one attempt to let a notice leave."""
    connection.execute(
        insert(tables.notice_attempts),
        {"notice": notice, "at": now, "ok": ok, "detail": detail},
    )
    if ok:
        connection.execute(update(tables.notices).where(NOTICES.id == notice).values(sent_at=now))


def alert_of_link(connection: Connection, link: str) -> str | None:
    """Return the id of the alert that a notice's link leads to."""
    return connection.execute(
        select(NOTICES.alert).where(NOTICES.link == link)
    ).scalar_one_or_none()
