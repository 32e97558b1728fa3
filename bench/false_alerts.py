"""How often steady synthetic clients would alert their therapist: nothing changes, so all is false.

    python bench/false_alerts.py --clients 120 --nights 393

Lives of the stated generator (`daykeel.rhythm.synthetic`), 12 % of nights missing in runs, become
day records by the rules of night assembly, and these go through the pure functions. Half of the
clients also report three anchors on about 88 % of days. A figure of a generator, not of people.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from math import exp, lgamma, log

import numpy as np

from daykeel.rhythm.assembly import main_sleep
from daykeel.rhythm.context import ClientContext, ZoneChange
from daykeel.rhythm.episodes import KINDS
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.ledger import (
    AnchorCandidate,
    Bounded,
    DayRecord,
    Evaluation,
    Gap,
    Night,
)
from daykeel.rhythm.synthetic.client import generate_client
from daykeel.rhythm.synthetic.life import Habit, Life, Script, TrueDay, TrueNight

FIRST = date(2026, 1, 5)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
CORE = (360, 1800)
SPAN_MINUTES = 2160
YEAR = 365.25
SETTLED = "data_loss", "travel"
"""Kinds that are information, never a rhythm alert."""
TOLD = 0.88
CONTEXT = ClientContext("c-1", (ZoneChange(datetime(1, 1, 1, tzinfo=UTC), "UTC"),))


@dataclass
class Tally:
    """What some clients came to."""

    nights: int = 0
    """Nights with evidence on the chart of midsleep."""
    days: int = 0
    kinds: Counter = field(default_factory=Counter)
    losses: int = 0
    early: int = 0
    """Clients with an alert in the first 90 days of their charts."""
    clients: int = 0

    @property
    def years(self) -> float:
        return self.nights / YEAR

    @property
    def alerts(self) -> int:
        return sum(self.kinds.values())


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def states(night: TrueNight) -> np.ndarray:
    """What a tracker that saw everything says of each minute of the span of a night."""
    found = np.zeros(SPAN_MINUTES, dtype=np.int8)
    start = midnight(night.night) - 18 * HOUR
    spans = [(one, 1) for one in (night.nap, night.sleep) if one]
    for span, state in [*spans, *((one, 0) for one in night.awake)]:
        first, last = ((at - start) // MINUTE for at in (span.start, span.stop))
        found[max(first, 0) : max(last, 0)] = state
    return found


def silent(night: TrueNight) -> Night:
    begin = midnight(night.night) - 12 * HOUR
    return Night(
        client="c-1",
        night=night.night,
        final=True,
        finalised_at=begin + 30 * HOUR,
        gaps=(Gap(begin, begin + DAY, "not_worn"),),
        day_type=day_type(night.night),
    )


def day_type(day: date) -> str:
    return "free" if day.weekday() >= 5 else "work"


def seen(night: TrueNight) -> Night:
    """The night as assembled from full knowledge of its minutes."""
    minutes = states(night)
    found = main_sleep(minutes, CORE)
    asleep = float((minutes[CORE[0] : CORE[1]] == 1).sum())
    common = {
        "client": "c-1",
        "night": night.night,
        "final": True,
        "finalised_at": midnight(night.night) + 18 * HOUR,
        "tst": Bounded(asleep, asleep, asleep),
        "coverage": 1.0,
        "known_core": 1.0,
        "source": "tracker",
        "device": "tracker",
        "day_type": day_type(night.night),
    }
    if found.main is None:
        nothing = Bounded(0.0, 0.0, 0.0)
        return Night(**common, no_main_sleep=found.none_certain, duration=nothing)
    onset, offset = (minute / 60 - 18 for minute in found.main)
    return Night(
        **common,
        onset=Bounded(onset, onset, onset),
        offset=Bounded(offset, offset, offset),
        mid=Bounded(*[(onset + offset) / 2] * 3),
        duration=Bounded(*[(offset - onset) * 60] * 3),
        certainty="certain",
    )


def record(night: TrueNight, day: TrueDay, *, reports: bool) -> DayRecord:
    of = seen(night) if night.worn else silent(night)
    minutes = states(night)[CORE[0] : CORE[1]] == 1
    anchors, before = [], []
    if of.no_main_sleep:
        anchors.append(AnchorCandidate("out_of_bed", "main_sleep", None, done=False))
        before.append(AnchorCandidate("bed", "main_sleep", None, done=False))
    if of.onset.value is not None and of.offset.value is not None:
        anchors.append(AnchorCandidate("out_of_bed", "main_sleep", of.offset.value * 60, done=True))
        before.append(AnchorCandidate("bed", "main_sleep", of.onset.value * 60 + 1440, done=True))
    if reports:
        anchors += told(day)
    return DayRecord(
        client="c-1",
        day=night.night,
        night=of,
        sleep_bits=np.packbits(minutes & night.worn).tobytes(),
        valid_bits=(b"\xff" if night.worn else b"\x00") * 180,
        anchors=tuple(anchors),
        bed_before=tuple(before),
    )


def told(day: TrueDay) -> Iterator[AnchorCandidate]:
    for one in day.anchors:
        if one.item not in ("out_of_bed", "bed"):
            minutes = (one.at - midnight(day.day)) / MINUTE
            yield AnchorCandidate(one.item, "reported", minutes, done=True, people=one.people)


def records(life: Life, seed: Sequence[int], *, reports: bool) -> list[DayRecord]:
    rng = np.random.default_rng(seed)
    answers = rng.random(len(life.days)) < TOLD
    pairs = zip(life.nights, life.days, answers, strict=True)
    return [record(night, day, reports=reports and bool(said)) for night, day, said in pairs]


def client(habit: Habit, nights: int, seed: Sequence[int], *, reports: bool) -> Evaluation:
    life = generate_client(Script("steady", "UTC", habit), FIRST, nights, seed)
    days = records(life, seed, reports=reports)
    return evaluate(days, CONTEXT, midnight(days[-1].day) + 20 * HOUR, days[-1].day)


def add(tally: Tally, found: Evaluation, nights: int) -> None:
    chart = found.charts.get("sleep.mid", ())
    episodes = {one.kind: one.episodes for one in found.signals}
    onsets = [one.onset for kind in KINDS if kind not in SETTLED for one in episodes[kind]]
    tally.clients += 1
    tally.days += nights
    tally.nights += sum(one.evidence for one in chart)
    tally.kinds.update(
        {kind: len(episodes[kind]) for kind in KINDS if kind not in SETTLED and episodes[kind]}
    )
    tally.losses += sum(not one.pending for one in episodes["data_loss"])
    tally.early += bool(chart) and any(one < chart[0].night + 90 * DAY for one in onsets)


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact 95 % interval of a Poisson mean.

    >>> [round(one, 6) for one in poisson_interval(3)]
    [0.618672, 8.767273]
    """
    lower = root(lambda mean: 1 - at_most(count - 1, mean), 0.025, count) if count else 0.0
    return lower, root(lambda mean: 1 - at_most(count, mean), 0.975, count)


def at_most(count: int, mean: float) -> float:
    if mean == 0:
        return 1.0
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))


def root(rising, target: float, count: int) -> float:
    low, high = 0.0, 10.0 + 3 * count
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2


def rate(count: int, years: float) -> str:
    lower, upper = poisson_interval(count)
    return f"{count / years:.2f} ({lower / years:.2f} to {upper / years:.2f})"


def line(name: str, tally: Tally) -> str:
    kinds = ", ".join(f"{kind} {many}" for kind, many in tally.kinds.most_common())
    return (
        f"| {name} | {tally.years:.1f} | {tally.alerts} | {rate(tally.alerts, tally.years)} "
        f"| {tally.early / tally.clients:.2f} | {rate(tally.losses, tally.days / YEAR)} | {kinds} |"
    )


def run(clients: int, nights: int, seed: int) -> dict[tuple[str, str], Tally]:
    groups = {key: Tally() for key in product(("anchors", "tracker only"), ("normal", "t5"))}
    for number in range(clients):
        (who, tails), tally = list(groups.items())[number % len(groups)]
        habit = Habit(tails=tails)
        found = client(habit, nights, (seed, number), reports=who == "anchors")
        add(tally, found, nights)
    return groups


def whole(groups: Sequence[Tally]) -> Tally:
    total = Tally()
    for one in groups:
        for name in ("nights", "days", "losses", "early", "clients"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
        total.kinds.update(one.kinds)
    return total


def as_json(tally: Tally) -> dict[str, object]:
    lower, upper = poisson_interval(tally.alerts)
    return {
        "clients": tally.clients,
        "monitored_years": round(tally.years, 2),
        "false_alerts": tally.alerts,
        "per_year": round(tally.alerts / tally.years, 3),
        "interval": [round(lower / tally.years, 3), round(upper / tally.years, 3)],
        "kinds": dict(tally.kinds),
        "data_loss_per_year": round(tally.losses / (tally.days / YEAR), 3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=120)
    parser.add_argument("--nights", type=int, default=393)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", help="file to write the figures to")
    options = parser.parse_args(arguments)
    began = time.process_time()
    groups = run(options.clients, options.nights, options.seed)
    total = whole(list(groups.values()))
    print("| clients | monitored years | false alerts | a year (95 %) | P in 90 days "
          "| data-loss notices a year | kinds |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    for (who, tails), tally in groups.items():
        if tally.clients:
            print(line(f"{who}, {tails}", tally))
    print(line("all", total))
    print(f"\n{options.clients} clients, {time.process_time() - began:.0f} s of CPU")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(as_json(total), file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
