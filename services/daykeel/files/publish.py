"""Publishing through MQTT: it returns once the broker has acknowledged every message."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from daykeel.files.messages import Message

IN_FLIGHT = 100
"""Messages sent ahead of their acknowledgement."""

CONNECT_S = 15.0
PLAIN_PORT, TLS_PORT = 1883, 8883


class NotPublished(RuntimeError):  # noqa: N818  says what is so, as the other refusals do
    """The broker could not be reached, refused us, or did not acknowledge in time."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to publish, and as whom."""

    host: str
    port: int
    tls: bool
    username: str
    password: str

    @classmethod
    def at(cls, url: str, username: str, password: str) -> "Broker":
        """Return the broker a URL names.

        >>> Broker.at("mqtts://example.org", "u", "p").port
        8883

        Raises
        ------
        ValueError
            It is no `mqtt://` or `mqtts://` URL with a host.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("a broker is named mqtt://HOST:PORT or mqtts://HOST:PORT")
        tls = parts.scheme == "mqtts"
        port = parts.port or (TLS_PORT if tls else PLAIN_PORT)
        return cls(parts.hostname, port, tls, username, password)


def publish(messages: Sequence[Message], broker: Broker, *, patience_s: float = 60.0) -> None:
    """Publish the messages in order and return once all are acknowledged.

    Parameters
    ----------
    patience_s
        How long to wait for the next acknowledgement before giving up.

    Raises
    ------
    NotPublished
        Not all of them were acknowledged; those that were stay published.
    """
    client = _connected(broker)
    try:
        waiting = [client.publish(topic, payload, qos=1) for topic, payload in messages]
        for done, told in enumerate(waiting):
            _wait(told, patience_s, f"{done} of {len(waiting)} messages were acknowledged")
    finally:
        client.disconnect()
        client.loop_stop()


def _wait(told: mqtt.MQTTMessageInfo, patience_s: float, so_far: str) -> None:
    try:
        told.wait_for_publish(patience_s)
    except (RuntimeError, ValueError) as error:
        raise NotPublished(f"{so_far}: {error}") from error
    if not told.is_published():
        raise NotPublished(f"{so_far}, then none for {patience_s:g} s")


def _connected(broker: Broker) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.username_pw_set(broker.username, broker.password)
    client.max_inflight_messages_set(IN_FLIGHT)
    if broker.tls:
        client.tls_set_context(ssl.create_default_context())
    answers: SimpleQueue[ReasonCode] = SimpleQueue()
    client.on_connect = lambda _client, _data, _flags, code, _properties: answers.put(code)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise NotPublished(f"no broker at {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    try:
        answer = answers.get(timeout=CONNECT_S)
    except Empty:
        client.loop_stop()
        raise NotPublished("the broker does not answer") from None
    if answer.is_failure:
        client.loop_stop()
        raise NotPublished(f"the broker refused the connection: {answer}")
    return client
