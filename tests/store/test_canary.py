from datetime import UTC, datetime, timedelta

import pytest

from daykeel.records.errors import Missing
from daykeel.records.open import open_records
from daykeel.records.people import ROLES, Account
from daykeel.records.policy import ALLOWED, CANARY, can
from daykeel.records.secrets import is_secret

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONGEST = 15 * MINUTE
KEY = bytes(range(32))


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/records.db"


@pytest.fixture
def records(url):
    opened = open_records(url, KEY)
    opened.migrate()
    opened.enrol_canary(now=NOW)
    opened.add_client("Ann Ahlberg", "UTC", now=NOW, id="c-ann")
    yield opened
    opened.close()


def test_the_canary_has_consent_from_before_and_may_publish_on_its_topic_alone(records):
    login = records.enrol_canary(now=NOW)

    (consent,) = records.consents(CANARY)
    credential = records.credential(login.username)
    assert (consent.source, consent.stop) == ("daykeel", None)
    assert consent.start == NOW - timedelta(days=3)
    assert credential.client == CANARY
    assert credential.enabled
    assert credential.topics == (login.topic,)
    assert is_secret(credential.secret_hash, login.password)
    assert login.password not in repr(login)


def test_enrolling_again_changes_nothing_also_in_another_process(records, url):
    first = records.enrol_canary(now=NOW)
    pending, consents = records.pending_commands(100), records.consents(CANARY)
    other = open_records(url, KEY)

    again = other.enrol_canary(now=NOW + timedelta(days=40))
    other.close()

    assert again == first
    assert records.pending_commands(100) == pending
    assert records.consents(CANARY) == consents
    assert [one.client for one in records.credentials()] == [CANARY]


def test_another_installation_has_another_password(records, tmp_path):
    other = open_records(f"sqlite:///{tmp_path}/other.db", bytes(32))
    other.migrate()

    login = other.enrol_canary(now=NOW)
    other.close()

    assert login.password != records.enrol_canary(now=NOW).password


def test_the_canary_is_on_no_list_of_clients(records):
    therapist = records.add_account("therapist", "t", now=NOW)
    records.assign(therapist.id, "c-ann", now=NOW)
    staff = [therapist, records.add_account("supervisor", "s", now=NOW)]
    others = [records.add_account(role, role, now=NOW) for role in ("researcher", "operator")]

    assert [one.id for one in records.all_clients()] == ["c-ann"]
    for account in staff:
        assert [one.id for one in records.clients(account)] == ["c-ann"]
        assert records.account(account.id).clients == {"c-ann"}
    for account in others:
        assert list(records.clients(account)) == []


def test_nobody_can_be_there_for_the_canary_or_be_it(records):
    therapist = records.add_account("therapist", "t", now=NOW)

    with pytest.raises(Missing):
        records.assign(therapist.id, CANARY, now=NOW)
    with pytest.raises(Missing):
        records.add_account("client", "c", client=CANARY, now=NOW)

    assert list(records.clients(therapist)) == []
    assert records.account_named("c") is None


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_do_anything_to_the_canary(records, role):
    actor = Account("a-1", role, "n", CANARY, frozenset({CANARY}))

    allowed = [
        action for action in ALLOWED.get(role, ()) if can(actor, action, records.client(CANARY))
    ]

    assert allowed == []


def heard(records, *minutes):
    return [records.canary_heard(now=NOW + minute * MINUTE, longest=LONGEST) for minute in minutes]


def told(records, client="c-ann"):
    return [one for one in records.commands(client) if one.kind == "outage"]


def test_while_the_canary_is_heard_there_is_no_outage(records):
    assert heard(records, 0, 5, 10, 24) == [None] * 4
    assert list(records.outages(NOW - MINUTE)) == []
    assert told(records) == []


def test_when_it_is_heard_again_every_client_is_told_of_the_outage_once(records, url):
    records.add_client("Ben Bakker", "UTC", now=NOW, id="c-ben")
    heard(records, 0, 5)
    other = open_records(url, KEY)

    (outage,) = heard(other, 20)

    assert (outage.start, outage.stop) == (NOW + 5 * MINUTE, NOW + 20 * MINUTE)
    assert list(records.outages(NOW)) == [outage]
    for client in ("c-ann", "c-ben"):
        (command,) = told(records, client)
        assert (command.id, command.version) == (outage.id, 1)
        assert (command.effective_from, command.effective_to) == (outage.start, outage.stop)
    assert told(records, CANARY) == []
    assert heard(records, 20, 25) == [None, None]
    assert len(told(records)) == 1
    other.close()


def test_each_outage_has_an_id_of_its_own(records):
    found = [one for one in heard(records, 0, 60, 65, 100) if one]

    assert len({one.id for one in found}) == 2
    assert [one.id for one in told(records)] == [one.id for one in found]
    assert list(records.outages(NOW + 60 * MINUTE)) == found[1:]


def test_a_clock_that_went_back_makes_no_outage(records):
    assert heard(records, 0, -60, 5) == [None] * 3
