"""People of an installation: a client with devices, and a therapist who looks."""

import http.cookiejar
import json
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from daykeel.alerting.lifecycle import stands
from daykeel.events.codec import decode, encode
from daykeel.events.event import Quarantined, RawRecord
from daykeel.log.protocol import NewRecord
from daykeel.log.topics import COMMANDS, EVENTS_RAW, QUARANTINE, SIGNALS, partition_of
from daykeel.pipeline.state import Command
from daykeel.rhythm.ledger import SignalSet

sys.path.insert(0, str(Path(__file__).parent))
from installation import Device, Installation


@dataclass
class Person:
    """A client and the devices that speak for them."""

    client: str
    devices: dict[str, Device] = field(default_factory=dict)
    credentials: dict[str, tuple[str, str]] = field(default_factory=dict)

    def topic(self, device: str) -> str:
        return f"daykeel/v1/{self.client}/daykeel/{device}/event"

    def say(self, device: str, payload: bytes) -> None:
        self.devices[device].publish(self.topic(device), payload)

    def close(self) -> None:
        for device in self.devices.values():
            device.close()


def enrol(
    home: Installation,
    client: str,
    devices: tuple[str, ...],
    now: datetime,
    since: datetime | None = None,
    *,
    zone: str = "UTC",
) -> Person:
    """Make a client with a credential for each device, all of them agreed to from `since` on."""
    allowed = {"*": since or now}
    home.records.add_client(f"Name of {client}", zone, now=now, id=client, allowed=allowed)
    person = Person(client)
    for device in devices:
        topics = (f"daykeel/v1/{client}/daykeel/{device}/#",)
        credential, password = home.records.add_credential(
            client, device, "daykeel", topics, now=now
        )
        person.credentials[device] = (credential.username, password)
        person.devices[device] = home.device(credential.username, password)
    return person


class Browser:
    """A signed-in browser without scripts."""

    def __init__(self, home: Installation, account: str) -> None:
        self._base = f"http://127.0.0.1:{home.http_port}"
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)
        self._sign_in(home.records.login_link(account, now=datetime.now(UTC)))

    def _sign_in(self, token: str) -> None:
        form = urllib.parse.urlencode({"token": token}).encode()
        self._opener.open(f"{self._base}/login/link", form).close()

    def page(self, path: str) -> str:
        with self._opener.open(self._base + path) as response:
            return response.read().decode()

    def json(self, path: str) -> dict:
        return json.loads(self.page(path))

    def fill_in(self, path: str, action: str, **told: str) -> None:
        """Send a form that stands on the page of `path`."""
        token = re.search('name="csrf" value="([0-9a-f]+)"', self.page(path))
        form = urllib.parse.urlencode({**told, "csrf": token[1] if token else ""}).encode()
        self._opener.open(f"{self._base}{action}", form).close()

    def post(self, path: str, body: dict) -> dict:
        headers = {"content-type": "application/json", "origin": self._base}
        asked = urllib.request.Request(self._base + path, json.dumps(body).encode(), headers)  # noqa: S310  our own address
        with self._opener.open(asked) as response:
            return json.loads(response.read())


def raws(home: Installation) -> list[RawRecord]:
    return [decode(RawRecord, one.value) for one in everything(home, EVENTS_RAW)]


def commands(home: Installation) -> list[Command]:
    return [decode(Command, one.value) for one in everything(home, COMMANDS)]


def quarantined(home: Installation) -> list[Quarantined]:
    return [decode(Quarantined, one.value) for one in everything(home, QUARANTINE)]


def signals(home: Installation, client: str) -> list[SignalSet]:
    """What the stream last said of each kind."""
    last = {one.key: one.value for one in everything(home, SIGNALS)}
    sets = [decode(SignalSet, value) for value in last.values() if value]
    return [one for one in sets if one.client == client]


def everything(home: Installation, topic: str) -> list:
    """Every record of a topic, read by a group that never commits."""
    log = home.open_log()
    found = []
    while batch := log.read("onlooker", [topic], 1000):
        found += batch
    log.close()
    return found


def standing(home: Installation, client: str) -> set[tuple[str, object]]:
    """Kind and onset of the alerts that nothing has taken back."""
    alerts = home.records.alerts(client=client)
    return {(one.kind, one.episode.onset) for one in alerts if stands(one)}


def put(home: Installation, topic: str, said: Iterable[tuple[str, RawRecord | Command]]) -> None:
    """Write records on the log, each with whom it is of, as if they had come before."""
    home.log.append(
        [
            NewRecord(topic, partition_of(client, home.profile.partitions), _key(one), encode(one))
            for client, one in said
        ]
    )


def _key(one: RawRecord | Command) -> bytes:
    if isinstance(one, Command):
        return f"{one.client}|{one.kind}|{one.id}".encode()
    return one.client.encode()
