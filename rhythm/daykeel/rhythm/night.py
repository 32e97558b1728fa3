"""From the minutes of a night to its record in the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

import numpy as np

from daykeel.rhythm.activity import Flags
from daykeel.rhythm.assembly import ASLEEP, RULES, UNKNOWN, MainSleep, Window
from daykeel.rhythm.calendar import day_type, flags
from daykeel.rhythm.deciding import decided_at
from daykeel.rhythm.devices import sources_of
from daykeel.rhythm.finality import WAKE
from daykeel.rhythm.frame import MINUTE, Frame, wall_hours, zone_at
from daykeel.rhythm.gaps import gaps_of
from daykeel.rhythm.ledger import Bounded, Night, Span
from daykeel.rhythm.minutes import Known, Slept, pieces_of
from daykeel.rhythm.scene import Scene
from daykeel.rhythm.settling import Read

CORE, AROUND = 0.9, 0.1
"""Weights of the core and of the six hours on either side in the coverage."""

MUCH = 0.25
"""Share of minutes only assumed awake from which it is said."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of a night is known, of the minutes that exist."""

    coverage: float
    known_core: float
    assumed: float
    fallback: float


def night_of(scene: Scene, told: Slept, minutes: Known, read: Read) -> Night:
    """Return the record of a night.

    Parameters
    ----------
    minutes
        All that exist by now: what is unknown of them lowers the coverage and is a gap.
    read
        Those from which sleep is read.
    """
    frame, context, reading, main = scene.frame, scene.context, scene.reading, read.main
    offset_at = frame.at(main.main[1]) if main.main else None
    zone = zone_at(context, offset_at) if offset_at else frame.zone
    shares = shares_of(frame, minutes)
    kind, why = day_type(frame.day, context)
    return Night(
        client=context.client,
        night=frame.day,
        final=read.final_at is not None,
        finalised_at=read.final_at,
        **_times(frame, main, zone),
        tst=_asleep(frame, read.minutes, main),
        onset_at=frame.at(main.main[0]) if main.main else None,
        offset_at=offset_at,
        certainty=_certainty(main),
        no_main_sleep=main.none_certain,
        naps=tuple(Span(frame.at(start), frame.at(stop)) for start, stop in main.naps),
        coverage=shares.coverage,
        known_core=shares.known_core,
        assumed_share=shares.assumed,
        fallback_share=shares.fallback,
        gaps=gaps_of(minutes.states, scene),
        zone=zone,
        offset_min=_offset_min(offset_at or frame.core_stop, zone),
        zone_changed=frame.zone_changed,
        source=minutes.source,
        device=minutes.device,
        day_type=kind,
        day_why=why,
        flags=flags(frame.day, zone, reading, context),
        reasons=tuple(_reasons(read.minutes, main, shares)),
        pieces=(
            *pieces_of(told, reading, frame),
            *sorted({(group, WAKE) for group in read.wakes}),
        ),
        evidence_at=decided_at(frame, read.minutes, main, reading, scene.heard),
        sources=sources_of(scene),
        rule_version=RULES,
    )


def shares_of(frame: Frame, known: Known) -> Shares:
    """Return how much is known; a minute from a fallback source counts half in the coverage."""
    first, stop = frame.core
    core = slice(first, stop)
    is_known = known.states != UNKNOWN
    total = max(known.states[core].size, 1)
    around = np.concatenate([is_known[:first], is_known[stop:]])
    stands_in = np.concatenate([known.fallback[:first], known.fallback[stop:]])
    return Shares(
        coverage=CORE * _covered(is_known[core], known.fallback[core])
        + AROUND * _covered(around, stands_in),
        known_core=int(is_known[core].sum()) / total,
        assumed=int(known.assumed[core].sum()) / total,
        fallback=int(known.fallback[core].sum()) / total,
    )


def _covered(is_known: Flags, is_fallback: Flags) -> float:
    return (2 * int(is_known.sum()) - int(is_fallback.sum())) / (2 * max(is_known.size, 1))


class Times(TypedDict, total=False):
    """When somebody slept; what is left out is unknown."""

    onset: Bounded
    offset: Bounded
    mid: Bounded
    duration: Bounded


def _times(frame: Frame, main: MainSleep, zone: str) -> Times:
    if main.none_certain:
        return {"duration": Bounded(0.0, 0.0, 0.0)}
    if main.onset is None or main.offset is None:
        return {}
    (c, a), (b, d) = main.onset, main.offset

    def bounded(value: float, lo: float, hi: float) -> Bounded:
        wall = [_wall(frame, minute, zone) for minute in (value, lo, hi)]
        return Bounded(wall[0], min(wall), max(wall))

    return {
        "onset": bounded(a, c, a),
        "offset": bounded(b, b, d),
        "mid": bounded((a + b) / 2, (c + b) / 2, (a + d) / 2),
        "duration": Bounded(float(b - a), float(b - a), float(d - c)),
    }


def _wall(frame: Frame, minute: float, zone: str) -> float:
    return wall_hours(frame.start + minute * MINUTE, zone, frame.day)


def _asleep(frame: Frame, known: Known, main: MainSleep) -> Bounded:
    """Return the minutes asleep in the core; only bounds where the night is not bounded."""
    core = known.states[frame.core[0] : frame.core[1]]
    asleep, unknown = int((core == ASLEEP).sum()), int((core == UNKNOWN).sum())
    is_told = main.none_certain or main.main is not None
    return Bounded(float(asleep) if is_told else None, float(asleep), float(asleep + unknown))


def _certainty(main: MainSleep) -> str:
    if main.main is None:
        return "none"
    return "certain" if main.is_certain else "bounded"


def _offset_min(instant: datetime, zone: str) -> int:
    offset = instant.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return round(offset / MINUTE)


def _reasons(known: Known, main: MainSleep, shares: Shares) -> Iterator[str]:
    if main.none_certain:
        yield "no_main_sleep"
    elif not main.is_certain:
        yield "edge_unknown"
    if shares.assumed > MUCH:
        yield "awake_assumed"
    if _stands_in(known, main.main):
        yield "fallback_source"


def _stands_in(known: Known, main: Window | None) -> bool:
    """Return whether sleep was read from a source that only stands in for the usual one."""
    asleep = known.states == ASLEEP
    if main is not None:
        asleep[: main[0]] = asleep[main[1] :] = False
    return bool((asleep & known.fallback).any())
