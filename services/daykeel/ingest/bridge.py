"""The subscriber at another broker: acknowledged means on the log.

The broker keeps what is not acknowledged: a persistent session, and no more than `UNDER_WAY`
messages at once. As many of quality of service 0, of which nothing is promised, may be under way
besides; more are dropped. Each is acknowledged in the connection that delivered it and in the
order of delivery; after a loss of the connection the broker sends the rest again.
"""

import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from daykeel.ingest.appender import Outcome, Submission
from daykeel.log.admission import Incoming
from daykeel.log.tally import Delivery
from daykeel.process.broker import Address

log = logging.getLogger(__name__)

CLIENT_ID = "daykeel-ingest"
"""One active bridge per broker: a second one would take the session over."""
UNDER_WAY = 200
SESSION_S = 30 * 86_400
KEEPALIVE_S = 30
LONGEST_PAUSE_S = 30

TOPICS = (
    "daykeel/v1/#",
    "owntracks/#",
    "SleepAsAndroid/#",
)


class Client(Protocol):
    """What the bridge needs of paho's client once it is connected."""

    def subscribe(self, topic: list[tuple[str, SubscribeOptions]]) -> Any:
        """Ask for topics."""

    def ack(self, mid: int, qos: int) -> Any:
        """Acknowledge a message."""


class Bridge:
    """One persistent session at a broker, whose messages go to the log."""

    def __init__(self, submit: Callable[[Submission], None]) -> None:
        self.counts: Counter[str] = Counter()
        self._submit = submit
        self._lock = threading.Lock()
        self._connection = 0
        self._unpromised = 0
        self._client: mqtt.Client | None = None
        self._said = ""
        self._is_anew = False
        self._is_subscribed = False

    def start(self, address: Address, *, anew: bool = False) -> None:
        """Connect, and again whenever the connection is lost; returns at once.

        With `anew` the broker first forgets what it kept for us.
        """
        self._is_anew = anew
        client = self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=CLIENT_ID,
            protocol=mqtt.MQTTv5,
            manual_ack=True,
        )
        if address.username:
            client.username_pw_set(address.username, address.secret())
        if address.is_tls:
            client.tls_set(None if address.ca_file is None else str(address.ca_file))
        client.reconnect_delay_set(1, LONGEST_PAUSE_S)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.connect_async(
            address.host,
            address.port,
            KEEPALIVE_S,
            clean_start=anew,
            properties=_session_properties(),
        )
        client.loop_start()

    def stop(self) -> None:
        """Disconnect; the session stays, and so does what was not acknowledged."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    @property
    def is_subscribed(self) -> bool:
        """Whether the broker passes on, or keeps for us, all that it acknowledges."""
        return self._is_subscribed

    def connected(self, client: Client, *, is_same_session: bool) -> None:
        """Begin a connection: subscribe, which a kept session needs no more but does not mind."""
        if not is_same_session:
            self.counts["new_session"] += 1
        if not is_same_session and not self._is_anew:
            log.warning("the broker has no session of ours: what it kept before is not known")
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        client.subscribe([(topic, options) for topic in TOPICS])

    def disconnected(self) -> None:
        """End a connection: nothing of it is acknowledged any more."""
        self._is_subscribed = False
        with self._lock:
            self._connection += 1

    def delivered(self, client: Client, message: mqtt.MQTTMessage) -> None:
        """Hand a message on; called in the network thread, which must not wait."""
        self.counts["delivered"] += 1
        if not message.qos and not self._has_room():
            self.counts["dropped_without_promise"] += 1
            return
        settle = partial(self._settled, client, self._connection, message.mid, message.qos)
        incoming = Incoming(message.topic, bytes(message.payload), message.retain)
        self._submit(Submission(incoming, settle, delivery=_delivery(message)))

    def _settled(self, client: Client, connection: int, mid: int, qos: int, _: Outcome) -> None:
        # the lock holds a new connection back, in which the number means another message
        with self._lock:
            if not qos:
                self._unpromised -= 1
            elif connection == self._connection:
                client.ack(mid, qos)

    def _has_room(self) -> bool:
        """Take room for a message of quality of service 0, which the broker never holds back."""
        with self._lock:
            if self._unpromised >= UNDER_WAY:
                return False
            self._unpromised += 1
            return True

    def _on_connect(
        self,
        client: mqtt.Client,
        _: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        __: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.counts["connection_refused"] += 1
            log.error("the broker refuses us: %s", reason)
            return
        self.counts["connected"] += 1
        self._said = ""
        self.connected(client, is_same_session=flags.session_present)

    def _on_connect_fail(self, *_: object) -> None:
        """Say why there is no connection: once, and again when it is something else."""
        self.counts["connection_failed"] += 1
        why = str(
            sys.exception()
        )  # paho calls this while it handles the error, and tells it nobody
        if why != self._said:
            self._said = why
            log.warning("no connection to the broker: %s", why)

    def _on_disconnect(
        self, _: object, __: object, ___: object, reason: ReasonCode, ____: object
    ) -> None:
        self.counts["disconnected"] += 1
        if reason.is_failure:
            log.warning("the connection to the broker ended: %s", reason)
        self.disconnected()

    def _on_subscribe(
        self, _: mqtt.Client, __: object, ___: int, reasons: list[ReasonCode], ____: object
    ) -> None:
        self.counts["subscribed"] += 1
        self._is_subscribed = not any(reason.is_failure for reason in reasons)
        for topic, reason in zip(TOPICS, reasons, strict=False):
            if reason.is_failure:
                log.error("the broker does not let us read %s: %s", topic, reason)

    def _on_message(self, client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        self.delivered(client, message)


def _delivery(message: mqtt.MQTTMessage) -> Delivery | None:
    """Return by what the session knows a message; nothing where it is not promised."""
    return Delivery(CLIENT_ID, message.mid, bool(message.dup)) if message.qos else None


def _session_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
    properties.SessionExpiryInterval = SESSION_S
    properties.ReceiveMaximum = UNDER_WAY
    return properties
