"""Letters that wait and need not leave any more: asked before each attempt, and then closed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from daykeel.alerting.nudging import is_still_sent
from daykeel.alerting.routing import is_still_told
from daykeel.records import desk, letters, tables
from daykeel.records.letters import DELIVERIES, LETTER_NOTICES, LETTERS, NOTICES, WAITS

WHY = "no longer to be told"


@dataclass(frozen=True, slots=True)
class Over:
    """What of a letter has not to be told any more."""

    letter: int
    notices: tuple[int, ...]
    deliveries: tuple[int, ...]
    """That have not to be tried any more: those that wait, once nothing is left to tell."""


def call_off(connection: Connection, *, now: datetime, wall: datetime) -> None:
    """Close what has not to be told any more; where it was not told, it may be told anew."""
    while found := over(connection, now=now, wall=wall):
        for one in found:
            for delivery in one.deliveries:
                letters.close(connection, delivery, WHY, now=now, wall=wall)
            _untell(connection, one, now)


def _untell(connection: Connection, one: Over, now: datetime) -> None:
    own = select(LETTERS.id).where(letters.carrier() == one.letter)
    mine = (LETTER_NOTICES.letter.in_(own), LETTER_NOTICES.notice.in_(one.notices))
    connection.execute(update(tables.letter_notices).where(*mine).values(called_off_at=now))
    connection.execute(
        update(tables.notices).where(NOTICES.id.in_(one.notices)).values(settled_at=None)
    )


def over(connection: Connection, *, now: datetime, wall: datetime) -> list[Over]:
    """Return what of the letters that wait has not to be told any more."""
    waiting: dict[int, list[Row[Any]]] = {}
    for row in waiting_now(connection, wall):
        waiting.setdefault(row.letter, []).append(row)
    if not waiting:
        return []
    return [
        *_notices_over(connection, waiting, now, wall),
        *_reminders_over(connection, waiting, now),
    ]


def waiting_now(connection: Connection, wall: datetime) -> Sequence[Row[Any]]:
    """Return the deliveries that wait and are in nobody's hands, whenever their time is."""
    return connection.execute(
        select(tables.deliveries, LETTERS.recipient, LETTERS.occasion, LETTERS.made_at)
        .join(tables.letters, LETTERS.id == DELIVERIES.letter)
        .where(WAITS, letters.in_nobodys_hands(wall))
        .order_by(DELIVERIES.id)
    ).all()


def _notices_over(
    connection: Connection, waiting: dict[int, list[Row[Any]]], now: datetime, wall: datetime
) -> Iterator[Over]:
    apart = (desk.CLIENT, desk.TEST)
    recipients = {
        letter: rows[0].recipient
        for letter, rows in waiting.items()
        if rows[0].occasion not in apart
    }
    begun = _begun(connection, recipients, wall)
    for letter, (told, gone) in told_and_gone(connection, recipients, now).items():
        closed = () if told else tuple(row.id for row in waiting[letter])
        untold = () if letter in begun else gone
        if closed or untold:
            yield Over(letter, untold, closed)


def told_and_gone(
    connection: Connection, recipients: Mapping[int, str], now: datetime
) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return by letter, of which the recipient is given, which notices have still to be told.

    And besides which have not.
    """
    inside = letters.inside(connection, recipients)
    wanted = {notice for each in inside.values() for notice in each}
    known = desk.desk(connection, now, NOTICES.id.in_(wanted))
    by_id = {one.id: one for one in known.notices}
    found = {}
    for letter, notices in inside.items():
        told = {one for one in notices if is_still_told(by_id[one], recipients[letter], known)}
        found[letter] = (tuple(told), tuple(one for one in notices if one not in told))
    return found


def _begun(connection: Connection, found: Iterable[int], wall: datetime) -> frozenset[int]:
    """Return the letters that have left for another address, or are just leaving."""
    is_leaving = or_(DELIVERIES.sent_at.is_not(None), DELIVERIES.taken_until > wall)
    return frozenset(
        connection.execute(
            select(DELIVERIES.letter).where(DELIVERIES.letter.in_(list(found)), is_leaving)
        ).scalars()
    )


def _reminders_over(
    connection: Connection, waiting: dict[int, list[Row[Any]]], now: datetime
) -> Iterator[Over]:
    reminders = {
        letter: rows for letter, rows in waiting.items() if rows[0].occasion == desk.CLIENT
    }
    if not reminders:
        return
    listening = {one.id: one for one in desk.listeners(connection, now)}
    for letter, rows in reminders.items():
        listener = listening.get(rows[0].recipient)
        if listener is None or not is_still_sent(listener, rows[0].made_at, now):
            yield Over(letter, (), tuple(row.id for row in rows))
