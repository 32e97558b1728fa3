import base64
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from daykeel.cli import client as clients
from daykeel.cli.enrol import SOURCES, Ticket
from daykeel.cli.folder import Reached, opened
from daykeel.cli.main import main
from daykeel.clock.clock import SteppedClock
from daykeel.log.admission import matches
from daykeel.records.secrets import is_secret
from daykeel.sources.registry import ADAPTERS

REACHED = Reached("https://d.example.org", "d.example.org", 8883, mqtt_tls=True)


@pytest.fixture
def folder(tmp_path):
    made = opened(tmp_path / "data")
    made.note(REACHED)
    return made


def add(folder, *arguments):
    return main(["client", "add", "--data", str(folder.path), "--name", "A. Client", *arguments])


def only_client(folder):
    (client,) = folder.records().all_clients()
    return client


def test_it_prints_all_that_has_to_be_typed_into_the_app_and_the_password_works(folder, capsys):
    assert add(folder, "--zone", "Europe/Berlin", "--source", "owntracks") == 0

    told = capsys.readouterr().out
    client = only_client(folder)
    phone = next(one for one in folder.records().credentials() if one.adapter == "owntracks")
    said = dict(re.findall(r"^  (\w+) +(\S.*)$", told.split("OwnTracks")[1], re.MULTILINE))
    assert f"client   {client.id}  (Europe/Berlin)" in told
    assert said["broker"] == "d.example.org"
    assert said["port"] == "8883, TLS"
    assert said["user"] == phone.username
    assert said["topic"] == f"owntracks/{phone.username}/phone"
    assert is_secret(phone.secret_hash, said["password"])


def test_a_container_s_zone_is_nobody_s(folder, monkeypatch, capsys):
    monkeypatch.setenv("DAYKEEL_RECORDS", folder.store("records"))

    assert add(folder) == 2

    assert "give --zone" in capsys.readouterr().err
    assert not folder.records().all_clients()


def test_it_records_the_consent_to_what_it_sets_up_and_to_nothing_else(folder):
    add(folder, "--zone", "UTC", "--source", "sleep_as_android")

    client = only_client(folder)
    records = folder.records()

    consents = {one.source: one.stop for one in records.consents(client.id)}
    assert consents == {"daykeel": None, "sleep_as_android": None}
    assert {one.adapter for one in records.credentials()} == set(consents)
    kinds = [command.kind for _, command in records.pending_commands(10)]
    assert sorted(kinds) == ["consent", "consent", "profile"]


def test_without_a_source_all_are_set_up(folder):
    add(folder, "--zone", "UTC")

    assert {one.adapter for one in folder.records().credentials()} == set(SOURCES)


def test_a_device_may_publish_on_the_topic_that_was_printed(folder, capsys):
    add(folder, "--zone", "UTC")

    topics = re.findall(r"^  topic +(\S+)$", capsys.readouterr().out, re.MULTILINE)
    filters = [one for credential in folder.records().credentials() for one in credential.topics]
    assert len(topics) == len(SOURCES)
    assert all(any(matches(one, topic) for one in filters) for topic in topics)
    assert not any("{" in one for one in filters)


def test_the_zone_of_this_machine_is_taken_where_none_is_given(folder, monkeypatch):
    monkeypatch.setattr(clients, "own_zone", lambda: "Asia/Tokyo")

    add(folder)

    assert only_client(folder).zone == "Asia/Tokyo"


def test_an_unknown_zone_is_refused_and_nothing_is_made(folder, capsys):
    assert add(folder, "--zone", "Mars/Olympus") == 2

    assert "no zone" in capsys.readouterr().err
    assert folder.records().all_clients() == []


def test_a_folder_without_an_installation_is_refused(tmp_path, capsys):
    arguments = ["client", "add", "--data", str(tmp_path / "none"), "--name", "A. Client"]

    assert main(arguments) == 2

    assert "no installation" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_listing_names_every_client(folder, capsys):
    add(folder, "--zone", "UTC")
    capsys.readouterr()

    assert main(["client", "list", "--data", str(folder.path)]) == 0

    assert capsys.readouterr().out == f"{only_client(folder).id}  A. Client  (UTC)\n"


def test_in_a_demonstration_consent_begins_on_its_own_clock(folder):
    begins = datetime(2026, 3, 31, 22, tzinfo=UTC)
    SteppedClock(folder.clock_file).set(begins)

    add(folder, "--zone", "UTC", "--source", "owntracks")

    consents = folder.records().consents(only_client(folder).id)
    assert {one.start for one in consents} == {begins}


@pytest.mark.parametrize(("tz", "hour"), [("UTC", 0), ("Asia/Tokyo", 15)])
def test_with_history_consent_begins_with_that_date_and_the_client_now(folder, tz, hour):
    SteppedClock(folder.clock_file).set(datetime(2026, 3, 31, 22, tzinfo=UTC))

    add(folder, "--zone", tz, "--source", "health_connect", "--history-since", "2026-01-10")

    client = only_client(folder)
    begins = {one.start for one in folder.records().consents(client.id)}
    assert begins == {datetime(2026, 1, 10 if hour == 0 else 9, hour, tzinfo=UTC)}
    assert client.enrolled.month > 2


def test_history_of_days_to_come_is_refused_and_nothing_is_made(folder, capsys):
    SteppedClock(folder.clock_file).set(datetime(2026, 3, 31, 22, tzinfo=UTC))

    assert add(folder, "--zone", "UTC", "--history-since", "2026-04-01") == 2

    assert "a date that has come" in capsys.readouterr().err
    assert folder.records().all_clients() == []


def test_there_is_a_source_for_every_adapter():
    assert set(SOURCES) == set(ADAPTERS)


def test_owntracks_sets_itself_up_from_the_code():
    ticket = Ticket(SOURCES["owntracks"], "c-1", "phone", "d-ann", "secret")

    code = ticket.code(REACHED)

    told = json.loads(base64.b64decode(code.removeprefix("owntracks:///config?inline=")))
    assert (told["_type"], told["host"], told["port"], told["tls"]) == (
        "configuration",
        "d.example.org",
        8883,
        True,
    )
    assert (told["username"], told["password"]) == ("d-ann", "secret")
    assert told["pubTopicBase"] == "owntracks/d-ann/phone"


def test_other_codes_hold_everything_as_a_url():
    ticket = Ticket(SOURCES["health_connect"], "c-1", "bridge", "d-ann", "secret")

    assert ticket.code(REACHED) == (
        "mqtts://d-ann:secret@d.example.org:8883/daykeel/v1/c-1/health_connect/bridge/raw"
    )


def test_a_code_is_drawn_in_lines_of_one_length():
    lines = list(clients.picture("mqtts://d-ann:secret@d.example.org:8883/topic"))

    assert len({len(line) for line in lines}) == 1
    assert len(lines) > 15


def test_a_terminal_without_blocks_still_shows_every_password(folder):
    told = subprocess.run(
        [
            *(sys.executable, "-m", "daykeel.cli.main", "client", "add", "--name", "Sigrún"),
            *("--data", str(folder.path), "--zone", "UTC"),
        ],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert told.count("  password  ") == len(SOURCES)


@pytest.mark.parametrize("name", ["", "  ", "A\nB", "A\x1b[31m"])
def test_a_name_that_cannot_be_read_in_one_line_is_refused(folder, name, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["client", "add", "--data", str(folder.path), "--name", name])

    assert ended.value.code == 2
    assert "argument --name" in capsys.readouterr().err
    assert folder.records().all_clients() == []


def test_a_crash_half_way_leaves_no_client_that_allows_everything(folder, monkeypatch):
    def crash(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("daykeel.records.records.Records.add_credential", crash)

    add(folder, "--zone", "UTC", "--source", "owntracks")

    assert folder.records().consents(only_client(folder).id)


def withdraw(folder, client, *more):
    return main(["client", "withdraw", "--data", str(folder.path), "--client", client, *more])


def connect(folder, client, *sources):
    named = [word for one in sources for word in ("--source", one)]
    return main(["client", "connect", "--data", str(folder.path), "--client", client, *named])


def test_another_app_is_let_in_and_agreed_to_from_now_on(folder, capsys):
    add(folder, "--zone", "Asia/Tokyo", "--source", "owntracks")
    client = only_client(folder).id
    before = {one.username for one in folder.records().credentials()}

    assert connect(folder, client, "health_connect") == 0

    assert in_force(folder, client) == {"daykeel", "owntracks", "health_connect"}
    (new,) = [one for one in folder.records().credentials() if one.username not in before]
    assert (new.client, new.adapter, new.enabled) == (client, "health_connect", True)
    assert new.username in capsys.readouterr().out
    assert [one.action for one in folder.records().audited()] == ["client.connect"]


def test_which_credentials_are_still_in_use_is_said(folder, capsys):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = only_client(folder).id
    old = {one.username for one in folder.records().credentials()}
    capsys.readouterr()

    connect(folder, client, "owntracks")

    said = capsys.readouterr().out
    assert set(re.findall(r"still in use: (\S+), ", said)) == old


def test_another_model_has_another_name_in_its_topic(folder):
    add(folder, "--zone", "UTC")
    client = only_client(folder).id
    named = ["--source", "health_connect", "--device", "ring-2"]

    assert main(["client", "connect", "--data", str(folder.path), "--client", client, *named]) == 0

    (new,) = [one for one in folder.records().credentials() if one.device == "ring-2"]
    assert new.topics == (f"daykeel/v1/{client}/health_connect/ring-2/raw",)


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "Ring", "a b", "-a"])
def test_a_name_that_may_not_stand_in_a_topic_is_refused(folder, name):
    add(folder, "--zone", "UTC")
    named = ["--source", "owntracks", f"--device={name}"]

    with pytest.raises(SystemExit):
        main(["client", "connect", "--data", str(folder.path), "--client", "c-1", *named])


def test_a_new_phone_in_place_of_one_that_was_lost_begins_no_new_consent(folder):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = only_client(folder).id
    consents = folder.records().consents(client)
    main(["client", "revoke", "--data", str(folder.path), "--client", client])

    assert connect(folder, client, "owntracks") == 0

    assert folder.records().consents(client) == consents
    assert [one.adapter for one in folder.records().credentials() if one.enabled] == ["owntracks"]


@pytest.mark.parametrize("ended", [(), ("--source", "owntracks")])
def test_an_app_that_was_withdrawn_is_not_let_in_by_connecting_it(folder, capsys, ended):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = only_client(folder).id
    withdraw(folder, client, *ended)
    before = folder.records().credentials()

    assert connect(folder, client, "owntracks") == 2

    assert "daykeel client renew" in capsys.readouterr().err
    assert folder.records().credentials() == before


def test_where_everything_was_withdrawn_an_app_that_was_never_allowed_is_not_let_in(folder):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = only_client(folder).id
    withdraw(folder, client)

    assert connect(folder, client, "health_connect") == 2

    assert in_force(folder, client) == set()


def test_nobody_who_is_not_there_is_connected(folder, capsys):
    assert connect(folder, "c-nobody", "owntracks") == 2

    assert "no such client" in capsys.readouterr().err


def renew(folder, client, *more):
    return main(["client", "renew", "--data", str(folder.path), "--client", client, *more])


def in_force(folder, client):
    return {one.source for one in folder.records().consents(client) if one.stop is None}


def test_consent_is_withdrawn_from_everything_and_noted(folder, capsys):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = only_client(folder).id

    assert withdraw(folder, client) == 0

    assert "daykeel, owntracks" in capsys.readouterr().out.splitlines()[-1]
    assert in_force(folder, client) == set()
    assert [one.action for one in folder.records().audited()] == ["consent.withdraw"]


def test_consent_is_withdrawn_from_one_app_alone(folder):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = only_client(folder).id

    assert withdraw(folder, client, "--source", "owntracks") == 0

    assert in_force(folder, client) == {"daykeel"}


def test_consent_that_was_withdrawn_is_recorded_again_and_noted(folder, capsys):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = only_client(folder).id
    withdraw(folder, client)

    assert renew(folder, client, "--source", "owntracks") == 0
    assert in_force(folder, client) == {"owntracks"}
    assert renew(folder, client) == 0

    assert in_force(folder, client) == {"daykeel", "owntracks"}
    assert "again for daykeel, from now on" in capsys.readouterr().out.splitlines()[-1]
    actions = [one.action for one in folder.records().audited()]
    assert actions == ["consent.withdraw", "consent.renew", "consent.renew"]


@pytest.mark.parametrize("who", ["", "c-nobody"])
def test_only_what_was_withdrawn_is_recorded_again(folder, who, capsys):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = who or only_client(folder).id

    assert renew(folder, client) == 2

    assert "no such consent that was withdrawn" in capsys.readouterr().err


@pytest.mark.parametrize("who", ["", "c-nobody"])
def test_withdrawing_what_is_not_allowed_is_refused(folder, who, capsys):
    add(folder, "--zone", "UTC", "--source", "owntracks")
    client = who or only_client(folder).id

    assert withdraw(folder, client, "--source", "health_connect") == 2

    assert "no such consent" in capsys.readouterr().err
    assert folder.records().audited() == []
