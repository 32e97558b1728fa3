import stat
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shore import credential

from daykeel.ingest.mosquitto import acl, is_outdated, passwords, write
from daykeel.records.secrets import broker_hash, hashed, is_secret

HASH = broker_hash("pw")
ANN = credential("ann", "c-ann", secret_hash=HASH)


def test_each_device_writes_on_its_own_topics_and_hears_what_is_sent_to_it():
    told = acl([ANN]).partition("\n\n")[2]

    assert told.splitlines() == [
        "user ann",
        "topic write daykeel/v1/c-ann/daykeel/phone/#",
        "topic read daykeel/v1/c-ann/daykeel/phone/cmd",
    ]


def test_ingest_hears_what_devices_say_but_not_what_is_sent_to_them():
    told = acl([]).splitlines()

    assert told[0] == "user daykeel-ingest"
    assert "topic read daykeel/v1/#" in told
    assert "topic deny daykeel/v1/+/+/+/cmd" in told
    assert not [line for line in told if "write" in line]


def test_a_revoked_device_is_in_neither_file():
    revoked = credential("ben", "c-ben", secret_hash=HASH, enabled=False)

    assert "ben" not in acl([ANN, revoked])
    assert "ben" not in passwords([ANN, revoked], "x")


def test_a_credential_whose_hash_mosquitto_does_not_read_is_left_out():
    old = credential("ben", "c-ben", secret_hash=hashed("pw"))

    assert is_outdated(old)
    assert passwords([ANN, old], "x") == f"daykeel-ingest:x\nann:{HASH}\n"


@pytest.mark.parametrize("name", ["a:b", "a b", "#a", "a\nuser daykeel-ingest"])
def test_a_user_name_that_would_mean_something_else_in_the_files_is_refused(name):
    evil = credential(name, "c-ann", secret_hash=HASH)

    with pytest.raises(ValueError, match="cannot hold"):
        passwords([evil], "x")
    with pytest.raises(ValueError, match="cannot hold"):
        acl([evil])


def test_a_topic_with_a_line_of_its_own_is_refused():
    evil = credential("ann", "c-ann", topics=("a\ntopic read #",))

    with pytest.raises(ValueError, match="cannot hold"):
        acl([evil])


def test_the_password_of_ingest_is_made_once_and_its_hash_each_time(tmp_path):
    write(tmp_path, [])
    password = (tmp_path / "ingest.password").read_text()
    write(tmp_path, [ANN])

    line, of_ann = (tmp_path / "passwords").read_text().splitlines()

    assert (tmp_path / "ingest.password").read_text() == password
    assert is_secret(line.removeprefix("daykeel-ingest:"), password)
    assert of_ann == f"ann:{HASH}"


def test_nobody_else_can_read_what_is_written(tmp_path):
    write(tmp_path, [ANN])

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}

    assert modes["ingest.password"] == 0o600
    assert not any(mode & 0o027 for mode in modes.values())
