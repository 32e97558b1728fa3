import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, text

from daykeel.alerting.lifecycle import observe, transition
from daykeel.pipeline.state import Command
from daykeel.records import postgresql, sqlite, tables
from daykeel.records.database import Database
from daykeel.records.errors import Conflict, RecordsUnavailable
from daykeel.records.open import open_records
from daykeel.rhythm.ledger import Episode, SignalSet

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from cuttable import Wire
from servers_at import private

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY = bytes(range(32))
WORKERS = 6
DEADLINE_S = 60.0


@pytest.fixture
def records(records_url):
    opened = open_records(records_url, KEY)
    opened.migrate()
    yield opened
    opened.close()


@contextmanager
def workers(url):
    """Give as many openings of the records as there are workers, as processes have them."""
    opened = [open_records(url, KEY) for _ in range(WORKERS)]
    yield opened
    for one in opened:
        one.close()


def at_once(opened, work):
    """Return what `work` gave or raised for each, all begun together."""
    start = threading.Barrier(len(opened))

    def begun(one):
        start.wait(DEADLINE_S)
        try:
            return work(one)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(len(opened)) as threads:
        return list(threads.map(begun, opened))


def opened_alert(client="c-1"):
    onset = date(2026, 2, 20)
    signals = Episode(client, "phase_delay", onset, (onset,), "watch", ())
    (change,) = observe([], SignalSet(client, "phase_delay", NOW, (signals,)), NOW)
    return change


def stored(records, change):
    records.save_transition(change.alert.version - 1, change.alert, change.entry, change.notices)


# Whoever writes is alone


def test_of_many_who_decide_upon_one_version_one_wins(records, records_url):
    first = opened_alert()
    stored(records, first)

    def decide(own):
        stored(own, transition(first.alert, "acknowledge", actor="a", now=NOW))

    with workers(records_url) as opened:
        found = at_once(opened, decide)

    assert found.count(None) == 1
    assert sum(isinstance(one, Conflict) for one in found) == WORKERS - 1
    assert len(records.history(first.alert.id)) == 2


def test_of_many_who_raise_one_alert_one_wins(records, records_url):
    with workers(records_url) as opened:
        found = at_once(opened, lambda own: stored(own, opened_alert()))

    assert found.count(None) == 1
    assert len(records.post.desk(now=NOW).notices) == 1


def test_consent_given_by_many_at_once_is_one_interval(records, records_url):
    client = records.add_client("Ann", "UTC", now=NOW).id

    with workers(records_url) as opened:
        at_once(opened, lambda own: own.grant(client, "daykeel", now=NOW))

    assert len(records.consents(client)) == 1


def test_a_key_used_by_many_at_once_is_remembered_once(records, records_url):
    with workers(records_url) as opened:
        found = at_once(opened, lambda own: own.remember("a", "key", "one", now=NOW))

    assert found == [None] * WORKERS
    assert records.remembered("a", "key") == "one"


def test_a_letter_is_written_and_taken_by_one_of_many_workers(records, records_url):
    records.post.add_address("clinic", "mail", "clinic@example.org", now=NOW)
    for at in range(30):
        stored(records, opened_alert(f"c-{at}"))
        records.post.try_out("clinic", now=NOW - timedelta(hours=30 - at), wall=NOW)
    digest = NOW + timedelta(1)

    def take(own):
        own.post.write_letters(now=digest, wall=digest)
        hands = []
        while taken := own.post.take_deliveries(3, now=digest, wall=digest, lasts=timedelta(1)):
            hands += [one.id for one in taken]
        return hands

    with workers(records_url) as opened:
        found = [one for hands in at_once(opened, take) for one in hands]

    assert sorted(found) == [one.id for one in reversed(records.post.waiting())]
    assert len(found) == 31


def test_who_reads_on_from_the_last_number_misses_nothing(records, records_url):
    client = records.add_client("Ann", "UTC", now=NOW).id
    each = 20
    reader, seen = Database(records_url), []
    seq = tables.commands.c.seq

    def write(own):
        for version in range(1, each + 1):
            name = f"p-{id(own)}"
            own.put_command(Command(client=client, kind="phase", id=name, version=version))

    def follow():
        last = max(seen, default=0)
        with reader.reading() as connection:
            rows = connection.execute(select(seq).where(seq > last))
            seen.extend(sorted(rows.scalars()))

    with workers(records_url) as opened, ThreadPoolExecutor(1) as beside:
        writing = beside.submit(at_once, opened, write)
        while not writing.done():
            follow()
        assert writing.result() == [None] * WORKERS
    follow()
    reader.close()

    assert len(seen) == 1 + WORKERS * each


AUDITING = """
import sys
from datetime import UTC, datetime
from daykeel.records.open import open_records
records = open_records(sys.argv[1], bytes(range(32)))
for at in range(20):
    records.audit("a-1", "client.read", f"client/c-{at}", now=datetime(2026, 3, 1, tzinfo=UTC))
records.close()
"""


def test_lines_from_several_processes_make_one_chain(records, records_url):
    command = [sys.executable, "-c", AUDITING, records_url]
    processes = [subprocess.Popen(command) for _ in range(2)]

    ended = [one.wait(DEADLINE_S) for one in processes]

    assert ended == [0, 0]
    assert [one.seq for one in records.audited()] == list(range(1, 41))
    assert records.audit_broken_at() is None


# Whoever reads sees one moment


def test_a_reader_does_not_see_what_is_written_meanwhile(records, records_url):
    reader = Database(records_url)
    count = select(func.count()).select_from(tables.clients)

    with reader.reading() as connection:
        before = connection.execute(count).scalar_one()
        records.add_client("Ann", "UTC", now=NOW)
        during = connection.execute(count).scalar_one()
    with reader.reading() as connection:
        after = connection.execute(count).scalar_one()
    reader.close()

    assert (before, during, after) == (0, 0, 1)


def test_the_audit_is_never_broken_while_lines_are_appended(records, records_url):
    other = open_records(records_url, KEY)

    def write():
        for at in range(60):
            other.audit("a", "b", str(at), now=NOW)

    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(write)
        found = {records.audit_broken_at()}
        while not writing.done():
            found.add(records.audit_broken_at())
        assert writing.result() is None
    other.close()

    assert found == {None}


# The database does not answer


IDLE_MS = 3000
"""How long a transaction may stand still: longer than others here wait."""


@pytest.fixture
def impatient(monkeypatch):
    """Let nobody wait for long."""
    monkeypatch.setattr(sqlite, "BUSY_S", 0.2)
    monkeypatch.setattr(postgresql, "WAIT_S", 0.2)
    limits = f"-c lock_timeout=200ms -c idle_in_transaction_session_timeout={IDLE_MS}ms"
    monkeypatch.setitem(postgresql.CONNECTION, "options", limits)
    monkeypatch.setitem(postgresql.CONNECTION, "connect_timeout", 2)


def test_who_waits_too_long_for_its_turn_is_told_so(records, records_url, impatient):
    holder, other = Database(records_url), open_records(records_url, KEY)

    other.all_clients()  # a new connection takes its time
    with holder.writing(), pytest.raises(RecordsUnavailable):
        other.add_client("Ann", "UTC", now=NOW)

    other.add_client("Ann", "UTC", now=NOW)
    other.close()
    holder.close()


def hold_connections(database, count):
    with ExitStack() as held:
        for _ in range(count):
            held.enter_context(database.reading())


def test_who_waits_too_long_for_a_connection_is_told_so(records_url, impatient):
    database = Database(records_url)

    with pytest.raises(RecordsUnavailable, match="in use"):
        hold_connections(database, 49)

    with database.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    database.close()


def test_records_without_tables_do_not_answer_yet(empty_url):
    opened = open_records(empty_url, KEY)

    with pytest.raises(RecordsUnavailable):
        opened.credential("d-1")

    opened.migrate()
    assert opened.credential("d-1") is None
    opened.close()


def test_a_file_that_is_no_database_does_not_answer(tmp_path):
    (tmp_path / "records.db").write_bytes(b"no database at all" * 100)
    opened = open_records(f"sqlite:///{tmp_path}/records.db", KEY)

    with pytest.raises(RecordsUnavailable, match="not a database"):
        opened.all_clients()
    opened.close()


def test_the_file_is_for_its_owner_only(tmp_path):
    opened = open_records(f"sqlite:///{tmp_path}/records.db", KEY)
    opened.migrate()
    opened.add_client("Ann", "UTC", now=NOW)

    modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.glob("records.db*")}

    assert set(modes.values()) == {0o600}, modes
    opened.close()


# The server goes and comes back


@pytest.fixture
def on_server(postgresql, newest):
    with postgresql.database(newest) as url:
        yield url


@pytest.fixture
def wire(on_server):
    named = make_url(on_server)
    wire = Wire(named.host, named.port)
    yield wire
    wire.cut()


@pytest.fixture
def far(on_server, wire, tmp_path):
    named = make_url(on_server)
    password = Path(named.query["passfile"]).read_text().strip().rpartition(":")[2]
    file = tmp_path / "passwords"
    file.write_text(f"127.0.0.1:{wire.port}:*:*:{password}\n")
    file.chmod(0o600)
    url = named.set(host="127.0.0.1", port=wire.port, query={"passfile": str(file)})
    opened = open_records(url.render_as_string(hide_password=False), KEY)
    opened.migrate()
    yield opened
    opened.close()


@pytest.mark.servers
def test_a_server_that_is_away_does_not_answer_until_it_is_back(far, wire):
    client = far.add_client("Ann", "UTC", now=NOW)

    wire.cut()
    for ask in (far.all_clients, far.migrate, lambda: far.withdraw(client.id, "*", now=NOW)):
        with pytest.raises(RecordsUnavailable):
            ask()
    wire.mend()

    assert far.all_clients() == [client]
    far.withdraw(client.id, "*", now=NOW)


@pytest.mark.servers
def test_what_was_being_written_when_the_server_went_is_not_there(on_server, postgresql):
    database = Database(on_server)

    def write_and_lose():
        with database.writing() as connection:
            connection.execute(text("INSERT INTO audit_references VALUES ('a', 'b')"))
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
            postgresql.run(f"SELECT pg_terminate_backend({pid}, 30000)")

    with pytest.raises(RecordsUnavailable):
        write_and_lose()

    with database.writing() as connection:
        assert connection.execute(select(tables.audit_references)).all() == []
    database.close()


@pytest.mark.servers
def test_a_process_that_stands_still_loses_its_turn(on_server, impatient):
    still, other = Database(on_server), open_records(on_server, KEY)
    other.migrate()

    def stand_still():
        with still.writing() as connection:
            until_it_answers(lambda: other.add_client("Ann", "UTC", now=NOW))
            connection.execute(text("SELECT 1"))

    with pytest.raises(RecordsUnavailable):
        stand_still()
    assert len(other.all_clients()) == 1
    other.close()
    still.close()


def until_it_answers(ask):
    for _ in range(100):  # each waits for its turn
        try:
            return ask()
        except RecordsUnavailable:
            continue
    raise AssertionError("it never answered")


@pytest.mark.servers
def test_a_server_that_says_nothing_is_not_waited_for_for_ever(on_server, impatient):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = make_url(on_server).set(host="127.0.0.1", port=port)
        opened = open_records(url.render_as_string(hide_password=False), KEY)

        with pytest.raises(RecordsUnavailable, match="timeout"):
            opened.all_clients()
        opened.close()


@pytest.mark.servers
def test_what_was_kept_outlives_a_kill_of_the_server(tmp_path):
    with private(tmp_path / "servers", "postgres") as servers:
        opened = open_records(servers.url("postgres"), KEY)
        opened.migrate()
        kept = write_until_unavailable(opened, lambda: servers.kill("postgres"))
        servers.start("postgres")

        until_it_answers(lambda: opened.audit("a", "b", "after", now=NOW))

        said = [one.action for one in opened.audited(limit=10**6)]
        assert kept < len(said) <= kept + 2
        assert opened.audit_broken_at() is None
        opened.close()


def write_until_unavailable(records, begin):
    """Return how many lines were kept while `begin` ran beside."""
    kept = 0
    with ThreadPoolExecutor(1) as beside:
        begun = None
        while True:
            try:
                records.audit("a", "b", "before", now=NOW)
            except RecordsUnavailable:
                break
            kept += 1
            begun = begun or beside.submit(begin)
        begun.result()
    return kept


@pytest.mark.servers
def test_a_wrong_password_is_told_without_it(on_server, tmp_path):
    named = make_url(on_server)
    file = tmp_path / "passwords"
    file.write_text("*:*:*:*:wrong-one\n")
    file.chmod(0o600)
    url = named.set(query={"passfile": str(file)})
    opened = open_records(url.render_as_string(hide_password=False), KEY)

    with pytest.raises(RecordsUnavailable, match="password authentication failed") as error:
        opened.all_clients()

    assert "wrong-one" not in str(error.value)
    opened.close()
