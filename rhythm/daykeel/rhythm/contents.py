"""A hash of what was read of a date, so that one can tell whether it was the same."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256

import numpy as np

from daykeel.events.event import Event
from daykeel.rhythm.activity import seconds_of
from daykeel.rhythm.local_times import Stretch
from daykeel.rhythm.reading import Reading
from daykeel.rhythm.scene import Scene

BESIDE = ("device.", "cardio.", "env.", "config.", "meta.")
"""Beginnings of kinds that only explain, or act on others."""

LENGTH = 24


def contents(scene: Scene) -> str:
    """Return the hash of what lies in the night and its social day, or speaks of the date."""
    whole = sha256()
    span = scene.frame.start, scene.stop
    for said in sorted(_said(scene.frame.day, scene.reading, span)):
        whole.update(f"{said}\n".encode())
    first, last = (seconds_of(at) for at in span)
    for run in scene.runs:
        rows = slice(*np.searchsorted(run.start, (first, last)).tolist())
        whole.update(repr(run.name).encode())
        for column in (run.start, run.seconds, run.value):
            whole.update(column[rows].tobytes())
    return whole.hexdigest()[:LENGTH]


def _said(day: date, reading: Reading, span: Stretch) -> Iterator[str]:
    named = day.isoformat()
    for kind, events in reading.events.items():
        if kind.startswith(BESIDE):
            continue
        for event in events:
            if _counts(event, named, span):
                fate = _fate(event, reading)
                yield f"{event.id} {event.revision} {fate}"
    for start, stop in reading.spans:
        if start < span[1] and stop > span[0]:
            yield f"{start} {stop}"


def _counts(event: Event, day: str, span: Stretch) -> bool:
    told = event.value.get("day")
    if told is not None:
        return bool(told == day)
    if event.kind == "night.mark":
        return bool(event.value["first"] <= day <= event.value["last"])
    start = event.start
    return start is not None and start < span[1] and (event.end or start) >= span[0]


def _fate(event: Event, reading: Reading) -> str:
    if reading.is_gone(event.id, event.group):
        return "deleted"
    correction = reading.corrections.of(event.id, event.group)
    return "" if correction is None else correction.revision
