"""How soon everything works again after a kill -9 of all processes, and how fast a backlog drains.

    python bench/recovery.py [--clients 1000] [--days 100]
    DAYKEEL_SERVERS_AT=unused python bench/recovery.py --profile production

Each client has a life of its own, computed here and written where the stream keeps it. Beside it,
in the same run: a process that only reads the same bytes from a bare SQLite file, and a bare
Faust agent with a backlog of its own.
"""

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from datetime import timedelta
from functools import partial
from pathlib import Path

from paho.mqtt.client import MQTTMessageInfo
from paho.mqtt.enums import MQTTErrorCode

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/pipeline"), str(ROOT / "bench")]

from installation import Installation, installation, until  # noqa: E402
from lives import START, after, episode, life, midnight, profile  # noqa: E402
from peers import bare_faust  # noqa: E402
from people import Person, enrol  # noqa: E402
from profiles import embedded, mortal  # noqa: E402

from daykeel.events.codec import encode  # noqa: E402
from daykeel.log.protocol import NewRecord  # noqa: E402
from daykeel.log.topics import CHANGELOG, EVENTS_RAW, partition_of  # noqa: E402
from daykeel.pipeline.batch import batch  # noqa: E402
from daykeel.pipeline.state import Command  # noqa: E402
from daykeel.stream.state import changelog, changelog_key  # noqa: E402

PROBE = "c-recovery00"
"""The one client who has a device."""
AT_ONCE = 500
ROUNDS = 5
AWAY_DAYS = 3
"""Days of messages that wait for a stream that was away."""
PATIENCE_S = 1800.0

READ = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(sum(len(value) for (value,) in db.execute("SELECT value FROM kept")))
"""

State = list[tuple[str, str, bytes]]
"""Table, key and value."""


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wanted.add_argument("--profile", choices=("embedded", "production"), default="embedded")
    wanted.add_argument("--clients", type=int, default=1000)
    wanted.add_argument("--days", type=int, default=100)
    asked = wanted.parse_args()
    opener = embedded if asked.profile == "embedded" else mortal
    with (
        tempfile.TemporaryDirectory() as folder,
        installation(Path(folder), midnight(START), opener) as home,
    ):
        home.profile.patience_s = PATIENCE_S
        found = measured(home, asked.clients, asked.days)
    found["bare Faust agent, events/s"] = round(bare_faust())
    json.dump(found, sys.stdout, indent=2)
    print()


def measured(home: Installation, clients: int, days: int) -> dict[str, object]:
    person = enrol(home, PROBE, ("tracker",), midnight(START))
    home.settle(midnight(START), "before")
    ordered = home.records.commands(PROBE)
    kill_all(home)
    names = [PROBE, *(f"c-{number:09d}" for number in range(1, clients))]
    bare = Bare(home.folder / "bare.db")
    for at in range(0, clients, AT_ONCE // 10):
        state = list(computed(names[at : at + AT_ONCE // 10], days, ordered))
        put(home, changes(home, state))
        bare.keep(value for _, _, value in state)
    now = after(days)
    home.clock.set(now)
    home.start()
    home.wait(now, "with its state")
    rounds = [recovered(home, person, days, number) for number in range(ROUNDS)]
    state_s, size = bare.read()
    stored = median(rounds, "stored")
    waits = drained(home, names, days)
    person.close()
    return {
        "clients": clients,
        "days": days,
        "MB of state": round(size / 1e6),
        "seconds after kill -9 until": {
            "a message is acknowledged": median(rounds, "acknowledged"),
            "the API answers": median(rounds, "answers"),
            "its night is stored": stored,
        },
        "slowest until stored": max(one["stored"] for one in rounds),
        "bare read of the state by a process that does nothing else, s": state_s,
        "ratio, stored / bare read": round(stored / state_s, 2),
        "backlog": waits,
    }


def computed(names: Sequence[str], days: int, ordered: Sequence[Command]) -> Iterator[tuple]:
    """Yield what the stream keeps of each client, two of them computed at a time."""
    with ProcessPoolExecutor(2) as pool:
        tasks = [(name, days, ordered if name == PROBE else ()) for name in names]
        for state in pool.map(lived, tasks, chunksize=5):
            yield from state


def lived(task: tuple[str, int, Sequence[Command]]) -> State:
    name, days, ordered = task
    records = life(name, days, seed=seed_of(name))
    tables = batch(records, ordered or [profile(name)], after(days)).tables
    return [
        (field.name, key, value)
        for field in fields(tables)
        for key, value in getattr(tables, field.name).items()
    ]


def seed_of(name: str) -> int:
    return 0 if name == PROBE else int(name.removeprefix("c-"))


def changes(home: Installation, state: State) -> Iterator[NewRecord]:
    """Yield the changelog records of it."""
    is_kafka = home.profile.settings["DAYKEEL_LOG"].startswith("kafka:")
    for table, key, value in state:
        client = key.partition("|")[0]
        partition = partition_of(client, home.profile.partitions)
        if is_kafka:
            own = changelog_key(table, key.encode())
            yield NewRecord(CHANGELOG.name, partition, own, value)
        else:
            yield NewRecord(changelog(table), partition, key.encode(), value)


def put(home: Installation, records: Iterable[NewRecord]) -> int:
    count, some = 0, []
    for record in records:
        some.append(record)
        if len(some) == AT_ONCE:
            home.log.append(some)
            count, some = count + len(some), []
    if some:
        home.log.append(some)
    return count + len(some)


class Bare:
    """A SQLite file of values, and nothing else."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._db = sqlite3.connect(file)
        self._db.execute("CREATE TABLE kept(id INTEGER PRIMARY KEY, value BLOB)")

    def keep(self, values: Iterable[bytes]) -> None:
        with self._db:
            self._db.executemany("INSERT INTO kept(value) VALUES(?)", ((one,) for one in values))

    def read(self) -> tuple[float, int]:
        """Return the seconds a process takes, from its start to its end, and how many bytes."""
        line = [sys.executable, "-c", READ, str(self._file)]
        took = []
        for _ in range(ROUNDS):
            began = time.monotonic()
            done = subprocess.run(line, capture_output=True, text=True, check=True)
            took.append(time.monotonic() - began)
        return round(statistics.median(took), 2), int(done.stdout)


def kill_all(home: Installation) -> None:
    for name in list(home.running):
        home.kill(name)


def recovered(home: Installation, person: Person, days: int, number: int) -> dict[str, float]:
    """Kill everything, start everything, and return after how many seconds what worked again."""
    home.clock.set(after(days) + timedelta(minutes=number + 1))
    day = START + timedelta(days=days - 1)
    before = [one.night for one in home.scores.nights(PROBE, day, day + timedelta(days=1))]
    kill_all(home)
    began = time.monotonic()
    for name in home.profile.processes:
        home.launch(name)
    wakes = midnight(day) + timedelta(hours=6, minutes=number)
    told = json.dumps([episode(midnight(day), wakes, f"night-{day}")]).encode()
    found: dict[str, float] = {}
    looks: dict[str, Callable[[], bool]] = {
        "acknowledged": partial(is_acknowledged, person, told, []),
        "answers": lambda: answers(home),
        "stored": lambda: (
            before != [one.night for one in home.scores.nights(PROBE, day, day + timedelta(days=1))]
        ),
    }
    while looks.keys() - found.keys():
        for what in looks.keys() - found.keys():
            if looks[what]():
                found[what] = round(time.monotonic() - began, 2)
        if time.monotonic() > began + PATIENCE_S:
            raise TimeoutError(home.errors())
        time.sleep(0.01)
    return found


def is_acknowledged(person: Person, told: bytes, said: list[MQTTMessageInfo]) -> bool:
    """Publish once the tracker is connected, and say whether it has been acknowledged."""
    tracker = person.devices["tracker"].client
    if not said and tracker.is_connected():
        said.append(tracker.publish(person.topic("tracker"), told, qos=1))
    if said and said[0].rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
        said.clear()
    return bool(said) and said[0].is_published()


def answers(home: Installation) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{home.http_port}/readyz", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def drained(home: Installation, names: Sequence[str], days: int) -> dict[str, object]:
    """Let messages of some days wait, and return how fast they are folded, scored and stored."""
    streams = [name for name in home.profile.processes if name.startswith("stream")]
    for name in streams:
        home.kill(name)
    bare = Bare(home.folder / "backlog.db")
    count = 0
    for name in names:
        records = life(name, days + AWAY_DAYS, seed=seed_of(name))[3 * days :]
        values = [encode(one) for one in records]
        partition = partition_of(name, home.profile.partitions)
        count += put(home, (NewRecord(EVENTS_RAW, partition, name.encode(), one) for one in values))
        bare.keep(values)
    now = after(days + AWAY_DAYS)
    home.clock.set(now)
    began = time.monotonic()
    for name in streams:
        home.launch(name)
    until(lambda: home.log.lag("stream", (EVENTS_RAW,)) == 0, "all is folded", PATIENCE_S)
    folded = time.monotonic() - began
    home.wait(now, "the backlog is drained")
    took = time.monotonic() - began
    read_s, size = bare.read()
    return {
        "messages": count,
        "MB": round(size / 1e6, 1),
        "messages/s folded": round(count / folded),
        "messages/s scored and stored": round(count / took),
        "clients/s scored and stored": round(len(names) / took, 1),
        "bare read, messages/s": round(count / read_s),
    }


def median(rounds: Sequence[dict[str, float]], what: str) -> float:
    return round(statistics.median(one[what] for one in rounds), 2)


if __name__ == "__main__":
    main()
