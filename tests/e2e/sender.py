"""Devices that keep sending whatever dies, each message again until somebody acknowledges it.

What was said, when and by whom is kept by those who said it: nothing of it is asked of the system,
so it is what the system must come to.
"""

import base64
import http.client
import queue
import secrets
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt

sys.path.insert(0, str(Path(__file__).parent))
from installation import Installation

from daykeel.events.event import RawRecord

AGAIN_S = (0.05, 0.4)
"""How soon a device comes back after its connection was lost."""

KEPT, BAD = "kept", "bad"
"""Good, and what its adapter cannot read: both are put on the log as they came."""
DEEP, LARGE, FOREIGN = "deep", "large", "foreign"
"""Refused at the edge: for what it is, for its size, for being on another's topic."""
UNWANTED, STRANGER = "unwanted", "stranger"
"""Of a stream without consent; of a device that the records do not know."""
RECORDED = frozenset({KEPT, BAD})


@dataclass(eq=False)
class Said:
    """One message, and whether somebody has said that it is taken."""

    kind: str
    raw: RawRecord
    """As it must lie on the log, if it does."""
    sent: float
    """Seconds that only count on."""
    acked: float | None = None
    is_refused: bool = False
    """Whether the answer was that it is not taken."""
    status: int | None = None
    """Of the answer, by HTTP."""

    @property
    def identity(self) -> tuple[str, bytes]:
        return self.raw.topic, self.raw.payload


class Line:
    """One device's connection, which is made again as often as it is lost."""

    def __init__(
        self,
        home: Installation,
        login: tuple[str, str],
        *,
        version: mqtt.MQTTProtocolVersion = mqtt.MQTTv311,
        comes_back: bool = True,
    ) -> None:
        self._waiting: dict[int, Said] = {}
        self._answers: dict[int, tuple[float, bool]] = {}
        client = self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=f"{login[0]}-{secrets.token_hex(4)}",
            protocol=version,
            reconnect_on_failure=comes_back,
        )
        client.username_pw_set(*login)
        if home.profile.ca is not None:
            client.tls_set(home.profile.ca)
        client.reconnect_delay_set(*AGAIN_S)
        client.on_publish = self._on_publish
        client.connect_async("127.0.0.1", home.mqtt_port)
        client.loop_start()

    def say(self, said: Said) -> None:
        """Have a message sent until it is acknowledged; return at once."""
        told = self._client.publish(said.raw.topic, said.raw.payload, qos=1)
        self._waiting[told.mid] = said

    def hear(self) -> int:
        """Note what was acknowledged since, and return how much is still waited for."""
        for mid in list(self._answers):
            if mid in self._waiting:
                said = self._waiting.pop(mid)
                said.acked, said.is_refused = self._answers.pop(mid)
        return len(self._waiting)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_publish(self, _client, _data, mid, reason, _properties) -> None:
        # paho holds a lock here that `publish` needs: nothing may be waited for
        self._answers[mid] = time.monotonic(), reason.is_failure


class Upload(threading.Thread):
    """A device that sends by HTTP, one message after the other."""

    def __init__(self, home: Installation, login: tuple[str, str], adapter: str) -> None:
        super().__init__(name="upload", daemon=True)
        self._port, self._path = home.http_port, f"/v1/ingest/{adapter}"
        word = base64.b64encode(":".join(login).encode()).decode()
        self._headers = {"authorization": f"Basic {word}", "content-type": "application/json"}
        self._queue: queue.SimpleQueue[Said | None] = queue.SimpleQueue()
        self._connection: http.client.HTTPConnection | None = None
        self.start()

    def say(self, said: Said) -> None:
        """Have a message sent until it is answered; return at once."""
        self._queue.put(said)

    def hear(self) -> int:
        """Return how much waits."""
        return self._queue.qsize()

    def close(self) -> None:
        self._queue.put(None)
        self.join()

    def run(self) -> None:
        while (said := self._queue.get()) is not None:
            while (status := self._status(said.raw.payload)) is None or status >= 500:
                time.sleep(AGAIN_S[0])
            said.status, said.is_refused = status, status != 202
            said.acked = time.monotonic()

    def _status(self, payload: bytes) -> int | None:
        """Return how a request was answered; None if it was not."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            self._connection.request("POST", self._path, payload, self._headers)
            with self._connection.getresponse() as answer:
                answer.read()
                return answer.status
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            return None


class Attempt(threading.Thread):
    """A message sent once, in a connection of its own: the answer may be that it is ended."""

    def __init__(self, home: Installation, login: tuple[str, str], said: Said) -> None:
        super().__init__(name="attempt", daemon=True)
        self._home, self._login, self._said = home, login, said
        self.start()

    def run(self) -> None:
        # only MQTT 5 says that somebody may not publish where he does; the broker inside hangs up
        version = mqtt.MQTTv311 if self._home.profile.broker is None else mqtt.MQTTv5
        line = Line(self._home, self._login, version=version, comes_back=False)
        line.say(self._said)
        end = time.monotonic() + 5.0
        while line.hear() and time.monotonic() < end:
            time.sleep(0.02)
        line.close()
        line.hear()
