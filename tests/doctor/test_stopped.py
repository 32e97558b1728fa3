"""Each check is seen to fail, alone, once the very thing it looks at is broken."""

import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from certificate import certificate
from ward import HOST, House, ailment, failed, of

from daykeel.doctor.finding import Level
from daykeel.events.codec import SCHEMA
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import EVENTS_RAW, QUARANTINE, SCORES
from daykeel.records.migrate import HEAD


@pytest.fixture
def house(tmp_path):
    return House(tmp_path / "data")


def tree(path):
    """All files with what is in them."""
    return {one.name: one.read_bytes() for one in path.iterdir()}


def test_where_nothing_is_wrong_nothing_is_said_to_be(house):
    found = house.look()

    assert {one.level for one in found} <= {Level.WELL, Level.SKIPPED}
    assert all(one.said for one in found)


def test_looking_changes_nothing_and_leaves_nothing(house):
    before = tree(house.path)

    house.look()

    assert tree(house.path) == before


def test_a_folder_that_has_never_been_started_is_well(tmp_path):
    house = House(tmp_path / "data")
    for name in ("log", "scores", "records"):
        (house.path / f"{name}.db").unlink()

    assert failed(house.look()) == set()


def test_no_installation(house):
    found = ailment(house.look(data=house.path / "none", settings={}), "folder")

    assert "daykeel up --data" in found.advice


def test_a_folder_that_others_can_look_into(house):
    house.path.chmod(0o755)

    assert ailment(house.look(), "folder").advice == f"chmod 700 {house.path}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("canary_s", "often", "DAYKEEL_CANARY_S: input should be a valid number"),
        ("canary_s", "0", "DAYKEEL_CANARY_S: input should be greater than 0"),
        ("log", "mysql://here", "DAYKEEL_LOG names none"),
        ("scores", "influxdb://here/x/y", "DAYKEEL_SCORES names none"),
        ("clock", "sundial", "DAYKEEL_CLOCK names no clock"),
        ("http", "here", "DAYKEEL_HTTP has no port"),
        ("cert", "/none.pem", "/none.pem, named by DAYKEEL_CERT, cannot be read: No such file"),
    ],
)
def test_a_setting_that_nobody_can_read(house, name, value, said):
    house.set(**{name: value})

    found = of(house.look(), "configuration")

    assert any(one.said.startswith(said) for one in found), found
    assert all(one.advice for one in found if one.level is Level.FAILED)


def test_a_password_in_a_setting_that_nobody_can_read_is_not_quoted(house):
    house.set(mqtt="mqtts://zoe:hush/hush@broker", records="oracle://zoe:hush@db/x")

    told = repr(house.look())

    assert "hush" not in told
    assert "ValueError" not in told
    assert "DAYKEEL_MQTT names none" in told


def test_a_setting_that_no_process_has(house):
    house.set(record="sqlite:///x.db")

    (warning,) = (one for one in of(house.look(), "configuration") if one.level is Level.WARNING)

    assert "DAYKEEL_RECORD is no setting" in warning.said
    assert warning.advice == "is DAYKEEL_RECORDS meant?"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read(house, mode):
    house.folder.key_file.chmod(mode)

    assert f"chmod 600 {house.folder.key_file}" in ailment(house.look(), "key").advice


def test_a_key_that_is_not_whole(house):
    house.folder.key_file.write_bytes(b"x" * 31)

    found = house.look()

    assert "has 31 bytes" in ailment(found, "key").said
    assert of(found, "records")[0].level is Level.SKIPPED


def test_a_key_that_is_not_there(house):
    house.folder.key_file.unlink()

    assert "put the key back" in ailment(house.look(), "key").advice


@pytest.mark.parametrize("name", ["log.db", "scores.db", "records.db"])
def test_a_store_that_others_can_read(house, name):
    (house.path / name).chmod(0o644)

    found = ailment(house.look(), "permissions")

    assert (found.said, found.advice) == (
        f"others can read {house.path / name}",
        f"chmod 600 {house.path / name}",
    )


def test_a_private_key_that_everybody_can_read(house):
    key = certified(house, days=30).with_name("key.pem")
    key.chmod(0o644)

    assert ailment(house.look(), "permissions").said == f"everybody can read {key}"


def test_a_store_that_belongs_to_somebody_else(house, monkeypatch):
    belongs_to_another(monkeypatch, house.path / "log.db")

    assert "chown" in ailment(house.look(), "permissions").advice


def belongs_to_another(monkeypatch, path):
    """Have a file look as if somebody else owned it; only root could give it away."""
    stat = Path.stat

    def told(self, **how):
        found = stat(self, **how)
        stranger = found.st_uid + (self == path)
        return os.stat_result((*found[:4], stranger, *found[5:]))

    monkeypatch.setattr(Path, "stat", told)


def test_a_disk_without_room(house):
    found = ailment(house.look(least_free=10**18), "disk")

    assert "make room" in found.advice


def test_a_disk_with_little_room(house):
    free = os.statvfs(house.path).f_bavail * os.statvfs(house.path).f_frsize

    (warning,) = of(house.look(least_free=free // 2), "disk")

    assert warning.level is Level.WARNING
    assert "MB are free" in warning.said


def test_a_disk_that_takes_nothing(house):
    """As one that is full, or read only: no process of ours may make a file any larger."""
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "from daykeel.doctor.places import _room;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0));"
        "print(tuple(_room(Path(sys.argv[1]), 1)))"
    )

    told = subprocess.run(
        [sys.executable, "-c", code, str(house.path)], capture_output=True, text=True, check=True
    ).stdout

    assert "FAILED" in told
    assert f"nothing can be written in {house.path}" in told


def certified(house, **when):
    """Let the installation have a certificate, and return its file."""
    cert, key = certificate(house.path.parent, **when)
    house.set(cert=str(cert), key=str(key))
    return cert


def test_a_certificate_that_is_over(house):
    cert = certified(house, begins=-10, days=-1)

    found = ailment(house.look(), "certificate")

    assert f"the certificate {cert} is not valid since" in found.said
    assert "renew it" in found.advice


def test_a_certificate_that_is_not_valid_yet(house):
    certified(house, begins=2, days=10)

    assert "is not valid before" in ailment(house.look(), "certificate").said


def test_a_certificate_that_is_soon_over(house):
    certified(house, days=13)

    (warning,) = of(house.look(), "certificate")

    assert (warning.level, warning.advice) == (
        Level.WARNING,
        "renew it, and start what shows it again",
    )


def test_a_certificate_that_is_none(house):
    certified(house, days=30).write_text("no certificate")

    assert "PEM" in ailment(house.look(), "certificate").advice


@pytest.mark.parametrize("name", ["log", "records", "scores"])
def test_a_store_that_is_not_there(house, name):
    (house.path / f"{name}.db").unlink()

    assert "not there" in ailment(house.look(), name).said


def test_a_store_of_scores_that_is_lost_can_be_filled_again(house):
    (house.path / "scores.db").unlink()

    assert "daykeel rescore" in ailment(house.look(), "scores").advice


@pytest.mark.parametrize("name", ["log", "records", "scores"])
def test_a_store_that_is_no_database(house, name):
    (house.path / f"{name}.db").write_bytes(b"something else" * 1000)

    found = ailment(house.look(), name)

    assert "restore it from a backup" in found.advice
    assert str(house.path / f"{name}.db") in found.said


def test_a_log_of_a_newer_release(house):
    with house.log() as log:
        log.append([NewRecord(SCORES, 1, b"c-1", bytes([SCHEMA + 1]))])

    found = ailment(house.look(), "log.schema")

    assert f"{SCORES}, partition 1, offset 0" in found.said
    assert "newer release" in found.advice


def test_a_log_without_a_topic_of_this_release(house):
    with closing(sqlite3.connect(house.path / "log.db")) as db, db:
        db.execute("DELETE FROM lanes WHERE topic='quarantine'")
        db.execute("DELETE FROM topics WHERE name='quarantine'")

    assert "has no topic quarantine" in ailment(house.look(), "log.topics").said


def test_a_log_with_other_partitions(house):
    with closing(sqlite3.connect(house.path / "log.db")) as db, db:
        db.execute("INSERT INTO lanes(topic, partition) VALUES('scores', 4)")

    assert "scores has 5 partitions and must have 4" in ailment(house.look(), "log.topics").said


def test_records_of_a_newer_release(house):
    with closing(sqlite3.connect(house.path / "records.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num='9999'")

    found = ailment(house.look(), "records.schema")

    assert f"migration 9999, not {HEAD}" in found.said


def test_records_of_an_older_release_are_brought_up_to_date_at_the_next_start(house):
    with closing(sqlite3.connect(house.path / "records.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num='0001'")

    (found,) = of(house.look(), "records.schema")

    assert (found.level, "next start" in found.said) == (Level.WELL, True)


def test_records_of_another_key(house):
    house.folder.key_file.write_bytes(b"y" * 32)

    assert "another key" in ailment(house.look(), "records.key").said


def test_scores_of_a_newer_release(house):
    with closing(sqlite3.connect(house.path / "scores.db")) as db:
        db.execute("PRAGMA user_version = 9")

    assert "schema 9" in ailment(house.look(), "scores.schema").said


@pytest.mark.long
@pytest.mark.parametrize("name", ["log", "records", "scores"])
def test_a_store_that_somebody_holds_locked(house, name):
    with closing(sqlite3.connect(house.path / f"{name}.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        found = house.look()
        db.execute("ROLLBACK")

    assert "lock" in ailment(found, f"{name}.written").said


def test_a_message_that_was_written_in_the_future(house):
    with house.log() as log:
        log.append([NewRecord(EVENTS_RAW, 0, b"c-1", b"\x01")])
        log.commit("stream", {(EVENTS_RAW, 0): 1})

    found = ailment(house.look(now=lambda: datetime.now(UTC) - timedelta(minutes=10)), "log.clock")

    assert "10 min in the future" in found.said or "9 min in the future" in found.said
    assert "NTP" in found.advice


def test_what_was_refused_and_nobody_has_looked_at(house):
    with house.log() as log:
        log.append([NewRecord(QUARANTINE, 0, b"c-1", b"\x01")])

    found = house.look()

    assert failed(found) == set()
    (warning,) = of(found, "quarantine")
    assert (warning.level, warning.advice) == (Level.WARNING, "run `daykeel quarantine list`")


def test_what_waits_while_it_is_stopped_is_no_fault(house):
    with house.log() as log:
        log.append([NewRecord(EVENTS_RAW, 0, b"c-1", b"\x01")])

    (found,) = of(house.look(now=lambda: datetime.now(UTC) + timedelta(hours=1)), "lag")

    assert (found.level, "1 for stream" in found.said) == (Level.WELL, True)


@pytest.mark.parametrize("setting", ["http", "mqtt"])
def test_a_port_that_somebody_else_has(house, setting):
    port = house.http if setting == "http" else house.mqtt
    with socket.create_server((HOST, port)):
        found = ailment(house.look(), "ports")

    assert f"port {port} of {HOST}" in found.said
    assert f"sport = :{port}" in found.advice


def test_a_folder_of_before_it_noted_its_ports(house):
    settings = {**house.premises.settings}
    del settings["DAYKEEL_HTTP"], settings["DAYKEEL_MQTT"]

    (found,) = of(house.look(settings=settings), "ports")

    assert found.level is Level.SKIPPED


def test_nobody_is_named_and_nothing_of_anybody_is_told(house):
    with house.records() as records:
        records.add_client("Zoë Quixote", "UTC", now=datetime.now(UTC), id="c-zoe0000001")
    with house.log() as log:
        log.append([NewRecord(EVENTS_RAW, 0, b"c-zoe0000001", bytes([SCHEMA + 1]))])
    (house.path / "scores.db").write_bytes(b"c-zoe0000001")

    told = repr(house.look())

    assert "FAILED" in told
    assert "zo" not in told.lower()
