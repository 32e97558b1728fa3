"""Commands that wait to be sent to the stream, stored with the change that caused them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from daykeel.events.codec import decode, encode
from daykeel.pipeline.command import RESCORE
from daykeel.pipeline.state import Command
from daykeel.records import tables
from daykeel.records.errors import Conflict

COMMANDS = tables.commands.c


def put(
    connection: Connection,
    command: Command,
    *,
    made_by: str | None = None,
    made_at: datetime | None = None,
) -> None:
    """Store a command to be sent; the same one again is the same one.

    Raises
    ------
    Conflict
        There is another command of that id and version, or no such client.
    """
    value = encode(command)
    kept = connection.execute(
        select(COMMANDS.value).where(
            COMMANDS.client == command.client,
            COMMANDS.id == command.id,
            COMMANDS.version == command.version,
        )
    ).scalar_one_or_none()
    if kept == value:
        return
    row = {
        "client": command.client,
        "id": command.id,
        "version": command.version,
        "value": value,
        "is_sent": False,
        "made_by": made_by,
        "made_at": made_at,
    }
    try:
        connection.execute(insert(tables.commands), row)
    except IntegrityError:
        raise Conflict from None


def pending(connection: Connection, limit: int) -> list[tuple[int, Command]]:
    """Return the oldest commands that have not been sent, with what to say once they are."""
    rows = connection.execute(
        select(COMMANDS.seq, COMMANDS.value)
        .where(COMMANDS.is_sent.is_(False))
        .order_by(COMMANDS.seq)
        .limit(limit)
    )
    return [(row.seq, decode(Command, row.value)) for row in rows]


def sent(connection: Connection, seqs: Sequence[int]) -> None:
    """Note that commands are on the log."""
    connection.execute(update(tables.commands).where(COMMANDS.seq.in_(seqs)).values(is_sent=True))


def newest_version(connection: Connection, client: str, command: str) -> int:
    """Return the highest version of a command, 0 if there is none."""
    found = connection.execute(
        select(func.max(COMMANDS.version)).where(COMMANDS.client == client, COMMANDS.id == command)
    ).scalar()
    return found or 0


def current(connection: Connection, client: str) -> list[Command]:
    """Return the command of the highest version of each id of a client, by id."""
    rows = connection.execute(
        select(COMMANDS.id, COMMANDS.value)
        .where(COMMANDS.client == client)
        .order_by(COMMANDS.id, COMMANDS.version)
    )
    newest = {row.id: row.value for row in rows}
    return [decode(Command, value) for value in newest.values()]


def rescore(connection: Connection, client: str) -> None:
    """Store the command that has all of a client computed anew and said again."""
    version = newest_version(connection, client, RESCORE) + 1
    put(connection, Command(client=client, kind=RESCORE, id=RESCORE, version=version))


def last(connection: Connection) -> int:
    """Return the number of the newest command, 0 if there is none."""
    return connection.execute(select(func.max(COMMANDS.seq))).scalar() or 0


def send_again(connection: Connection) -> None:
    """Let every command be sent once more, to a log that has lost them."""
    connection.execute(update(tables.commands).values(is_sent=False))
