"""The path on Mosquitto, Kafka, InfluxDB and PostgreSQL: what a day of many clients costs.

    python deploy/servers/servers.py install
    DAYKEEL_SERVERS_AT=unused python bench/engines.py [--clients 300 1000 3000] [--workers 1 2]

For each number of workers and clients it starts servers and processes of its own, lets every client
live one day (an hour's steps each hour, and as many small messages of the phone), and reports CPU
by process and message, memory, and how soon a score and an alert are stored at 100 events a second.
Beside it, in the same run, bare influxdb-client writes the lines of such a day.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/pipeline"), str(ROOT / "bench")]

import influx  # noqa: E402
import pipeline  # noqa: E402
from installation import Device, Installation, installation, until  # noqa: E402
from profiles import APART, broker_user, mortal  # noqa: E402

DEVICE = "phone"
WINDOW = 500
"""Messages on their way to Mosquitto at once."""
PATIENCE_S = 3600.0
INFLUX_CLIENTS, INFLUX_ROUNDS = 300, 3


def main() -> None:
    asked = arguments()
    found: dict[str, object] = {}
    for workers in asked.workers:
        for clients in asked.clients:
            name = f"{workers} workers, {clients} clients"
            found[name] = one = lived(workers, clients, asked)
            print(name, json.dumps(one, indent=2), file=sys.stderr)
        costs = [
            found[f"{workers} workers, {n} clients"]["CPU µs per message"] for n in asked.clients
        ]
        found[f"{workers} workers, cost at the most clients to that at the fewest"] = round(
            costs[-1]["all of ours"] / costs[0]["all of ours"], 3
        )
    json.dump(found, sys.stdout, indent=2)
    print()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, nargs="+", default=[300, 1000, 3000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--trials", type=int, default=60)
    return parser.parse_args()


def lived(workers: int, clients: int, asked: argparse.Namespace) -> dict[str, object]:
    """Return what one day of the clients costs, on servers of its own."""
    names = ("ingest", *(f"stream:{at}" for at in range(workers)), *APART[2:])
    with (
        tempfile.TemporaryDirectory() as folder,
        installation(Path(folder), None, lambda at, port: mortal(at, port, names)) as home,
    ):
        home.profile.patience_s = PATIENCE_S
        until(lambda: "stream.timers" in home.log.marks(), "the stream", 300)
        found = day(home, clients, asked.hours)
        found["latency at 100 events/s"] = pipeline.latencies(home, asked.trials)
        found["memory, MB (PSS)"] = memory(home)
        found["InfluxDB"] = beside_bare(home)
    return found


def day(home: Installation, clients: int, hours: int) -> dict[str, object]:
    """Let the clients live a day as fast as it is taken in; the end is when all of it is stored."""
    now = datetime.now(UTC)
    names = [f"c-day{number:07d}" for number in range(clients)]
    allowed = {"*": now - pipeline.BEFORE}
    for name in names:
        home.records.add_client(name, "UTC", now=now, id=name, allowed=allowed)
        home.records.add_credential(name, DEVICE, "daykeel", (topic(name, "#"),), now=now)
    device = Device(home.mqtt_port, *broker_user(home.profile, home.records), ca=home.profile.ca)
    home.wait(datetime.now(UTC))
    before, begun = cpu(home), time.perf_counter()
    sent = events = 0
    waiting: list = []
    for name, payload, size in messages(names, now, hours):
        waiting = (
            [one for one in waiting if not one.is_published()]
            if len(waiting) >= WINDOW
            else waiting
        )
        while len(waiting) >= WINDOW:
            time.sleep(0.002)
            waiting = [one for one in waiting if not one.is_published()]
        waiting.append(device.client.publish(topic(name, "event"), payload, qos=1))
        sent, events = sent + 1, events + size
    for one in waiting:
        one.wait_for_publish(PATIENCE_S)
    acknowledged = time.perf_counter() - begun
    home.wait(datetime.now(UTC))
    took = time.perf_counter() - begun
    device.close()
    return {
        "messages": sent,
        "events": events,
        "messages/s stored": round(sent / took),
        "events/s stored": round(events / took),
        "messages/s acknowledged": round(sent / acknowledged),
        "CPU µs per message": per_message(before, cpu(home), sent, home.running),
    }


def topic(client: str, rest: str) -> str:
    return f"daykeel/v1/{client}/daykeel/{DEVICE}/{rest}"


def messages(names: Sequence[str], now: datetime, hours: int) -> Iterator[tuple[str, bytes, int]]:
    """Yield client, payload and events: each hour of everybody after the other."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours + 1)
    for hour in range(hours):
        start = first + timedelta(hours=hour)
        for name in names:
            yield name, told([steps(start, minute) for minute in range(0, 60, 5)]), 12
            yield name, told([unlock(start, 7)]), 1
        for name in names[hour % 2 :: 2]:
            yield name, told([unlock(start, 40)]), 1
    for name in names:
        yield name, told([slept(first)]), 1


def told(events: Sequence[Mapping[str, object]]) -> bytes:
    return json.dumps(events).encode()


def steps(start: datetime, minute: int) -> Mapping[str, object]:
    return {
        "kind": "activity.epoch",
        "start": wire(start + timedelta(minutes=minute)),
        "native_id": f"steps-{start:%d%H}-{minute}",
        "value": {"unit": "steps", "value": minute * 7 % 60, "epoch_s": 300},
    }


def unlock(start: datetime, minute: int) -> Mapping[str, object]:
    at = start + timedelta(minutes=minute)
    return {
        "kind": "phone.unlock",
        "start": wire(at),
        "native_id": f"unlock-{at:%d%H%M}",
        "value": {},
    }


def slept(first: datetime) -> Mapping[str, object]:
    return {
        "kind": "sleep.episode",
        "start": wire(first + timedelta(hours=1)),
        "end": wire(first + timedelta(hours=8)),
        "native_id": "night",
        "value": {"is_main_sleep": True},
    }


def wire(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


SERVERS = ("kafka", "influxdb", "postgres", "mosquitto")


def processes(home: Installation) -> dict[str, list[psutil.Process]]:
    """Ours by name, and the servers with all their children."""
    found = {name: [psutil.Process(one.pid)] for name, one in home.running.items()}
    for name in SERVERS:
        parent = psutil.Process(home.profile.broker.pid(name))
        found[name] = [parent, *parent.children(recursive=True)]
    return found


def cpu(home: Installation) -> dict[str, float]:
    """CPU seconds of each so far."""
    return {name: sum(map(seconds, group)) for name, group in processes(home).items()}


def seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # one of PostgreSQL's that served a connection
        return 0.0
    return times.user + times.system


def per_message(
    before: Mapping[str, float], after: Mapping[str, float], sent: int, ours: Mapping[str, object]
) -> dict[str, float]:
    each = {name: (after[name] - before[name]) * 1e6 / sent for name in after}
    each["all of ours"] = sum(each[name] for name in ours)
    return {name: round(value, 1) for name, value in each.items()}


def memory(home: Installation) -> dict[str, float]:
    """Proportional set size of each, in MB."""
    sizes = {
        name: sum(one.memory_full_info().pss for one in group if one.is_running()) / 1e6
        for name, group in processes(home).items()
    }
    return {name: round(size, 1) for name, size in sizes.items()}


def beside_bare(home: Installation) -> dict[str, float]:
    """Points a second through the store and by bare influxdb-client, in turns."""
    url = f"{home.profile.settings['DAYKEEL_SCORES'].replace('/daykeel?', '/bench?')}"
    rounds = [influx.measured(url, n, INFLUX_CLIENTS) for n in range(INFLUX_ROUNDS)]
    store = sorted(one.store for one in rounds)[len(rounds) // 2]
    bare = sorted(one.bare for one in rounds)[len(rounds) // 2]
    return {"points/s": round(store), "bare points/s": round(bare), "ratio": round(store / bare, 2)}


if __name__ == "__main__":
    main()
