"""Why nothing is known of a part of a night (science.md 4)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

from daykeel.events.event import Event
from daykeel.rhythm.activity import instant_of
from daykeel.rhythm.assembly import UNKNOWN, runs
from daykeel.rhythm.canvas import States
from daykeel.rhythm.consent import Stretch, allowed_stretches
from daykeel.rhythm.context import Consent
from daykeel.rhythm.ledger import Gap
from daykeel.rhythm.reading import Reading
from daykeel.rhythm.scene import Scene
from daykeel.rhythm.wakefulness import batteries, flat, off_wrist, overlap

SHORTEST = 30
"""Minutes from which an unknown run is a gap."""

ABSENT = timedelta(minutes=30)
"""Without heart rate, a device that measures it is not worn."""

SILENT = timedelta(hours=72)
"""From which a source is silent; until then it is only late."""

PLACES = frozenset({"owntracks"})
"""Adapters that never tell of sleep."""

SLOPE = 3
"""Reports of a battery from which its slope is taken."""

BODILY = ("sleep.", "bed.", "activity.", "cardio.", "device.")
"""Beginnings of kinds of events that a tracker or its app tells."""

SLEEP = ("sleep.", "bed.", "self.sleep_diary")

Found = tuple[str, tuple[str, ...]]
"""A reason and the ids of the events that show it."""


@dataclass(frozen=True)
class Evidence:
    """What may explain a gap."""

    reading: Reading
    consents: Sequence[Consent]
    synced: Mapping[str, datetime]
    """By adapter/device."""
    as_of: datetime

    @cached_property
    def heard(self) -> Mapping[str, datetime]:
        """By device, until when it has synced: the apps that tell of sleep, if there are any."""
        tellers = {device for _, device in self.telling}
        found: dict[str, datetime] = {}
        for name, at in self.synced.items():
            adapter, _, device = name.partition("/")
            if device not in tellers or (adapter, device) in self.telling:
                found[device] = max(found.get(device, at), at)
        return found

    @cached_property
    def bodily(self) -> Mapping[str, Sequence[Event]]:
        """Events of trackers by device."""
        found: dict[str, list[Event]] = {}
        for event in self._of(BODILY):
            found.setdefault(event.device, []).append(event)
        return found

    @cached_property
    def telling(self) -> frozenset[tuple[str, str]]:
        """Adapters and devices that tell of sleep, bed or activity in short epochs."""
        counted = {(one.adapter, one.device) for one in self.reading.epochs}
        return frozenset(counted.union((one.adapter, one.device) for one in self._of(SLEEP)))

    @cached_property
    def suspects(self) -> frozenset[str]:
        """Devices that should have told of the night: those that tell of sleep around it.

        If none does, those that are heard from and tell of nothing but the body.
        """
        telling = frozenset(device for _, device in self.telling)
        others = {event.device for event in self._of(("",))} - self.bodily.keys()
        return telling or frozenset(self.heard) - others

    def _of(self, beginnings: tuple[str, ...]) -> Iterator[Event]:
        for kind, events in self.reading.events.items():
            if kind.startswith(beginnings):
                yield from events

    def moments(self, device: str) -> Iterator[datetime]:
        """Yield when a device told of something, in no order."""
        for event in self.bodily.get(device, ()):
            yield from (at for at in (event.start, event.end) if at is not None)
        for epochs in self.reading.epochs:
            if epochs.device == device:
                yield from (instant_of(second) for second in epochs.start)


def gaps_of(states: States, scene: Scene) -> tuple[Gap, ...]:
    """Return the unknown runs of at least half an hour in the core, each with its reason."""
    frame = scene.frame
    evidence = Evidence(scene.reading, scene.context.consents, scene.heard, scene.as_of)
    first, stop = frame.core
    found = []
    for begins, ends in runs(states[first:stop] == UNKNOWN):
        if ends - begins >= SHORTEST:
            gap = frame.at(first + begins), frame.at(first + ends)
            found.append(Gap(*gap, *_reason(gap, evidence)))
    return tuple(found)


def _reason(gap: Stretch, evidence: Evidence) -> Found:
    rules = (_revoked, _flat, _not_worn, _late, _silent)
    return next((found for rule in rules if (found := rule(gap, evidence))), ("unknown", ()))


def _revoked(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where consent ended before, and nobody who tells of sleep is allowed in the gap."""
    adapters = {one.source for one in evidence.consents} - PLACES
    allowed = {one for one in adapters if _is_allowed(evidence.consents, one, gap)}
    ended = [
        stop
        for adapter in adapters - allowed
        for _, stop in allowed_stretches(evidence.consents, adapter)
    ]
    tells = any(adapter in allowed or "*" in allowed for adapter, _ in evidence.telling)
    return ("consent_revoked", ()) if ended and min(ended) <= gap[0] and not tells else None


def _is_allowed(consents: Iterable[Consent], adapter: str, gap: Stretch) -> bool:
    stretches = allowed_stretches(consents, adapter)
    return any(start < gap[1] and gap[0] < stop for start, stop in stretches)


def _flat(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where the last report before was all but empty, or was falling to nothing."""
    devices = evidence.suspects & batteries(evidence.reading).keys()
    for device in sorted(devices or batteries(evidence.reading)):
        for stretch, report in flat(evidence.reading).get(device, ()):
            if stretch[0] <= gap[0] + ABSENT and _fills(overlap([stretch], gap), gap):
                return "battery_flat", (report.id,)
        reports = batteries(evidence.reading)[device]
        if _runs_out(reports, gap):
            last = [one for one in reports if _at(one) <= gap[0]][-SLOPE:]
            return "battery_flat", tuple(one.id for one in last)
    return None


def _runs_out(reports: Sequence[Event], gap: Stretch) -> bool:
    """Return whether the last three reports before fall so fast that it empties in the gap."""
    before = [one for one in reports if _at(one) <= gap[0]][-SLOPE:]
    if len(before) < SLOPE or any(gap[0] < _at(one) < gap[1] for one in reports):
        return False
    first, last = before[0], before[-1]
    fell = first.value["percent"] - last.value["percent"]
    if fell <= 0 or _at(last) == _at(first) or last.value.get("charging"):
        return False
    empty = _at(last) + (_at(last) - _at(first)) * (last.value["percent"] / fell)
    return bool(empty < gap[1])


def _at(event: Event) -> datetime:
    return event.start or event.observed_at


def _fills(part: timedelta, gap: Stretch) -> bool:
    return part >= (gap[1] - gap[0]) / 2


def _not_worn(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where a device told of something in the gap, but not of being worn."""
    off = off_wrist(evidence.reading)
    for device in sorted(evidence.bodily.keys() | {one.device for one in evidence.reading.epochs}):
        inside = [one for one in evidence.bodily.get(device, ()) if gap[0] <= _at(one) < gap[1]]
        reports = any(gap[0] <= at < gap[1] for at in evidence.moments(device))
        if reports and _fills(overlap(off.get(device, ()), gap), gap):
            flags = (one.id for one in inside if one.kind == "device.off_wrist")
            return "not_worn", tuple(flags)
        if reports and _fills(_pulseless(device, gap, evidence), gap):
            return "not_worn", tuple(one.id for one in inside if one.kind == "device.battery")
    return None


def _pulseless(device: str, gap: Stretch, evidence: Evidence) -> timedelta:
    """Return how long in the gap a device that measures heart rate measured none."""
    beats = [_at(one) for one in evidence.reading.of("cardio.hr") if one.device == device]
    if not beats:
        return timedelta()
    inside = [gap[0], *(at for at in sorted(beats) if gap[0] < at < gap[1]), gap[1]]
    silences = (after - before for before, after in pairwise(inside))
    return sum((one for one in silences if one >= ABSENT), timedelta())


def _late(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where the source has not synced since, while something is still heard from."""
    synced = [evidence.heard.get(device) for device in evidence.suspects]
    is_behind = any(at is not None and at < gap[1] for at in synced)
    since = min(evidence.as_of, gap[1] + SILENT) - SILENT
    signs = (_at(one) for one in evidence.reading.of("device.online", "device.battery"))
    is_heard = any(since < at <= evidence.as_of for at in (*evidence.synced.values(), *signs))
    return ("not_synced", ()) if is_behind and is_heard else None


def _silent(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where the source told of nothing for three days around the gap."""
    heard = [evidence.heard[one] for one in evidence.suspects if one in evidence.heard]
    if not heard:
        return None
    moments = [at for device in evidence.suspects for at in evidence.moments(device)]
    first = min(max(heard), evidence.reading.window[0])
    before = max((at for at in moments if at <= gap[0]), default=first)
    after = min((at for at in moments if at >= gap[1]), default=evidence.reading.window[1])
    is_long = min(after, evidence.as_of) - before >= SILENT
    is_empty = not any(gap[0] < at < gap[1] for at in moments)
    return ("source_silent", ()) if is_long and is_empty else None
