"""What happens in an invented life, and the truth of it: what devices would have to report."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.context import ZoneChange
from daykeel.rhythm.ledger import Span


@dataclass(frozen=True, slots=True)
class Habit:
    """What is usual for a person, and how much it varies; hours unless said (science.md 16.1)."""

    onset: float = -0.5
    """Anchored on midnight: -0.5 is 23:30."""
    onset_sd: float = 0.75
    duration: float = 7.5
    duration_sd: float = 70 / 60
    carry: float = 0.2
    """Lag-1 autocorrelation of the onset."""
    free_day: float = 1.0
    """By how much sleep starts later before a day off."""
    tails: Literal["normal", "t5"] = "normal"
    steps: float = 8000.0
    """Of a day."""
    steps_sd: float = 4060.0
    jitter: float = 0.5
    """SD of the anchors around their usual time; they go together with correlation 0.5."""
    missing: float = 0.12
    """Share of nights the tracker does not record, in runs of 2.5 on average."""
    naps: float = 0.05
    """Share of days with one."""
    sleepless: float = 0.01
    """Share of nights without sleep."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of sleep that lasts to the end."""

    nights: int
    """Of how many last nights."""
    ramp: int = 1
    """Nights until it is whole."""
    mid: float = 0.0
    """Hours by which midsleep comes later."""
    duration: float = 0.0
    """Hours by which sleep is longer."""
    swing: float = 0.0
    """Hours by which midsleep is earlier and later, from one night to the next."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A flight overnight, after which the person stays in another zone."""

    nights: int
    """Nights after the one in the air."""
    tz: str


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in a life; nights are counted from the end, so that it fits any length."""

    name: str
    tz: str
    habit: Habit = Habit()
    changes: tuple[Change, ...] = ()
    off: tuple[int, int] | None = None
    """The tracker lies in a drawer for so many nights, the first so many before the end."""
    flight: Flight | None = None


@dataclass(frozen=True, slots=True)
class TrueNight:
    """How a night was."""

    night: date
    sleep: Span | None
    """Main sleep; None in a night without."""
    awake: tuple[Span, ...] = ()
    """Awakenings within it."""
    nap: Span | None = None
    """In the afternoon before."""
    worn: bool = True
    """Whether the tracker recorded from noon to noon."""


@dataclass(frozen=True, slots=True)
class TrueAnchor:
    """When and with whom a person did one of the five things."""

    item: str
    at: datetime
    people: int


@dataclass(frozen=True, slots=True)
class TrueDay:
    """How a social day was."""

    day: date
    tz: str
    """The zone its times of day are told in."""
    anchors: tuple[TrueAnchor, ...] = ()
    """Empty on a day of travel."""
    work: Span | None = None
    """From coming to work to leaving it."""
    mood: int = 0
    energy: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    """The whole truth of a synthetic client."""

    script: Script
    zones: tuple[ZoneChange, ...]
    nights: tuple[TrueNight, ...]
    days: tuple[TrueDay, ...]
    """One for each night, of the same date."""
    start: datetime
    """Minute 0 of `steps`."""
    steps: NDArray[np.int64]
    """Steps in each minute."""

    def steps_between(self, start: datetime, stop: datetime) -> int:
        """Return the steps of the whole minutes in [start, stop)."""
        first, last = ((at - self.start) // timedelta(minutes=1) for at in (start, stop))
        return int(self.steps[max(first, 0) : max(last, 0)].sum())
