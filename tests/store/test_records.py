import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DatabaseError

from daykeel.alerting.lifecycle import observe, transition
from daykeel.pipeline.state import Command
from daykeel.records import migrate, tables
from daykeel.records.database import Database
from daykeel.records.errors import Conflict, Missing, Taken
from daykeel.records.open import open_records
from daykeel.records.policy import can
from daykeel.records.secrets import BadKey, is_secret
from daykeel.rhythm.ledger import Baseline, ChartPoint, Episode, Finding, SignalSet

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY = bytes(range(32))
NAME = "Ann Ahlberg"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records.db"


@pytest.fixture
def records(path):
    opened = open_records(f"sqlite:///{path}", KEY)
    opened.migrate()
    yield opened
    opened.close()


def again(path, key=KEY):
    return open_records(f"sqlite:///{path}", key)


# Migrations


def test_migrations_leave_the_tables_that_the_code_knows(records, path):
    database = Database(f"sqlite:///{path}")
    with database.reading() as connection:
        context = MigrationContext.configure(connection)
        found = compare_metadata(context, tables.metadata)
        head = context.get_current_revision()
    database.close()

    assert found == []
    assert head == migrate.HEAD


def test_the_file_is_for_its_owner_only(records, path):
    records.add_client(NAME, "UTC", now=NOW)

    modes = {one.name: one.stat().st_mode & 0o777 for one in path.parent.glob("records.db*")}

    assert set(modes.values()) == {0o600}, modes


def test_an_error_does_not_quote_what_was_to_be_stored(records, path):
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE consents")
    other.close()

    with pytest.raises(DatabaseError) as error:
        records.consents("c-secret")

    assert "c-secret" not in str(error.value)


def test_migrating_again_keeps_what_is_there(records):
    client = records.add_client(NAME, "Europe/Berlin", now=NOW)

    records.migrate()

    assert records.client(client.id) == client


def test_a_migration_that_fails_leaves_nothing_behind(path, monkeypatch):
    opened = again(path)
    monkeypatch.setattr(migrate, "_check_key", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        opened.migrate()
    monkeypatch.undo()
    opened.migrate()

    assert opened.alerts() == []
    opened.close()


def test_several_that_start_at_once_migrate_once(path):
    opened = [again(path) for _ in range(4)]
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


# Clients, devices, consent


def test_a_client_comes_back_as_it_was_added(records, path):
    client = records.add_client(NAME, "Pacific/Auckland", now=NOW)

    other = again(path)
    assert other.client(client.id) == client
    other.close()
    assert client.enrolled == date(2026, 3, 1)
    assert len(client.id) == 12
    assert records.client("c-nobody") is None


def test_an_id_is_given_once(records):
    records.add_client(NAME, "UTC", now=NOW, id="c-demo")

    with pytest.raises(Taken):
        records.add_client("Ben", "UTC", now=NOW, id="c-demo")


def test_no_name_and_no_secret_lies_in_the_file_in_the_clear(records, path):
    client = records.add_client(NAME, "UTC", now=NOW)
    account = records.add_account("client", NAME, client=client.id, now=NOW)
    _, device = records.add_credential(client.id, "phone", "daykeel", [], now=NOW)
    link = records.login_link(account.id, now=NOW)
    session = records.redeem(records.login_link(account.id, now=NOW), now=NOW)
    records.set_password(account.id, "four plain words together", now=NOW)

    content = b"".join(one.read_bytes() for one in path.parent.iterdir())

    assert client.id.encode() in content
    for secret in (NAME, NAME.casefold(), device, link, session, "four plain words together"):
        assert secret.encode() not in content


def test_another_key_is_refused_and_opens_nothing(records, path):
    client = records.add_client(NAME, "UTC", now=NOW)
    other = again(path, bytes(32))

    with pytest.raises(BadKey):
        other.migrate()
    with pytest.raises(BadKey):
        other.client(client.id)
    other.close()


def test_a_key_of_another_length_is_refused(path):
    with pytest.raises(BadKey):
        again(path, b"short")


def test_a_device_s_password_is_told_once_and_only_its_hash_kept(records):
    client = records.add_client(NAME, "UTC", now=NOW)
    topics = ("daykeel/v1/{client}/daykeel/{device}/#", "owntracks/{username}/{device}")

    made, password = records.add_credential(client.id, "phone", "daykeel", topics, now=NOW)

    assert records.credential(made.username) == made
    assert records.credentials() == [made]
    assert made.topics == (
        f"daykeel/v1/{client.id}/daykeel/phone/#",
        f"owntracks/{made.username}/phone",
    )
    assert is_secret(made.secret_hash, password)
    assert not is_secret(made.secret_hash, password[:-1])
    assert records.credential("d-nobody") is None


def test_a_disabled_credential_says_so(records):
    client = records.add_client(NAME, "UTC", now=NOW)
    made, _ = records.add_credential(client.id, "phone", "daykeel", (), now=NOW)

    records.disable_credential(made.username)

    assert not records.credential(made.username).enabled


def test_nothing_is_made_for_a_client_that_is_not_there(records):
    with pytest.raises(Missing):
        records.add_credential("c-nobody", "phone", "daykeel", (), now=NOW)
    with pytest.raises(Missing):
        records.grant("c-nobody", "daykeel", now=NOW)
    with pytest.raises(Missing):
        records.add_account("client", "n", client="c-nobody", now=NOW)
    with pytest.raises(Conflict):
        records.put_command(Command(client="c-nobody", kind="phase", id="phase", version=1))


def test_consent_is_an_interval_and_a_command(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    later = NOW + timedelta(1)

    records.grant(client, "owntracks", now=NOW)
    records.grant(client, "owntracks", now=later)
    records.withdraw(client, "owntracks", now=later)
    records.grant(client, "owntracks", now=later)

    assert [(one.start, one.stop) for one in records.consents(client)] == [
        (NOW, later),
        (later, None),
    ]
    said = [one for _, one in records.pending_commands(99) if one.kind == "consent"]
    assert [(one.version, one.effective_from, one.effective_to) for one in said] == [
        (1, NOW, None),
        (2, NOW, later),
        (1, later, None),
    ]
    assert said[0].id == said[1].id != said[2].id
    assert {one.value["source"] for one in said} == {"owntracks"}


def test_consent_granted_for_longer_ago_begins_earlier(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    records.grant(client, "daykeel", now=NOW)

    records.grant(client, "daykeel", now=NOW, since=NOW - timedelta(30))
    records.withdraw(client, "daykeel", now=NOW + timedelta(1))

    (kept,) = records.consents(client)
    assert (kept.start, kept.stop) == (NOW - timedelta(30), NOW + timedelta(1))
    (told,) = [one for one in records.commands(client) if one.kind == "consent"]
    assert (told.version, told.effective_from) == (3, NOW - timedelta(30))


def test_withdrawing_everything_ends_every_source(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    records.grant(client, "owntracks", now=NOW, since=NOW - timedelta(30))
    records.grant(client, "daykeel", now=NOW)

    records.withdraw(client, "*", now=NOW + timedelta(1))

    assert all(one.stop == NOW + timedelta(1) for one in records.consents(client))


# Commands


def test_a_new_client_s_profile_is_a_command(records):
    client = records.add_client(NAME, "Europe/Berlin", now=NOW)

    ((seq, command),) = records.pending_commands(10)

    assert (command.kind, command.id, command.version) == ("profile", "profile", 1)
    assert command.value == {"tz": "Europe/Berlin", "enrolled": "2026-03-01"}
    assert records.commands(client.id) == [command]
    records.commands_sent([seq])
    assert records.pending_commands(10) == []


def test_the_same_command_again_is_one_and_another_one_of_its_version_is_refused(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    phase = Command(client=client, kind="phase", id="phase", version=1, value={"phase": "middle"})

    records.put_command(phase)
    records.put_command(phase)

    assert [one.id for _, one in records.pending_commands(10)] == ["profile", "phase"]
    with pytest.raises(Conflict):
        records.put_command(
            Command(client=client, kind="phase", id="phase", version=1, value={"phase": "other"})
        )


def test_commands_can_be_sent_again_to_a_log_without_them(records):
    records.add_client(NAME, "UTC", now=NOW)
    records.commands_sent([seq for seq, _ in records.pending_commands(10)])

    records.send_commands_again()

    assert len(records.pending_commands(10)) == 1


# Accounts and sessions


@pytest.fixture
def therapist(records):
    return records.add_account("therapist", "Dr. Straße", now=NOW)


def test_a_link_signs_in_once(records, therapist):
    link = records.login_link(therapist.id, now=NOW)

    session = records.redeem(link, now=NOW)

    assert records.session(session, now=NOW) == therapist
    assert records.redeem(link, now=NOW) is None


def test_of_many_who_use_a_link_at_once_one_gets_in(records, therapist):
    link = records.login_link(therapist.id, now=NOW)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: records.redeem(link, now=NOW), range(8)))

    assert sum(one is not None for one in found) == 1


def test_a_link_is_too_old_after_its_time(records, therapist):
    link = records.login_link(therapist.id, now=NOW, ttl=timedelta(hours=1))

    assert records.redeem(link, now=NOW + timedelta(hours=1)) is None
    assert records.redeem("no such link", now=NOW) is None


def test_nobody_signs_in_before_a_password_is_set(records, therapist):
    assert records.sign_in("Dr. Straße", "", now=NOW) is None
    assert records.sign_in("nobody", "", now=NOW) is None


def test_signing_in_forgets_sessions_and_links_that_are_long_over(records, therapist, path):
    records.login_link(therapist.id, now=NOW)
    records.redeem(records.login_link(therapist.id, now=NOW), now=NOW)
    later = NOW + timedelta(days=90)

    records.redeem(records.login_link(therapist.id, now=later), now=later)

    with sqlite3.connect(path) as other:
        left = other.execute(
            "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM login_links)"
        ).fetchone()
    other.close()
    assert left == (1, 1)


def test_a_password_signs_in_and_ends_the_sessions_before(records, therapist):
    before = records.redeem(records.login_link(therapist.id, now=NOW), now=NOW)

    fresh = records.set_password(therapist.id, "four plain words together", now=NOW)

    assert records.session(before, now=NOW) is None
    assert records.session(fresh, now=NOW) == therapist
    assert records.sign_in(" dr. STRASSE", "four plain words together", now=NOW) is not None
    assert records.sign_in("Dr. Straße", "four plain words", now=NOW) is None


def test_a_session_ends_when_it_is_told_to(records, therapist):
    session = records.redeem(records.login_link(therapist.id, now=NOW), now=NOW)

    records.end_session(session, now=NOW)

    assert records.session(session, now=NOW) is None


def begun(records, role, client=None):
    account = records.add_account(role, role, client=client, now=NOW)
    return records.redeem(records.login_link(account.id, now=NOW), now=NOW)


def test_a_session_ends_after_an_idle_hour_and_not_while_it_is_used(records):
    session = begun(records, "therapist")

    assert records.session(session, now=NOW + timedelta(minutes=50))
    assert records.session(session, now=NOW + timedelta(minutes=100))
    assert records.session(session, now=NOW + timedelta(minutes=161)) is None


def test_a_session_ends_after_twelve_hours_however_it_is_used(records):
    session = begun(records, "operator")
    halves = [NOW + timedelta(minutes=30 * at) for at in range(25)]

    assert all(records.session(session, now=one) for one in halves)
    assert records.session(session, now=NOW + timedelta(hours=12, minutes=1)) is None


def test_a_client_stays_signed_in_for_days(records):
    client = records.add_client(NAME, "UTC", now=NOW)
    session = begun(records, "client", client.id)

    assert records.session(session, now=NOW + timedelta(13)).client == client.id
    assert records.session(session, now=NOW + timedelta(28)) is None


def test_a_name_signs_in_one_account(records, therapist):
    with pytest.raises(Taken):
        records.add_account("operator", "DR. STRASSE", now=NOW)


@pytest.mark.parametrize(("role", "client"), [("king", None), ("client", None)])
def test_an_account_has_a_known_role(records, role, client):
    with pytest.raises(ValueError, match="role"):
        records.add_account(role, "n", client=client, now=NOW)


def test_a_therapist_sees_those_assigned(records, therapist):
    ann = records.add_client(NAME, "UTC", now=NOW)
    ben = records.add_client("Ben Bakker", "UTC", now=NOW)
    records.assign(therapist.id, ann.id, now=NOW)
    records.assign(therapist.id, ann.id, now=NOW)

    told = records.account(therapist.id)

    assert records.clients(told) == [ann]
    assert told.clients == {ann.id}
    assert can(told, "alert.decide", ann)
    assert not can(told, "client.read", ben)

    records.unassign(therapist.id, ann.id, now=NOW)
    assert records.clients(told) == []


def test_who_sees_whom(records):
    ann = records.add_client(NAME, "UTC", now=NOW)
    ben = records.add_client("Ben Bakker", "UTC", now=NOW)
    of = {role: records.add_account(role, role, now=NOW) for role in ("supervisor", "operator")}
    own = records.add_account("client", "ann", client=ann.id, now=NOW)
    supervisor = records.account(of["supervisor"].id)

    assert {one.id for one in records.clients(supervisor)} == {ann.id, ben.id}
    assert can(supervisor, "client.read", ann)
    assert not can(supervisor, "alert.decide", ann)
    assert records.clients(of["operator"]) == records.clients(own) == []
    assert not can(of["operator"], "client.read", ann)
    assert can(own, "client.own", ann)
    assert not can(own, "client.own", ben)
    assert not can(own, "alert.read", ann)


def test_only_therapists_are_assigned(records):
    client = records.add_client(NAME, "UTC", now=NOW)
    operator = records.add_account("operator", "o", now=NOW)

    with pytest.raises(Missing):
        records.assign(operator.id, client.id, now=NOW)


# Alerts


def episode():
    onset = date(2026, 2, 20)
    base = Baseline("sleep.mid", onset, onset, (onset,), 3.0, 0.5, 0.1, id="b")
    point = ChartPoint(onset, 4.5, 4.0, 5.0, 3.0, 1.6, 0.0, 1.5, 1.5, evidence=True, signal="up")
    found = Finding("sleep.mid", "slow", "late_low", onset, (onset,), 1.6, 1.5, base, (point,))
    return Episode(
        client="c-1",
        kind="phase_delay",
        onset=onset,
        nights=(onset,),
        severity="watch",
        findings=(found,),
        evidence_at=NOW,
        note=(("reason", "late"),),
    )


def opened():
    (change,) = observe([], SignalSet("c-1", "phase_delay", NOW, (episode(),)), NOW)
    return change


def stored(records, change):
    records.save_transition(change.alert.version - 1, change.alert, change.entry, change.notices)


def test_an_alert_comes_back_with_its_evidence_history_and_notice(records):
    change = opened()

    stored(records, change)

    assert records.alert(change.alert.id) == change.alert
    assert records.alerts() == records.alerts("c-1") == records.alerts("c-1", "phase_delay")
    assert records.alerts("c-2") == records.alerts("c-1", "travel") == []
    assert records.history(change.alert.id) == [change.entry]
    (notice,) = records.pending_notices(10)
    assert (notice.severity, notice.made_at, notice.attempts) == ("watch", NOW, 0)
    assert records.alert_of_link(notice.link) == change.alert.id
    assert records.alert("nobody") is None


def test_of_two_steps_upon_one_version_one_is_stored(records):
    first = opened()
    stored(records, first)
    mine = transition(first.alert, "acknowledge", actor="a", now=NOW)
    theirs = transition(first.alert, "resolve", actor="b", reason="expected", now=NOW)

    stored(records, mine)

    with pytest.raises(Conflict):
        stored(records, theirs)
    assert records.alert(first.alert.id) == mine.alert
    assert records.history(first.alert.id) == [first.entry, mine.entry]


def test_a_step_upon_an_older_version_than_it_says_is_refused(records):
    first = opened()
    stored(records, first)
    second = transition(first.alert, "acknowledge", actor="a", now=NOW)
    stored(records, second)
    third = transition(second.alert, "resolve", actor="a", reason="expected", now=NOW)

    with pytest.raises(Conflict):
        records.save_transition(1, third.alert, third.entry, third.notices)


def test_the_same_step_twice_is_stored_once(records):
    stored(records, opened())

    with pytest.raises(Conflict):
        stored(records, opened())
    assert len(records.history(opened().alert.id)) == 1
    assert len(records.pending_notices(10)) == 1


def test_a_step_is_stored_with_its_notices_or_not_at_all(records):
    change = opened()
    twice = (*change.notices, *change.notices)

    with pytest.raises(Exception, match="UNIQUE"):
        records.save_transition(0, change.alert, change.entry, twice)

    assert records.alerts() == []
    assert records.pending_notices(10) == []


def test_a_new_alert_that_is_there_is_a_conflict_whatever_its_version(records):
    change = opened()

    with pytest.raises(Conflict):
        records.save_transition(0, replace(change.alert, version=2), change.entry, change.notices)


def test_alerts_whose_snooze_is_over_are_found(records):
    first = opened()
    stop = NOW + timedelta(1)
    stored(records, first)
    stored(records, transition(first.alert, "snooze", actor="a", reason="r", until=stop, now=NOW))

    assert records.snoozed_until(stop - timedelta(seconds=1)) == []
    assert [one.id for one in records.snoozed_until(stop)] == [first.alert.id]


def test_a_notice_waits_until_it_has_left(records):
    stored(records, opened())
    (notice,) = records.pending_notices(10)

    records.notice_sent(notice.id, NOW, False, "disk full")
    assert records.pending_notices(10)[0].attempts == 1

    records.notice_sent(notice.id, NOW, True)
    assert records.pending_notices(10) == []


# Repeated requests


def test_a_request_is_remembered_for_a_week_and_the_first_one_holds(records):
    records.remember("a", "key", "one", now=NOW)
    records.remember("a", "key", "two", now=NOW)

    assert records.remembered("a", "key") == "one"
    assert records.remembered("b", "key") is None

    records.remember("a", "other", "three", now=NOW + timedelta(8))
    assert records.remembered("a", "key") is None


# Audit


@pytest.fixture
def audited(records):
    for at in range(5):
        records.audit("a-1", "client.read", f"client/c-{at}", now=NOW + timedelta(minutes=at))
    return records


def test_the_audit_is_whole_as_long_as_nobody_touches_it(audited):
    assert [one.seq for one in audited.audited()] == [1, 2, 3, 4, 5]
    assert audited.audited(3, 1)[0].resource == audited.audit_reference("client/c-2")
    assert audited.audit_broken_at() is None


def test_the_audit_names_nobody_and_always_the_same_way(audited):
    audited.audit("a-2", "client.read", "client/c-3", now=NOW)
    audited.audit("a-2", "caseload.read", "caseload", now=NOW)

    said = [one.resource for one in audited.audited()]

    assert said[5] == said[3] == audited.audit_reference("client/c-3")
    assert said[6] == "caseload"
    assert len(set(said)) == 6
    assert not any("c-3" in one for one in said)


def test_the_audit_is_whole_when_it_is_forgotten_whom_it_speaks_of(audited, path):
    other = sqlite3.connect(path)
    other.execute("DELETE FROM audit_references WHERE resource = 'client/c-2'")
    other.commit()
    other.close()

    assert audited.audit_reference("client/c-2") is None
    assert audited.audit_broken_at() is None


def test_records_of_the_first_version_are_brought_up_to_date(records, path):
    records.audit("a", "b", "c", now=NOW)
    records.close()
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE audit_references")
        other.execute("UPDATE alembic_version SET version_num = '0001'")
    other.close()

    upgraded = again(path)
    upgraded.migrate()
    upgraded.audit("a", "client.read", "client/c-1", now=NOW)

    assert upgraded.audited()[1].resource.startswith("client/r-")
    assert upgraded.audit_broken_at() is None
    upgraded.close()


@pytest.mark.parametrize(
    ("tampering", "first"),
    [
        ("UPDATE audit SET actor = 'a-2' WHERE seq = 2", 2),
        ("UPDATE audit SET at = '2026-01-01 00:00:00.000000' WHERE seq = 4", 4),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 5", 5),
        ("DELETE FROM audit", 1),
        ("UPDATE audit SET seq = 9 WHERE seq = 1", 1),
    ],
)
def test_the_audit_shows_where_it_was_touched(audited, path, tampering, first):
    other = sqlite3.connect(path)
    other.execute(tampering)
    other.commit()
    other.close()

    assert audited.audit_broken_at() == first


def test_lines_from_many_threads_make_one_chain(records):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda at: records.audit("a", "b", str(at), now=NOW), range(40)))

    assert len(records.audited()) == 40
    assert records.audit_broken_at() is None
