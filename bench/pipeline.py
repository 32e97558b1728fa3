"""The whole path on real MQTT: how much it carries, how soon a score and an alert are stored.

    python bench/pipeline.py [--seconds 20] [--trials 100]

Starts the installation as `daykeel up` does, on the system clock, and beside it in the same run
a bare Faust agent with one table update on the same transport, and a bare paho subscriber on a
stock broker (Mosquitto where it is installed).
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/pipeline"), str(ROOT / "bench")]

from installation import Installation, installation, until  # noqa: E402
from peers import bare_faust, bare_paho  # noqa: E402
from people import Person, enrol  # noqa: E402

from daykeel.events.codec import encode  # noqa: E402
from daykeel.events.event import RawRecord  # noqa: E402
from daykeel.log.protocol import NewRecord  # noqa: E402
from daykeel.log.topics import EVENTS_RAW, partition_of  # noqa: E402

SENDERS = 4
BEFORE = timedelta(days=60)
"""What was said so long ago is agreed to."""

AWAKE, WAKING_H = timedelta(hours=8), 6
"""Since when, and from what time of the local day on, everybody on trial is awake."""
NIGHTS, USUAL_H, SHORT_H = 40, 7.5, 3.5
"""What is known of each, how long they slept, and how long in the last two nights."""

WINDOW = 20
"""Messages a sender has on their way at once."""


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--seconds", type=float, default=15)
    wanted.add_argument("--trials", type=int, default=100)
    asked = wanted.parse_args()
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder)) as home:
        until(lambda: "stream.timers" in home.log.marks(), "the stream")
        found["batches of 500 events"] = carried(home, "c-batch", 500, asked.seconds)
        found["single events"] = carried(home, "c-single", 1, asked.seconds)
        found["latency at 100 events/s"] = latencies(home, asked.trials)
        found["memory, MB (sum of PSS)"] = round(memory(home), 1)
    found["bare Faust agent, events/s"] = round(bare_faust())
    found["bare paho subscriber, messages/s"] = round(bare_paho())
    found["ratios"] = ratios(found)
    json.dump(found, sys.stdout, indent=2)
    print()


def ratios(found: dict) -> dict[str, float]:
    faust, paho = found["bare Faust agent, events/s"], found["bare paho subscriber, messages/s"]
    return {
        "events through everything / bare Faust events": round(
            found["batches of 500 events"]["events/s"] / faust, 2
        ),
        "single messages through everything / bare paho messages": round(
            found["single events"]["messages/s"] / paho, 2
        ),
    }


def carried(home: Installation, name: str, size: int, seconds: float) -> dict[str, float]:
    """Send as fast as the installation takes it; the end is when all of it is scored and stored."""
    now = datetime.now(UTC)
    people = [
        enrol(home, f"{name}-{number}", ("tracker",), now, now - BEFORE)
        for number in range(SENDERS)
    ]
    settle(home)
    before, begin = cpu(home), time.perf_counter()
    sent = flood(people, size, begin + seconds)
    acknowledged = time.perf_counter() - begin
    settle(home)
    took = time.perf_counter() - begin
    for person in people:
        person.close()
    return {
        "events/s": round(sent * size / took),
        "messages/s": round(sent / took),
        "acknowledged messages/s": round(sent / acknowledged),
        "CPU µs per event": round((cpu(home) - before) * 1e6 / (sent * size), 1),
        "messages": sent,
    }


def flood(people: Sequence[Person], size: int, stop: float) -> int:
    """Publish from all senders at once with a window each; return how many were acknowledged."""
    first = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=20)
    waiting: list[tuple[Person, list]] = [(person, []) for person in people]
    number = 0
    while time.perf_counter() < stop:
        for person, open_ones in waiting:
            open_ones[:] = [one for one in open_ones if not one.is_published()]
            while len(open_ones) < WINDOW:
                payload = epochs(first, number, size)
                device = person.devices["tracker"]
                open_ones.append(device.client.publish(person.topic("tracker"), payload, qos=1))
                number += 1
        time.sleep(0.0005)
    for _, open_ones in waiting:
        for one in open_ones:
            one.wait_for_publish(60)
    return number


def epochs(first: datetime, number: int, size: int) -> bytes:
    """A stretch of a tracker's epochs of 30 s; after 50,000 newer ones replace the first."""
    start = first + timedelta(seconds=30 * (number * size % 50_000))
    return json.dumps(
        [
            {
                "kind": "activity.epoch",
                "start": (start + timedelta(seconds=30 * at)).isoformat().replace("+00:00", "Z"),
                "native_id": f"e{number}-{at}",
                "value": {"unit": "steps", "value": at % 60, "epoch_s": 30},
            }
            for at in range(size)
        ]
    ).encode()


def settle(home: Installation) -> None:
    home.wait(datetime.now(UTC))


def cpu(home: Installation) -> float:
    """CPU seconds of all processes so far."""
    times = [psutil.Process(one.pid).cpu_times() for one in home.running.values()]
    return sum(one.user + one.system for one in times)


def memory(home: Installation) -> float:
    """Proportional set size of all processes, in MB."""
    return (
        sum(psutil.Process(one.pid).memory_full_info().pss for one in home.running.values()) / 1e6
    )


def latencies(home: Installation, trials: int) -> dict[str, object]:
    """How long after the deciding instant a score and an alert can be read from their stores.

    Each trial is a client whose last night decides an acute rule; its message comes hours after
    waking, so that the deciding instant is its arrival. The rest of the load is epochs of others.
    """
    now = datetime.now(UTC)
    woke = morning(now)
    trial = [trial_client(home, number, now, woke) for number in range(trials)]
    noise = enrol(home, "c-noise00000", ("tracker",), now, now - BEFORE)
    remember(home, trial, woke)
    settle(home)
    scored, alerted = [], []
    for number, person in enumerate(trial):
        noise.devices["tracker"].client.publish(
            noise.topic("tracker"), epochs(now - timedelta(days=20), number, 50), qos=1
        )
        begin = time.perf_counter()
        person.say("tracker", night(woke, 0, SHORT_H))
        scored.append(_until(begin, lambda person=person: has_score(home, person, woke)))
        alerted.append(_until(begin, lambda person=person: has_alert(home, person)))
        time.sleep(max(0.0, 0.5 - (time.perf_counter() - begin)))
    for person in (*trial, noise):
        person.close()
    return {"score, s": quantiles(scored), "alert, s": quantiles(alerted)}


def _until(begin: float, true: Callable[[], bool]) -> float:
    until(true, "the store to show it")
    return time.perf_counter() - begin


def morning(now: datetime) -> datetime:
    """When everybody on trial woke: so long ago that their night is final once it is told."""
    return now.replace(minute=0, second=0, microsecond=0) - AWAKE


def zone(woke: datetime) -> str:
    """Return the zone in which people woke at six, so that trials do not wait for a time of day.

    >>> zone(datetime(2026, 3, 1, 17, tzinfo=UTC))
    'Etc/GMT+11'
    """
    return f"Etc/GMT{(woke.hour - WAKING_H + 11) % 24 - 11:+d}"


def trial_client(home: Installation, number: int, now: datetime, woke: datetime) -> Person:
    client = f"c-trial{number:05d}"
    return enrol(home, client, ("tracker",), now, now - BEFORE, zone=zone(woke))


def has_score(home: Installation, person: Person, woke: datetime) -> bool:
    day = woke.astimezone(ZoneInfo(zone(woke))).date()
    rows = home.scores.nights(person.client, day, day + timedelta(days=1))
    return bool(rows) and rows[0].night.certainty == "certain"


def has_alert(home: Installation, person: Person) -> bool:
    alerts = home.records.alerts(client=person.client)
    return any((one.kind, one.state) == ("acute_change", "open") for one in alerts)


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[int(q * (len(ordered) - 1))], 3) for name, q in at.items()}


def night(woke: datetime, back: int, hours: float) -> bytes:
    """A night of `hours`, `back` nights before the one that ended at `woke`."""
    end = woke - timedelta(days=back)
    return json.dumps(
        [
            {
                "kind": "sleep.episode",
                "start": (end - timedelta(hours=hours)).isoformat().replace("+00:00", "Z"),
                "end": end.isoformat().replace("+00:00", "Z"),
                "native_id": f"night-{back}",
                "value": {"is_main_sleep": True},
            }
        ]
    ).encode()


def remember(home: Installation, people: Sequence[Person], woke: datetime) -> None:
    """Put 40 nights of each on the log; the last of them was short already."""
    home.log.append(
        [
            NewRecord(
                EVENTS_RAW,
                partition_of(person.client, home.profile.partitions),
                person.client.encode(),
                encode(
                    past(person, night(woke, back, SHORT_H if back == 1 else USUAL_H), received)
                ),
            )
            for person in people
            for back in range(NIGHTS, 0, -1)
            for received in [woke - timedelta(days=back) + timedelta(hours=1)]
        ]
    )


def past(person: Person, payload: bytes, received: datetime) -> RawRecord:
    return RawRecord(
        client=person.client,
        adapter="daykeel",
        device="tracker",
        topic=person.topic("tracker"),
        stream="event",
        payload=payload,
        received_at=received,
    )


if __name__ == "__main__":
    main()
