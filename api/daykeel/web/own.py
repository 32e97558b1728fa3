"""The client's own page: what is asked of today and yesterday, and what is already known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median_low
from zoneinfo import ZoneInfo

from daykeel.rhythm.ledger import ANCHORS, AnchorCandidate, Baseline, DayRecord
from daykeel.web import words
from daykeel.web.diary import social_day, wall_time

DAY = timedelta(days=1)
FEW = 3
"""Times of an anchor from which there is a usual one."""
USUAL_DAYS = 28


@dataclass(frozen=True, slots=True)
class Question:
    """One anchor of one day, with the answers that can be given now."""

    item: str
    label: str
    day: date
    told: str
    """What is known so far, in words; empty if nothing is."""
    source: str
    """Who says so; empty if nobody."""
    time: str | None
    """HH:MM of what is known to have been done."""
    is_missed: bool
    usual: str | None
    """The usual time, where there is one and it has come."""
    can_now: bool
    people: int | None

    @property
    def is_usual(self) -> bool:
        """Whether the client has answered `about usual`."""
        return self.source == REPORTED and self.time is not None and self.time == self.usual

    @property
    def is_answered(self) -> bool:
        """Whether anything is known."""
        return self.is_missed or self.time is not None


REPORTED = "you"


@dataclass(frozen=True, slots=True)
class OwnDay:
    """What is asked of one social day."""

    day: date
    name: str
    questions: tuple[Question, ...]
    mood: int | None
    energy: int | None

    @property
    def missing(self) -> int:
        """How many of the anchors nobody knows yet."""
        return sum(not question.is_answered for question in self.questions)

    @property
    def is_told(self) -> bool:
        """Whether nothing is left to ask."""
        return not self.missing and self.mood is not None and self.energy is not None


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to prefill the questions with, and when they are asked."""

    days: Mapping[date, DayRecord]
    baseline: Baseline | None
    now: datetime
    zone: str

    @property
    def today(self) -> date:
        """The social day in which the client looks at the page."""
        return social_day(self.now, self.zone)


def own_day(day: date, known: Known) -> OwnDay:
    """Return the questions of one social day, prefilled with what sensors and diary said."""
    record = known.days.get(day)
    return OwnDay(
        day=day,
        name="Today" if day == known.today else "Yesterday",
        questions=tuple(_question(item, day, known) for item in ANCHORS),
        mood=record.mood if record else None,
        energy=record.energy if record else None,
    )


def _question(item: str, day: date, known: Known) -> Question:
    said = best(candidates(item, day, known.days))
    usual = usual_minutes(item, day, known)
    return Question(
        item=item,
        label=words.ITEMS[item],
        day=day,
        told=_told(said),
        source=_source(said),
        time=wall_time(said.minutes) if said and said.minutes is not None else None,
        is_missed=said is not None and not said.done,
        usual=wall_time(usual) if usual is not None and _is_past(day, usual, known) else None,
        can_now=day == known.today,
        people=said.people if said else None,
    )


def candidates(item: str, day: date, days: Mapping[date, DayRecord]) -> list[AnchorCandidate]:
    """Return all that is said of one anchor of one social day.

    What sensors say of going to bed stands with the night that followed.
    """
    record, after = days.get(day), days.get(day + DAY)
    found = [one for one in record.anchors if one.item == item] if record else []
    if item == "bed" and after:
        found.extend(after.bed_before)
    return found


def best(said: Sequence[AnchorCandidate]) -> AnchorCandidate | None:
    """Return what to believe: the client before any sensor, sensors in the order given."""
    return min(said, key=lambda one: one.source_class != "reported", default=None)


def usual_minutes(item: str, day: date, known: Known) -> float | None:
    """Return the usual time of an anchor: of the baseline, else of the last four weeks."""
    if known.baseline and item in (frozen := dict(known.baseline.habitual)):
        return frozen[item]
    before = (best(candidates(item, day - n * DAY, known.days)) for n in range(1, USUAL_DAYS + 1))
    times = [one.minutes for one in before if one and one.minutes is not None]
    return median_low(times) if len(times) >= FEW else None


def _is_past(day: date, minutes: float, known: Known) -> bool:
    midnight = datetime.combine(day, time())
    local = known.now.astimezone(ZoneInfo(known.zone)).replace(tzinfo=None)
    return midnight + timedelta(minutes=minutes) <= local


def _told(known: AnchorCandidate | None) -> str:
    if known is None:
        return ""
    if not known.done:
        return "not done"
    told = [words.clock_of(known.minutes)]
    if known.people is not None:
        told.append(words.PEOPLE[known.people])
    return ", ".join(told)


def _source(known: AnchorCandidate | None) -> str:
    if known is None:
        return ""
    return REPORTED if known.source_class == "reported" else "your device"


def levels() -> Iterable[int]:
    """Return the steps of mood and energy."""
    return range(-5, 6)
