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

from daykeel.clock.clock import SteppedClock
from daykeel.log.open import open_log
from daykeel.log.protocol import Log
from daykeel.log.topics import COMMANDS, DAYS, EVENTS_RAW, NIGHTS, SCORES, SIGNALS
from daykeel.records.open import open_records
from daykeel.scores.open import open_scores

PROCESSES = ("ingest", "stream", "alerts", "api")
DEADLINE_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], what: str, seconds: float = DEADLINE_S) -> None:
    """Wait for a condition, and say which one it was when it does not come."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


class Device:
    """A device's MQTT connection: publishes and waits for the acknowledgement."""

    def __init__(self, port: int, username: str, password: str, client_id: str = "") -> None:
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=client_id or f"{username}-{secrets.token_hex(4)}",
            protocol=mqtt.MQTTv311,
        )
        self.client.username_pw_set(username, password)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        until(self.client.is_connected, "connection to the broker")

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, seconds: float = DEADLINE_S
    ) -> None:
        told = self.client.publish(topic, payload, qos=1, retain=retain)
        told.wait_for_publish(seconds)
        assert told.is_published(), "no acknowledgement"

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Installation:
    """Four processes over one data folder."""

    def __init__(self, folder: Path, now: datetime | None) -> None:
        self.folder = folder
        self.mqtt_port, self.http_port = free_port(), free_port()
        self.key = secrets.token_bytes(32)
        key_file = folder / "installation.key"
        key_file.write_bytes(self.key)
        key_file.chmod(0o600)
        self.clock = SteppedClock(folder / "clock.json") if now else None
        if self.clock and now:
            self.clock.set(now)
        self.records = open_records(f"sqlite:///{folder}/records.db", self.key)
        self.records.migrate()
        self.scores = open_scores(f"sqlite:///{folder}/scores.db")
        self.log = self.open_log()
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def open_log(self) -> Log:
        """The log, opened anew: for a reader of its own."""
        return open_log(f"sqlite:///{self.folder}/log.db")

    @property
    def environment(self) -> Mapping[str, str]:
        folder = self.folder
        clock = f"stepped:{folder}/clock.json" if self.clock else "system:"
        return os.environ | {
            "DAYKEEL_DATA": str(folder),
            "DAYKEEL_LOG": f"sqlite:///{folder}/log.db",
            "DAYKEEL_SCORES": f"sqlite:///{folder}/scores.db",
            "DAYKEEL_RECORDS": f"sqlite:///{folder}/records.db",
            "DAYKEEL_CLOCK": clock,
            "DAYKEEL_KEY_FILE": str(folder / "installation.key"),
            "DAYKEEL_MQTT": f"embedded://127.0.0.1:{self.mqtt_port}",
            "DAYKEEL_HTTP": f"127.0.0.1:{self.http_port}",
        }

    def start(self, *names: str) -> None:
        for name in names or PROCESSES:
            with (self.folder / f"{name}.err").open("ab") as errors:
                self.running[name] = subprocess.Popen(
                    [sys.executable, "-m", f"daykeel.{name}"],
                    env=self.environment,
                    stdout=errors,
                    stderr=errors,
                )
        for port in (self.mqtt_port, self.http_port):
            until(lambda port=port: self._listens(port), f"port {port}: {self.errors()}")

    def _listens(self, port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def errors(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.err")))

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running.pop(name).wait()

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(20)
        self.running.clear()

    def settle(self, now: datetime) -> None:
        """Move the clock and wait until everything it causes has been stored."""
        assert self.clock is not None
        self.clock.set(now)
        self.wait(now)

    def wait(self, now: datetime) -> None:
        """Wait until everything that was said and was due at `now` has been stored."""
        until(lambda: self._settled(now.timestamp()), f"settled at {now}: {self.errors()}")

    def _settled(self, instant: float) -> bool:
        lags = (
            ("scored", (EVENTS_RAW, COMMANDS)),
            ("sink", (DAYS, NIGHTS, SCORES)),
            ("alerts", (SIGNALS,)),
        )
        has_fired = self.log.marks().get("stream.timers", 0.0) >= instant
        return has_fired and all(self.log.lag(group, topics) == 0 for group, topics in lags)


@contextmanager
def installation(folder: Path, now: datetime | None = None) -> Iterator[Installation]:
    """Give a running installation and stop it afterwards."""
    running = Installation(folder, now)
    try:
        running.start()
        yield running
    finally:
        running.stop()
