import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, inspect, select, text

from daykeel.records import migrate, tables
from daykeel.records.database import Database
from daykeel.records.errors import RecordsError
from daykeel.records.open import open_records

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY = bytes(range(32))

FIRST = {
    "clients": {
        "id": "c-1",
        "name_sealed": b"\x00sealed\xff",
        "zone": "UTC",
        "enrolled": date(2026, 3, 1),
        "made_at": NOW,
    },
    "accounts": {
        "id": "a-1",
        "role": "therapist",
        "name_key": "k",
        "name_sealed": b"s",
        "made_at": NOW,
    },
    "assignments": {"account": "a-1", "client": "c-1", "start": NOW},
    "sessions": {"token_hash": "h", "account": "a-1", "began_at": NOW, "seen_at": NOW},
    "login_links": {"token_hash": "h", "account": "a-1", "expires_at": NOW},
    "credentials": {
        "username": "d-1",
        "client": "c-1",
        "device": "phone",
        "adapter": "daykeel",
        "secret_hash": "h",
        "topics": ["a/#", "b"],
        "enabled": True,
        "made_at": NOW,
    },
    "consents": {"client": "c-1", "source": "daykeel", "start": NOW},
    "commands": {"client": "c-1", "id": "p", "version": 1, "value": b"v", "is_sent": False},
    "alerts": {
        "id": "l-1",
        "client": "c-1",
        "kind": "phase_delay",
        "state": "open",
        "severity": "watch",
        "onset": date(2026, 2, 20),
        "raised_at": NOW,
        "episode": b"e",
        "reason": "",
        "version": 1,
        "resolved_for": "",
        "told": "",
    },
    "alert_history": {
        "alert": "l-1",
        "version": 1,
        "at": NOW,
        "actor": "",
        "was": "",
        "state": "open",
        "reason": "",
    },
    "notices": {
        "alert": "l-1",
        "version": 1,
        "channel": "file",
        "severity": "watch",
        "made_at": NOW,
    },
    "requests": {"actor": "a-1", "key": "k", "fingerprint": "f", "at": NOW},
    "audit": {
        "seq": 1,
        "at": NOW,
        "actor": "a-1",
        "action": "client.read",
        "resource": "client/c-1",
        "digest": "d",
    },
}
"""A row of every table that people fill, as the first version knows them, and the newest too."""

ONLY_BEFORE = {"notices": {"link": "l"}}
"""What the first version needs besides."""
SINCE = {"settled_at"}
"""Columns that it does not have."""


@pytest.fixture
def database(empty_url):
    made = Database(empty_url)
    yield made
    made.close()


def kept(connection):
    """Return every row as the first version knows it."""
    return {
        name: [
            {column: getattr(found, column) for column in row}
            for found in connection.execute(tables.metadata.tables[name].select())
        ]
        for name, row in FIRST.items()
    }


def before(name):
    """Return the columns of a table as the first version has them."""
    found = [Column(one.name, one.type) for one in tables.metadata.tables[name].columns]
    gone = [Column(one, tables.Text) for one in ONLY_BEFORE.get(name, {})]
    return [one for one in found if one.name not in SINCE] + gone


def moved(database, move, to):
    with database.writing() as connection:
        move(connection, to)
        return migrate.version(connection)


def test_migrations_leave_the_tables_that_the_code_knows(database):
    moved(database, migrate.upgrade, migrate.HEAD)

    with database.reading() as connection:
        context = MigrationContext.configure(connection)
        found = compare_metadata(context, tables.metadata)
        head = context.get_current_revision()

    assert found == []
    assert head == migrate.HEAD


def test_what_is_stored_outlives_every_step_up_and_down(database):
    moved(database, migrate.upgrade, "0001")
    with database.writing() as connection:
        for name, row in FIRST.items():
            first = Table(name, MetaData(), *before(name))
            connection.execute(first.insert(), row | ONLY_BEFORE.get(name, {}))

    way = [moved(database, migrate.upgrade, f"000{step}") for step in range(2, 7)]
    with database.reading() as connection:
        after_upgrades = kept(connection)
    way += [moved(database, migrate.downgrade, step) for step in ("0003", "0002", "0001")]
    way.append(moved(database, migrate.upgrade, migrate.HEAD))

    assert way == [*(f"000{step}" for step in range(2, 7)), "0003", "0002", "0001", migrate.HEAD]
    with database.reading() as connection:
        assert after_upgrades == kept(connection) == {name: [row] for name, row in FIRST.items()}


def test_a_notice_that_had_left_is_settled_and_one_that_waited_still_waits(database):
    moved(database, migrate.upgrade, "0003")
    with database.writing() as connection:
        for name in ("clients", "alerts"):
            connection.execute(tables.metadata.tables[name].insert(), FIRST[name])
        for version, sent in ((1, NOW), (2, None)):
            row = FIRST["notices"] | {"version": version, "link": f"l{version}", "sent_at": sent}
            notices = Table(
                "notices", MetaData(), *before("notices"), Column("sent_at", tables.Instant)
            )
            connection.execute(notices.insert(), row)

    moved(database, migrate.upgrade, migrate.HEAD)
    with database.reading() as connection:
        settled = (
            connection.execute(select(tables.notices.c.settled_at).order_by("id")).scalars().all()
        )
    moved(database, migrate.downgrade, "0003")
    with database.reading() as connection:
        links = connection.execute(
            text("SELECT link, sent_at IS NULL FROM notices ORDER BY id")
        ).all()

    assert settled == [NOW, None]
    assert len({link for link, _ in links}) == 2
    assert [bool(waits) for _, waits in links] == [False, True]


def test_going_back_to_the_beginning_leaves_no_table_of_ours(database):
    moved(database, migrate.upgrade, migrate.HEAD)

    moved(database, migrate.downgrade, "base")

    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_records_of_the_first_version_are_used_as_if_they_were_new(database, empty_url):
    moved(database, migrate.upgrade, "0001")
    opened = open_records(empty_url, KEY)

    opened.migrate()
    opened.audit("a", "client.read", "client/c-1", now=NOW)

    assert opened.audited()[0].resource.startswith("client/r-")
    assert opened.audit_broken_at() is None
    opened.close()


def test_records_of_a_newer_release_are_left_alone(database, empty_url):
    moved(database, migrate.upgrade, migrate.HEAD)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened = open_records(empty_url, KEY)

    with pytest.raises(RecordsError, match="newer release"):
        opened.migrate()

    assert opened.all_clients() == []
    opened.close()


def test_migrating_again_keeps_what_is_there(empty_url):
    opened = open_records(empty_url, KEY)
    opened.migrate()
    client = opened.add_client("Ann Ahlberg", "Europe/Berlin", now=NOW)

    opened.migrate()

    assert opened.client(client.id) == client
    opened.close()


def test_a_migration_that_fails_leaves_nothing_behind(database, empty_url, monkeypatch):
    opened = open_records(empty_url, KEY)
    monkeypatch.setattr(migrate, "_check_key", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        opened.migrate()

    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    monkeypatch.undo()
    opened.migrate()
    assert opened.alerts() == []
    opened.close()


def test_several_that_start_at_once_migrate_once(empty_url):
    opened = [open_records(empty_url, KEY) for _ in range(4)]
    start = threading.Barrier(4)

    def begin(one):
        start.wait()
        one.migrate()
        one.audit("a", "b", "c", now=NOW)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(begin, opened))

    assert len(opened[0].audited()) == 4
    for one in opened:
        one.close()
