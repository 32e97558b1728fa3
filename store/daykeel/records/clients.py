"""Clients, their devices and what they consent to, each change with its command."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from daykeel.pipeline.state import Command
from daykeel.records import decisions, outbox, secrets, tables
from daykeel.records.errors import Missing, Taken
from daykeel.records.people import Client, Consent, Credential
from daykeel.records.policy import CANARY
from daykeel.records.secrets import Keys

CLIENTS = tables.clients.c
CONSENTS = tables.consents.c
CREDENTIALS = tables.credentials.c


def add(
    connection: Connection,
    keys: Keys,
    client: Client,
    allowed: Mapping[str, datetime],
    *,
    now: datetime,
) -> None:
    """Store a new client, what it allows from when on, and the commands that say so.

    That of the profile comes last: before it the stream computes nothing of the client, and with
    it knows what is allowed.

    Raises
    ------
    Taken
        There is a client of that id.
    """
    row = {
        "id": client.id,
        "name_sealed": keys.seal(client.display_name, client.id),
        "zone": client.zone,
        "enrolled": client.enrolled,
        "made_at": now,
    }
    try:
        connection.execute(insert(tables.clients), row)
    except IntegrityError:
        raise Taken(f"there is a client {client.id}") from None
    for source, start in allowed.items():
        grant(connection, client.id, source, start=start, now=now)
    told = {"enrolled": client.enrolled.isoformat()} if client.enrolled else {}
    outbox.put(
        connection,
        Command(
            client=client.id,
            kind="profile",
            id="profile",
            version=1,
            value={"tz": client.zone} | told,
        ),
    )
    decisions.give_clinic_rules(connection, client.id, now=now)


def find(connection: Connection, keys: Keys, ids: Sequence[str] | None) -> list[Client]:
    """Return the clients of these ids, or everybody, in the order of ids."""
    asked = select(tables.clients).order_by(CLIENTS.id)
    where = CLIENTS.id != CANARY if ids is None else CLIENTS.id.in_(ids)
    rows = connection.execute(asked.where(where))
    return [
        Client(row.id, keys.unseal(row.name_sealed, row.id), row.zone, row.enrolled) for row in rows
    ]


def people(connection: Connection) -> Sequence[str]:
    """Return the id of everybody who is a person, in order."""
    asked = select(CLIENTS.id).where(CLIENTS.id != CANARY).order_by(CLIENTS.id)
    return connection.execute(asked).scalars().all()


def ids(connection: Connection) -> list[str]:
    """Return the id of everybody the stream computes something of, the canary included."""
    return list(connection.execute(select(CLIENTS.id).order_by(CLIENTS.id)).scalars())


def add_credential(connection: Connection, credential: Credential, *, now: datetime) -> None:
    """Store what a device signs in with."""
    row = {
        "username": credential.username,
        "client": credential.client,
        "device": credential.device,
        "adapter": credential.adapter,
        "secret_hash": credential.secret_hash,
        "topics": list(credential.topics),
        "enabled": credential.enabled,
        "made_at": now,
    }
    try:
        connection.execute(insert(tables.credentials), row)
    except IntegrityError:
        raise Missing("no such client") from None


def credentials(connection: Connection, username: str | None = None) -> list[Credential]:
    """Return all credentials, or the one of a user name."""
    asked = select(tables.credentials).order_by(CREDENTIALS.username)
    if username is not None:
        asked = asked.where(CREDENTIALS.username == username)
    return [_credential(row) for row in connection.execute(asked)]


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        username=row.username,
        client=row.client,
        device=row.device,
        adapter=row.adapter,
        secret_hash=row.secret_hash,
        topics=tuple(row.topics),
        enabled=row.enabled,
    )


def disable(connection: Connection, username: str) -> None:
    """Let a device send no more."""
    connection.execute(
        update(tables.credentials).where(CREDENTIALS.username == username).values(enabled=False)
    )


def consents(connection: Connection, client: str) -> list[Consent]:
    """Return what the client has consented to, withdrawn intervals included."""
    rows = connection.execute(
        select(CONSENTS.source, CONSENTS.start, CONSENTS.stop)
        .where(CONSENTS.client == client)
        .order_by(CONSENTS.id)
    )
    return [Consent(row.source, row.start, row.stop) for row in rows]


def all_consents(connection: Connection) -> dict[str, list[Consent]]:
    """Return what each client has consented to, withdrawn intervals included."""
    found: dict[str, list[Consent]] = {}
    asked = select(CONSENTS.client, CONSENTS.source, CONSENTS.start, CONSENTS.stop)
    for client, source, start, stop in connection.execute(asked.order_by(CONSENTS.id)):
        found.setdefault(client, []).append(Consent(source, start, stop))
    return found


def grant(
    connection: Connection, client: str, source: str, *, start: datetime, now: datetime
) -> None:
    """Allow a source from `start` on; what is allowed already begins earlier at most.

    Once it, or everything, was withdrawn it begins `now` at the earliest: what lies between
    stays as it was wanted.

    Raises
    ------
    Missing
        There is no such client.
    """
    if _was_withdrawn(source, consents(connection, client)):
        start = max(start, now)
    running = connection.execute(
        select(CONSENTS.id, CONSENTS.start).where(
            CONSENTS.client == client, CONSENTS.source == source, CONSENTS.stop.is_(None)
        )
    ).first()
    if running is None:
        _tell(connection, _begun(connection, client, source, start), client, Consent(source, start))
    elif start < running.start:
        connection.execute(
            update(tables.consents).where(CONSENTS.id == running.id).values(start=start)
        )
        _tell(connection, running.id, client, Consent(source, start))


def _was_withdrawn(source: str, known: Sequence[Consent]) -> bool:
    """Return whether a source was withdrawn ever: by itself, or as everything was.

    Withdrawing everything ends what runs, and nothing is noted of a source that was not allowed.
    """
    ended = [(one.source, one.stop) for one in known if one.stop is not None]
    return any(one in (source, "*") or not _runs_any(known, stop) for one, stop in ended)


def _runs_any(known: Sequence[Consent], moment: datetime) -> bool:
    begun = [one for one in known if one.start is None or one.start <= moment]
    return any(one.stop is None or moment < one.stop for one in begun)


def _begun(connection: Connection, client: str, source: str, start: datetime) -> int:
    row = {"client": client, "source": source, "start": start}
    try:
        made = connection.execute(insert(tables.consents).returning(CONSENTS.id), row)
    except IntegrityError:
        raise Missing("no such client") from None
    return int(made.scalar_one())


def withdraw(connection: Connection, client: str, source: str, *, now: datetime) -> list[str]:
    """End what the client allowed a source, and return whose; `*` ends everything."""
    asked = select(CONSENTS.id, CONSENTS.source, CONSENTS.start).where(
        CONSENTS.client == client, CONSENTS.stop.is_(None)
    )
    if source != "*":
        asked = asked.where(CONSENTS.source == source)
    running = connection.execute(asked.order_by(CONSENTS.id)).all()
    for row in running:
        stop = max(now, row.start)
        connection.execute(update(tables.consents).where(CONSENTS.id == row.id).values(stop=stop))
        _tell(connection, row.id, client, Consent(row.source, row.start, stop))
    return [row.source for row in running]


def renew(connection: Connection, client: str, source: str, *, now: datetime) -> list[str]:
    """Allow from now on what the client has withdrawn, and return it; `*` stands for all of it."""
    known = consents(connection, client)
    running = {one.source for one in known if one.stop is None}
    ended = dict.fromkeys(one.source for one in known if one.source not in running)
    found = [one for one in ended if source in ("*", one)]
    for one in found:
        grant(connection, client, one, start=now, now=now)
    return found


def _tell(connection: Connection, row: int, client: str, consent: Consent) -> None:
    """Let the stream know of one interval, which has a command of its own."""
    command = f"consent-{row}"
    told = Command(
        client=client,
        kind="consent",
        id=command,
        version=outbox.newest_version(connection, client, command) + 1,
        effective_from=consent.start,
        effective_to=consent.stop,
        value={"source": consent.source},
    )
    outbox.put(connection, told)


def new_credential(
    client: str, device: str, adapter: str, topics: Sequence[str]
) -> tuple[Credential, str]:
    """Return what a device will sign in with, and its password, which nobody keeps."""
    username, password = secrets.random_id("d"), secrets.device_password()
    names = {"client": client, "device": device, "username": username}
    own = tuple(topic.format_map(names) for topic in topics)
    kept = secrets.broker_hash(password)
    return Credential(username, client, device, adapter, kept, own), password
