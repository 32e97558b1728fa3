"""Whether letters that have still to be told get nowhere."""

from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from daykeel.records import called_off, desk, leaving, tables
from daykeel.records.letters import ADDRESSES, DELIVERIES, LETTERS, LOST, WAITS


def has_stuck(connection: Connection, *, now: datetime, wall: datetime, since: datetime) -> bool:
    """Return whether a letter about an alert waits or is undeliverable since before `since`.

    One that has no address to go to says nothing of how letters leave; nor does one that waits for
    working hours, or of which nothing has to be told any more.
    """
    is_waiting = and_(WAITS, LETTERS.made_at <= since)
    is_lost = and_(LOST, DELIVERIES.failed_at <= since)
    rows = connection.execute(
        select(tables.deliveries, LETTERS.recipient, LETTERS.occasion)
        .join(tables.letters, LETTERS.id == DELIVERIES.letter)
        .join(tables.addresses, ADDRESSES.id == DELIVERIES.address)
        .where(or_(is_waiting, is_lost), ADDRESSES.removed_at.is_(None))
        .where(LETTERS.occasion.not_in((desk.CLIENT, desk.TEST)))
    ).all()
    waiting = [row for row in rows if row.failed_at is None]
    found = [row for row in rows if row.failed_at is not None]
    found += leaving.of_those(connection, waiting, now=now, wall=wall)
    recipients = {row.letter: row.recipient for row in found}
    letters = called_off.told_and_gone(connection, recipients, now) if recipients else {}
    return any(told for told, _ in letters.values())
