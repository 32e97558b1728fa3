"""Everything that decides who is told of what, read from one state of the records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, and_, func, select
from sqlalchemy.sql import ColumnElement

from daykeel.alerting.alert import RESOLVED, SYSTEM, Alert
from daykeel.alerting.holding import UNRESOLVED, Silence, held
from daykeel.alerting.nudging import Listener
from daykeel.alerting.routing import CLINIC, ON_CALL, RATE, Desk, Person, Telling, Waiting
from daykeel.records import alerts, channels, clinic, silences, tables
from daykeel.records.channels import NoticeSettings
from daykeel.rhythm.course import GRADUATION

NOTICES = tables.notices.c
HISTORY = tables.alert_history.c
LETTERS = tables.letters.c
LETTER_NOTICES = tables.letter_notices.c
ACCOUNTS = tables.accounts.c
ASSIGNMENTS = tables.assignments.c
CONSENTS = tables.consents.c
SETTINGS = tables.notice_settings.c

CLIENT, TEST = "client", "test"
"""Occasions of a letter to a client, and of one that tries an address out."""
REMEMBERED = 10
"""Letters to a client that are looked at."""

Owned = TypeVar("Owned", Alert, Silence)


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of the clients that notices are about."""

    alerts: Mapping[str, Sequence[Alert]] = field(default_factory=dict)
    silences: Mapping[str, Sequence[Silence]] = field(default_factory=dict)
    therapists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    """Clients who allow nothing any more."""

    def held(self, alert: Alert, now: datetime) -> tuple[str, ...]:
        """Return why the notices of an alert are held back."""
        return held(
            alert,
            self.alerts.get(alert.client, ()),
            self.silences.get(alert.client, ()),
            now,
            has_consent=alert.client not in self.withdrawn,
        )


UNSETTLED = NOTICES.settled_at.is_(None)


def desk(connection: Connection, now: datetime, where: ColumnElement[bool] = UNSETTLED) -> Desk:
    """Return what decides about notices: those that are not settled, if no others are asked for."""
    rows = _notices(connection, where)
    subjects = {one.id: one for one in _alerts_of(connection, rows)}
    found = about(connection, {one.client for one in subjects.values()}, now)
    waiting = [_waiting(connection, row, subjects[row.alert], found, now) for row in rows]
    own = clinic.read(connection)
    people = people_of(connection, {one for each in waiting for one in each.therapists}, own.zone)
    return Desk(waiting, people, _last(connection, now), own.hours)


def _notices(connection: Connection, where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Return notices with the state their step led to."""
    newer = tables.notices.alias().c
    is_replaced = select(newer.id).where(
        newer.alert == NOTICES.alert, newer.version > NOTICES.version
    )
    answer = tables.alert_history.alias().c
    is_answered = select(answer.version).where(
        answer.alert == NOTICES.alert,
        answer.version > NOTICES.version,
        answer.actor != SYSTEM,
        answer.was != answer.state,
    )
    step = and_(HISTORY.alert == NOTICES.alert, HISTORY.version == NOTICES.version)
    return connection.execute(
        select(
            tables.notices,
            HISTORY.state.label("led_to"),
            is_replaced.exists().label("is_replaced"),
            is_answered.exists().label("is_answered"),
        )
        .join(tables.alert_history, step)
        .where(where)
        .order_by(NOTICES.id)
    ).all()


def _alerts_of(connection: Connection, rows: Iterable[Row[Any]]) -> list[Alert]:
    ids = {row.alert for row in rows}
    return alerts.briefly(connection, alerts.ALERTS.id.in_(ids)) if ids else []


def _waiting(
    connection: Connection, row: Row[Any], alert: Alert, found: Found, now: datetime
) -> Waiting:
    told, before = _tellings(connection, row)
    return Waiting(
        id=row.id,
        alert=alert.id,
        severity=row.severity,
        made_at=row.made_at,
        state=alert.state,
        reason=alert.reason,
        therapists=found.therapists.get(alert.client, ()),
        is_answered=bool(row.is_answered),
        is_replaced=bool(row.is_replaced),
        is_withdrawal=row.led_to == RESOLVED,
        is_monthly=alert.episode.phase == GRADUATION and row.severity == "watch",
        held=found.held(alert, now),
        told=told,
        told_before=before,
    )


def _tellings(connection: Connection, row: Row[Any]) -> tuple[tuple[Telling, ...], frozenset[str]]:
    """Return who was told of a notice, and who knows of its alert from before.

    That is whoever was told of an earlier notice, or has taken a step with the alert on the page.
    """
    left = tables.deliveries.c
    is_reached = select(left.id).where(
        left.letter == func.coalesce(LETTERS.went_with, LETTERS.id),
        left.failed_at.is_(None),
        left.closed_at.is_(None),
    )
    found = connection.execute(
        select(
            NOTICES.id,
            LETTERS.recipient,
            LETTERS.occasion,
            LETTERS.made_at,
            is_reached.exists().label("is_reached"),
        )
        .join(tables.letter_notices, LETTER_NOTICES.notice == NOTICES.id)
        .join(tables.letters, LETTERS.id == LETTER_NOTICES.letter)
        .where(NOTICES.alert == row.alert, NOTICES.version <= row.version)
        .where(LETTER_NOTICES.called_off_at.is_(None))
        .order_by(LETTERS.id)
    ).all()
    own = tuple(
        Telling(one.recipient, one.occasion, one.made_at, is_lost=not one.is_reached)
        for one in found
        if one.id == row.id
    )
    before = {one.recipient for one in found if one.id != row.id}
    return own, frozenset(before | _actors(connection, row))


def _actors(connection: Connection, row: Row[Any]) -> set[str]:
    """Return who took a step with the alert of a notice before it."""
    return set(
        connection.execute(
            select(HISTORY.actor).where(
                HISTORY.alert == row.alert,
                HISTORY.version < row.version,
                HISTORY.actor != SYSTEM,
            )
        ).scalars()
    )


def about(connection: Connection, clients: Iterable[str], now: datetime) -> Found:
    """Return what decides whether notices about clients are held back, and who is told."""
    ids = sorted(set(clients))
    if not ids:
        return Found()
    unresolved = alerts.ALERTS.state.in_(UNRESOLVED)
    return Found(
        _by_client(alerts.briefly(connection, alerts.ALERTS.client.in_(ids), unresolved)),
        _by_client(one for one in silences.running(connection, now) if one.client in ids),
        _therapists(connection, ids),
        withdrawn(connection, ids, now),
    )


def _by_client(found: Iterable[Owned]) -> dict[str, list[Owned]]:
    sorted_out: dict[str, list[Owned]] = {}
    for one in found:
        sorted_out.setdefault(one.client, []).append(one)
    return sorted_out


def _therapists(connection: Connection, clients: Sequence[str]) -> dict[str, tuple[str, ...]]:
    rows = connection.execute(
        select(ASSIGNMENTS.client, ASSIGNMENTS.account)
        .where(ASSIGNMENTS.client.in_(clients), ASSIGNMENTS.stop.is_(None))
        .order_by(ASSIGNMENTS.id)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.client] = (*found.get(row.client, ()), row.account)
    return found


def withdrawn(connection: Connection, clients: Sequence[str], now: datetime) -> frozenset[str]:
    """Return those of the clients who once allowed something and now allow nothing."""
    rows = connection.execute(
        select(CONSENTS.client, CONSENTS.stop).where(CONSENTS.client.in_(clients))
    ).all()
    allowing = {row.client for row in rows if row.stop is None or row.stop > now}
    return frozenset(row.client for row in rows) - allowing


def people_of(connection: Connection, therapists: Iterable[str], zone: str) -> dict[str, Person]:
    """Return the therapists, their deputies, the clinic and who is on call."""
    ids = set(therapists)
    known = channels.all_settings(connection, ids)
    deputies = {one.deputy for one in known.values() if one.deputy} - ids
    known |= channels.all_settings(connection, deputies)
    apart = [CLINIC, *({ON_CALL} & channels.owners(connection))]
    return {one: Person(one, zone) for one in apart} | {
        one: _person(one, known.get(one, NoticeSettings()), zone) for one in ids | deputies
    }


def _person(account: str, own: NoticeSettings, zone: str) -> Person:
    return Person(account, own.zone or zone, own.digest_at, own.deputy, own.away_until)


def _last(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Return when each recipient got the newest letter, of those too new for another one."""
    left = tables.deliveries.c
    at = func.coalesce(left.sent_at, LETTERS.made_at)
    rows = connection.execute(
        select(LETTERS.recipient, func.max(at).label("at"))
        .join(tables.deliveries, left.letter == LETTERS.id)
        .where(at > now - RATE, LETTERS.occasion != TEST, left.closed_at.is_(None))
        .group_by(LETTERS.recipient)
    )
    return {row.recipient: row.at for row in rows}


def _is_meant() -> ColumnElement[bool]:
    """Return the condition that a letter was not called off before it left."""
    left = tables.deliveries.c
    return select(left.id).where(left.letter == LETTERS.id, left.closed_at.is_(None)).exists()


def listeners(connection: Connection, now: datetime) -> list[Listener]:
    """Return the clients who want to hear from us and still allow us something."""
    rows = connection.execute(
        select(tables.notice_settings, tables.clients.c.id, tables.clients.c.zone.label("home"))
        .join(tables.accounts, ACCOUNTS.id == SETTINGS.account)
        .join(tables.clients, tables.clients.c.id == ACCOUNTS.client)
        .where(SETTINGS.stopped_at.is_(None), SETTINGS.listens_since.is_not(None))
        .order_by(SETTINGS.account)
    ).all()
    reached = channels.owners(connection)
    gone = withdrawn(connection, [row.id for row in rows], now)
    return [
        _listener(connection, row) for row in rows if row.account in reached and row.id not in gone
    ]


def _listener(connection: Connection, row: Row[Any]) -> Listener:
    own = channels.settings(connection, row.account)
    return Listener(
        row.account,
        row.home,
        own.remind_at,
        _silent_nights(connection, row.id),
        row.looked_at,
        _letters_to(connection, row.account, row.listens_since),
    )


def _silent_nights(connection: Connection, client: str) -> int:
    """Return how long the silence is that goes on: it is counted before anybody is told."""
    kind = alerts.ALERTS.kind == "data_loss"
    found = alerts.briefly(
        connection, alerts.ALERTS.client == client, kind, alerts.ALERTS.state.in_(UNRESOLVED)
    )
    lasting = (len(one.episode.nights) for one in found if one.episode.recovered is None)
    return max(lasting, default=0)


def _letters_to(connection: Connection, account: str, since: datetime) -> list[datetime]:
    rows = connection.execute(
        select(LETTERS.made_at)
        .where(LETTERS.recipient == account, LETTERS.occasion == CLIENT, LETTERS.made_at >= since)
        .where(_is_meant())
        .order_by(LETTERS.made_at.desc())
        .limit(REMEMBERED)
    )
    return list(rows.scalars())
