"""Commands that wait to be sent to the stream, stored with the change that caused them."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from daykeel.events.codec import decode, encode
from daykeel.pipeline.state import Command
from daykeel.records import tables
from daykeel.records.errors import Conflict

COMMANDS = tables.commands.c


def put(connection: Connection, command: Command) -> None:
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


def current(connection: Connection, client: str) -> list[Command]:
    """Return the command of the highest version of each id of a client."""
    newest = select(func.max(COMMANDS.seq)).where(COMMANDS.client == client).group_by(COMMANDS.id)
    rows = connection.execute(
        select(COMMANDS.value).where(COMMANDS.seq.in_(newest)).order_by(COMMANDS.seq)
    )
    return [decode(Command, value) for value in rows.scalars()]


def send_again(connection: Connection) -> None:
    """Let every command be sent once more, to a log that has lost them."""
    connection.execute(update(tables.commands).values(is_sent=False))
