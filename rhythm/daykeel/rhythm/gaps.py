"""Why nothing is known of a part of a night (science.md 4)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from daykeel.events.event import Event
from daykeel.events.ids import sender
from daykeel.rhythm.assembly import UNKNOWN, runs
from daykeel.rhythm.canvas import States
from daykeel.rhythm.consent import allowed_stretches
from daykeel.rhythm.context import Consent, Outage
from daykeel.rhythm.devices import (
    SLOPE,
    absences,
    at,
    batteries,
    refused,
    runs_out,
)
from daykeel.rhythm.evidence import Evidence
from daykeel.rhythm.ledger import Gap
from daykeel.rhythm.local_times import Stretch
from daykeel.rhythm.scene import Scene
from daykeel.rhythm.wakefulness import flat, off_wrist, overlap

SHORTEST = 30
"""Minutes from which an unknown run is a gap."""

ABSENT = timedelta(minutes=30)
"""Without heart rate, a device that measures it is not worn."""

SILENT = timedelta(hours=72)
"""From which a source is silent; until then it is only late."""

PLACES = frozenset({"owntracks"})
"""Adapters that never tell of sleep."""

OUTAGE = timedelta(minutes=15)
"""For which nothing of a client came through from which an outage of ours is a reason."""

DAY = timedelta(days=1)
Found = tuple[str, tuple[str, ...]]
"""A reason and the ids of the events that show it."""


def gaps_of(states: States, scene: Scene) -> tuple[Gap, ...]:
    """Return the unknown runs of at least half an hour in the core, each with its reason."""
    frame = scene.frame
    evidence = Evidence(scene)
    first, stop = frame.core
    found = []
    for begins, ends in runs(states[first:stop] == UNKNOWN):
        if ends - begins >= SHORTEST:
            gap = frame.at(first + begins), frame.at(first + ends)
            found.append(Gap(*gap, *_reason(gap, evidence)))
    return tuple(found)


def _reason(gap: Stretch, evidence: Evidence) -> Found:
    rules = (_revoked, _denied, _ours, _flat, _not_worn, _late, _silent, _gone)
    return next((found for rule in rules if (found := rule(gap, evidence))), ("unknown", ()))


def _revoked(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where consent has ended and, for most of the gap, nobody may tell of sleep."""
    adapters = {one.source for one in evidence.consents} - PLACES
    allowed = {one for one in adapters if _is_allowed(evidence.consents, one, gap)}
    ended = [
        stop
        for adapter in adapters - allowed
        for _, stop in allowed_stretches(evidence.consents, adapter)
    ]
    tells = any(adapter in allowed or "*" in allowed for adapter, _ in evidence.telling)
    return ("consent_revoked", ()) if ended and min(ended) < gap[1] and not tells else None


def _is_allowed(consents: Iterable[Consent], adapter: str, gap: Stretch) -> bool:
    stretches = allowed_stretches(consents, adapter)
    return _fills(overlap(stretches, gap), gap)


def _denied(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where phone or provider let no app read that tells of sleep around the gap."""
    found = refused(evidence.said)
    shut = {name for name, stretches in found.items() if _fills(overlap(stretches, gap), gap)}
    tells = {sender(*one) for one in evidence.telling}
    if not shut or tells - shut:
        return None
    told = evidence.said.of("device.denied")
    ids = (one.id for one in told if sender(one.adapter, one.device) in shut and at(one) < gap[1])
    return "consent_revoked", tuple(ids)


def _ours(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where nothing came through while the data of the gap were due.

    That is for half of the gap, or at the hour at which the night before was told.
    """
    for outage in evidence.scene.context.outages:
        lost = list(_lost(outage, evidence.arrivals))
        is_due = any(start <= due < stop for due in _due(gap, evidence) for start, stop in lost)
        if is_due or (lost and _fills(overlap(lost, gap), gap)):
            return "our_outage", (outage.id,)
    return None


def _lost(outage: Outage, arrivals: Sequence[datetime]) -> Iterator[Stretch]:
    """Yield the parts of an outage in which nothing of the client came through either."""
    inside = [moment for moment in arrivals if outage.start < moment < outage.stop]
    for start, stop in pairwise((outage.start, *inside, outage.stop)):
        if stop - start >= OUTAGE:
            yield start, stop


def _due(gap: Stretch, evidence: Evidence) -> Iterator[datetime]:
    """Yield when data of the gap were due: at the hour at which earlier nights were told."""
    for came in evidence.sleep_told():
        if came <= gap[0]:
            yield came + -((came - gap[0]) // DAY) * DAY


def _flat(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where the last report before was all but empty, or was falling to nothing."""
    known, empty = batteries(evidence.said), flat(evidence.said)
    for device in sorted(evidence.suspects & known.keys() or known):
        for stretch, report in empty.get(device, ()):
            if stretch[0] <= gap[0] + ABSENT and _fills(overlap([stretch], gap), gap):
                return "battery_flat", (report.id, *_last_will(device, stretch, evidence))
        before = [one for one in known[device] if at(one) <= gap[0]]
        if _runs_out(before, known[device], gap):
            span = (at(before[-1]), gap[1])
            ids = (one.id for one in before[-SLOPE:])
            return "battery_flat", (*ids, *_last_will(device, span, evidence))
    return None


def _runs_out(before: Sequence[Event], reports: Iterable[Event], gap: Stretch) -> bool:
    """Return whether the last reports before fall so fast that it empties in the gap."""
    since = runs_out(before)
    is_told = any(gap[0] < at(one) < gap[1] for one in reports)
    return since is not None and since < gap[1] and not is_told


def _last_will(device: str, span: Stretch, evidence: Evidence) -> Iterator[str]:
    """Yield the last wills of a device in a span, which support that it had no power."""
    for _, event in absences(evidence.said).get(device, ()):
        if span[0] <= at(event) < span[1]:
            yield event.id


def _fills(part: timedelta, gap: Stretch) -> bool:
    return part >= (gap[1] - gap[0]) / 2


def _not_worn(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where a device told of something in the gap, but not of being worn."""
    off = off_wrist(evidence.said)
    for device in sorted(evidence.bodily.keys() | {one.device for one in evidence.reading.epochs}):
        inside = [one for one in evidence.told(device) if gap[0] <= at(one) < gap[1]]
        reports = any(gap[0] <= moment < gap[1] for moment in evidence.moments(device))
        if reports and _fills(overlap(off.get(device, ()), gap), gap):
            flags = (one.id for one in inside if one.kind == "device.off_wrist")
            return "not_worn", tuple(flags)
        if reports and _fills(_pulseless(device, gap, evidence), gap):
            return "not_worn", tuple(one.id for one in inside if one.kind == "device.battery")
    return None


def _pulseless(device: str, gap: Stretch, evidence: Evidence) -> timedelta:
    """Return how long in the gap a device that measures heart rate measured none."""
    beats = [at(one) for one in evidence.reading.of("cardio.hr") if one.device == device]
    if not beats:
        return timedelta()
    inside = [gap[0], *(moment for moment in sorted(beats) if gap[0] < moment < gap[1]), gap[1]]
    silences = (after - before for before, after in pairwise(inside))
    return sum((one for one in silences if one >= ABSENT), timedelta())


def _late(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where the source has not synced since, while something is still heard from."""
    scene = evidence.scene
    synced = [evidence.heard.get(device) for device in evidence.suspects]
    is_behind = any(moment is not None and moment < gap[1] for moment in synced)
    since = min(scene.as_of, gap[1] + SILENT) - SILENT
    told = map(at, evidence.reading.of("device.online", "device.battery"))
    signs = (*scene.heard.values(), *scene.signs.seen.values(), *told)
    is_heard = any(since < moment <= scene.as_of for moment in signs)
    return ("not_synced", ()) if is_behind and is_heard else None


def _silent(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where the source told of nothing for three days around the gap."""
    heard = [evidence.heard[one] for one in evidence.suspects if one in evidence.heard]
    if not heard:
        return None
    window, as_of = evidence.reading.window, evidence.scene.as_of
    moments = [moment for device in evidence.suspects for moment in evidence.moments(device)]
    first = min(max(heard), window[0])
    before = max((moment for moment in moments if moment <= gap[0]), default=first)
    after = min((moment for moment in moments if moment >= gap[1]), default=window[1])
    is_long = min(after, as_of) - before >= SILENT
    is_empty = not any(gap[0] < moment < gap[1] for moment in moments)
    return ("source_silent", ()) if is_long and is_empty else None


def _gone(gap: Stretch, evidence: Evidence) -> Found | None:
    """Match where the last will of a source held; its battery was not low, or that came first."""
    found = absences(evidence.said)
    for device in sorted(evidence.suspects & found.keys()):
        for stretch, event in found[device]:
            if stretch[0] <= gap[0] + ABSENT and _fills(overlap([stretch], gap), gap):
                return "source_silent", (event.id,)
    return None
