"""All that may tell when a person did one of the five things of a social day (events.md 3)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from daykeel.events.event import Event
from daykeel.events.zones import zone
from daykeel.rhythm.activity import Run, minutes_of
from daykeel.rhythm.assembly import MainSleep
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.frame import (
    DAY,
    MINUTE,
    Frame,
    local_instant,
    wall_hours,
    wall_minutes,
    zone_at,
)
from daykeel.rhythm.ledger import ANCHORS, AnchorCandidate
from daykeel.rhythm.local_times import SOCIAL_DAY_STARTS, Stretch
from daykeel.rhythm.reading import Reading
from daykeel.rhythm.scene import Scene
from daykeel.rhythm.wakefulness import is_contact

BEFORE_BED = timedelta(hours=3)
"""How long somebody may lie awake in bed before or after sleeping."""

EARLIER = timedelta(minutes=30)
"""By how much a bed sensor may see somebody rise before the sleep tracker does."""

BOUT = 10
"""Minutes of the walk that starts a day's activity."""

PACE = 60_000
"""Thousandths of steps a minute in it."""

WORKS = frozenset({"work", "school", "volunteer", "housework", "care"})
"""What counts as the start of activity, as a routine or a place."""


@dataclass(frozen=True, slots=True)
class Woken:
    """The main sleep of a night, as far as anchors need it: (earliest, latest) of its ends.

    What is sought near an end must be the same for each place the end may have, or deleting
    data could bring forth another.
    """

    onset: Stretch | None
    offset: Stretch | None
    sleepless: bool
    """There certainly was none."""


def woken_of(frame: Frame, main: MainSleep) -> Woken:
    """Return what anchors need of a night's main sleep."""
    onset, offset = (
        (frame.at(end[0]), frame.at(end[1])) if end else None for end in (main.onset, main.offset)
    )
    return Woken(onset, offset, main.none_certain)


def candidates(scene: Scene, woken: Woken) -> tuple[AnchorCandidate, ...]:
    """Return what tells of the five things on the social day, in the order of the form.

    Sensed candidates of going to bed are those of the next night: see `bedtimes`.
    """
    day, reading, context = scene.frame.day, scene.reading, scene.context
    sensed = _Sensed(scene, day, (local_instant(context, day, SOCIAL_DAY_STARTS), scene.stop))
    found = [
        *_reported(day, reading, context),
        *sensed.ends(
            "out_of_bed", _rising(reading, woken), woken.offset and woken.offset[0], woken
        ),
        *sensed.contacts(woken),
        *sensed.firsts("start_activity", "routine", "routine.start", _is_work),
        *sensed.firsts("start_activity", "arrival", "place.enter", _is_workplace),
        *sensed.walk(woken, scene.runs),
        *sensed.firsts("dinner", "meal", "meal", _is_dinner),
    ]
    return tuple(sorted(found, key=lambda one: ANCHORS.index(one.item)))


def bedtimes(scene: Scene, woken: Woken) -> tuple[AnchorCandidate, ...]:
    """Return what sensors tell of going to bed on the social day before the night."""
    sensed = _Sensed(scene, scene.frame.day - DAY, scene.reading.window)
    bed, onset = _lying_down(scene.reading, woken), woken.onset and woken.onset[1]
    return tuple(sensed.ends("bed", bed, onset, woken))


def told_level(kind: str, day: date, reading: Reading) -> int | None:
    """Return the mood or energy last told for a day."""
    said = [one for one in reading.standing(kind) if one.value["day"] == day.isoformat()]
    newest = max(said, key=_newness, default=None)
    return None if newest is None else int(newest.value["level"])


def _newness(event: Event) -> tuple[datetime, str, str]:
    return event.observed_at, event.revision, event.id


def _reported(day: date, reading: Reading, context: ClientContext) -> Iterator[AnchorCandidate]:
    """Yield what the client told; the newest word on an anchor counts, even if it was deleted."""
    told: dict[str, Event] = {}
    for event in reading.of("self.srm_entry"):
        if event.value["day"] == day.isoformat():
            item = event.value["item"]
            told[item] = max(told.get(item, event), event, key=_newness)
    for contact in reading.of("social.first_contact"):
        if contact.modality == "self-reported" and _social_day(contact, context) == day:
            told.setdefault("first_contact", contact)
    for item, event in told.items():
        candidate = _said(item, event, day, context)
        if candidate is not None and not reading.is_gone(event.id, event.group):
            yield candidate


def _said(item: str, event: Event, day: date, context: ClientContext) -> AnchorCandidate | None:
    people = event.value.get("people")
    if not event.value.get("done", True):
        return AnchorCandidate(item, "reported", None, done=False, people=people)
    minutes = _told_minutes(event, day, context)
    if minutes is None:
        return None
    return AnchorCandidate(item, "reported", minutes, done=True, people=people)


def _told_minutes(event: Event, day: date, context: ClientContext) -> float | None:
    """Return the time told: on the wall clock, or that of the event on the clock of its zone."""
    if event.value.get("time"):
        clock = time.fromisoformat(event.value["time"])
        after_midnight = 1440.0 if clock.hour < SOCIAL_DAY_STARTS else 0.0
        return 60.0 * clock.hour + clock.minute + after_midnight
    if event.start is None or (event.local_start is not None and event.tz is None):
        return None
    there = event.tz if event.tz and zone(event.tz) else zone_at(context, event.start)
    return wall_minutes(event.start, there, day)


def _social_day(event: Event, context: ClientContext) -> date | None:
    if event.start is None:
        return None
    hours = wall_hours(event.start, zone_at(context, event.start), date(1970, 1, 1))
    return date(1970, 1, 1) + timedelta(days=int((hours - SOCIAL_DAY_STARTS) // 24))


class _Sensed:
    """What devices tell of one social day."""

    def __init__(self, scene: Scene, day: date, span: Stretch) -> None:
        self.day = day
        self.reading = scene.reading
        self.context = scene.context
        self.span = span

    def at(self, item: str, name: str, instant: datetime) -> AnchorCandidate:
        zone_name = zone_at(self.context, instant)
        minutes = wall_minutes(instant, zone_name, self.day)
        return AnchorCandidate(item, name, minutes, done=True)

    def ends(
        self, item: str, bed: Event | None, sleep: datetime | None, woken: Woken
    ) -> Iterator[AnchorCandidate]:
        """Yield when somebody went to bed or rose, by a bed sensor and by the sleep tracker."""
        if bed is not None and bed.start is not None and not self._is_gone(bed):
            yield self.at(item, "bed_sensor", bed.start)
        if sleep is not None:
            yield self.at(item, "main_sleep", sleep)
        elif woken.sleepless:
            yield AnchorCandidate(item, "main_sleep", None, done=False)

    def firsts(
        self, item: str, name: str, kind: str, counts: Callable[[Event], bool]
    ) -> Iterator[AnchorCandidate]:
        """Yield when the first event that counts happened; deleted, it has no successor."""
        first = next((one for one in self._inside(kind) if counts(one)), None)
        if first is not None and first.start is not None and not self._is_gone(first):
            yield self.at(item, name, first.start)

    def contacts(self, woken: Woken) -> Iterator[AnchorCandidate]:
        """Yield the first contact after waking; without a time of waking there is none."""
        awake = (self.span[0],) * 2 if woken.sleepless else woken.offset
        if awake is None:
            return
        reached = [one for one in self._inside("social.contact") if is_contact(one)]
        met = [*reached, *self._inside("social.first_contact")]
        met.sort(key=lambda one: (one.start or one.observed_at, one.id))
        first = _agreed([one for one in met if one.start and one.start >= at] for at in awake)
        if first is not None and first.start is not None and not self._is_gone(first):
            yield self.at("first_contact", "contact", first.start)

    def walk(self, woken: Woken, runs: Sequence[Run]) -> Iterator[AnchorCandidate]:
        """Yield the start of the first walk after leaving home, unless part of it was deleted."""
        left = next((one.start for one in self._inside("place.leave") if _is_home(one)), None)
        if left is None or woken.offset is None or self._was_deleted(left):
            return
        count = (self.span[1] - left) // MINUTE
        starts = [at for run in runs if run.unit == "steps" for at in _bouts(run, left, count)]
        if starts:
            yield self.at("start_activity", "walk", left + min(starts) * MINUTE)

    def _inside(self, kind: str) -> Iterable[Event]:
        for event in self.reading.of(kind):
            is_told = event.modality == "self-reported" and kind == "social.first_contact"
            if event.start is not None and self.span[0] <= event.start < self.span[1]:
                yield from () if is_told else (event,)

    def _is_gone(self, event: Event) -> bool:
        return self.reading.is_gone(event.id, event.group)

    def _was_deleted(self, since: datetime) -> bool:
        """Return whether anything of the day was deleted from some instant on."""
        spans = any(stop > since and start < self.span[1] for start, stop in self.reading.spans)
        leaves = (one for one in self.reading.of("place.leave") if self._is_gone(one))
        return spans or any(one.start is not None and one.start <= since for one in leaves)


def _bouts(run: Run, start: datetime, count: int) -> Iterator[int]:
    """Yield the first minute from which on there are ten minutes of walking."""
    minutes = minutes_of(run, start, count)
    if minutes.value.size < BOUT:
        return
    window = np.ones(BOUT, dtype=np.int64)
    steps = np.convolve(minutes.value, window, "valid")
    whole = np.convolve(minutes.valid.astype(np.int64), window, "valid") == BOUT
    found = np.flatnonzero(whole & (steps >= BOUT * PACE))
    if found.size:
        yield int(found[0])


def _rising(reading: Reading, woken: Woken) -> Event | None:
    """Return when a bed sensor saw somebody rise: the first time around waking."""
    found = (
        [one for one in reading.of("bed.out") if _is_near(one, at - EARLIER, at + BEFORE_BED)]
        for at in woken.offset or ()
    )
    return _agreed(found)


def _lying_down(reading: Reading, woken: Woken) -> Event | None:
    """Return when a bed sensor saw somebody lie down: the last time before falling asleep."""
    beds = list(reading.of("bed.in"))[::-1]
    found = (
        [one for one in beds if _is_near(one, at - BEFORE_BED, at + EARLIER)]
        for at in woken.onset or ()
    )
    return _agreed(found)


def _is_near(event: Event, first: datetime, last: datetime) -> bool:
    return event.start is not None and first <= event.start <= last


def _agreed(found: Iterable[Sequence[Event]]) -> Event | None:
    """Return the first event, if it is the same wherever one looks."""
    firsts = [events[0] if events else None for events in found]
    return firsts[0] if firsts and all(one is firsts[0] for one in firsts) else None


def _is_work(event: Event) -> bool:
    return event.value["what"] in WORKS


def _is_workplace(event: Event) -> bool:
    return event.value["place"] in WORKS


def _is_home(event: Event) -> bool:
    return bool(event.value["place"] == "home")


def _is_dinner(event: Event) -> bool:
    return bool(event.value["meal"] == "dinner")
