"""What shows that somebody was awake, and what shows that a device could not have seen sleep."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import zip_longest

import numpy as np

from daykeel.events.event import Event
from daykeel.rhythm.activity import Flags, Run, seconds_of
from daykeel.rhythm.devices import at, batteries, is_empty
from daykeel.rhythm.frame import MINUTE, Frame
from daykeel.rhythm.local_times import Stretch
from daykeel.rhythm.reading import Reading

ACTS = ("phone.unlock", "phone.screen_on", "alarm.dismissed", "alarm.snoozed")
"""Points: the minute in which they happen."""

DOINGS = ("phone.usage", "social.contact", "activity.state", "activity.session")
"""Stretches, or points."""

MOVING = frozenset({"walking", "running", "cycling"})
LONGEST = timedelta(hours=4)
"""A longer doing is no evidence for each of its minutes."""

SHORT_S, MIDDLE_S = 60, 600
FEW, MANY = 2_000, 20_000
"""Thousandths of steps a minute that show wakefulness, in stretches up to ten minutes and above."""


def awake_stretches(reading: Reading) -> Iterator[tuple[Event, Stretch]]:
    """Yield the events that show wakefulness, each with the stretch it shows it for."""
    for event in reading.standing(*ACTS, *DOINGS):
        if event.start is None or not _is_awake(event):
            continue
        end = event.end if event.kind in DOINGS and event.end else event.start
        if end - event.start <= LONGEST:
            yield event, (event.start, max(end, event.start + MINUTE))


def walking(run: Run, frame: Frame) -> Flags:
    """Return the minutes in which steps show that somebody was awake."""
    rate = run.value * 60 // np.maximum(run.seconds, 1)
    enough = np.where(run.seconds <= SHORT_S, 1, np.where(run.seconds <= MIDDLE_S, FEW, MANY))
    rows = rate >= enough
    origin = seconds_of(frame.start)
    start = np.clip((run.start[rows] - origin) // 60, 0, frame.size)
    stop = np.clip(-((origin - run.start[rows] - run.seconds[rows]) // 60), 0, frame.size)
    edges = np.bincount(start, minlength=frame.size + 1)
    edges -= np.bincount(stop, minlength=frame.size + 1)
    return np.cumsum(edges)[:-1] > 0


def _is_awake(event: Event) -> bool:
    if event.kind == "activity.state":
        return event.value["state"] in MOVING
    if event.kind == "social.contact":
        return is_contact(event)
    return True


def is_contact(event: Event) -> bool:
    """Return whether somebody was reached; an incoming call nobody answered is no contact."""
    return bool(event.value["answered"]) or event.value["direction"] == "out"


def off_wrist(reading: Reading) -> dict[str, list[Stretch]]:
    """Return by device when it was not worn; what was deleted still shows where nothing is known.

    A point lasts until the device is worn again.
    """
    found: dict[str, list[Stretch]] = defaultdict(list)
    since: dict[str, datetime] = {}
    flags = [*reading.of("device.off_wrist", "device.on_wrist")]
    for event in sorted(flags, key=lambda one: (at(one), one.kind)):
        moment, device = at(event), event.device
        if event.kind == "device.off_wrist" and event.end is not None:
            found[device].append((moment, event.end))
        elif event.kind == "device.off_wrist":
            since.setdefault(device, moment)
        elif device in since:
            found[device].append((since.pop(device), moment))
    for device, moment in since.items():
        found[device].append((moment, reading.window[1]))
    return found


def blind(reading: Reading) -> dict[str, list[Stretch]]:
    """Return by device when it could see nothing: not worn, or with an empty battery."""
    found = dict(off_wrist(reading))
    for device, empty in flat(reading).items():
        found.setdefault(device, []).extend(stretch for stretch, _ in empty)
    return found


def flat(reading: Reading) -> dict[str, list[tuple[Stretch, Event]]]:
    """Return by device when its battery was empty, with the last report before."""
    found: dict[str, list[tuple[Stretch, Event]]] = defaultdict(list)
    for device, reports in batteries(reading).items():
        for before, after in zip_longest(reports, reports[1:]):
            if is_empty(before):
                until = (after.start if after else None) or reading.window[1]
                found[device].append(((at(before), until), before))
    return found


def overlap(stretches: Iterable[Stretch], span: Stretch) -> timedelta:
    """Return how much of a span some stretches, which do not overlap, cover."""
    parts = (min(stop, span[1]) - max(start, span[0]) for start, stop in stretches)
    return sum((part for part in parts if part > timedelta()), timedelta())
