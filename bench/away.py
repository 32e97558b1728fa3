"""InfluxDB away for minutes of real time, under load: nothing is lost, and how soon it catches up.

DAYKEEL_SERVERS_AT=unused python bench/away.py [--minutes 5]
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/pipeline"), str(ROOT / "bench")]

from installation import installation, until  # noqa: E402
from people import commands, enrol, raws  # noqa: E402
from pipeline import BEFORE, epochs  # noqa: E402
from profiles import mortal  # noqa: E402

from daykeel.log.topics import EVENTS_RAW  # noqa: E402
from daykeel.pipeline.batch import batch  # noqa: E402

CLIENTS = 20
BATCH, PAUSE_S = 10, 0.1
"""100 events a second."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder), None, mortal) as home:
        home.profile.patience_s = 600.0
        until(lambda: "stream.timers" in home.log.marks(), "the stream", 300)
        now = datetime.now(UTC)
        people = [
            enrol(home, f"c-away{n:06d}", ("tracker",), now, now - BEFORE) for n in range(CLIENTS)
        ]
        home.wait(datetime.now(UTC))
        home.profile.broker.kill("influxdb")
        sent, end = 0, time.monotonic() + 60 * asked.minutes
        while time.monotonic() < end:
            person = people[sent % CLIENTS]
            person.say("tracker", epochs(now - timedelta(days=3), sent // CLIENTS, BATCH))
            sent += 1
            time.sleep(PAUSE_S)
        until(lambda: home.log.lag("stream", (EVENTS_RAW,)) == 0, "folded all the while", 60)
        home.profile.broker.start("influxdb")
        back = time.monotonic()
        home.wait(datetime.now(UTC))
        caught_up = time.monotonic() - back
        direct = batch(raws(home), commands(home), datetime.now(UTC))
        lost = [one for person in people for one in missing(home, person.client, direct)]
        for person in people:
            person.close()
    found = {
        "minutes away": asked.minutes,
        "messages meanwhile": sent,
        "seconds until all was stored": round(caught_up, 1),
        "days in the store that differ from a direct computation": len(lost),
    }
    json.dump(found, sys.stdout, indent=2)
    print()
    sys.exit(1 if lost else 0)


def missing(home, client: str, direct) -> list[date]:
    """The days whose hours of activity are not those of a direct computation."""
    stored = {one.day: one for one in home.scores.days(client, date(2000, 1, 1), date(2100, 1, 1))}
    return [
        one.day
        for one in direct.outputs[client].days
        if one.day < datetime.now(UTC).date()
        and (one.day not in stored or stored[one.day].act_sum != one.act_sum)
    ]


if __name__ == "__main__":
    main()
