"""One visit of a device at the broker: sign in, publish, wait for the acknowledgements, leave."""

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from queue import Empty, SimpleQueue

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from daykeel.process.broker import address

PATIENCE_S = 10.0
"""For one visit; shorter than a process may take to stop."""
IN_FLIGHT = 100
"""Messages sent ahead of their acknowledgement."""


class NotHeard(RuntimeError):  # noqa: N818  a fact about the other side
    """The broker was not there, refused the device, or did not acknowledge all it said.

    What was acknowledged stays published.
    """


@dataclass(frozen=True, slots=True)
class Broker:
    """Where devices publish."""

    host: str
    port: int
    is_tls: bool = False
    trusted: Path | None = None
    """Certificates to trust instead of the machine's."""
    is_ours: bool = False
    """Its certificate is the one in `trusted`, whatever name we reach it by."""

    @property
    def context(self) -> ssl.SSLContext | None:
        """How to make sure of the broker; None where it does not speak TLS."""
        if not self.is_tls:
            return None
        context = ssl.create_default_context(cafile=self.trusted)
        if self.is_ours:
            context.check_hostname = False
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context


def broker_at(url: str, *, cert: Path | None = None) -> Broker:
    """Return the broker a URL names, as a device on this machine reaches it.

    >>> broker_at("embedded://0.0.0.0:1883").host
    '127.0.0.1'
    >>> broker_at("mqtts://ingest:secret@broker.example").port
    8883

    Raises
    ------
    ValueError
        It names none, or one of ours with TLS but without certificate.
    """
    named = address(url)
    if named.is_embedded and named.is_tls and cert is None:
        raise ValueError("embedded+tls:// needs the broker's certificate in DAYKEEL_CERT")
    return Broker(
        host=_reached(named.host) if named.is_embedded else named.host,
        port=named.port,
        is_tls=named.is_tls,
        trusted=cert if named.is_embedded else named.ca_file,
        is_ours=named.is_embedded,
    )


def _reached(listens: str) -> str:
    """Return the address at which one reaches who listens on `listens`."""
    try:
        address = ip_address(listens)
    except ValueError:
        return listens
    if not address.is_unspecified:
        return listens
    return "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004  IPv4


def visit(  # noqa: PLR0913  where, as whom, what, and for how long
    broker: Broker,
    username: str,
    password: str,
    messages: Sequence[tuple[str, bytes]],
    *,
    patience_s: float = PATIENCE_S,
    is_long: bool = False,
) -> None:
    """Publish (topic, payload) in order and return once the broker has acknowledged all.

    Parameters
    ----------
    patience_s
        For the whole visit.
    is_long
        Whether it begins anew with each acknowledgement: there may be many.

    Raises
    ------
    NotHeard
        Not all of them were acknowledged within `patience_s`.
    """
    end = time.monotonic() + patience_s
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.username_pw_set(username, password)
    client.max_inflight_messages_set(IN_FLIGHT)
    client.connect_timeout = patience_s
    if context := broker.context:
        client.tls_set_context(context)
    try:
        _sign_in(client, broker, end)
        told = [client.publish(topic, payload, qos=1) for topic, payload in messages]
        for number, one in enumerate(told):
            _wait(one, end, f"{number} of {len(told)} messages were acknowledged")
            end = time.monotonic() + patience_s if is_long else end
    finally:
        client.disconnect()
        client.loop_stop()


def _sign_in(client: mqtt.Client, broker: Broker, end: float) -> None:
    answers: SimpleQueue[ReasonCode] = SimpleQueue()
    client.on_connect = lambda _client, _data, _flags, code, _properties: answers.put(code)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise NotHeard(f"no broker at {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    try:
        answer = answers.get(timeout=_left(end))
    except Empty:
        raise NotHeard("the broker does not answer") from None
    if answer.is_failure:
        raise NotHeard(f"the broker refused the connection: {answer}")


def _wait(told: mqtt.MQTTMessageInfo, end: float, so_far: str) -> None:
    try:
        told.wait_for_publish(_left(end))
    except (RuntimeError, ValueError) as error:
        raise NotHeard(f"{so_far}: {error}") from error
    if not told.is_published():
        raise NotHeard(f"{so_far}, then none in time")


def _left(end: float) -> float:
    return max(end - time.monotonic(), 0.001)
