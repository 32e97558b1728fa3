"""Random and mutated messages over MQTT and HTTP, and what became of each.

    python tests/e2e/fuzz.py --messages 100000 --seed 1 [--profile production]

ends with a line of JSON: exit code 0, or 1 and what is wrong: a process that ended, a partition
that stands still, a message that is acknowledged and nowhere, a State that is not that of batch.
"""

import argparse
import json
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parent))
from installation import Installation, installation, until
from mutation import Mutator, corpus
from people import commands, quarantined, raws
from profiles import embedded, mortal
from sample_files import RECEIVED
from sender import FOREIGN, KEPT, LARGE, Attempt, Line, Said, Upload

from daykeel.events.event import RawRecord
from daykeel.log.admission import MQTT_BYTES
from daykeel.pipeline.batch import batch, state_digest
from daykeel.sources.registry import ADAPTERS
from daykeel.stream.state import state_at

CLIENTS = tuple(f"c-fuzz{number:06d}" for number in range(6))
STREAMS = ("event", "event", "raw", "status", "reply", "steps", "a/b/c", "é" * 30)
"""What may follow the device in our own tree: whatever a device says it is heard."""
BY_HTTP = 0.2
UNDER_WAY = 400
INTRUDES, GARBLES = 2500, 500
"""One message in so many is one for which the broker hangs up; one, no MQTT at all."""
PATIENCE_S = 900.0
Trace = tuple[str, str]
"""Topic, and SHA-256 of the payload."""


class Fuzz:
    """One installation and the devices that send it nonsense."""

    def __init__(self, home: Installation, seed: int) -> None:
        self.home = home
        self.said: list[Said] = []
        self.tried: list[Said] = []
        self._mutator = Mutator(corpus(), seed)
        self._chance = self._mutator.chance
        self._logins = {}
        self._lines: dict[tuple[str, str], Line] = {}
        self._uploads: dict[tuple[str, str], Upload] = {}
        self._attempts: list[Attempt] = []
        self._waiting: list[Said] = []
        self._enrol()

    def _enrol(self) -> None:
        records = self.home.records
        for client in CLIENTS:
            name, allowed = f"Name of {client}", {"*": RECEIVED - timedelta(days=4000)}
            records.add_client(name, "Europe/Berlin", now=RECEIVED, id=client, allowed=allowed)
            for adapter in ADAPTERS:
                own = (f"daykeel/v1/{client}/{adapter}/phone/#",)
                made, password = records.add_credential(client, "phone", adapter, own, now=RECEIVED)
                self._logins[client, adapter] = made.username, password
        self.home.profile.let_in(records)
        for whose, login in self._logins.items():
            self._lines[whose] = Line(self.home, login)
        for client in CLIENTS[:3]:
            for adapter in ("health_auto_export", "health_connect"):
                whose = client, adapter
                self._uploads[whose] = Upload(self.home, self._logins[whose], adapter)

    def send(self, count: int) -> None:
        """Send so many messages, and wait until each of them is answered."""
        for number in range(count):
            if number % INTRUDES == INTRUDES - 1:
                self._intrude(number)
            elif number % GARBLES == GARBLES - 1 and self.home.profile.broker is None:
                self._garble()
            elif self._chance.random() < BY_HTTP:
                self._upload()
            else:
                self._publish()
            while self._unheard() > UNDER_WAY:
                time.sleep(0.002)
        until(lambda: not self._unheard(), f"all answers: {self.home.errors()}", PATIENCE_S)
        for one in self._attempts:
            one.join()

    def close(self) -> None:
        for line in (*self._lines.values(), *self._uploads.values()):
            line.close()

    def _publish(self) -> None:
        whose = client, adapter = self._chance.choice(list(self._lines))
        topic = f"daykeel/v1/{client}/{adapter}/phone/{self._chance.choice(STREAMS)}"
        self._say(self._lines[whose], whose, topic, self._mutator.payload(adapter))

    def _upload(self) -> None:
        whose = client, adapter = self._chance.choice(list(self._uploads))
        topic = f"daykeel/v1/{client}/{adapter}/phone/raw"
        self._say(self._uploads[whose], whose, topic, self._mutator.payload(adapter))

    def _say(self, line: Line | Upload, whose: tuple[str, str], topic: str, payload: bytes) -> None:
        said = Said(KEPT, _raw(whose, topic, payload), time.monotonic())
        self.said.append(said)
        self._waiting.append(said)
        line.say(said)

    def _intrude(self, number: int) -> None:
        """Try what the broker inside hangs up for."""
        whose = client, adapter = self._chance.choice(list(self._lines))
        is_large = number // INTRUDES % 2 == 0
        topic = f"daykeel/v1/{client if is_large else 'c-nobody'}/{adapter}/phone/event"
        payload = b"%d" % number + b" " * (MQTT_BYTES if is_large else 0)
        said = Said(LARGE if is_large else FOREIGN, _raw(whose, topic, payload), time.monotonic())
        self.tried.append(said)
        self._attempts.append(Attempt(self.home, self._logins[whose], said))

    def _garble(self) -> None:
        """Send something that is no MQTT."""
        where = "127.0.0.1", self.home.mqtt_port
        with suppress(OSError), socket.create_connection(where, 5) as stranger:
            stranger.sendall(self._chance.randbytes(self._chance.randrange(1, 300)))

    def _unheard(self) -> int:
        for line in self._lines.values():
            line.hear()
        self._waiting = [one for one in self._waiting if one.acked is None]
        return len(self._waiting)


def _raw(whose: tuple[str, str], topic: str, payload: bytes) -> RawRecord:
    client, adapter = whose
    return RawRecord(
        client=client,
        adapter=adapter,
        device="phone",
        topic=topic,
        payload=payload,
        received_at=RECEIVED,
    )


@dataclass
class Report:
    """What it came to."""

    messages: int
    seconds: float
    distinct: int
    """Of those acknowledged or answered."""
    classes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    """Of refusals, by stage."""
    statuses: dict[int, int] = field(default_factory=dict)
    """Of answers by HTTP."""
    problems: list[str] = field(default_factory=list)


def fuzz(home: Installation, count: int, seed: int) -> Report:
    """Send so many messages and return what became of them."""
    began = time.monotonic()
    one = Fuzz(home, seed)
    one.send(count)
    one.close()
    home.settle(RECEIVED, "after all of it")
    report = Report(count, round(time.monotonic() - began, 1), 0)
    report.problems += [
        name for name, process in home.running.items() if process.poll() is not None
    ]
    _account(home, one, report)
    report.problems += _against_batch(home)
    return report


def _account(home: Installation, one: Fuzz, report: Report) -> None:
    answered = {_trace(each.raw): each for each in one.said}
    report.distinct = len(answered)
    report.statuses = dict(Counter(each.status for each in one.said if each.status is not None))
    if strange := report.statuses.keys() - {202, 422}:
        report.problems.append(f"answers by HTTP: {sorted(strange)}")
    notes = quarantined(home)
    report.reasons = dict(Counter(f"{note.stage}: {note.reason}" for note in notes))
    kept = {_trace(raw) for raw in raws(home)}
    noted = {_of(note) for note in notes if note.stage == "ingest"}
    refused = {_of(note) for note in notes if note.stage == "adapter"}
    tried = {_trace(each.raw) for each in one.tried}
    report.classes = {
        "accepted": len(kept - refused),
        "quarantined, whole or in part": len(kept & refused),
        "refused at the edge": len(noted - tried),
        "refused by hanging up, and noted": len(noted & tried),
    }
    if lost := answered.keys() - kept - noted:
        report.problems.append(f"{len(lost)} messages were answered and are nowhere")
    if twice := kept & noted:
        report.problems.append(f"{len(twice)} messages are kept and refused")
    if strange := (kept | noted) - answered.keys() - tried:
        report.problems.append(f"{len(strange)} records are of nobody")
    if faults := [reason for reason in report.reasons if reason.startswith("stream")]:
        report.problems.append(f"faults of ours: {faults}")


def _against_batch(home: Installation) -> Iterator[str]:
    direct = batch(raws(home), commands(home), RECEIVED)
    tables, _ = state_at(home.log, RECEIVED)
    for client in CLIENTS:
        if state_digest(tables, client) != state_digest(direct.tables, client):
            yield f"{client}: State is not that of batch"


def _trace(raw: RawRecord) -> Trace:
    return raw.topic, sha256(raw.payload).hexdigest()


def _of(note: object) -> Trace:
    return note.raw.topic, note.sha256 or sha256(note.raw.payload).hexdigest()


PROFILES = {"embedded": embedded, "production": mortal}


def main() -> int:
    wanted = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    wanted.add_argument("--profile", choices=PROFILES, default="embedded")
    wanted.add_argument("--messages", type=int, default=100_000)
    wanted.add_argument("--seed", type=int, default=1)
    asked = wanted.parse_args()
    with (
        tempfile.TemporaryDirectory() as at,
        installation(Path(at), RECEIVED, PROFILES[asked.profile]) as home,
    ):
        home.profile.patience_s = PATIENCE_S
        report = fuzz(home, asked.messages, asked.seed)
    json.dump(msgspec.to_builtins(report, str_keys=True), sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
