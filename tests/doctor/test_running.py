"""While it runs: what is reached from outside, what gets on, and what comes out at the end."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from certificate import certificate
from ward import HOST, House, ailment, failed, free_port, of, sung

from daykeel.doctor.finding import Level
from daykeel.doctor.premises import Reached
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import SCORES
from daykeel.records.canary import USERNAME
from daykeel.records.migrate import HEAD
from daykeel.records.policy import CANARY
from daykeel.scores.open import open_scores

pytestmark = pytest.mark.e2e

NAME = "localhost"
MINUTE = timedelta(minutes=1)
PATIENCE_S = 60.0


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


class Street(House):
    """A house whose ingest and API run, with a certificate; the rest is as if it ran."""

    def __init__(self, path, cert, key):
        super().__init__(path)
        self.set(
            mqtt=f"embedded+tls://{HOST}:{self.mqtt}",
            cert=str(cert),
            key=str(key),
            public_url=f"https://{NAME}:{self.http}",
        )
        reached = Reached(f"https://{NAME}:{self.http}", NAME, self.mqtt, mqtt_tls=True)
        self.premises = replace(self.premises, is_running=True, reached=reached)
        self.processes = {name: self._started(name) for name in ("ingest", "api")}
        for port in (self.http, self.mqtt):
            self._await(port)
        self.scores = open_scores(self.folder.store("scores"))

    def _started(self, name):
        with (self.path.parent / f"{name}.err").open("ab") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", f"daykeel.{name}"],
                env=os.environ | dict(self.premises.settings),
                stderr=errors,
                stdout=errors,
            )

    def _await(self, port):
        end = time.monotonic() + PATIENCE_S
        while not listens(port):
            assert time.monotonic() < end, self.path.parent
            time.sleep(0.05)

    def goes_on(self):
        """Let it be as if stream and canary had just done all there was to do."""
        now = datetime.now(UTC)
        self.scores.erase(CANARY)
        sung(self.scores, now)
        with self.log() as log:
            log.mark("stream.timers", now.timestamp())

    def close(self):
        for one in self.processes.values():
            one.kill()
            one.wait()
        self.scores.close()


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    path = tmp_path_factory.mktemp("street")
    built = Street(path / "data", *certificate(path, days=60))
    yield built
    built.close()


@pytest.fixture
def house(street):
    before = street.premises
    street.goes_on()
    yield street
    street.premises = before


def test_where_nothing_is_wrong_nothing_is_said_to_be(house):
    found = house.look()

    assert failed(found) == set()
    (warned,) = (one for one in found if one.level is Level.WARNING)
    assert (
        warned.said
        == f"the certificate of {NAME}:{house.mqtt} is from nobody a phone trusts by itself"
    )
    well = {one.check for one in found if one.level is Level.WELL}
    assert {"ports", "pages", "broker", "certificate", "stream", "lag", "canary"} <= well


@pytest.mark.parametrize("setting", ["http", "mqtt"])
def test_a_process_that_does_not_listen(house, setting):
    port = free_port()
    house.set(**{setting: f"{HOST}:{port}" if setting == "http" else f"embedded://{HOST}:{port}"})

    found = ailment(house.look(), "ports")

    assert f"nobody listens on port {port}" in found.said
    assert {"http": "api", "mqtt": "ingest"}[setting] in found.advice


def test_pages_that_do_not_answer(house):
    api = house.processes["api"]
    api.send_signal(signal.SIGSTOP)
    try:
        found = ailment(house.look(), "pages")
    finally:
        api.send_signal(signal.SIGCONT)

    assert "does not answer: timed out" in found.said


def test_a_public_name_that_leads_nowhere(house):
    house.set(public_url="https://pages.invalid")

    found = ailment(house.look(), "pages")

    assert "https://pages.invalid/healthz does not answer" in found.said
    assert "DNS" in found.advice


def test_a_public_name_that_leads_to_somebody_else(house):
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") as port:
        house.set(public_url=f"http://{HOST}:{port}")
        found = ailment(house.look(), "pages")

    assert "something else answers" in found.said


def test_a_proxy_that_does_not_get_through(house):
    with answering(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as port:
        house.set(public_url=f"http://{HOST}:{port}")
        found = ailment(house.look(), "pages")

    assert "answers 502, not 200" in found.said


@contextmanager
def answering(said):
    """Answer whatever is asked with the same."""
    with socket.create_server((HOST, 0)) as server:

        def serve():
            try:
                while True:
                    asking, _ = server.accept()
                    with asking:
                        asking.recv(4096)
                        asking.sendall(said)
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def test_a_broker_that_does_not_let_devices_in(house):
    with house.records() as records:
        records.disable_credential(USERNAME)
    try:
        found = ailment(house.look(), "broker")
    finally:
        with closing(sqlite3.connect(house.path / "records.db")) as db, db:
            db.execute("UPDATE credentials SET enabled = 1")

    assert "refused the connection" in found.said
    assert "ingest" in found.advice


def reached(house, **changes):
    house.premises = replace(house.premises, reached=replace(house.premises.reached, **changes))


def test_a_broker_whose_certificate_has_another_name(house):
    reached(house, mqtt_host=HOST)

    found = ailment(house.look(), "broker")

    assert "IP address mismatch" in found.said or "doesn't match" in found.said
    assert "must name the public host" in found.advice


def test_a_public_port_that_nobody_forwards(house):
    reached(house, mqtt_port=free_port())

    found = ailment(house.look(), "broker")

    assert "Connection refused" in found.said
    assert "forwards to the broker" in found.advice


def test_a_broker_that_says_nothing(house):
    with socket.create_server((HOST, 0)) as silent:
        reached(house, mqtt_port=silent.getsockname()[1])
        found = ailment(house.look(), "broker")

    assert "sign in" in found.said


def test_a_canary_that_has_not_enrolled_is_no_fault(house):
    with closing(sqlite3.connect(house.path / "records.db")) as db, db:
        kept = db.execute("SELECT * FROM credentials").fetchall()
        db.execute("DELETE FROM credentials")
    try:
        (found,) = of(house.look(), "broker")
    finally:
        with closing(sqlite3.connect(house.path / "records.db")) as db, db:
            marks = ",".join("?" * len(kept[0]))
            db.executemany(f"INSERT INTO credentials VALUES({marks})", kept)

    assert found.level is Level.SKIPPED


def test_a_stream_that_stands_still(house):
    with house.log() as log:
        log.mark("stream.timers", (datetime.now(UTC) - 5 * MINUTE).timestamp())

    found = ailment(house.look(), "stream")

    assert "done up to 5 min ago" in found.said
    assert "`stream`" in found.advice


def waiting(house, age):
    """Let a row wait for the sink; it and all before were written so much longer ago."""
    with house.log() as log:
        (offset,) = log.append([NewRecord(SCORES, 0, b"c-1", b"\x01")])
    with closing(sqlite3.connect(house.path / "log.db")) as db, db:
        db.execute("UPDATE log SET timestamp = timestamp - ?", (age.total_seconds(),))
    return offset


MANY, EACH_S = 60, 0.3
"""Rows that a reader takes one after the other, for longer than all is looked at."""


def dealt_with(house, offset):
    with house.log() as log:
        log.commit("sink", {(SCORES, 0): offset + 1})


def test_a_reader_that_takes_nothing(house):
    offset = waiting(house, 3 * MINUTE)
    try:
        found = ailment(house.look(), "lag")
    finally:
        dealt_with(house, offset)

    assert found.said == ("1 records wait for sink, the first of them for 3 min, and nothing moves")
    assert "`sink`" in found.advice


def test_a_reader_that_is_behind_and_gets_on(house):
    offsets = [*(waiting(house, timedelta()) for _ in range(MANY)), waiting(house, 3 * MINUTE)]
    seen = threading.Event()

    def go_on():
        for offset in offsets[:-1]:
            if not seen.wait(EACH_S):
                dealt_with(house, offset)

    reader = threading.Thread(target=go_on)
    reader.start()
    try:
        found = house.look()
    finally:
        seen.set()
        reader.join()
        dealt_with(house, offsets[-1])

    assert failed(found) == set()
    (warned,) = (one for one in of(found, "lag") if one.level is Level.WARNING)
    assert "wait for sink" in warned.said


def test_what_has_only_just_come_does_not_wait_too_long(house):
    offset = waiting(house, timedelta())
    try:
        found = house.look()
    finally:
        dealt_with(house, offset)

    assert failed(found) == set()


def test_a_canary_that_is_overdue(house):
    house.scores.erase(CANARY)
    sung(house.scores, datetime.now(UTC) - timedelta(hours=3))

    found = ailment(house.look(), "canary")

    assert "The last test message came through 3 h ago" in found.said or "No test" in found.said
    assert "the canary was not heard" in found.advice


def test_records_of_an_older_release_while_it_runs(house):
    with closing(sqlite3.connect(house.path / "records.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num='0001'")
    try:
        found = ailment(house.look(), "records.schema")
    finally:
        with closing(sqlite3.connect(house.path / "records.db")) as db, db:
            db.execute(f"UPDATE alembic_version SET version_num='{HEAD}'")  # noqa: S608  a number of ours

    assert "start them again" in found.advice


def test_a_demonstration_has_neither_canary_nor_a_clock_of_this_world(house):
    house.set(clock="stepped:/nowhere.json")

    found = house.look()

    assert failed(found) == set()
    assert {of(found, name)[0].level for name in ("stream", "canary")} == {Level.SKIPPED}
