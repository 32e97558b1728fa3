"""Mosquitto, the records and the bridge's process together, and either of the two killed."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from servers_at import Servers, private
from shore import phone, topic, until

from daykeel.cli.folder import opened
from daykeel.cli.main import main
from daykeel.events.event import RawRecord
from daykeel.log.codec import decode
from daykeel.log.open import open_log
from daykeel.log.topics import EVENTS_RAW

pytestmark = pytest.mark.servers

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN = topic("c-ann")
LONG_S = 90.0
A_WHILE_S = 3.0
"""Longer than a start takes."""


class Ingest:
    """The process that subscribes at Mosquitto, over a folder of its own."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.servers, self.folder = servers, opened(folder)
        self.url = servers.url("mosquitto")
        self.records = self.folder.records()
        self.records.add_client("Ann", "UTC", now=NOW, id="c-ann")
        self.records.grant("c-ann", "*", now=NOW)
        self.credential, self.password = self.records.add_credential(
            "c-ann", "phone", "daykeel", (topic("c-ann", "#"),), now=NOW
        )
        self.enter()
        self.start()

    def enter(self) -> None:
        """Let Mosquitto know the devices, and whom to tell of those that come."""
        pid = self.servers.folder / "mosquitto.pid"
        pid.write_text(str(self.servers.pid("mosquitto")))
        at = str(self.servers.folder / "mosquitto")
        assert not main(["mosquitto", *self._data, "--at", at, "--pid-file", str(pid)])

    @property
    def _data(self) -> list[str]:
        return ["--data", str(self.folder.path)]

    def do(self, *arguments: str) -> int:
        return main([*arguments, *self._data])

    def start(self) -> None:
        self.launch()
        until(self.is_ready, "the bridge", LONG_S)

    def launch(self) -> None:
        """Start the process and wait for nothing."""
        settings = self.folder.environment() | {"DAYKEEL_MQTT": self.url}
        self.errors = self.folder.path / "ingest.err"
        self.errors.write_bytes(b"")
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "daykeel.ingest"],
                env=os.environ | settings,
                stderr=errors,
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.errors.read_text()
        return "ready" in self.errors.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def phone(self, *who, **more):
        parts = urlsplit(self.url)
        ca = parse_qs(parts.query)["ca_file"][0]
        name = who or (self.credential.username, self.password)
        return phone(parts.port, *name, ca=ca, **more)

    def is_saved(self) -> bool:
        """Whether Mosquitto would still know the bridge after a kill."""
        file = self.servers.folder / "mosquitto" / "data" / "mosquitto.db"
        return file.exists() and b"daykeel-ingest" in file.read_bytes()

    def kept(self) -> list[bytes]:
        log = open_log(self.folder.store("log"))
        records = []
        while more := log.read("test", (EVENTS_RAW,), 100_000):
            records.extend(more)
        log.close()
        return [decode(RawRecord, one.value).payload for one in records]

    def has(self, payloads: set[bytes]) -> bool:
        return payloads <= set(self.kept())


@pytest.fixture
def ingest(tmp_path):
    with private(tmp_path / "servers", "mosquitto") as servers:
        running = Ingest(tmp_path / "data", servers)
        yield running
        running.kill()


def test_it_is_ready_only_once_mosquitto_keeps_for_it_what_it_acknowledges(ingest):
    ingest.kill()
    ingest.servers.signal("mosquitto", signal.SIGSTOP)
    ingest.launch()
    time.sleep(A_WHILE_S)
    assert not ingest.is_ready()

    ingest.servers.signal("mosquitto", signal.SIGCONT)

    until(ingest.is_ready, "the bridge", LONG_S)


def test_all_that_mosquitto_took_is_on_the_log_though_the_bridge_is_killed_again_and_again(ingest):
    took = set()
    for turn in range(3):
        with ingest.phone() as ann:
            payloads = {ann.publish(ANN, b"%d %d" % (turn, n)): n for n in range(2000)}
            until(lambda ann=ann: len(ann.acked) > 500, "some acknowledgements", LONG_S)
            ingest.kill()
            until(lambda ann=ann: len(ann.acked) == 2000, "all acknowledgements", LONG_S)
        took |= {b"%d %d" % (turn, n) for n in payloads.values()}
        ingest.start()

    until(lambda: ingest.has(took), "everything", LONG_S)


def test_after_a_kill_of_mosquitto_what_it_had_not_acknowledged_comes_and_what_was_taken_stays(
    ingest,
):
    with ingest.phone(again=True) as ann:
        ann.say(ANN, b"first")
        until(lambda: ingest.has({b"first"}), "the first message", LONG_S)
        until(ingest.is_saved, "the session on disk", LONG_S)
        payloads = {ann.publish(ANN, b"%d" % n): b"%d" % n for n in range(1000)}
        until(lambda: len(ann.acked) > 500, "some acknowledgements", LONG_S)
        ingest.servers.signal("mosquitto", signal.SIGSTOP)
        payloads |= {ann.publish(ANN, b"%d" % n): b"%d" % n for n in range(1000, 2000)}

        ingest.servers.kill("mosquitto")
        until(lambda: ann.ends, "the end of the connection", LONG_S)
        before = {payloads[mid] for mid in ann.acked if mid in payloads}
        ingest.servers.start("mosquitto")

        until(lambda: payloads.keys() <= set(ann.acked), "all acknowledgements", LONG_S)
        ann.say(ANN, b"last")
    rest = set(payloads.values()) - before | {b"first", b"last"}
    until(lambda: ingest.has(rest), "the rest", LONG_S)
    assert len(rest) > 1000


def test_a_client_that_is_added_gets_in_at_once_and_one_revoked_does_not(ingest, capsys):
    assert not ingest.do("client", "add", "--name", "Ben", "--zone", "UTC", "--source", "daykeel")
    lines = capsys.readouterr().out.splitlines()
    said = dict(line.split() for line in lines if line.startswith(("  user ", "  password ")))
    (own,) = [line.split()[1] for line in lines if line.startswith("  topic ")]

    def enters() -> bool:
        with ingest.phone(said["user"], said["password"]) as ben:
            if ben.is_in:
                ben.say(own, json.dumps({"v": 1}).encode())
            return ben.is_in

    until(enters, "that the new device gets in", LONG_S)
    until(lambda: ingest.has({b'{"v": 1}'}), "what it says", LONG_S)
    client = own.split("/")[2]
    assert not ingest.do("client", "revoke", "--client", client)

    until(lambda: not enters(), "that it is refused", LONG_S)
    with ingest.phone() as ann:
        assert ann.is_in


def test_the_bridges_log_lines_name_nobody_and_no_password(ingest):
    with ingest.phone() as ann:
        ann.say(ANN, b'{"secret": 1}')
    until(lambda: ingest.has({b'{"secret": 1}'}), "the message", LONG_S)
    ingest.process.send_signal(signal.SIGTERM)
    assert ingest.process.wait(60) == 0

    said = ingest.errors.read_text()

    secret = (ingest.servers.folder / "mosquitto" / "ingest.password").read_text()
    assert "1 kept" in said
    assert not any(one in said for one in ("c-ann", ingest.credential.username, "secret", secret))
