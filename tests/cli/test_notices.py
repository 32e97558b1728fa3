from datetime import UTC, date, datetime

import pytest

from daykeel.cli import prepare
from daykeel.cli.folder import Reached, opened
from daykeel.cli.main import main
from daykeel.records.channels import Address

NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path):
    made = opened(tmp_path / "data")
    made.note(Reached("https://d.example.org", "d.example.org", 8883, mqtt_tls=True))
    return made


@pytest.fixture
def post(folder):
    records = folder.records()
    for name in ("ann", "ben"):
        records.add_account("therapist", name, now=NOW)
    return records.post


def notices(folder, action, *arguments):
    return main(["notices", action, "--data", str(folder.path), *arguments])


def account(folder, name):
    return folder.records().account_named(name)


def test_the_clinic_says_when_people_work(folder, post, capsys):
    notices(folder, "clinic", "--hours", "Mon-Thu 07:30-16:00", "--zone", "Europe/Berlin")
    notices(folder, "clinic", "--closed", "2026-12-25", "--closed", "2026-12-24")

    told = post.clinic()
    assert (told.zone, told.hours.told) == ("Europe/Berlin", "Mon,Tue,Wed,Thu 07:30-16:00")
    assert told.hours.closed == {date(2026, 12, 24), date(2026, 12, 25)}
    assert "closed   2026-12-24, 2026-12-25" in capsys.readouterr().out


def test_asked_for_nothing_it_prints_what_holds_and_changes_nothing(folder, post, capsys):
    notices(folder, "clinic", "--closed", "2026-12-25")
    capsys.readouterr()

    notices(folder, "clinic")

    assert "hours    Mon,Tue,Wed,Thu,Fri 08:00-18:00  (UTC)" in capsys.readouterr().out
    assert post.clinic().hours.closed == {date(2026, 12, 25)}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["clinic", "--hours", "all day"], "Mon-Fri 08:00-18:00"),
        (["clinic", "--zone", "Berlin"], "there is no zone"),
        (["add", "--name", "zoe", "--address", "a@b.example"], "nobody signs in"),
        (["add", "--name", "ann", "--address", "nowhere"], "no mail address"),
        (["remove", "--name", "ann", "--address", "a@b.example"], "no letters to ann"),
        (["test", "--name", "ann"], "has no address"),
        (["deputy", "--name", "ann", "--deputy", "ann"], "stands in for themselves"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(folder, post, capsys, arguments, reason):
    assert notices(folder, *arguments) == 2

    assert reason in capsys.readouterr().err


def test_addresses_of_people_the_clinic_and_who_is_on_call_come_and_go(folder, post):
    for name in ("ann", "clinic", "on-call"):
        notices(folder, "add", "--name", name, "--address", f"{name}@clinic.example")
    notices(folder, "remove", "--name", "clinic", "--address", "clinic@clinic.example")

    ann = account(folder, "ann").id
    assert [one.text for one in post.addresses(ann)] == ["ann@clinic.example"]
    assert post.addresses("on_call") == [Address(3, "mail", "on-call@clinic.example")]
    assert post.addresses("clinic") == []


def test_a_deputy_stands_in_until_nobody_does(folder, post):
    notices(folder, "deputy", "--name", "ann", "--deputy", "ben")
    named = post.settings(account(folder, "ann").id).deputy
    notices(folder, "deputy", "--name", "ann", "--deputy", "")

    assert named == account(folder, "ben").id
    assert post.settings(account(folder, "ann").id).deputy == ""


def test_what_did_not_get_through_is_listed_without_saying_to_whom_and_tried_again(
    folder, post, capsys
):
    ann = account(folder, "ann").id
    post.try_out(ann, now=NOW, wall=NOW)
    notices(folder, "add", "--name", "ann", "--address", "ann@clinic.example")
    notices(folder, "test", "--name", "ann")
    (waiting,) = post.waiting()
    post.not_delivered(waiting.id, "refused: 550", now=NOW, wall=NOW, again=None)
    capsys.readouterr()

    notices(folder, "list")
    told = capsys.readouterr().out
    notices(folder, "retry")

    assert "2 undeliverable, 0 on their way" in told
    assert "mail, 1 attempts: refused: 550" in told
    assert "ann" not in told
    assert "1 are tried once more" in capsys.readouterr().out
    assert len(post.waiting()) == 1


def test_the_first_start_puts_the_clinic_where_the_machine_is(folder, monkeypatch):
    monkeypatch.setattr(prepare, "own_zone", lambda: "Europe/Berlin")
    prepare.begin(folder)
    notices(folder, "clinic", "--zone", "Europe/Paris")

    prepare.begin(folder)

    assert folder.records().post.clinic().zone == "Europe/Paris"
