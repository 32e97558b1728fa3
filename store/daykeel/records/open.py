"""The records that a URL names."""

from daykeel.records.database import Database
from daykeel.records.records import Records
from daykeel.records.secrets import Keys


def open_records(url: str, key: bytes) -> Records:
    """Return the records at `url`, as SQLAlchemy writes it.

    That is `sqlite:///data/records.db`, or with a file of passwords as libpq reads it
    `postgresql+psycopg://daykeel@host:5432/daykeel?passfile=/run/secrets/records`. Nothing is
    connected and no table made before `Records.migrate` or the first use.

    Raises
    ------
    BadKey
        `key` is not 32 bytes.
    ValueError
        `url` names another kind of database.
    """
    return Records(Database(url), Keys(key))
