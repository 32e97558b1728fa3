"""Whole lives of several people while everything dies, and what must be true in the end.

    python tests/e2e/storm.py --profile embedded --faults 600 --seed 7

goes on for as many days as the faults need and ends with a line of JSON: exit code 0, or 1 and
what is wrong. With `--profile production` it starts the servers for itself.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parent))
from account import Account, account
from crowd import HALF, Crowd
from harm import Befallen, Lane, lanes
from installation import Installation, installation, until
from lives import START, midnight
from profiles import singing, singing_on_servers
from sender import RECORDED, Said
from truth import wrong

from daykeel.events.codec import decode
from daykeel.events.event import RawRecord
from daykeel.log.errors import LogUnavailable
from daykeel.log.topics import EVENTS_RAW
from daykeel.records.canary import USERNAME as CANARY_USER
from daykeel.records.policy import CANARY

CLIENTS = ("c-storm00001", "c-storm00002", "c-storm00003")
BEGINS = midnight(START) - HALF
NIGHTS = 44
FAULTS = 60
LAST_WORDS = 2000
PAUSE_S = 0.01
"""Between two messages that nobody would miss."""
LOST_S = 4.0
"""Before a kill of Mosquitto, what it may have acknowledged and not saved: it saves every other
second, when it has looked, ten times in one, and then takes its time to write; more on a busy
machine."""
STEP_S = 180.0
"""How long a step may take."""
INTRUDES = 7
"""In one step of so many somebody tries what he may not."""


class Onlooker:
    """Reads along what comes to the log."""

    def __init__(self, home: Installation) -> None:
        self._log = home.open_log()
        self._seen: set[RawRecord] = set()

    def has(self, said: Said) -> bool:
        return said.raw in self._seen

    def has_heard_canary(self, at: datetime) -> bool:
        self.look()
        return any(one.client == CANARY and one.received_at == at for one in self._seen)

    def look(self) -> None:
        try:
            while records := self._log.read("onlooker", (EVENTS_RAW,), 1000):
                self._seen |= {decode(RawRecord, one.value) for one in records}
        except LogUnavailable:  # it is being killed: what is there is seen later
            pass

    def close(self) -> None:
        self._log.close()


def is_at_risk(said: Said, kill: Befallen) -> bool:
    """Return whether Mosquitto, killed, may have forgotten that it acknowledged this."""
    is_by_mqtt = said.acked is not None and said.status is None
    return is_by_mqtt and kill.began - LOST_S <= said.acked <= kill.mended


@dataclass
class Forgotten:
    """What one kill of Mosquitto cost of what leaves a record."""

    at_risk: int
    """Messages that it had acknowledged since `LOST_S` before."""
    lost: int
    oldest_s: float
    """How long before the kill the first of those lost was acknowledged."""


class Storm:
    """One installation, the crowd that talks to it, and what befalls both."""

    def __init__(self, home: Installation, faults: int, nights: int, seed: int) -> None:
        self.home = home
        self.crowd = Crowd(home, CLIENTS, nights, seed)
        self.lanes: list[Lane] = list(lanes(home, faults, seed))
        self.ended: list[tuple[str, str]] = []
        """What ended without having been killed, with its last words."""
        self.lost: set[Said] = set()
        self._onlooker = Onlooker(home)
        self._missing: list[Said] = []

    def rage(self) -> None:
        """Live through all days, with the faults spread over them."""
        self._prepare()
        steps = self.crowd.steps
        for number, (at, records) in enumerate(steps, 1):
            self.home.clock.set(at)
            before = len(self.crowd.said)
            self.crowd.tell(at, records)
            if number % INTRUDES == 0:
                self.crowd.intrude(at)
            for lane in self.lanes:
                lane.allow(number / len(steps))
            self._ride_out(at)
            self._missing += [one for one in self.crowd.said[before:] if one.kind in RECORDED]
            self._land(at)
        self._calm(self.crowd.ends)

    def _prepare(self) -> None:
        home, begins = self.home, self.crowd.begins
        until(lambda: home.records.credential(CANARY_USER), f"the canary: {home.errors()}")
        self.crowd.connect()
        home.settle(begins, "before the storm")
        for lane in self.lanes:
            lane.start()

    def _ride_out(self, at: datetime) -> None:
        """Talk on until all faults of the step have befallen."""
        while not all(lane.is_through for lane in self.lanes):
            self.crowd.murmur(at, recorded=True)
            self._tend()

    def _land(self, at: datetime) -> None:
        """Talk on, saying nothing that is put down, until all that was has come to the log."""
        end = time.monotonic() + STEP_S
        mark: Said | None = None
        while self.crowd.unheard() or self._still_missing():
            left = self._missing
            if (
                mark is None
                and left
                and not self.crowd.unheard()
                and all(map(self.may_be_lost, left))
            ):
                mark = self.crowd.mark(at)
            if mark is not None and self._onlooker.has(mark):
                self.lost |= set(self._still_missing())
                self._missing = []
            if time.monotonic() > end:
                open_ = f"{self.crowd.unheard()} not acknowledged, {len(left)} not on the log"
                raise TimeoutError(f"{open_}: {self.home.errors()}")
            self.crowd.murmur(at, recorded=False)
            self._tend()

    def _still_missing(self) -> list[Said]:
        self._onlooker.look()
        self._missing = [one for one in self._missing if not self._onlooker.has(one)]
        return self._missing

    def _tend(self) -> None:
        """Start again what has ended, as whoever looks after processes does."""
        for name in [name for lane in self.lanes for name in lane.tend()]:
            said = (self.home.folder / f"{name}.err").read_text()[-LAST_WORDS:]
            self.ended.append((name, said))
        time.sleep(PAUSE_S)

    def _calm(self, at: datetime) -> None:
        """Have every device say something last, and wait until all is settled."""
        for client in CLIENTS:
            self.crowd.upload(client, at)
        self._missing = self.crowd.said[-len(CLIENTS) :]
        self._land(at)
        until(
            lambda: self._onlooker.has_heard_canary(at), f"the canary: {self.home.errors()}", STEP_S
        )
        self.crowd.close()
        silence(self.home)
        self.home.settle(at, f"after the storm; ended by themselves: {self.ended}")
        self._onlooker.close()

    def may_be_lost(self, said: Said) -> bool:
        """Return whether Mosquitto may have forgotten what it acknowledged."""
        return any(is_at_risk(said, one) for one in self.kills("mosquitto"))

    def may_come_twice(self, said: Said) -> bool:
        """Return whether Mosquitto may have taken it, and was killed before it said or saved so.

        What it had not saved that ingest acknowledged it gives again.
        """
        return said.acked is not None and any(
            said.sent <= one.mended and said.acked >= one.began - LOST_S
            for one in self.kills("mosquitto")
        )

    def kills(self, name: str) -> list[Befallen]:
        """Return when something was killed."""
        return [
            one
            for lane in self.lanes
            for one in lane.done
            if one.fault.target == name and one.fault.is_kill
        ]

    def forgotten(self) -> list[Forgotten]:
        """Return what each kill of Mosquitto may have cost, and did."""
        recorded = [one for one in self.crowd.said if one.kind in RECORDED]
        return [
            Forgotten(
                sum(is_at_risk(one, kill) for one in recorded),
                len(lost := [one for one in self.lost if is_at_risk(one, kill)]),
                round(max((kill.began - one.acked for one in lost if one.acked), default=0.0), 2),
            )
            for kill in self.kills("mosquitto")
        ]


def silence(home: Installation) -> None:
    """End the canary in an orderly way; what it shares a process with goes on."""
    if "canary" in home.running:
        home.end("canary")
        return
    home.end("beside")
    home.launch("alerts")


@dataclass
class Report:
    """What a storm came to."""

    seconds: float
    faults: dict[str, int]
    kills: int
    stops: int
    said: int
    account: Account
    forgotten: list[Forgotten]
    ended: list[tuple[str, str]]
    problems: list[str] = field(default_factory=list)


def storm(home: Installation, faults: int, nights: int, seed: int) -> Report:
    """Let everything befall an installation and return what it came to."""
    began = time.monotonic()
    one = Storm(home, faults, nights, seed)
    one.rage()
    seconds = time.monotonic() - began
    told = account(
        home, one.crowd.said, may_be_lost=one.may_be_lost, may_come_twice=one.may_come_twice
    )
    done = [each.fault for lane in one.lanes for each in lane.done]
    kills = sum(each.is_kill for each in done)
    return Report(
        round(seconds, 1),
        dict(sorted(Counter(each.target for each in done).items())),
        kills,
        len(done) - kills,
        len(one.crowd.said),
        told,
        one.forgotten(),
        one.ended,
        [*told.problems, *wrong(home, one.crowd, one.lost)],
    )


PROFILES = {"embedded": singing, "production": singing_on_servers}


def main() -> int:
    wanted = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    wanted.add_argument("--profile", choices=PROFILES, default="embedded")
    wanted.add_argument("--faults", type=int, default=10 * FAULTS)
    wanted.add_argument("--nights", type=int, default=2 * NIGHTS)
    wanted.add_argument("--seed", type=int, default=1)
    asked = wanted.parse_args()
    with (
        tempfile.TemporaryDirectory() as at,
        installation(Path(at), midnight(START) - HALF, PROFILES[asked.profile]) as home,
    ):
        report = storm(home, asked.faults, asked.nights, asked.seed)
    json.dump(msgspec.to_builtins(report), sys.stdout)
    sys.stdout.write("\n")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
