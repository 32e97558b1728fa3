"""Letters on their way: made once, delivered at least once, or shown as undeliverable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update
from sqlalchemy.sql import ColumnElement

from daykeel.alerting.routing import NewLetter
from daykeel.records import secrets, tables
from daykeel.records.secrets import Keys

ADDRESSES = tables.addresses.c
ATTEMPTS = tables.delivery_attempts.c
DELIVERIES = tables.deliveries.c
LETTERS = tables.letters.c
LETTER_NOTICES = tables.letter_notices.c
NOTICES = tables.notices.c

NOWHERE = "none"
"""Channel of a letter to somebody without an address."""
NO_ADDRESS = "there is no address"
WAITS = and_(
    DELIVERIES.sent_at.is_(None), DELIVERIES.failed_at.is_(None), DELIVERIES.closed_at.is_(None)
)
LOST = and_(DELIVERIES.failed_at.is_not(None), DELIVERIES.closed_at.is_(None))
IS_MEANT = LETTER_NOTICES.called_off_at.is_(None)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter that has to go to one address."""

    id: int
    channel: str
    address: str = field(repr=False)
    link: str
    occasion: str
    count: int
    tries: int = 0
    begun_at: datetime | None = None
    """When it was first tried, by the system's clock."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a letter at one address."""

    id: int
    recipient: str
    occasion: str
    channel: str
    made_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    tries: int
    detail: str
    """Of the last attempt that went wrong, or why it was closed; empty if neither."""
    closed_at: datetime | None = None
    """Since when it need not be sent any more."""


def make(connection: Connection, letter: NewLetter, *, now: datetime, wall: datetime) -> str:
    """Store a letter with its deliveries and return its link."""
    link = secrets.token()
    row = {
        "recipient": letter.recipient,
        "occasion": letter.occasion,
        "link": link,
        "made_at": now,
    }
    made = connection.execute(insert(tables.letters).returning(LETTERS.id), row)
    letter_id = int(made.scalar_one())
    for notice in letter.notices:
        turn = _turns(connection, notice, letter.recipient)
        row = {"notice": notice, "recipient": letter.recipient, "turn": turn, "letter": letter_id}
        connection.execute(insert(tables.letter_notices), row)
    _send_out(connection, letter_id, letter.recipient, now=now, wall=wall)
    return link


def _turns(connection: Connection, notice: int, recipient: str) -> int:
    asked = select(func.count()).where(
        LETTER_NOTICES.notice == notice, LETTER_NOTICES.recipient == recipient
    )
    return int(connection.execute(asked).scalar_one())


def _send_out(
    connection: Connection, letter: int, recipient: str, *, now: datetime, wall: datetime
) -> None:
    known = connection.execute(
        select(ADDRESSES.id, ADDRESSES.kind)
        .where(ADDRESSES.owner == recipient, ADDRESSES.removed_at.is_(None))
        .order_by(ADDRESSES.id)
    ).all()
    for one in known:
        row = {"letter": letter, "address": one.id, "channel": one.kind, "tries": 0}
        connection.execute(insert(tables.deliveries), row | {"next_at": wall})
    if not known:
        row = {"letter": letter, "channel": NOWHERE, "tries": 0, "next_at": wall, "failed_at": now}
        made = connection.execute(insert(tables.deliveries).returning(DELIVERIES.id), row)
        _note(connection, int(made.scalar_one()), wall, ok=False, detail=NO_ADDRESS)


def count(connection: Connection, recipient: str, occasion: str, *, since: datetime) -> int:
    """Return how many letters of an occasion somebody got since an instant."""
    asked = select(func.count()).where(
        LETTERS.recipient == recipient, LETTERS.occasion == occasion, LETTERS.made_at > since
    )
    return int(connection.execute(asked).scalar_one())


def settle(connection: Connection, notices: Sequence[int], *, now: datetime) -> None:
    """Note that nothing has to be told of these notices any more."""
    connection.execute(update(tables.notices).where(NOTICES.id.in_(notices)).values(settled_at=now))


def due(connection: Connection, *, wall: datetime) -> Sequence[Row[Any]]:
    """Return the deliveries whose time has come and that no worker has in its hands."""
    begun_at = (
        select(func.min(ATTEMPTS.at))
        .where(ATTEMPTS.delivery == DELIVERIES.id)
        .scalar_subquery()
        .label("begun_at")
    )
    return connection.execute(
        select(
            tables.deliveries,
            LETTERS.link,
            LETTERS.occasion,
            LETTERS.recipient,
            ADDRESSES.owner,
            ADDRESSES.sealed,
            begun_at,
        )
        .join(tables.letters, LETTERS.id == DELIVERIES.letter)
        .join(tables.addresses, ADDRESSES.id == DELIVERIES.address)
        .where(WAITS, in_nobodys_hands(wall), DELIVERIES.next_at <= wall)
        .order_by(DELIVERIES.id)
    ).all()


def in_nobodys_hands(wall: datetime) -> ColumnElement[bool]:
    """Return the condition that no worker has a delivery in its hands."""
    return or_(DELIVERIES.taken_until.is_(None), DELIVERIES.taken_until <= wall)


def outgoing(connection: Connection, keys: Keys, row: Row[Any]) -> Outgoing:
    """Return what is to be carried: a delivery that is due."""
    return Outgoing(
        id=row.id,
        channel=row.channel,
        address=keys.unseal(row.sealed, row.owner),
        link=row.link,
        occasion=row.occasion,
        count=len(inside(connection, [row.letter])[row.letter]),
        tries=row.tries,
        begun_at=row.begun_at,
    )


def carrier() -> ColumnElement[int]:
    """Return the letter that takes what a letter says: itself, or the earlier one it went with."""
    return func.coalesce(LETTERS.went_with, LETTERS.id)


def inside(connection: Connection, found: Iterable[int]) -> dict[int, list[int]]:
    """Return the notices in letters, and in those that went with them, each once."""
    notices: dict[int, dict[int, None]] = {letter: {} for letter in found}
    rows = connection.execute(
        select(carrier().label("carrier"), LETTER_NOTICES.notice)
        .join(tables.letters, LETTERS.id == LETTER_NOTICES.letter)
        .where(carrier().in_(list(notices)), IS_MEANT)
        .order_by(LETTER_NOTICES.notice)
    )
    for row in rows:
        notices[row.carrier][row.notice] = None
    return {letter: list(each) for letter, each in notices.items()}


def take(connection: Connection, deliveries: Sequence[Outgoing], *, until: datetime) -> None:
    """Note that a worker has deliveries in its hands."""
    ids = [one.id for one in deliveries]
    connection.execute(
        update(tables.deliveries).where(DELIVERIES.id.in_(ids)).values(taken_until=until)
    )


def sent(connection: Connection, delivery: int, *, now: datetime, wall: datetime) -> None:
    """Keep the receipt of an attempt that went well."""
    _note(connection, delivery, wall, ok=True, detail="")
    _change(connection, delivery, sent_at=now, failed_at=None, closed_at=None, taken_until=None)


def failed(  # noqa: PLR0913  what a receipt says
    connection: Connection,
    delivery: int,
    detail: str,
    *,
    now: datetime,
    wall: datetime,
    again: datetime | None,
) -> None:
    """Keep the receipt of an attempt that went wrong; without another one it is undeliverable."""
    _note(connection, delivery, wall, ok=False, detail=detail)
    if again is None:
        _change(connection, delivery, failed_at=now, taken_until=None)
    else:
        _change(connection, delivery, next_at=again, taken_until=None)


def _note(connection: Connection, delivery: int, wall: datetime, *, ok: bool, detail: str) -> None:
    row = {"delivery": delivery, "at": wall, "ok": ok, "detail": detail}
    connection.execute(insert(tables.delivery_attempts), row)
    connection.execute(
        update(tables.deliveries)
        .where(DELIVERIES.id == delivery)
        .values(tries=DELIVERIES.tries + 1)
    )


def _change(connection: Connection, delivery: int, **values: datetime | None) -> None:
    connection.execute(
        update(tables.deliveries)
        .where(DELIVERIES.id == delivery, DELIVERIES.sent_at.is_(None))
        .values(**values)
    )


def close(
    connection: Connection, delivery: int, why: str, *, now: datetime, wall: datetime
) -> None:
    """Keep the receipt that a delivery need not be tried any more."""
    row = {"delivery": delivery, "at": wall, "ok": False, "detail": why}
    connection.execute(insert(tables.delivery_attempts), row)
    _change(connection, delivery, closed_at=now, taken_until=None)


def retry(connection: Connection, *, wall: datetime) -> list[int]:
    """Let everything undeliverable that has an address be tried again, and return what that is."""
    live = select(ADDRESSES.id).where(ADDRESSES.removed_at.is_(None))
    done = connection.execute(
        update(tables.deliveries)
        .where(LOST, DELIVERIES.address.in_(live))
        .values(failed_at=None, next_at=wall)
        .returning(DELIVERIES.id)
    )
    return list(done.scalars())


def deliveries(connection: Connection, *where: ColumnElement[bool]) -> list[Delivery]:
    """Return what became of letters, the newest first."""
    newest = (
        select(ATTEMPTS.detail)
        .where(ATTEMPTS.delivery == DELIVERIES.id, ATTEMPTS.ok.is_(False))
        .order_by(ATTEMPTS.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("detail")
    )
    rows = connection.execute(
        select(tables.deliveries, LETTERS.recipient, LETTERS.occasion, LETTERS.made_at, newest)
        .join(tables.letters, LETTERS.id == DELIVERIES.letter)
        .where(*where)
        .order_by(DELIVERIES.id.desc())
    )
    return [_delivery(row) for row in rows]


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        recipient=row.recipient,
        occasion=row.occasion,
        channel=row.channel,
        made_at=row.made_at,
        sent_at=row.sent_at,
        failed_at=row.failed_at,
        tries=row.tries,
        detail=row.detail or "",
        closed_at=row.closed_at,
    )


def about(alert: str) -> ColumnElement[bool]:
    """Return the condition that a letter tells of an alert."""
    telling = tables.letters.alias().c
    own = (
        select(func.coalesce(telling.went_with, telling.id))
        .join(tables.letter_notices, LETTER_NOTICES.letter == telling.id)
        .join(tables.notices, NOTICES.id == LETTER_NOTICES.notice)
        .where(NOTICES.alert == alert)
    )
    return LETTERS.id.in_(own)


def behind(connection: Connection, link: str) -> tuple[str, list[str]] | None:
    """Return recipient and alerts of the letter with this link, None if there is none."""
    letter = connection.execute(
        select(LETTERS.id, LETTERS.recipient).where(LETTERS.link == link)
    ).one_or_none()
    if letter is None:
        return None
    alerts = connection.execute(
        select(NOTICES.alert)
        .join(tables.letter_notices, LETTER_NOTICES.notice == NOTICES.id)
        .join(tables.letters, LETTERS.id == LETTER_NOTICES.letter)
        .where(carrier() == letter.id, IS_MEANT)
        .order_by(NOTICES.id)
    ).scalars()
    return letter.recipient, list(dict.fromkeys(alerts))
