"""Databases for tests, in a file or on the real server; and that nothing is skipped in CI."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url

from daykeel.demo.room import drop_database
from daykeel.records import migrate
from daykeel.records.database import Database

sys.path.insert(0, str(Path(__file__).parent / "servers"))
from servers_at import shared

# An example that takes long on a busy machine is no failure.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail in CI where anything was skipped; `-ra` lists what, and why."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    # Of several processes only the one that tells of all of them knows what was skipped.
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    if os.environ.get("CI") and reporter.stats.get("skipped"):
        reporter.write_line("\nin CI nothing may be skipped", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class Server:
    """A PostgreSQL on which databases can be made."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")

    def run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def database(self, template: str) -> Iterator[str]:
        """Give the URL of a new copy of `template`, in a zone and an order that are not ours."""
        name = f"test_{secrets.token_hex(6)}"
        # A copy keeps the order of text of its template, but nothing that was set for it.
        order = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" if template == "template0" else ""
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} {order}")
        try:
            self.run(f"ALTER DATABASE {name} SET timezone = 'Pacific/Auckland'")
            self.run(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
            yield self.url_of(name)
        finally:
            drop_database(self.url_of(self._url.database), name)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    server = Server(shared("postgres").url("postgres"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def newest(postgresql) -> Iterator[str]:
    """The name of a database with every table and nothing in them, to be copied."""
    with postgresql.database("template0") as url:
        database = Database(url)
        with database.writing() as connection:
            migrate.upgrade(connection, migrate.HEAD)
        database.close()
        yield make_url(url).database


ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)]


@pytest.fixture(params=ENGINES)
def records_url(request, tmp_path) -> Iterator[str]:
    """The URL of a database for records, of each kind; the server's has its tables already."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/records.db"
        return
    template = request.getfixturevalue("newest")
    with request.getfixturevalue("postgresql").database(template) as url:
        yield url


@pytest.fixture(params=ENGINES)
def empty_url(request, tmp_path) -> Iterator[str]:
    """The URL of a database for records, of each kind, without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/records.db"
        return
    with request.getfixturevalue("postgresql").database("template0") as url:
        yield url
