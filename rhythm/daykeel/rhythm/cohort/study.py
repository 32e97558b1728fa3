"""The conditions rules are evaluated under, and what many lives under each come to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from daykeel.rhythm.budget import YEAR, Rate
from daykeel.rhythm.cohort.lives import Nights, Shift, dates_from, moved, ordinary, other, stated
from daykeel.rhythm.cohort.recorded import Recorded, drawn
from daykeel.rhythm.cohort.records import context_for, records
from daykeel.rhythm.cohort.trial import Outcome, outcome
from daykeel.rhythm.rules import Rules
from daykeel.rhythm.synthetic.life import Habit

FIRST = date(2026, 1, 5)
NIGHTS = 393
"""Of a life without change: a year after the baseline."""
EARLIEST, LATEST, AFTER = 60, 160, 28
"""Night on which a change begins, and nights that follow it."""

MISSING, CARRIES = (0.05, 0.12, 0.2, 0.3), (0.0, 0.2, 0.4)
"""Shares of nights without data, and carry-over from night to night, one at a time."""


SHIFTS = (
    Shift("mid-sleep 1.5 h later", mid=1.5),
    Shift("mid-sleep 1.5 h earlier", mid=-1.5),
    Shift("sleep 2 h shorter", longer=-2.0),
    Shift("mid-sleep 2.5 h earlier, sleep 2.5 h shorter", mid=-2.5, longer=-2.5),
    Shift(
        "mid-sleep 1.75 h later, sleep 2 h longer, 40 % fewer steps, over 14 nights",
        mid=1.75,
        longer=2.0,
        ramp=14,
        fewer=0.4,
    ),
    Shift("mid-sleep 1 h later, 40 % fewer steps", mid=1.0, fewer=0.4),
    Shift("90 minutes more awake, mid-sleep and length as before", awake=90.0),
    Shift("half the steps, most of them 2 h later, sleep as before", fewer=0.5, later=2.0),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a group of lives has in common."""

    name: str
    generator: str
    """`stated`, `other` or `recorded`."""
    lives: int
    reports: str = "tracker"
    """`anchors`, or what a `tracker` alone knows."""
    habit: Habit = field(default_factory=Habit)
    is_ordinary: bool = False
    is_declared: bool = False
    shift: Shift | None = None


@dataclass
class Tally:
    """What a group of lives came to under one set of rules."""

    lives: int = 0
    monitored: int = 0
    days: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    held: int = 0
    urgent: int = 0
    losses: int = 0
    early: int = 0
    delays: list[float] = field(default_factory=list)

    def add(self, one: Outcome, *, has_change: bool) -> None:
        """Count one more life."""
        self.lives += 1
        self.monitored += one.monitored
        self.days += one.days
        self.kinds.update(kind for kind, _, _ in one.alerts)
        self.rules.update(rule for _, rule, _ in one.alerts)
        self.held += one.held
        self.urgent += one.urgent
        self.losses += one.losses
        self.early += one.early
        if has_change:
            self.delays.append(float("inf") if one.delay is None else float(one.delay))

    def __add__(self, more: "Tally") -> "Tally":
        """Return both together."""
        found = Tally()
        for one in (self, more):
            for name in ("lives", "monitored", "days", "held", "urgent", "losses", "early"):
                setattr(found, name, getattr(found, name) + getattr(one, name))
            found.kinds.update(one.kinds)
            found.rules.update(one.rules)
            found.delays += one.delays
        return found

    @property
    def alerts(self) -> Rate:
        """Rhythm alerts a monitored client-year."""
        return Rate(sum(self.kinds.values()), self.monitored / YEAR)

    @property
    def told(self) -> Rate:
        """Of them, those that a notice is sent of."""
        return Rate(sum(self.kinds.values()) - self.held, self.monitored / YEAR)

    @property
    def to_act_on(self) -> Rate:
        """Of them, those that are to be acted on at once, which nothing declared holds back."""
        return Rate(self.urgent, self.monitored / YEAR)

    @property
    def silences(self) -> Rate:
        """Data-loss notices a client-year."""
        return Rate(self.losses, self.days / YEAR)

    @property
    def median(self) -> float:
        """Nights from a change to its first signal; infinite where fewer than half have one."""
        return float(np.median(self.delays))

    def within(self, nights: int) -> float:
        """Return the share of changes that signalled within so many nights."""
        return float(np.mean(np.array(self.delays) <= nights))


def run(
    condition: Condition,
    rules: Sequence[Rules],
    seed: Sequence[int],
    numbers: Iterable[int],
    recordings: Sequence[Recorded] = (),
) -> list[Tally]:
    """Return what lives `numbers` of a condition come to, under each of the rules.

    A life depends only on the seed and its number, so it is the same under all rules, and however
    many are done at once.
    """
    tallies = [Tally() for _ in rules]
    for number in numbers:
        rng = np.random.default_rng((*seed, number))
        nights, change = _life(rng, condition, number, recordings)
        days = records(rng, nights, reports=condition.reports == "anchors")
        context = context_for(nights, declared=condition.is_declared)
        for one, tally in zip(rules, tallies, strict=True):
            tally.add(outcome(days, context, one, change), has_change=change is not None)
    return tallies


def _life(
    rng: np.random.Generator, condition: Condition, number: int, recordings: Sequence[Recorded]
) -> tuple[Nights, date | None]:
    since = int(rng.integers(EARLIEST, LATEST))
    shift = condition.shift
    dates = dates_from(FIRST, since + AFTER if shift else NIGHTS)
    habit = replace(condition.habit, tails=("normal", "t5")[number % 2])
    if condition.generator == "stated":
        nights = stated(rng, habit, dates)
    elif condition.generator == "other":
        nights = other(rng, habit, dates)
    else:
        nights = drawn(rng, recordings[number % len(recordings)], dates)
    if condition.is_ordinary:
        nights = ordinary(rng, nights)
    if shift is None:
        return nights, None
    return moved(nights, since, shift), dates[since]


def conditions(size: int, *, has_recordings: bool) -> list[Condition]:
    """Return what is evaluated; `size` is the lives of a small condition, others have more."""
    found = [
        Condition(f"{generator}, {who}", generator, 6 * size, who)
        for generator in ("stated", "other")
        for who in ("anchors", "tracker")
    ]
    found += [
        Condition(
            f"ordinary life ({generator}), {said}, {who}",
            generator,
            size,
            who,
            is_ordinary=True,
            is_declared=is_declared,
        )
        for generator in ("stated", "other")
        for said, is_declared in (("undeclared", False), ("declared", True))
        for who in ("anchors", "tracker")
    ]
    found += [
        Condition(f"{share:.0%} missing", "stated", size, habit=Habit(missing=share))
        for share in MISSING
    ]
    found += [
        Condition(f"carry-over {carry}", "stated", size, habit=Habit(carry=carry))
        for carry in CARRIES
    ]
    if has_recordings:
        found.append(Condition("recorded, tracker", "recorded", size))
    return found


def changes(size: int, *, has_recordings: bool) -> list[Condition]:
    """Return the conditions with a change."""
    generators = ["stated", "other", *(["recorded"] if has_recordings else [])]
    found = [
        Condition(generator, generator, size, who, shift=shift)
        for generator in generators
        for who in (("tracker",) if generator == "recorded" else ("anchors", "tracker"))
        for shift in SHIFTS
        if shift.is_of_sleep or generator != "recorded"
    ]
    return found + [
        Condition(name, "stated", size, habit=habit, shift=SHIFTS[0])
        for name, habit in (
            *((f"{share:.0%} missing", Habit(missing=share)) for share in MISSING),
            *((f"carry-over {carry}", Habit(carry=carry)) for carry in CARRIES),
        )
    ]


SMALL = Shift("mid-sleep 1 h later", mid=1.0)
"""As late as a holiday of `ordinary`; `SHIFTS[0]` as an illness of it."""
HOLIDAY = Shift("a holiday of 10 nights, 1 h later", mid=1.0, wide=1.5, nights=10)


def trade(size: int, *, has_recordings: bool) -> list[Condition]:
    """Return the conditions on which lower limits are traded for later alerts."""
    found = []
    for generator in ("stated", "other"):
        name = f"ordinary life ({generator}), undeclared"
        found += [
            Condition(generator, generator, size),
            Condition(name, generator, size, is_ordinary=True),
            *(
                Condition(generator, generator, size, shift=shift)
                for shift in (SMALL, HOLIDAY, SHIFTS[0], SHIFTS[3])
            ),
        ]
    if has_recordings:
        found.append(Condition("recorded", "recorded", size))
    return found
