"""Bring the records' tables up to date, from whatever version they have."""

import logging
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select, text

from daykeel.records import tables
from daykeel.records.database import Database
from daykeel.records.secrets import BadKey, Keys

HEAD = "0002"
"""The newest migration; known here so that a start without work to do loads no Alembic."""

_CHECK = "the installation"
_LOCK = 0x6461796B
_FOLDER = Path(__file__).parent / "migrations"


def migrate(database: Database, keys: Keys) -> None:
    """Run the migrations that have not run yet; of processes that start at once, one does it.

    Raises
    ------
    BadKey
        The records were made with another key.
    """
    with database.writing() as connection:
        _wait_for_others(connection)
        if _version(connection) != HEAD:
            _upgrade(connection)
        _check_key(connection, keys)


def _check_key(connection: Connection, keys: Keys) -> None:
    """Refuse another key at once, before anything is sealed or chained with it."""
    kept = connection.execute(select(tables.installation.c.key_check)).scalar()
    if kept is None:
        row = {"id": 1, "key_check": keys.lookup(_CHECK)}
        connection.execute(insert(tables.installation), row)
    elif kept != keys.lookup(_CHECK):
        raise BadKey("the records were made with another key")


def _wait_for_others(connection: Connection) -> None:
    """Take a lock till the end of the transaction; on SQLite writing is one already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  a third of a second, seldom needed
    from alembic.config import Config  # noqa: PLC0415  the same

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
