"""A whole installation of real processes on loopback, on the stepped clock."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import paho.mqtt.client as mqtt

sys.path.insert(0, str(Path(__file__).parent))
from profiles import Opener, Profile, embedded

from daykeel.cli.profile import free_port
from daykeel.clock.clock import SteppedClock
from daykeel.demo.conductor import lags, stages
from daykeel.log.open import create_log, open_log
from daykeel.log.protocol import Log
from daykeel.records.open import open_records
from daykeel.scores.open import open_scores

DEADLINE_S = 60.0


def until(true: Callable[[], object], what: str, seconds: float = DEADLINE_S) -> None:
    """Wait for a condition, and say which one it was when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


class Device:
    """A device's MQTT connection: publishes and waits for the acknowledgement."""

    def __init__(
        self, port: int, username: str, password: str, client_id: str = "", ca: str | None = None
    ) -> None:
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=client_id or f"{username}-{secrets.token_hex(4)}",
            protocol=mqtt.MQTTv311,
        )
        self.client.username_pw_set(username, password)
        if ca is not None:
            self.client.tls_set(ca)
        self.client.reconnect_delay_set(1, 2)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        until(self.client.is_connected, "connection to the broker")

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, seconds: float = DEADLINE_S
    ) -> None:
        told = self.client.publish(topic, payload, qos=1, retain=retain)
        if told.rc == mqtt.MQTT_ERR_NO_CONN:  # it is kept, and sent once there is a connection
            told.rc = mqtt.MQTT_ERR_SUCCESS
        told.wait_for_publish(seconds)
        assert told.is_published(), "no acknowledgement"

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Installation:
    """The processes of one installation, and the stores they share."""

    def __init__(self, folder: Path, now: datetime | None, profile: Profile) -> None:
        self.folder, self.profile = folder, profile
        self.mqtt_port, self.http_port = profile.mqtt_port, free_port()
        self.key = secrets.token_bytes(32)
        key_file = folder / "installation.key"
        key_file.write_bytes(self.key)
        key_file.chmod(0o600)
        self.clock = SteppedClock(folder / "clock.json") if now else None
        if self.clock and now:
            self.clock.set(now)
        self.records = open_records(profile.settings["DAYKEEL_RECORDS"], self.key)
        self.records.migrate()
        self.scores = open_scores(profile.settings["DAYKEEL_SCORES"])
        create_log(profile.settings["DAYKEEL_LOG"])
        self.log = self.open_log()
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def open_log(self) -> Log:
        """The log, opened anew: for a reader of its own."""
        return open_log(self.profile.settings["DAYKEEL_LOG"])

    def device(self, username: str, password: str, client_id: str = "") -> Device:
        """A device's connection."""
        self.profile.let_in(self.records)
        return Device(self.mqtt_port, username, password, client_id, self.profile.ca)

    @property
    def environment(self) -> Mapping[str, str]:
        folder = self.folder
        clock = f"stepped:{folder}/clock.json" if self.clock else "system:"
        return os.environ | {
            **self.profile.settings,
            "DAYKEEL_CLOCK": clock,
            "DAYKEEL_KEY_FILE": str(folder / "installation.key"),
            "DAYKEEL_HTTP": f"127.0.0.1:{self.http_port}",
        }

    def start(self, *names: str) -> None:
        for name in names or self.profile.processes:
            self.launch(name)
        for port in (self.mqtt_port, self.http_port):
            until(lambda port=port: self._listens(port), f"port {port}: {self.errors()}")
        # a broker that acknowledges keeps nothing for an ingest that it does not know yet
        until(self._takes_in, f"ingest: {self.errors()}")

    def launch(self, name: str) -> None:
        """Start one process and wait for nothing."""
        module, _, worker = name.partition(":")
        own = {
            "DAYKEEL_WORKER": worker or "0",
            "DAYKEEL_TABLES": str(self.folder / f"tables-{worker}"),
        }
        program = self.profile.programs.get(name, ("-m", f"daykeel.{module}"))
        with (self.folder / f"{name}.err").open("ab") as errors:
            self.running[name] = subprocess.Popen(
                [sys.executable, *program],
                env={**self.environment, **own},
                stdout=errors,
                stderr=errors,
            )

    def _listens(self, port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def _takes_in(self) -> bool:
        told = self.folder / "ingest.err"
        return not told.exists() or "ingest ready" in told.read_text()

    def errors(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.err")))

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running.pop(name).wait()

    def end(self, name: str) -> None:
        """Ask one process to stop, and wait until it has."""
        process = self.running.pop(name)
        process.terminate()
        assert process.wait(60) == 0

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        try:
            for process in self.running.values():
                process.wait(60)
        finally:
            for process in self.running.values():
                process.kill()
            self.running.clear()
            for store in (self.log, self.scores, self.records):
                store.close()

    def settle(self, now: datetime, when: str = "") -> None:
        """Move the clock and wait until everything it causes has been stored."""
        assert self.clock is not None
        self.clock.set(now)
        self.wait(now, when)

    def wait(self, now: datetime, when: str = "") -> None:
        """Wait until everything that was said and was due at `now` has been stored."""
        patience_s = self.profile.patience_s
        try:
            until(self.profile.is_handed_over, "", patience_s)
            until(lambda: not self.records.pending_commands(1), "", patience_s)
            until(lambda: all(done() for done in stages(self.log, now)), "", patience_s)
        except TimeoutError as error:
            told = f"{lags(self.log)}: {self.errors()}"
            raise TimeoutError(f"not settled at {now} {when}: {told}") from error


@contextmanager
def installation(
    folder: Path, now: datetime | None = None, profile: Opener = embedded
) -> Iterator[Installation]:
    """Give a running installation and stop it afterwards."""
    with profile(folder, free_port()) as opened:
        running = Installation(folder, now, opened)
        try:
            running.start()
            yield running
        finally:
            running.stop()
