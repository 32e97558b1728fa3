"""Accounts, passwords, sessions and links that sign in once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from unicodedata import normalize

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from daykeel.records import secrets, tables
from daykeel.records.channels import stood_in_for
from daykeel.records.errors import Missing, Taken
from daykeel.records.people import ROLES, Account
from daykeel.records.policy import CANARY, is_somebody
from daykeel.records.secrets import Keys

ACCOUNTS = tables.accounts.c
ASSIGNMENTS = tables.assignments.c
LINKS = tables.login_links.c
SESSIONS = tables.sessions.c

IDLE = {"client": timedelta(14)}
STAFF_IDLE = timedelta(hours=1)
LONGEST = {"client": timedelta(60)}
STAFF_LONGEST = timedelta(hours=12)
TOUCH = timedelta(minutes=1)
"""A session's last use is known to the minute: not every look is a write."""


class Signed(Protocol):
    """An account, as others know it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def role(self) -> str:
        """One of `ROLES`."""


def add(connection: Connection, keys: Keys, account: Account, *, now: datetime) -> None:
    """Store a new account without a password.

    Raises
    ------
    Taken
        Somebody has that name.
    Missing
        There is no such client.
    """
    if account.role not in ROLES or (account.role == "client") != (account.client is not None):
        raise ValueError(f"no such role, or no client to it: {account.role!r}")
    if account.client is not None and not is_somebody(account.client):
        raise Missing("no such client")
    if password_of(connection, keys, account.name)[0] is not None:
        raise Taken("somebody signs in by that name")
    row = {
        "id": account.id,
        "role": account.role,
        "name_key": keys.lookup(_folded(account.name)),
        "name_sealed": keys.seal(account.name, account.id),
        "client": account.client,
        "made_at": now,
    }
    try:
        connection.execute(insert(tables.accounts), row)
    except IntegrityError:
        raise Missing("no such client") from None


def _folded(name: str) -> str:
    return normalize("NFKC", name).strip().casefold()


def find(connection: Connection, keys: Keys, account: str) -> Account | None:
    """Return an account by id."""
    row = connection.execute(select(tables.accounts).where(ACCOUNTS.id == account)).one_or_none()
    return None if row is None else _account(connection, keys, row)


def _account(connection: Connection, keys: Keys, row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        role=row.role,
        name=keys.unseal(row.name_sealed, row.id),
        client=row.client,
        clients=frozenset(clients_of(connection, row.id, row.role)),
    )


def clients_of(connection: Connection, account: str, role: str) -> Sequence[str]:
    """Return whose data the account is there for: assigned ones, or all for a supervisor.

    A deputy is there for those of the therapists it stands in for as well.
    """
    if role == "supervisor":
        people = select(tables.clients.c.id).where(tables.clients.c.id != CANARY)
        return connection.execute(people).scalars().all()
    if role != "therapist":
        return ()
    return _assigned(connection, [account, *stood_in_for(connection, account)])


def _assigned(connection: Connection, accounts: Sequence[str]) -> Sequence[str]:
    asked = select(ASSIGNMENTS.client).where(
        ASSIGNMENTS.account.in_(accounts), ASSIGNMENTS.stop.is_(None)
    )
    return connection.execute(asked).scalars().all()


def assign(connection: Connection, account: str, client: str, *, now: datetime) -> None:
    """Let a therapist see a client from now on."""
    role = connection.execute(select(ACCOUNTS.role).where(ACCOUNTS.id == account)).scalar()
    if role != "therapist":
        raise Missing("no such therapist")
    if not is_somebody(client):
        raise Missing("no such client")
    if client in _assigned(connection, [account]):
        return
    row = {"account": account, "client": client, "start": now}
    try:
        connection.execute(insert(tables.assignments), row)
    except IntegrityError:
        raise Missing("no such client") from None


def unassign(connection: Connection, account: str, client: str, *, now: datetime) -> None:
    """Let a therapist see a client no longer; that it was so stays known."""
    connection.execute(
        update(tables.assignments)
        .where(
            ASSIGNMENTS.account == account,
            ASSIGNMENTS.client == client,
            ASSIGNMENTS.stop.is_(None),
        )
        .values(stop=now)
    )


def password_of(connection: Connection, keys: Keys, name: str) -> tuple[str | None, str | None]:
    """Return id and password hash of the account of a name, None for what there is not."""
    row = connection.execute(
        select(ACCOUNTS.id, ACCOUNTS.password).where(
            ACCOUNTS.name_key == keys.lookup(_folded(name))
        )
    ).one_or_none()
    return (None, None) if row is None else (row.id, row.password)


def set_password(connection: Connection, account: str, password: str) -> None:
    """Store a password's hash and end all sessions of the account."""
    done = connection.execute(
        update(tables.accounts).where(ACCOUNTS.id == account).values(password=password)
    )
    if done.rowcount != 1:
        raise Missing("no such account")
    connection.execute(delete(tables.sessions).where(SESSIONS.account == account))


def begin_session(connection: Connection, account: str, *, now: datetime) -> str:
    """Return the token of a new session, of which only the hash is kept, and forget old ones."""
    forget_old(connection, now=now)
    token = secrets.token()
    row = {
        "token_hash": secrets.hashed(token),
        "account": account,
        "began_at": now,
        "seen_at": now,
    }
    connection.execute(insert(tables.sessions), row)
    return token


def end_session(connection: Connection, token: str) -> None:
    """End a session, if there is such a one."""
    connection.execute(delete(tables.sessions).where(SESSIONS.token_hash == secrets.hashed(token)))


def forget_old(connection: Connection, *, now: datetime) -> None:
    """Delete the sessions that nobody can use any more, and old links."""
    oldest = now - max(STAFF_LONGEST, *LONGEST.values())
    connection.execute(delete(tables.sessions).where(SESSIONS.began_at < oldest))
    connection.execute(delete(tables.login_links).where(LINKS.expires_at < oldest))


def session(
    connection: Connection, keys: Keys, token: str, *, now: datetime
) -> tuple[Account | None, bool]:
    """Return whose session it is while it lasts, and whether its last use must be noted."""
    row = connection.execute(
        select(SESSIONS.began_at, SESSIONS.seen_at, tables.accounts)
        .join(tables.accounts, SESSIONS.account == ACCOUNTS.id)
        .where(SESSIONS.token_hash == secrets.hashed(token))
    ).one_or_none()
    if row is None:
        return None, False
    idle = now - row.seen_at > IDLE.get(row.role, STAFF_IDLE)
    if idle or now - row.began_at > LONGEST.get(row.role, STAFF_LONGEST):
        return None, False
    return _account(connection, keys, row), now - row.seen_at >= TOUCH


def touch(connection: Connection, token: str, *, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(
        update(tables.sessions)
        .where(SESSIONS.token_hash == secrets.hashed(token))
        .values(seen_at=now)
    )


def login_link(connection: Connection, account: str, *, now: datetime, ttl: timedelta) -> str:
    """Return the token of a link that signs in once within `ttl`; only its hash is kept."""
    token = secrets.token()
    row = {
        "token_hash": secrets.hashed(token),
        "account": account,
        "expires_at": now + ttl,
    }
    try:
        connection.execute(insert(tables.login_links), row)
    except IntegrityError:
        raise Missing("no such account") from None
    return token


def redeem(connection: Connection, token: str, *, now: datetime) -> str | None:
    """Use a link up and return the token of a new session; None if it is used or too old."""
    kept = secrets.hashed(token)
    done = connection.execute(
        update(tables.login_links)
        .where(LINKS.token_hash == kept, LINKS.used_at.is_(None), LINKS.expires_at > now)
        .values(used_at=now)
    )
    if done.rowcount != 1:
        return None
    account = connection.execute(select(LINKS.account).where(LINKS.token_hash == kept)).scalar_one()
    return begin_session(connection, account, now=now)
