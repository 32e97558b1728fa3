"""How soon after the deciding instant an alert is stored, and its notice handed over by mail.

    python bench/alerts.py [--trials 100]
    DAYKEEL_SERVERS_AT=unused python bench/alerts.py --profile production

The deciding instant is when the message that decides is published, amid 100 events a second of
somebody else. Each trial is a client with a therapist of their own, in working hours, and a mail
server takes the notice. Beside it, in the same run: the same message up to the log alone, and a
bare mail to the same server. Exit code 1 where a budget is not kept.
"""

import argparse
import json
import os
import random
import smtplib
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Thread

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("tests/e2e", "tests/pipeline", "tests/notify", "bench")
sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]

from installation import Installation, free_port, installation, until  # noqa: E402
from people import Person, enrol  # noqa: E402
from pipeline import (  # noqa: E402
    BEFORE,
    SHORT_H,
    epochs,
    has_alert,
    morning,
    night,
    quantiles,
    remember,
    settle,
    trial_client,
)
from profiles import embedded, mortal  # noqa: E402
from receivers import HOST, MailBox  # noqa: E402

from daykeel.alerting.hours import Hours  # noqa: E402
from daykeel.demo.arrivals import Arrivals  # noqa: E402
from daykeel.records.clinic import Clinic  # noqa: E402

PROFILES = {"embedded": embedded, "production": mortal}
ALWAYS = Hours(frozenset(range(7)), clock_time(0), clock_time(23, 59))
"""Do not measure in the last minute of a day: then nobody works."""
STORED_S, HANDED_OVER_S = 2.0, 10.0
"""Budgets of the 99th percentile."""
PATIENCE_S = 300.0
BATCH, PAUSE_S = 10, 0.1
"""Somebody else's events."""
TRIAL_S = 1.0
"""A trial lasts so long at least, and a random part more: polls must not fall into step with it."""
SENDER = "notices@clinic.example"


class TimedBox(MailBox):
    """Notes when each mail was handed over."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.at: dict[str, float] = {}
        """By whom it was for."""

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        for recipient in envelope.rcpt_tos:
            self.at.setdefault(recipient, time.perf_counter())
        return answer


@dataclass
class Found:
    """Seconds of each trial."""

    logged: list[float] = field(default_factory=list)
    stored: list[float] = field(default_factory=list)
    handed_over: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)


def main() -> int:
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wanted.add_argument("--profile", choices=PROFILES, default="embedded")
    wanted.add_argument("--trials", type=int, default=100)
    asked = wanted.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        mailed() as box,
        installation(Path(folder), None, PROFILES[asked.profile]) as home,
    ):
        home.profile.patience_s = PATIENCE_S
        until(lambda: "stream.timers" in home.log.marks(), "the stream", PATIENCE_S)
        found = tried(home, box, asked.trials)
    stored, handed_over = quantiles(found.stored), quantiles(found.handed_over)
    logged, bare = quantiles(found.logged), quantiles(found.bare)
    told = {
        "profile": asked.profile,
        "trials": asked.trials,
        "alert stored, s": stored,
        "notice handed over, s": handed_over,
        "message on the log, s": logged,
        "bare mail, s": bare,
        "ratios of medians": {
            "alert stored / message on the log": round(stored["p50"] / logged["p50"], 1),
            "notice handed over / message on the log and bare mail": round(
                handed_over["p50"] / (logged["p50"] + bare["p50"]), 1
            ),
        },
    }
    json.dump(told, sys.stdout, indent=2)
    print()
    return int(stored["p99"] > STORED_S or handed_over["p99"] > HANDED_OVER_S)


@contextmanager
def mailed() -> Iterator[TimedBox]:
    """Give a mail server that the installation hands its notices to."""
    box = TimedBox(free_port())
    os.environ |= {
        "DAYKEEL_SMTP": f"smtp+plain://{HOST}:{box.port}",
        "DAYKEEL_SENDER": f"Daykeel <{SENDER}>",
        "DAYKEEL_PUBLIC_URL": "https://daykeel.example",
    }
    box.open()
    try:
        yield box
    finally:
        box.close()


def tried(home: Installation, box: TimedBox, trials: int) -> Found:
    """Let one client after the other have an acute change."""
    now = datetime.now(UTC)
    woke = morning(now)
    home.records.post.set_clinic(Clinic("UTC", ALWAYS))
    people = [trial_client(home, number, now, woke) for number in range(trials)]
    noise = enrol(home, "c-noise00000", ("tracker",), now, now - BEFORE)
    for person in people:
        treated(home, person, now)
    remember(home, people, woke)
    settle(home)
    found, log, chance = Found(), home.open_log(), random.Random(1)  # noqa: S311  seeded
    arrivals = Arrivals(log)
    with murmuring(noise, now):
        for person in people:
            begin = time.perf_counter()
            decided(home, box, arrivals, person, night(woke, 0, SHORT_H), found)
            found.bare.append(bare(box, f"bare.{person.client}@clinic.example"))
            time.sleep(max(0.0, TRIAL_S - (time.perf_counter() - begin)) + chance.random())
    log.close()
    for person in (*people, noise):
        person.close()
    return found


def treated(home: Installation, person: Person, now: datetime) -> None:
    """Give the client a therapist of their own: nobody gets more than one letter an hour."""
    therapist = home.records.add_account("therapist", f"dr.{person.client}", now=now).id
    home.records.post.add_address(therapist, "mail", address(person), now=now)
    home.records.assign(therapist, person.client, now=now)


def address(person: Person) -> str:
    return f"{person.client}@clinic.example"


def decided(  # noqa: PLR0913, PLR0917  where to look, and what for
    home: Installation,
    box: TimedBox,
    arrivals: Arrivals,
    person: Person,
    payload: bytes,
    found: Found,
) -> None:
    """Publish what decides, and note when it has come how far."""
    if has_alert(home, person) or address(person) in box.at:
        raise RuntimeError(f"{person.client} has an alert before anything decides")
    topic = person.topic("tracker")
    begin = time.perf_counter()
    person.devices["tracker"].client.publish(topic, payload, qos=1)
    arrivals.wait([(topic, payload)], 60.0)
    found.logged.append(time.perf_counter() - begin)
    until(lambda: has_alert(home, person), f"an alert: {home.errors()}")
    found.stored.append(time.perf_counter() - begin)
    until(lambda: address(person) in box.at, f"a notice: {home.errors()}")
    found.handed_over.append(box.at[address(person)] - begin)


@contextmanager
def murmuring(noise: Person, now: datetime) -> Iterator[None]:
    """Let somebody else send 100 events a second meanwhile."""
    stop = Event()

    def murmur() -> None:
        number = 0
        while not stop.wait(PAUSE_S):
            payload = epochs(now - timedelta(days=20), number, BATCH)
            noise.devices["tracker"].client.publish(noise.topic("tracker"), payload, qos=1)
            number += 1

    thread = Thread(target=murmur)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def bare(box: TimedBox, recipient: str) -> float:
    """Return the seconds until a mail of a few lines is handed over by itself."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, recipient, "Daykeel"
    message.set_content("There is something to look at.")
    begin = time.perf_counter()
    with smtplib.SMTP(HOST, box.port) as smtp:
        smtp.send_message(message)
    return box.at[recipient] - begin


if __name__ == "__main__":
    sys.exit(main())
