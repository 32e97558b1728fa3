"""What the records know of how alerts and letters fared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from daykeel.alerting.alert import OPEN, SYSTEM, Alert
from daykeel.alerting.holding import Silence
from daykeel.records import alerts, letters, silences, tables
from daykeel.records.letters import DELIVERIES, LETTERS, LOST, WAITS

HISTORY = tables.alert_history.c
SOON = timedelta(days=7)
"""A silence that ends within it is about to end."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of alerts about some clients, and of all letters."""

    alerts: Sequence[Alert]
    """Raised since then."""
    waits: Sequence[timedelta]
    """From each alert that was raised to the first answer of a person."""
    unanswered: int
    ending: Sequence[Silence]
    """Silences that are about to end."""
    undeliverable: int
    """Letters since then that did not reach an address, of the whole installation."""
    on_their_way: int
    oldest: datetime | None
    """When the oldest letter was made that is still on its way."""


def figures(
    connection: Connection, clients: Sequence[str], since: datetime, now: datetime
) -> Figures:
    """Return how alerts about clients fared since an instant."""
    raised = alerts.found(
        connection, alerts.ALERTS.client.in_(clients), alerts.ALERTS.raised_at >= since
    )
    known = set(clients)
    answered = _answered(connection, [one.id for one in raised])
    return Figures(
        alerts=raised,
        waits=[answered[one.id] - one.raised_at for one in raised if one.id in answered],
        unanswered=sum(one.state == OPEN and one.id not in answered for one in raised),
        ending=[
            one
            for one in silences.running(connection, now)
            if one.client in known and one.stop <= now + SOON
        ],
        undeliverable=_failures(connection, since),
        on_their_way=len(letters.deliveries(connection, WAITS)),
        oldest=_oldest(connection),
    )


def _answered(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """Return when a person first took a step with each alert."""
    rows = connection.execute(
        select(HISTORY.alert, func.min(HISTORY.at).label("at"))
        .where(HISTORY.alert.in_(ids), HISTORY.actor != SYSTEM, HISTORY.was != HISTORY.state)
        .group_by(HISTORY.alert)
    )
    return {row.alert: row.at for row in rows}


def _failures(connection: Connection, since: datetime) -> int:
    asked = (
        select(func.count())
        .select_from(tables.deliveries)
        .join(tables.letters, LETTERS.id == DELIVERIES.letter)
        .where(LOST, LETTERS.made_at >= since)
    )
    return int(connection.execute(asked).scalar_one())


def _oldest(connection: Connection) -> datetime | None:
    asked = (
        select(func.min(LETTERS.made_at))
        .join(tables.deliveries, DELIVERIES.letter == LETTERS.id)
        .where(WAITS)
    )
    return connection.execute(asked).scalar_one_or_none()
