"""Where people want letters to go, and how they want to be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from daykeel.records import tables
from daykeel.records.errors import Missing, Taken
from daykeel.records.secrets import Keys

ADDRESSES = tables.addresses.c
SETTINGS = tables.notice_settings.c
DELIVERIES = tables.deliveries.c

NEAR = timedelta(minutes=1)
"""Looks so near to each other are one."""
MOST = 5
"""Addresses of one owner."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where letters to somebody go."""

    id: int
    kind: str
    """`mail` or `push`."""
    text: str = field(repr=False)
    """A mail address, or the URL of a push service: personal, so kept sealed."""


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """How somebody wants to be told."""

    zone: str = ""
    """IANA name; empty: that of the clinic, of a client their own."""
    digest_at: time = time(8)
    deputy: str = ""
    """Account of who is told in one's place, and sees one's clients."""
    away_until: datetime | None = None
    remind_at: time | None = None
    """When a client wants to be reminded of the diary."""
    stopped_at: datetime | None = None
    """Since when a client gets nothing more because the last letters went unanswered."""


def add_address(  # noqa: PLR0913  what an address is
    connection: Connection, keys: Keys, owner: str, kind: str, text: str, *, now: datetime
) -> int:
    """Store an address and return its number.

    Raises
    ------
    Taken
        The owner has this one already, or as many as anybody may have.
    """
    known = addresses(connection, keys, owner)
    if len(known) >= MOST or any(one.text == text for one in known):
        raise Taken("that address is there already, or there are too many")
    row = {"owner": owner, "kind": kind, "sealed": keys.seal(text, owner), "made_at": now}
    made = connection.execute(insert(tables.addresses).returning(ADDRESSES.id), row)
    return int(made.scalar_one())


def addresses(connection: Connection, keys: Keys, owner: str) -> list[Address]:
    """Return the addresses of an owner, oldest first."""
    rows = connection.execute(
        select(ADDRESSES.id, ADDRESSES.kind, ADDRESSES.sealed)
        .where(ADDRESSES.owner == owner, ADDRESSES.removed_at.is_(None))
        .order_by(ADDRESSES.id)
    )
    return [Address(row.id, row.kind, keys.unseal(row.sealed, owner)) for row in rows]


def owners(connection: Connection) -> frozenset[str]:
    """Return who has an address."""
    asked = select(ADDRESSES.owner).where(ADDRESSES.removed_at.is_(None)).distinct()
    return frozenset(connection.execute(asked).scalars())


def remove_address(connection: Connection, owner: str, address: int, *, now: datetime) -> None:
    """Forget an address; what waits to go there is undeliverable.

    Raises
    ------
    Missing
        The owner has no such address.
    """
    done = connection.execute(
        update(tables.addresses)
        .where(ADDRESSES.id == address, ADDRESSES.owner == owner, ADDRESSES.removed_at.is_(None))
        .values(sealed=b"", removed_at=now)
    )
    if done.rowcount != 1:
        raise Missing("no such address")
    connection.execute(
        update(tables.deliveries)
        .where(
            DELIVERIES.address == address,
            DELIVERIES.sent_at.is_(None),
            DELIVERIES.failed_at.is_(None),
            DELIVERIES.closed_at.is_(None),
        )
        .values(failed_at=now)
    )


def settings(connection: Connection, account: str) -> NoticeSettings:
    """Return how somebody wants to be told."""
    return all_settings(connection, [account]).get(account, NoticeSettings())


def all_settings(connection: Connection, accounts: Iterable[str]) -> dict[str, NoticeSettings]:
    """Return the settings of those who have any."""
    rows = connection.execute(
        select(tables.notice_settings).where(SETTINGS.account.in_(list(accounts)))
    )
    return {row.account: _settings(row) for row in rows}


def _settings(row: Row[Any]) -> NoticeSettings:
    return NoticeSettings(
        zone=row.zone,
        digest_at=time.fromisoformat(row.digest_at),
        deputy=row.deputy or "",
        away_until=row.away_until,
        remind_at=time.fromisoformat(row.remind_at) if row.remind_at else None,
        stopped_at=row.stopped_at,
    )


def set_settings(
    connection: Connection, account: str, told: NoticeSettings, *, now: datetime
) -> None:
    """Store how somebody wants to be told; a client begins to listen anew."""
    row = {
        "zone": told.zone,
        "digest_at": f"{told.digest_at:%H:%M}",
        "deputy": told.deputy or None,
        "away_until": told.away_until,
        "remind_at": f"{told.remind_at:%H:%M}" if told.remind_at else "",
        "listens_since": now,
        "stopped_at": told.stopped_at,
    }
    done = connection.execute(
        update(tables.notice_settings).where(SETTINGS.account == account).values(row)
    )
    if done.rowcount != 1:
        connection.execute(insert(tables.notice_settings), {"account": account, **row})


def must_note_look(connection: Connection, account: str, now: datetime) -> bool:
    """Return whether a look at the own page says something new."""
    row = connection.execute(
        select(SETTINGS.looked_at).where(SETTINGS.account == account)
    ).one_or_none()
    return row is not None and (row.looked_at is None or not _is_near(row.looked_at, now))


def _is_near(looked: datetime, now: datetime) -> bool:
    return timedelta() <= now - looked < NEAR


def looked(connection: Connection, account: str, *, now: datetime) -> None:
    """Note that a client has looked at their page."""
    connection.execute(
        update(tables.notice_settings).where(SETTINGS.account == account).values(looked_at=now)
    )


def stop(connection: Connection, account: str, *, now: datetime) -> None:
    """Note that a client hears no more from us."""
    connection.execute(
        update(tables.notice_settings).where(SETTINGS.account == account).values(stopped_at=now)
    )


def stood_in_for(connection: Connection, account: str) -> Sequence[str]:
    """Return the accounts whose deputy this one is."""
    asked = select(SETTINGS.account).where(SETTINGS.deputy == account)
    return connection.execute(asked).scalars().all()
