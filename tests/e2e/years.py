"""Client-years through the running pipeline: each alert must be one of the pure evaluation.

And one of the back-test of what became known, as the store of scores has kept it.

    python tests/e2e/years.py --clients 50 --nights 365 --seed 1

plays invented lives on the stepped clock through everything embedded, and ends with a line of JSON
that says the rate of alerts: exit code 0, or 1 and which alerts only one side has. Clients speak
all at once, and one in twenty of what they say comes days late.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from installation import Installation, installation, until
from lives import ANCHOR_HOURS, START, anchor, episode, midnight, minute
from people import Person, commands, enrol, raws

from daykeel.alerting.alert import CANCELLED, PENDING, Alert, stands
from daykeel.alerting.backtest import INFORMATION
from daykeel.alerting.knowledge import Known
from daykeel.alerting.lifecycle import observe
from daykeel.alerting.recalled import Past, recalled_reports
from daykeel.events.event import RawRecord
from daykeel.pipeline.batch import batch, empty_tables
from daykeel.pipeline.command import apply
from daykeel.pipeline.context import context_with
from daykeel.pipeline.fold import fold
from daykeel.pipeline.score import score
from daykeel.pipeline.state import Command
from daykeel.rhythm.cohort.lives import Nights, Shift, dates_from, moved, ordinary, other, stated
from daykeel.rhythm.ledger import DayRecord
from daykeel.rhythm.synthetic.life import Habit

DEVICE = "tracker"
DAY, HALF = timedelta(days=1), timedelta(hours=12)
SAID, DONE = timedelta(hours=16), timedelta(hours=20)
"""Time of day at which devices speak, before a night without a word is final, and after that."""
LATE, LATEST = 0.05, 9
"""Share of messages that come late, and by how many days at most."""
CHANGES = 3
"""One life of so many has a lasting change, from its middle on."""
CHANGE = Shift("mid-sleep 1.5 h later, sleep 1.5 h shorter", mid=1.5, longer=-1.5)
HISTORY = 400
"""Nights before the first one that anything may be known of."""
WORKERS = 2
PATIENCE_S = 1800.0
"""For a day of many lives, on a machine that is busy with other things too."""
YEAR = 365.25

Told = tuple[str, str, date, str, str, str, datetime, str]
"""Client, kind, onset, state, severity, reason, when it was raised, and of what it recurs."""
Standing = tuple[str, str, date]


def life(number: int, nights: int, seed: int) -> Nights:
    """Return an invented life, of either generator, with what happens in an ordinary year."""
    rng = np.random.default_rng((seed, number))
    make = (stated, other)[number % 2]
    lived = ordinary(rng, make(rng, Habit(), dates_from(START, nights)))
    return lived if number % CHANGES else moved(lived, nights // 2, CHANGE)


def messages(number: int, nights: int, seed: int) -> Iterator[tuple[date, bytes]]:
    """Yield what a client's device says, and on which date; days with nothing have no events."""
    rng = np.random.default_rng((seed, number, 1))
    lived = life(number, nights, seed)
    last = lived.dates[-1]
    for at, day in enumerate(lived.dates):
        events = []
        if lived.worn[at] and not lived.sleepless[at]:
            onset = minute(midnight(day) + timedelta(hours=float(lived.onset[at])))
            stop = minute(onset + timedelta(hours=float(lived.duration[at])))
            events.append(episode(onset, stop, f"night-{day}"))
        if number % 2 and day > START:
            events += [_anchor(rng, day - DAY, *usual) for usual in ANCHOR_HOURS.items()]
        late = int(rng.integers(1, LATEST + 1)) if rng.random() < LATE else 0
        yield min(day + late * DAY, last), json.dumps(events).encode()


def _anchor(rng: np.random.Generator, day: date, item: str, hour: float) -> dict:
    return anchor(day, item, round(60 * (hour + rng.normal(0, 0.4))) / 60)


@dataclass(frozen=True)
class Lived:
    """What an installation holds once all have lived."""

    raws: Sequence[RawRecord]
    commands: Sequence[Command]
    alerts: Sequence[Alert]
    seconds: float
    recalled: Mapping[str, tuple[Sequence[DayRecord], Sequence[Known]]]
    """Of each client the last versions of all days, and what became known when."""


def played(home: Installation, names: Sequence[str], nights: int, seed: int) -> Lived:
    """Let all clients live through the running pipeline, a day of everybody at a time."""
    began = midnight(START) - HALF
    people = [enrol(home, name, (DEVICE,), began) for name in names]
    home.profile.patience_s = PATIENCE_S
    home.settle(began, "before the first night")
    due: dict[date, list[tuple[Person, bytes]]] = defaultdict(list)
    for number, person in enumerate(people):
        for day, payload in messages(number, nights, seed):
            due[day].append((person, payload))
    since = time.monotonic()
    for day in dates_from(START, nights):
        home.clock.set(midnight(day) + SAID)
        said(due[day])
        home.settle(midnight(day) + SAID)
        home.settle(midnight(day) + DONE)
    seconds = time.monotonic() - since
    for person in people:
        person.close()
    scores = home.scores
    recalled = {one: (scores.days(one, START - DAY, date.max), scores.known(one)) for one in names}
    return Lived(raws(home), commands(home), home.records.alerts(), seconds, recalled)


def said(told: Iterable[tuple[Person, bytes]]) -> None:
    """Publish everything at once, and wait until it is on the log: then ours acknowledges."""
    waiting = [
        person.devices[DEVICE].client.publish(person.topic(DEVICE), payload, qos=1)
        for person, payload in told
    ]
    until(lambda: all(one.is_published() for one in waiting), "acknowledgements")


Recalled = tuple[Sequence[DayRecord], Sequence[Known]]
Own = tuple[str, Sequence[RawRecord], Sequence[Command], Recalled]
"""A client with everything that was said of them, and what became known."""
Pure = tuple[Counter[Told], Counter[Standing], Counter[Told]]


def evaluated(nights: int, own: Own) -> Pure:
    """Return the alerts of pure functions alone.

    Day after day, from the end at once, and of the back-test as it was known.
    """
    client, said_of, decided, (days, history) = own
    tables, alerts, rest = empty_tables(), {}, list(enumerate(said_of))
    for command in decided:
        apply(tables, command)
    for day in dates_from(START, nights):
        for now in (midnight(day) + SAID, midnight(day) + DONE):
            while rest and rest[0][1].received_at <= now:
                offset, raw = rest.pop(0)
                fold(tables, raw, partition=0, offset=offset, incarnation="years")
            for signals in score(tables, client, now).signals:
                for change in observe(list(alerts.values()), signals, now):
                    alerts[change.alert.id] = change.alert
    direct = batch(said_of, decided, midnight(day) + DONE).outputs[client].signals
    known = [one for signals in direct for one in signals.episodes if not one.pending]
    context, end = context_with(client, decided), START + (nights + 1) * DAY
    (tested,) = recalled_reports(
        Past(days, context, history), (), "as_known", coming=end, back=nights + HISTORY
    )
    at_once = Counter((client, one.kind, one.onset) for one in known)
    return told(alerts.values()), at_once, told(tested.alerts)


def told(alerts: Iterable[Alert]) -> Counter[Told]:
    return Counter(
        (
            one.client,
            one.kind,
            one.onset,
            one.state,
            one.severity,
            one.reason,
            one.raised_at,
            one.recurrence_of or "",
        )
        for one in alerts
    )


def owned(lived: Lived, names: Sequence[str]) -> Iterator[Own]:
    """Yield what is each client's, oldest first."""
    for name in names:
        own = [one for one in lived.raws if one.client == name]
        decided = [one for one in lived.commands if one.client == name]
        yield name, sorted(own, key=lambda one: one.received_at), decided, lived.recalled[name]


def differing(lived: Lived, pure: Iterable[Pure]) -> Iterator[str]:
    """Yield each alert that only one side has."""
    stepwise, at_once, tested = Counter(), Counter(), Counter()
    for step, whole, back in pure:
        stepwise, at_once, tested = stepwise + step, at_once + whole, tested + back
    standing = Counter((one.client, one.kind, one.onset) for one in lived.alerts if stands(one))
    running, shown = told(lived.alerts), told(filter(is_shown, lived.alerts))
    for what, one, another in (
        ("only the running pipeline has", running, stepwise),
        ("only the pure evaluation has", stepwise, running),
        ("the back-test does not have", shown, tested),
        ("only the back-test has", tested, shown),
        ("stands, but not in State", standing, at_once),
        ("in State, but does not stand", at_once, standing),
    ):
        yield from (f"{what}: {' '.join(map(str, each))}" for each in sorted(one - another))


def is_shown(alert: Alert) -> bool:
    """Whether a therapist was ever shown it."""
    return alert.state not in (PENDING, CANCELLED)


def rates(alerts: Sequence[Alert], years: float) -> Mapping[str, object]:
    """Return how many alerts a therapist was shown, withdrawn ones too."""
    shown = [one for one in alerts if is_shown(one)]
    rhythm = [one for one in shown if one.kind not in INFORMATION]
    return {
        "alerts": len(shown),
        "by kind": dict(sorted(Counter(one.kind for one in shown).items())),
        "by state": dict(sorted(Counter(one.state for one in shown).items())),
        "withdrawn": sum(one.reason == "withdrawn" for one in shown),
        "of the rhythm, a client-year": round(len(rhythm) / years, 2),
        "of all kinds, a client-year": round(len(shown) / years, 2),
    }


def main() -> int:
    wanted = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    wanted.add_argument("--clients", type=int, default=50)
    wanted.add_argument("--nights", type=int, default=365)
    wanted.add_argument("--seed", type=int, default=1)
    asked = wanted.parse_args()
    names = [f"c-years{number:05d}" for number in range(asked.clients)]
    with (
        tempfile.TemporaryDirectory() as at,
        installation(Path(at), midnight(START) - HALF) as home,
    ):
        lived = played(home, names, asked.nights, asked.seed)
    began = time.monotonic()
    with ProcessPoolExecutor(WORKERS) as pool:
        pure = pool.map(partial(evaluated, asked.nights), owned(lived, names))
        problems = list(differing(lived, pure))
    years = asked.clients * asked.nights / YEAR
    found = {
        "client-years": round(years, 1),
        **rates(lived.alerts, years),
        "messages": len(lived.raws),
        "seconds of the running pipeline": round(lived.seconds, 1),
        "seconds of the pure evaluation": round(time.monotonic() - began, 1),
        "problems": problems,
    }
    json.dump(found, sys.stdout)
    sys.stdout.write("\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
