"""The MQTT connections of the synthetic clients' devices."""

import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from daykeel.demo.plan import Device

DEADLINE_S = 30.0
PAUSE_S = 0.01


class Unreachable(ConnectionError):  # noqa: N818  a fact about the other side
    """The broker did not answer in time."""


@dataclass(frozen=True, slots=True)
class Login:
    """What a device signs in with."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker listens."""

    host: str
    port: int
    ca: Path | None = None
    """Whose certificates are trusted, where it speaks TLS."""


class Connections:
    """One connection for each device, by (client, adapter, device)."""

    def __init__(self, broker: Broker, logins: Mapping[Device, Login]) -> None:
        self._kept = threading.Semaphore(0)
        context = None if broker.ca is None else ssl.create_default_context(cafile=broker.ca)
        self._clients = {
            device: _connecting(broker, login, context) for device, login in logins.items()
        }
        for client in self._clients.values():
            client.on_publish = lambda *_: self._kept.release()
        for client in self._clients.values():
            _wait_until_connected(client)

    def publish(self, messages: Iterable[tuple[Device, str, bytes]]) -> None:
        """Publish (device, topic, payload) and return once the broker has acknowledged all.

        Messages of one device keep their order. What is published while the broker is away is
        sent when it is back.

        Raises
        ------
        Unreachable
            An acknowledgement did not come.
        """
        count = 0
        for device, topic, payload in messages:
            self._clients[device].publish(topic, payload, qos=1)
            count += 1
        for _ in range(count):
            if not self._kept.acquire(timeout=DEADLINE_S):
                raise Unreachable("a message was not acknowledged")

    def close(self) -> None:
        """Sign all devices out."""
        for client in self._clients.values():
            client.disconnect()
            client.loop_stop()


def _connecting(broker: Broker, login: Login, context: ssl.SSLContext | None) -> mqtt.Client:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=login.username, protocol=mqtt.MQTTv311
    )
    client.username_pw_set(login.username, login.password)
    if context is not None:
        client.tls_set_context(context)
    client.connect(broker.host, broker.port)
    client.loop_start()
    return client


def _wait_until_connected(client: mqtt.Client) -> None:
    end = time.monotonic() + DEADLINE_S
    while not client.is_connected():
        if time.monotonic() > end:
            raise Unreachable("a device could not sign in")
        time.sleep(PAUSE_S)
