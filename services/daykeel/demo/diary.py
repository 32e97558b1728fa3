"""The diary on the client's phone: anchors, with whom, mood and energy, once each evening."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from daykeel.demo.said import Device, Said, json_bytes
from daykeel.events.times import to_wire
from daykeel.rhythm.ledger import ANCHORS
from daykeel.rhythm.synthetic.days import at_hour
from daykeel.rhythm.synthetic.life import Life, TrueDay

DEVICE = Device("daykeel", "diary")
TOPIC = "daykeel/v1/{client}/daykeel/diary/event"
EVENING = 22
"""Local hour at which the diary is filled in."""

FORGOTTEN = 0.06
"""Share of evenings without."""

SOON = timedelta(minutes=1)


def diary(life: Life, rng: np.random.Generator) -> Iterator[Said]:
    """Yield the entries of a life; the time of going to bed is told the evening after."""
    kept = rng.uniform(size=len(life.days)) >= FORGOTTEN
    for before, day, is_kept in zip([None, *life.days[:-1]], life.days, kept, strict=True):
        if not is_kept or not day.anchors:
            continue
        at = at_hour(day.day, EVENING, day.tz)
        entries = [_entry(day, item) for item in ANCHORS if item != "bed"]
        if before is not None and before.anchors:
            entries.append(_entry(before, "bed"))
        told = (anchor.at for anchor in day.anchors if anchor.item != "bed")
        at = max([at, *(instant + SOON for instant in told)])
        yield Said(at, DEVICE, TOPIC, json_bytes([*entries, *_levels(day)]))


def zone_reports(life: Life) -> Iterator[Said]:
    """Yield that the phone has come to another zone, as it is switched on there."""
    for change in life.zones[1:]:
        event = {
            "kind": "device.timezone",
            "start": to_wire(change.start),
            "value": {"tz": change.tz},
        }
        yield Said(change.start, DEVICE, TOPIC, json_bytes([event]))


def _entry(day: TrueDay, item: str) -> dict[str, Any]:
    """Return one anchor; its instant leaves no doubt on which side of midnight it was."""
    done = next((anchor for anchor in day.anchors if anchor.item == item), None)
    value: dict[str, Any] = {"item": item, "day": day.day.isoformat(), "done": done is not None}
    event = {"kind": "self.srm_entry", "modality": "self-reported", "value": value}
    if done is None:
        return event
    value["people"] = done.people
    return event | {"start": to_wire(done.at), "tz": day.tz}


def _levels(day: TrueDay) -> Iterator[dict[str, Any]]:
    for kind, level in (("self.mood", day.mood), ("self.energy", day.energy)):
        value = {"level": level, "day": day.day.isoformat()}
        yield {"kind": kind, "modality": "self-reported", "value": value}
