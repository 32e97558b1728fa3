"""When letters that wait may leave: in working hours, one an hour, several of them together.

A letter is written when it may leave, but it may have waited since: for a server, or for us.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, and_, not_, or_, select, update

from daykeel.alerting.routing import RATE, may_leave
from daykeel.records import clinic, desk, letters, tables
from daykeel.records.called_off import waiting_now
from daykeel.records.letters import DELIVERIES, LETTERS, WAITS

WHY = "went with an earlier letter"


def leaving(connection: Connection, *, now: datetime, wall: datetime) -> list[Row[Any]]:
    """Return the deliveries whose time has come and that may leave at `now`."""
    return of_those(connection, letters.due(connection, wall=wall), now=now, wall=wall)


def of_those(
    connection: Connection, rows: Sequence[Row[Any]], *, now: datetime, wall: datetime
) -> list[Row[Any]]:
    """Return those of the deliveries that may leave at `now`."""
    if not rows:
        return []
    own = clinic.read(connection)
    people = desk.people_of(connection, {row.recipient for row in rows}, own.zone)
    lately = _lately(connection, now, wall)

    def may(row: Row[Any]) -> bool:
        if row.occasion == desk.TEST:
            return True
        if lately.get(row.recipient, set()) - {row.letter}:
            return False
        is_reminder = row.occasion == desk.CLIENT
        return is_reminder or may_leave(row.occasion, people[row.recipient], own.hours, now)

    return [row for row in rows if may(row)]


def _lately(connection: Connection, now: datetime, wall: datetime) -> dict[str, set[int]]:
    """Return by recipient which letters left within the hour, or are just leaving."""
    is_fresh = or_(DELIVERIES.sent_at > now - RATE, and_(WAITS, DELIVERIES.taken_until > wall))
    rows = connection.execute(
        select(LETTERS.recipient, LETTERS.id)
        .join(tables.deliveries, DELIVERIES.letter == LETTERS.id)
        .where(is_fresh, LETTERS.occasion != desk.TEST)
    )
    found: dict[str, set[int]] = {}
    for row in rows:
        found.setdefault(row.recipient, set()).add(row.id)
    return found


def together(connection: Connection, *, now: datetime, wall: datetime) -> None:
    """Let the letters of one recipient that have waited go with the first of them.

    Only what may leave now, and of which nothing has left for any address yet.
    """
    waiting = [
        row for row in waiting_now(connection, wall) if row.occasion not in (desk.CLIENT, desk.TEST)
    ]
    begun = _begun(connection, {row.letter for row in waiting}, wall)
    whole = [row for row in waiting if row.letter not in begun]
    found = sorted(
        {(row.recipient, row.letter) for row in of_those(connection, whole, now=now, wall=wall)}
    )
    for _, each in groupby(found, key=lambda one: one[0]):
        first, *rest = (letter for _, letter in each)
        for letter in rest:
            _join(connection, letter, first, whole, now=now, wall=wall)


def _begun(connection: Connection, found: Iterable[int], wall: datetime) -> frozenset[int]:
    """Return the letters of which a delivery has left, is leaving or is done with."""
    is_waiting = and_(WAITS, letters.in_nobodys_hands(wall))
    asked = select(DELIVERIES.letter).where(DELIVERIES.letter.in_(list(found)), not_(is_waiting))
    return frozenset(connection.execute(asked).scalars())


def _join(  # noqa: PLR0913  what goes with what, and when
    connection: Connection,
    letter: int,
    first: int,
    rows: Sequence[Row[Any]],
    *,
    now: datetime,
    wall: datetime,
) -> None:
    """Let a letter go with the first; what was to go to another address as well still does."""
    there = {row.address for row in rows if row.letter == first}
    for row in (row for row in rows if row.letter == letter):
        its = DELIVERIES.id == row.id
        if row.address not in there:
            connection.execute(update(tables.deliveries).where(its).values(letter=first))
            continue
        letters.close(connection, row.id, WHY, now=now, wall=wall)
        same = and_(DELIVERIES.letter == first, DELIVERIES.address == row.address)
        sooner = and_(same, DELIVERIES.next_at > row.next_at)
        connection.execute(update(tables.deliveries).where(sooner).values(next_at=row.next_at))
    connection.execute(
        update(tables.letters).where(letters.carrier() == letter).values(went_with=first)
    )
