"""Several people whose devices speak all the time, also what they should not."""

import json
import random
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from installation import Installation
from lives import START, life, midnight, wire
from profiles import broker_user
from sender import (
    BAD,
    DEEP,
    FOREIGN,
    KEPT,
    LARGE,
    RECORDED,
    STRANGER,
    UNWANTED,
    Attempt,
    Line,
    Said,
    Upload,
)

from daykeel.events.event import RawRecord
from daykeel.log.admission import MQTT_BYTES

HALF = timedelta(hours=12)
DEVICES = {
    "tracker": "daykeel",
    "phone": "daykeel",
    "watch": "health_connect",
    "spy": "owntracks",
}
"""By device its adapter: the watch sends by HTTP, and nobody has agreed to the spy."""
AGREED = ("daykeel", "health_connect")
DRIFT = 14
"""Last nights of the first client, each later than the one before."""
LATE = slice(12, 20)
"""Days of the last client whose messages come all together and in no order, so much later:"""
LATER = timedelta(days=14)
NOISE = ("again", "again", "upload", "upload", BAD, DEEP, UNWANTED, UNWANTED)
BURST = 8
"""Without consent so many come at once: some are under way whenever something dies."""
SILENT = (UNWANTED, STRANGER)
"""What leaves nothing on the log."""


class Crowd:
    """All of them, and everything they have said."""

    def __init__(self, home: Installation, clients: Sequence[str], nights: int, seed: int) -> None:
        self.clients, self.nights = clients, nights
        self.begins = midnight(START) - HALF
        self.said: list[Said] = []
        self._home = home
        self._chance = random.Random(seed)  # noqa: S311  seeded, not secret
        self._serial = 0
        self.steps = steps(clients, nights, seed)
        self._good: list[Said] = []
        self._unheard: list[Said] = []
        self._attempts: list[Attempt] = []
        self._logins = {
            (client, device): login
            for client in clients
            for device, login in enrol(home, client, self.begins).items()
        }
        self._lines: dict[tuple[str, str], Line | Upload] = {}

    def connect(self) -> None:
        """Have all devices sign in; at another broker also one that the records do not know."""
        if self._home.profile.broker is not None:
            stranger = broker_user(self._home.profile, self._home.records)
            self._lines["", STRANGER] = Line(self._home, stranger)
        for (client, device), login in self._logins.items():
            by_http = device == "watch"
            line = (
                Upload(self._home, login, DEVICES[device]) if by_http else Line(self._home, login)
            )
            self._lines[client, device] = line

    @property
    def ends(self) -> datetime:
        """The instant at which something last happens to them."""
        return self.steps[-1][0]

    def tell(self, at: datetime, records: Iterable[RawRecord]) -> None:
        """Say what has happened."""
        for record in records:
            self._good.append(self._say(KEPT, msgspec.structs.replace(record, received_at=at)))

    def murmur(self, at: datetime, *, recorded: bool) -> None:
        """Say one thing more; unless it may be `recorded`, one that leaves nothing on the log."""
        has_stranger = ("", STRANGER) in self._lines
        kind = self._chance.choice(NOISE if recorded else SILENT[: 1 + has_stranger])
        client = self._chance.choice(self.clients)
        if kind == "again":
            self.tell(at, [self._chance.choice(self._good).raw])
        elif kind == "upload":
            self.upload(client, at)
        else:
            for _ in range(BURST if recorded and kind == UNWANTED else 1):
                self._say(kind, self._nonsense(kind, client, at))

    def upload(self, client: str, at: datetime) -> None:
        """Send something good by HTTP."""
        beat = {"bpm": 60, "time": wire(at - timedelta(seconds=self._number()))}
        payload = json.dumps({"heart_rate": [beat]}).encode()
        self._say(KEPT, self._raw(client, "watch", payload, at))

    def mark(self, at: datetime) -> Said:
        """Say something by which to see that all before it has come."""
        return self._say(BAD, self._nonsense(BAD, self.clients[0], at))

    def intrude(self, at: datetime) -> None:
        """Have somebody try what the broker inside ends the connection for."""
        client = self._chance.choice(self.clients)
        kind = (LARGE, FOREIGN)[len(self._attempts) % 2]
        said = Said(kind, self._nonsense(kind, client, at), time.monotonic())
        self.said.append(said)
        self._attempts.append(Attempt(self._home, self._logins[client, "phone"], said))

    def unheard(self, kinds: Iterable[str] = RECORDED) -> int:
        """Return how many messages of some kinds nobody has acknowledged."""
        for line in self._lines.values():
            line.hear()
        self._unheard = [one for one in self._unheard if one.acked is None]
        return sum(one.kind in kinds for one in self._unheard)

    def close(self) -> None:
        for one in self._attempts:
            one.join()
        for line in self._lines.values():
            line.close()

    def _say(self, kind: str, raw: RawRecord) -> Said:
        said = Said(kind, raw, time.monotonic())
        self.said.append(said)
        self._unheard.append(said)
        self._lines[("", STRANGER) if kind == STRANGER else (raw.client, raw.device)].say(said)
        return said

    def _nonsense(self, kind: str, client: str, at: datetime) -> RawRecord:
        """Return a message that is no good, and like no other one."""
        number = self._number()
        device = "spy" if kind == UNWANTED else "phone"
        payload = {
            BAD: b"oops %d" % number,
            DEEP: b"[" * 40 + b"%d" % number + b"]" * 40,
            LARGE: b'"%d%s"' % (number, b" " * MQTT_BYTES),
        }.get(kind, b'{"_type": "steps", "steps": %d}' % number)
        record = self._raw(client, device, payload, at)
        topic = {
            FOREIGN: "daykeel/v1/c-nobody0000/daykeel/phone/event",
            STRANGER: "owntracks/nobody/phone",
        }.get(kind, record.topic)
        return msgspec.structs.replace(record, topic=topic)

    def _raw(self, client: str, device: str, payload: bytes, at: datetime) -> RawRecord:
        adapter = DEVICES[device]
        stream = "event" if adapter == "daykeel" else "raw"
        is_native = adapter == "owntracks"
        username = self._logins[client, device][0]
        return RawRecord(
            client=client,
            adapter=adapter,
            device=device,
            topic=f"owntracks/{username}/x"
            if is_native
            else f"daykeel/v1/{client}/{adapter}/{device}/{stream}",
            payload=payload,
            received_at=at,
            stream=stream,
            transport="http" if device == "watch" else "mqtt",
        )

    def _number(self) -> int:
        self._serial += 1
        return self._serial


def enrol(home: Installation, client: str, now: datetime) -> dict[str, tuple[str, str]]:
    """Make a client with a credential for each device and consent to some; return the logins."""
    allowed = dict.fromkeys(AGREED, now)
    home.records.add_client(f"Name of {client}", "UTC", now=now, id=client, allowed=allowed)
    logins = {}
    for device, adapter in DEVICES.items():
        own = f"daykeel/v1/{client}/{adapter}/{device}/#"
        topics = ("owntracks/{username}/#",) if adapter == "owntracks" else (own,)
        made, password = home.records.add_credential(client, device, adapter, topics, now=now)
        logins[device] = made.username, password
    return logins


def steps(clients: Sequence[str], nights: int, seed: int) -> list[tuple[datetime, list[RawRecord]]]:
    """Return what is said at each noon and midnight."""
    drift = np.concatenate([np.zeros(nights - DRIFT), np.linspace(0.5, 3.5, DRIFT)])
    chance = random.Random(seed)  # noqa: S311  seeded, not secret
    told: dict[datetime, list[RawRecord]] = {}
    for number, client in enumerate(clients):
        shift = drift if number == 0 else None
        is_late = number == len(clients) - 1
        for record in life(client, nights, seed + number, shift=shift):
            at = _late(record.received_at) if is_late else record.received_at
            told.setdefault(_half(at), []).append(record)
    for records in told.values():
        chance.shuffle(records)
    return sorted(told.items(), key=lambda one: one[0])


def _late(at: datetime) -> datetime:
    """Return when something comes that waits for a phone to be found."""
    first, stop = (midnight(START + timedelta(days=day)) for day in (LATE.start, LATE.stop))
    return stop + LATER if first <= at < stop else at


def _half(at: datetime) -> datetime:
    """Return the next noon or midnight."""
    past = (at - midnight(at.date())) % HALF
    return at + (HALF - past) % HALF
