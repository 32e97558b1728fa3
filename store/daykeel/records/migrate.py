"""Bring the records' tables up to date, from whatever version they have."""

import logging
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, insert, inspect, select, text, update

from daykeel.records import tables
from daykeel.records.database import Database
from daykeel.records.errors import RecordsError
from daykeel.records.secrets import BadKey, Keys

HEAD = "0008"
"""The newest migration; known here so that a start without work to do loads no Alembic."""

_CHECK = "the installation"
_FOLDER = Path(__file__).parent / "migrations"


def migrate(database: Database, keys: Keys) -> None:
    """Run the migrations that have not run yet; of processes that start at once, one does it.

    Raises
    ------
    BadKey
        The records were made with another key.
    RecordsError
        They were made by a newer release.
    """
    with database.writing() as connection:
        found = version(connection)
        if found is not None and found > HEAD:
            raise RecordsError(f"the records are of a newer release: {found}, not {HEAD}")
        if found != HEAD:
            upgrade(connection, HEAD)
        _check_key(connection, keys)


def _check_key(connection: Connection, keys: Keys) -> None:
    """Refuse another key at once, before anything is sealed or chained with it."""
    kept = connection.execute(select(tables.installation.c.key_check)).scalar()
    if kept is None:
        row = {"id": 1, "key_check": keys.lookup(_CHECK)}
        connection.execute(insert(tables.installation), row)
    elif kept != keys.lookup(_CHECK):
        raise BadKey("the records were made with another key")


def is_key_right(connection: Connection, keys: Keys) -> bool:
    """Return whether the tables were made with these keys."""
    kept = connection.execute(select(tables.installation.c.key_check)).scalar()
    return kept is None or bool(kept == keys.lookup(_CHECK))


def touch(connection: Connection) -> None:
    """Write what is there already, to see whether anything can be written."""
    check = tables.installation.c.key_check
    connection.execute(update(tables.installation).values(key_check=check))


def server_instant(connection: Connection) -> datetime | None:
    """Return what the clock of a server shows; None where there is no server."""
    if connection.dialect.name != "postgresql":
        return None
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


def version(connection: Connection) -> str | None:
    """Return the newest migration that has run, None where there is nothing yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(connection: Connection, to: str) -> None:
    """Run migrations up to `to`, in the connection's transaction."""
    _alembic("upgrade", connection, to)


def downgrade(connection: Connection, to: str) -> None:
    """Take migrations back down to `to`, or `base`; what only newer ones hold is lost."""
    _alembic("downgrade", connection, to)


def _alembic(direction: str, connection: Connection, to: str) -> None:
    from alembic import command  # noqa: PLC0415  a third of a second, seldom needed
    from alembic.config import Config  # noqa: PLC0415  the same

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    getattr(command, direction)(config, to)
