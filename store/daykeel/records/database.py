"""The connection to the records' database, with transactions that do what they say."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError
from sqlalchemy.exc import TimeoutError as NoConnection

from daykeel.records import postgresql, sqlite
from daykeel.records.errors import RecordsError, RecordsUnavailable

ENGINES = {"sqlite": sqlite.engines, "postgresql+psycopg": postgresql.engines}
"""Per driver: what makes an engine to read by and one to write by, over the same connections."""

_REFUSED = (DataError, IntegrityError, NotSupportedError)


class Database:
    """Transactions on one database, from any thread.

    Both kinds raise `RecordsUnavailable` where the database does not answer, and `RecordsError`
    where it refuses what is asked of it.
    """

    def __init__(self, url: str) -> None:
        self._reading, self._writing = _engines(url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database."""
        with _translated(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that is stored as a whole, or not at all.

        Of all processes one writes at a time, and sees what everybody before has written: what
        was read in it is still so when it ends, and numbers are given in the order in which
        readers come to see them.
        """
        with _translated(), self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._reading.dispose()


def _engines(url: str) -> tuple[Engine, Engine]:
    named = make_url(url)
    if named.drivername not in ENGINES:
        raise ValueError(f"records are at one of {', '.join(ENGINES)}, not {named.drivername!r}")
    return ENGINES[named.drivername](named)


@contextmanager
def _translated() -> Iterator[None]:
    """Tell a database's errors as ours."""
    try:
        yield
    except _REFUSED as error:
        # The text of these, and that of their causes, may quote what was to be stored.
        raise RecordsError(f"the database refuses it: {_rule(error)}") from None
    except DBAPIError as error:
        raise RecordsUnavailable(str(error.orig).partition("\n")[0]) from error
    except NoConnection as error:
        raise RecordsUnavailable("every connection is in use") from error


def _rule(error: DBAPIError) -> str:
    """Return what was broken, by its name in the driver."""
    cause = error.orig
    return str(getattr(cause, "sqlite_errorname", None) or type(cause).__name__)
