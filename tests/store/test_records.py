from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from traceback import format_exception

import pytest
from sqlalchemy import create_engine, make_url

from daykeel.alerting.hours import hours
from daykeel.alerting.lifecycle import Transition, observe, transition
from daykeel.pipeline.command import RESCORE
from daykeel.pipeline.state import Command
from daykeel.records import tables
from daykeel.records.channels import NoticeSettings
from daykeel.records.clinic import Clinic
from daykeel.records.errors import (
    Conflict,
    Missing,
    RecordsError,
    RecordsUnavailable,
    Taken,
)
from daykeel.records.migrate import HEAD
from daykeel.records.open import open_records
from daykeel.records.people import Consent
from daykeel.records.policy import can
from daykeel.records.secrets import BadKey, is_secret
from daykeel.rhythm.ledger import Baseline, ChartPoint, Episode, Finding, SignalSet

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY = bytes(range(32))
NAME = "Ann Ahlberg"
ADDRESS = "ntfys://ntfy.example/a-topic-of-ann"


@pytest.fixture
def records(records_url):
    opened = open_records(records_url, KEY)
    opened.migrate()
    yield opened
    opened.close()


def again(url, key=KEY):
    return open_records(url, key)


def sql(url, statement):
    """Return what a statement gives to somebody who comes past the records."""
    engine = create_engine(url)
    with engine.begin() as connection:
        done = connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in done] if done.returns_rows else []
    engine.dispose()
    return rows


def everything(url):
    """Return all that is stored: of a file its bytes, of a server every value."""
    file = make_url(url).database
    if url.startswith("sqlite"):
        return b"".join(one.read_bytes() for one in Path(file).parent.iterdir())
    values = [v for one in tables.metadata.tables for row in sql(url, f"TABLE {one}") for v in row]
    return b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in values)


# What the database says


def test_an_error_does_not_quote_what_was_asked_for(records, records_url):
    sql(records_url, "DROP TABLE consents")

    who = "-".join(("c", "secret"))  # as it stands here it would be in the traceback
    with pytest.raises(RecordsUnavailable, match="consents") as error:
        records.consents(who)

    assert "c-secret" not in "".join(format_exception(error.value))


def test_an_error_does_not_quote_what_was_to_be_stored(records):
    change = opened()
    link = replace(change.notices[0], channel="".join(("quo", "ted")))

    with pytest.raises(RecordsError, match=r"(?i)unique") as error:
        records.save_transition(0, change.alert, change.entry, (link, link))

    assert "quoted" not in "".join(format_exception(error.value))
    assert not isinstance(error.value, RecordsUnavailable)


@pytest.mark.parametrize("url", ["mysql://host/db", "postgresql+psycopg2://host/db"])
def test_records_on_another_kind_of_database_are_refused(url):
    with pytest.raises(ValueError, match="records are at"):
        open_records(url, KEY)


# Clients, devices, consent


def test_a_client_comes_back_as_it_was_added(records, records_url):
    client = records.add_client(NAME, "Pacific/Auckland", now=NOW)

    other = again(records_url)
    assert other.client(client.id) == client
    other.close()
    assert client.enrolled == date(2026, 3, 1)
    assert len(client.id) == 12
    assert records.client("c-nobody") is None


def test_an_id_is_given_once(records):
    records.add_client(NAME, "UTC", now=NOW, id="c-demo")

    with pytest.raises(Taken):
        records.add_client("Ben", "UTC", now=NOW, id="c-demo")


def test_no_name_and_no_secret_is_stored_in_the_clear(records, records_url):
    client = records.add_client(NAME, "UTC", now=NOW)
    account = records.add_account("client", NAME, client=client.id, now=NOW)
    _, device = records.add_credential(client.id, "phone", "daykeel", [], now=NOW)
    link = records.login_link(account.id, now=NOW)
    session = records.redeem(records.login_link(account.id, now=NOW), now=NOW)
    records.set_password(account.id, "four plain words together", now=NOW)
    records.post.add_address(account.id, "mail", ADDRESS, now=NOW)

    content = everything(records_url)

    assert client.id.encode() in content
    for secret in (
        NAME,
        NAME.casefold(),
        device,
        link,
        session,
        "four plain words together",
        ADDRESS,
    ):
        assert secret.encode() not in content


def test_another_key_is_refused_and_opens_nothing(records, records_url):
    client = records.add_client(NAME, "UTC", now=NOW)
    other = again(records_url, bytes(32))

    with pytest.raises(BadKey):
        other.migrate()
    with pytest.raises(BadKey):
        other.client(client.id)
    other.close()


def test_a_key_of_another_length_is_refused(records_url):
    with pytest.raises(BadKey):
        again(records_url, b"short")


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


def test_what_a_new_client_allows_is_told_before_who_it_is(records):
    allowed = {"daykeel": NOW - timedelta(30), "owntracks": NOW}

    client = records.add_client(NAME, "UTC", now=NOW, allowed=allowed).id

    assert {one.source: one.start for one in records.consents(client)} == allowed
    told = [one.kind for _, one in records.pending_commands(9)]
    assert told == ["consent", "consent", "profile"]


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

    ended = records.withdraw(client, "*", now=NOW + timedelta(1))

    assert (ended, records.withdraw(client, "*", now=NOW)) == (["owntracks", "daykeel"], [])
    assert all(one.stop == NOW + timedelta(1) for one in records.consents(client))


def test_what_was_withdrawn_is_allowed_again_from_then_on(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    for source in ("owntracks", "daykeel", "health_connect"):
        records.grant(client, source, now=NOW)
    ended, again = NOW + timedelta(1), NOW + timedelta(9)
    records.withdraw(client, "owntracks", now=ended)
    records.withdraw(client, "daykeel", now=ended)

    one = records.renew(client, "daykeel", now=again)
    rest = records.renew(client, "*", now=again + timedelta(1))

    assert (one, rest) == (["daykeel"], ["owntracks"])
    assert [(each.source, each.start, each.stop) for each in records.consents(client)] == [
        ("owntracks", NOW, ended),
        ("daykeel", NOW, ended),
        ("health_connect", NOW, None),
        ("daykeel", again, None),
        ("owntracks", again + timedelta(1), None),
    ]
    told = [each for each in records.commands(client) if each.kind == "consent"]
    assert len(told) == len(records.consents(client))


@pytest.mark.parametrize("given", ["*", "daykeel"])
def test_no_consent_reaches_back_over_a_withdrawal(records, given):
    client = records.add_client(NAME, "UTC", now=NOW).id
    ended, again = NOW + timedelta(1), NOW + timedelta(9)
    records.grant(client, given, now=NOW)
    records.withdraw(client, "*", now=ended)

    for days in range(2):
        now = again + timedelta(days)
        records.grant(client, "daykeel", now=now, since=NOW - timedelta(30))

    assert [(one.start, one.stop) for one in records.consents(client)] == [
        (NOW, ended),
        (again, None),
    ]


def test_what_was_never_allowed_does_not_reach_back_over_a_withdrawal_of_everything(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    ended, again = NOW + timedelta(1), NOW + timedelta(9)
    records.grant(client, "health_connect", now=NOW)
    records.grant(client, "owntracks", now=NOW)
    records.withdraw(client, "*", now=ended)
    records.renew(client, "owntracks", now=ended + timedelta(1))

    records.grant(client, "daykeel", now=again, since=NOW - timedelta(30))

    assert records.consents(client)[-1] == Consent("daykeel", again)


def test_what_was_never_allowed_may_reach_back_over_the_withdrawal_of_another(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    records.grant(client, "health_connect", now=NOW)
    records.grant(client, "owntracks", now=NOW)
    records.withdraw(client, "owntracks", now=NOW + timedelta(1))

    records.grant(client, "daykeel", now=NOW + timedelta(9), since=NOW)

    assert records.consents(client)[-1] == Consent("daykeel", NOW)


@pytest.mark.parametrize("source", ["*", "daykeel", "health_connect"])
def test_what_was_not_withdrawn_cannot_be_renewed(records, source):
    client = records.add_client(NAME, "UTC", now=NOW).id
    records.grant(client, "daykeel", now=NOW)
    before = records.consents(client), records.commands(client)

    assert records.renew(client, source, now=NOW + timedelta(1)) == []
    assert records.renew("c-nobody", source, now=NOW) == []
    assert (records.consents(client), records.commands(client)) == before


def test_what_each_client_has_consented_to_is_told_at_once(records):
    ann, ben, eve = (records.add_client(NAME, "UTC", now=NOW).id for _ in range(3))
    records.grant(ben, "daykeel", now=NOW)
    records.grant(ann, "owntracks", now=NOW)
    records.grant(ben, "owntracks", now=NOW)
    records.withdraw(ben, "daykeel", now=NOW + timedelta(1))

    assert records.all_consents() == {ann: records.consents(ann), ben: records.consents(ben)}
    assert not records.consents(eve)


def test_text_is_in_the_order_of_code_points(records):
    ids = ["c-B", "c-a", "c-_", "c-Z", "c-é", "c-1", "C-a"]
    for one in ids:
        records.add_client(NAME, "UTC", now=NOW, id=one)

    assert [one.id for one in records.all_clients()] == sorted(ids)


def test_instants_come_back_in_utc_whatever_zone_they_came_in(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    west = NOW.astimezone(timezone(timedelta(hours=-9, minutes=-30))).replace(microsecond=123456)

    records.grant(client, "daykeel", now=west)

    (kept,) = records.consents(client)
    assert kept.start == west
    assert (kept.start.tzinfo, kept.start.hour) == (UTC, 8)


def test_an_instant_without_a_zone_is_refused(records):
    client = records.add_client(NAME, "UTC", now=NOW).id

    with pytest.raises(Exception, match="without a zone"):
        records.grant(client, "daykeel", now=NOW.replace(tzinfo=None))


def test_what_no_database_can_hold_is_asked_for_in_vain(records):
    assert records.client("c-\0") is None
    assert records.credential("d-\0") is None
    assert records.alert("\0") is None
    assert records.post.behind("\0") is None
    assert records.account_named("\0") is None
    assert records.session("\0", now=NOW) is None


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


def test_to_try_writing_leaves_nothing(records, records_url):
    records.try_writing()

    other = again(records_url)
    assert other.is_key_right()
    assert other.newest_migration() == HEAD
    other.close()


def test_a_key_that_is_not_theirs_is_found_without_changing_anything(records, records_url):
    other = again(records_url, b"x" * 32)

    assert not other.is_key_right()
    assert records.is_key_right()
    other.close()


def test_the_canary_has_a_login_once_it_is_enrolled_and_looking_enrols_nobody(records):
    before = records.canary_login()
    made = records.enrol_canary(now=NOW)

    assert (before, records.canary_login()) == (None, made)


def test_to_have_clients_computed_anew_each_gets_a_command_of_the_next_version(records):
    for client in ("c-1", "c-2"):
        records.add_client("A. Client", "UTC", now=NOW, id=client)
    first, last = records.rescore(["c-2"])
    count, newest = records.rescore()

    asked = [
        (one.client, one.version) for _, one in records.pending_commands(9) if one.kind == RESCORE
    ]
    assert (first, count) == (1, 2)
    assert newest > last
    assert asked == [("c-2", 1), ("c-1", 1), ("c-2", 2)]


def test_to_have_nobody_computed_anew_because_one_is_unknown_asks_for_none(records):
    records.add_client("A. Client", "UTC", now=NOW, id="c-1")

    with pytest.raises(Missing):
        records.rescore(["c-1", "c-9"])

    assert [one.kind for _, one in records.pending_commands(9)] == ["profile"]


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


def test_signing_in_forgets_sessions_and_links_that_are_long_over(records, therapist, records_url):
    records.login_link(therapist.id, now=NOW)
    records.redeem(records.login_link(therapist.id, now=NOW), now=NOW)
    later = NOW + timedelta(days=90)

    records.redeem(records.login_link(therapist.id, now=later), now=later)

    counts = "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM login_links)"
    assert sql(records_url, counts) == [(1, 1)]


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


def episode(client="c-1", kind="phase_delay"):
    onset = date(2026, 2, 20)
    base = Baseline("sleep.mid", onset, onset, (onset,), 3.0, 0.5, 0.1, id="b")
    point = ChartPoint(onset, 4.5, 4.0, 5.0, 3.0, 1.6, 0.0, 1.5, 1.5, evidence=True, signal="up")
    found = Finding("sleep.mid", "slow", "late_low", onset, (onset,), 1.6, 1.5, base, (point,))
    return Episode(
        client=client,
        kind=kind,
        onset=onset,
        nights=(onset,),
        severity="watch",
        findings=(found,),
        evidence_at=NOW,
        note=(("reason", "late"),),
    )


def opened(client="c-1", kind="phase_delay"):
    (change,) = observe([], SignalSet(client, kind, NOW, (episode(client, kind),)), NOW)
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
    (notice,) = records.post.desk(now=NOW).notices
    assert (notice.alert, notice.severity, notice.made_at) == (change.alert.id, "watch", NOW)
    assert records.alert("nobody") is None


def test_the_steps_of_all_alerts_of_a_client_come_alert_by_alert(records):
    records.add_client("Bo", "UTC", now=NOW, id="c-2")
    first, other = opened(), opened("c-1", "long_sleep")
    seen = transition(first.alert, "acknowledge", actor="a", now=NOW)
    for change in (first, other, opened("c-2"), seen):
        stored(records, change)

    assert sorted(records.histories("c-1"), key=lambda one: one.alert != first.alert.id) == [
        first.entry,
        seen.entry,
        other.entry,
    ]
    assert records.histories("c-3") == []


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
    assert len(records.post.desk(now=NOW).notices) == 1


def test_a_step_is_stored_with_its_notices_or_not_at_all(records):
    change = opened()
    twice = (*change.notices, *change.notices)

    with pytest.raises(RecordsError, match=r"(?i)unique"):
        records.save_transition(0, change.alert, change.entry, twice)

    assert records.alerts() == []
    assert records.post.desk(now=NOW).notices == []


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


# Where letters go


def test_of_an_address_that_was_removed_nothing_is_left(records, records_url):
    number = records.post.add_address("clinic", "push", ADDRESS, now=NOW)
    kept = records.post.addresses("clinic")

    records.post.remove_address("clinic", number, now=NOW)

    assert [(one.id, one.text) for one in kept] == [(number, ADDRESS)]
    assert records.post.addresses("clinic") == []
    assert sql(records_url, "SELECT sealed FROM addresses") == [(b"",)]
    with pytest.raises(Missing):
        records.post.remove_address("clinic", number, now=NOW)


def test_an_address_is_its_owners_alone_once_and_one_of_a_few(records):
    records.post.add_address("clinic", "push", ADDRESS, now=NOW)
    with pytest.raises(Taken):
        records.post.add_address("clinic", "push", ADDRESS, now=NOW)
    for number in range(4):
        records.post.add_address("clinic", "mail", f"{number}@clinic.example", now=NOW)

    with pytest.raises(Taken):
        records.post.add_address("clinic", "mail", "five@clinic.example", now=NOW)
    assert records.post.addresses("on_call") == []


def test_how_somebody_wants_to_be_told_comes_back_as_it_was_set(records):
    ann, ben = (records.add_account("therapist", name, now=NOW).id for name in ("ann", "ben"))
    told = NoticeSettings("Europe/Berlin", time(7, 30), ben, NOW + timedelta(3), None)

    records.post.set_settings(ann, NoticeSettings(), now=NOW)
    records.post.set_settings(ann, told, now=NOW)

    assert records.post.settings(ann) == told
    assert records.post.settings(ben) == NoticeSettings()


def test_a_deputy_sees_the_clients_of_whom_it_stands_in_for_and_only_as_long(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    ann, ben = (records.add_account("therapist", name, now=NOW).id for name in ("ann", "ben"))
    records.assign(ann, client, now=NOW)
    records.post.set_settings(ann, NoticeSettings(deputy=ben), now=NOW)
    stood_in = records.account(ben).clients
    records.assign(ben, client, now=NOW)
    records.post.set_settings(ann, NoticeSettings(), now=NOW)

    assert stood_in == {client}
    assert records.account(ben).clients == {client}
    records.unassign(ben, client, now=NOW)
    assert records.account(ben).clients == frozenset()


def test_the_clinics_hours_come_back_and_are_set_first_only_once(records):
    closed = frozenset({date(2026, 12, 25)})
    told = Clinic("Europe/Berlin", hours("Mon-Thu 07:30-16:00", closed))

    records.post.set_clinic(told, only_first=True)
    records.post.set_clinic(Clinic("UTC"), only_first=True)

    assert records.post.clinic() == told


def test_a_silence_lasts_until_its_end_or_until_somebody_ends_it(records):
    client = records.add_client(NAME, "UTC", now=NOW).id
    more = {"reason": "r", "actor": "a", "now": NOW}
    short = records.post.silence(client, "", stop=NOW + timedelta(1), **more)
    long = records.post.silence(client, "travel", stop=NOW + timedelta(9), **more)

    assert records.post.silences(now=NOW) == [short, long]
    assert records.post.silences(now=NOW + timedelta(1), client=client) == [long]
    records.post.end_silence(client, long.id, now=NOW + timedelta(1))
    assert records.post.silences(now=NOW + timedelta(1)) == []
    with pytest.raises(Missing):
        records.post.end_silence(client, long.id, now=NOW + timedelta(1))
    with pytest.raises(Missing):
        records.post.silence("c-nobody", "", stop=NOW + timedelta(1), **more)


# How well alerts do


def test_the_figures_tell_answers_from_looks_and_count_what_failed(records):
    first = opened()
    stored(records, first)
    seen = replace(first.alert, seen_at=NOW, version=2)
    look = Transition(seen.id, 2, NOW + timedelta(1), "a", "open", "open", "seen")
    records.save_transition(1, seen, look, ())
    before = records.post.figures(["c-1"], since=NOW, now=NOW)
    stored(records, transition(seen, "acknowledge", actor="a", now=NOW + timedelta(2)))
    records.post.try_out("clinic", now=NOW, wall=NOW)

    after = records.post.figures(["c-1"], since=NOW, now=NOW)

    assert (before.waits, before.unanswered, before.undeliverable) == ([], 1, 0)
    assert (after.waits, after.unanswered, after.undeliverable) == ([timedelta(2)], 0, 1)
    assert records.post.figures(["c-2"], since=NOW, now=NOW).alerts == []
    assert records.post.figures(["c-1"], since=NOW + timedelta(1), now=NOW).alerts == []


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


def test_the_audit_is_whole_when_it_is_forgotten_whom_it_speaks_of(audited, records_url):
    sql(records_url, "DELETE FROM audit_references WHERE resource = 'client/c-2'")

    assert audited.audit_reference("client/c-2") is None
    assert audited.audit_broken_at() is None


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
def test_the_audit_shows_where_it_was_touched(audited, records_url, tampering, first):
    sql(records_url, tampering)

    assert audited.audit_broken_at() == first


def test_lines_from_many_threads_make_one_chain(records):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda at: records.audit("a", "b", str(at), now=NOW), range(40)))

    assert len(records.audited()) == 40
    assert records.audit_broken_at() is None
