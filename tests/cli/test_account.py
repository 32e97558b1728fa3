import re
from datetime import UTC, datetime

import pytest

from daykeel.cli.folder import Reached, opened
from daykeel.cli.main import main
from daykeel.clock.clock import SteppedClock

NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path):
    made = opened(tmp_path / "data")
    made.note(Reached("https://d.example.org", "d.example.org", 8883, mqtt_tls=True))
    return made


@pytest.fixture
def client(folder):
    return folder.records().add_client("A. Client", "UTC", now=NOW).id


def account(folder, action, *arguments):
    return main(["account", action, "--data", str(folder.path), *arguments])


def token(told):
    return re.search(r"https://d\.example\.org/login\?token=(\S+)", told)[1]


def signed_in(folder, told):
    records = folder.records()
    session = records.redeem(token(told), now=datetime.now(UTC))
    return records.session(session, now=datetime.now(UTC))


def test_a_therapist_signs_in_by_the_link_and_sees_the_client(folder, client, capsys):
    assert account(folder, "add", "--name", "Dr. B", "--client", client) == 0

    who = signed_in(folder, capsys.readouterr().out)
    assert (who.role, who.name) == ("therapist", "Dr. B")
    assert who.clients == {client}


def test_a_link_works_once(folder, client, capsys):
    account(folder, "add", "--name", "Dr. B", "--client", client)
    told = capsys.readouterr().out
    signed_in(folder, told)

    assert folder.records().redeem(token(told), now=datetime.now(UTC)) is None


def test_a_client_gets_an_account_of_their_own(folder, client, capsys):
    assert account(folder, "add", "--role", "client", "--name", "ann", "--client", client) == 0

    who = signed_in(folder, capsys.readouterr().out)
    assert (who.role, who.client) == ("client", client)


def test_another_client_is_assigned_later(folder, client, capsys):
    account(folder, "add", "--name", "Dr. B")

    assert account(folder, "assign", "--name", "Dr. B", "--client", client) == 0

    assert folder.records().account_named("Dr. B").clients == {client}


def test_who_forgot_the_password_gets_a_new_link(folder, capsys):
    account(folder, "add", "--name", "Dr. B")
    first = token(capsys.readouterr().out)

    assert account(folder, "link", "--name", "dr. b") == 0

    told = capsys.readouterr().out
    assert token(told) != first
    assert signed_in(folder, told).name == "Dr. B"


@pytest.mark.parametrize(
    ("action", "arguments", "why"),
    [
        ("add", ["--name", "Dr. B", "--client", "c-nobody"], "no client c-nobody"),
        ("add", ["--name", "x", "--role", "client"], "exactly one"),
        ("assign", ["--name", "Dr. B", "--client", "c-nobody"], "no client"),
        ("link", ["--name", "Dr. B"], "nobody signs in"),
    ],
)
def test_what_cannot_be_is_refused(folder, action, arguments, why, capsys):
    assert account(folder, action, *arguments) == 2

    assert why in capsys.readouterr().err
    assert folder.records().account_named("Dr. B") is None


def test_a_name_is_given_once(folder, capsys):
    account(folder, "add", "--name", "Dr. B")

    assert account(folder, "add", "--name", "DR. B") == 2

    assert "already" in capsys.readouterr().err


def test_before_the_first_start_nothing_is_made(tmp_path, capsys):
    folder = opened(tmp_path / "data")

    assert account(folder, "add", "--name", "Dr. B") == 2

    assert "never been started" in capsys.readouterr().err
    assert folder.records().account_named("Dr. B") is None


def test_in_a_demonstration_the_assignment_is_of_its_own_clock(folder, client, monkeypatch):
    begins, assigned = datetime(2026, 3, 31, 22, tzinfo=UTC), []
    SteppedClock(folder.clock_file).set(begins)
    monkeypatch.setattr(
        "daykeel.records.records.Records.assign", lambda *_, now: assigned.append(now)
    )

    account(folder, "add", "--name", "Dr. B", "--client", client)

    assert assigned == [begins]
