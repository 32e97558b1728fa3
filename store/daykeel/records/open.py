"""The records that a URL names."""

from daykeel.records.database import Database
from daykeel.records.records import Records
from daykeel.records.secrets import Keys


def open_records(url: str, key: bytes) -> Records:
    """Return the records at `url`, a SQLAlchemy URL as `sqlite:///data/records.db`.

    Nothing is connected and no table made before `Records.migrate` or the first use.

    Raises
    ------
    BadKey
        `key` is not 32 bytes.
    """
    return Records(Database(url), Keys(key))
