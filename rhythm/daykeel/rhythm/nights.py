"""One date of one client: the night that ends on it and the day that follows.

What is said of it is a function of the pieces, the context, when each device was last heard
and `as_of`; the order in which anything arrived does not matter.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TypedDict
from zoneinfo import ZoneInfo

import numpy as np

from daykeel.events.event import Event
from daykeel.events.pieces import Pieces
from daykeel.rhythm.activity import Flags
from daykeel.rhythm.assembly import ASLEEP, UNKNOWN
from daykeel.rhythm.candidates import bedtimes, candidates, told_level, woken_of
from daykeel.rhythm.contents import contents
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.day_activity import activity_of
from daykeel.rhythm.finality import AGAIN, EARLIEST, OLD, WAKE
from daykeel.rhythm.frame import DAY, Frame, clock_columns, frame_of, zone_at
from daykeel.rhythm.gaps import SILENT
from daykeel.rhythm.ledger import DayRecord, Night
from daykeel.rhythm.minutes import Known, known, slept
from daykeel.rhythm.night import night_of
from daykeel.rhythm.scene import NO_SIGNS, Scene, Signs, scene_of
from daykeel.rhythm.settling import read

OPEN_GAPS = frozenset({"not_synced", "unknown"})
"""Reasons that waiting alone may change."""


def build_day(  # noqa: PLR0913, PLR0917  all that a record depends on
    day: date,
    pieces: Mapping[date, Pieces],
    context: ClientContext,
    heard: Mapping[str, datetime],
    as_of: datetime,
    signs: Signs = NO_SIGNS,
) -> DayRecord:
    """Return what is known at `as_of` of a night and the day that follows.

    Parameters
    ----------
    pieces
        Of the UTC dates `piece_dates(day)`; dates without any may be missing.
    heard
        By adapter/device, until when it has synced: had it seen sleep before, it would have told.
    as_of
        Now. Minutes after it do not exist.
    signs
        What else is known of the devices.
    """
    record = _record(scene_of(day, pieces, context, heard, as_of, signs))
    stones = [stone for held in pieces.values() for stone in held.tombstones]
    if not stones:
        return record
    begun = {stone.id: counts_from(stone, context, as_of) for stone in stones}
    before: list[tuple[date, DayRecord]] = []
    later = record
    for night in sorted(set(begun.values()), reverse=True):
        earlier = {
            utc_date: Pieces(
                held.events,
                held.epochs,
                [stone for stone in held.tombstones if begun[stone.id] < night],
            )
            for utc_date, held in pieces.items()
        }
        found = _record(scene_of(day, earlier, context, heard, as_of, signs))
        if replace(found, inputs=later.inputs) != later:
            before.append((night, found))
        later = found
    return replace(record, before=tuple(before[::-1]))


def counts_from(stone: Event, context: ClientContext, as_of: datetime) -> date:
    """Return the first night whose baseline a deletion acts on: one that is not yet final.

    A deletion made while its night may be final already counts from the next one, since a
    baseline may have frozen (science.md 12.3).
    """
    day = stone.received_at.astimezone(ZoneInfo(zone_at(context, stone.received_at))).date()
    earliest = frame_of(day, context, as_of).core_start + EARLIEST
    return day if stone.received_at <= earliest else day + DAY


def _record(scene: Scene) -> DayRecord:
    day, told = scene.frame.day, slept(scene)
    minutes = known(scene, told)
    sleep = read(scene, told, minutes)
    night = night_of(scene, told, minutes, sleep)
    woken = woken_of(scene.frame, sleep.main)
    activity = activity_of(scene, told)
    return DayRecord(
        client=scene.context.client,
        day=day,
        night=night,
        **_bits(scene.frame, minutes),
        act_unit=activity.unit,
        act_device=activity.device,
        act_sum=activity.hours,
        act_n=activity.hours_n,
        bin_sum=activity.bins,
        bin_n=activity.bins_n,
        anchors=candidates(scene, woken),
        bed_before=bedtimes(scene, woken),
        mood=told_level("self.mood", day, scene.reading),
        energy=told_level("self.energy", day, scene.reading),
        inputs=contents(scene),
    )


class Bits(TypedDict):
    """The 1440 clock minutes of the core, packed."""

    sleep_bits: bytes
    valid_bits: bytes
    fallback_bits: bytes


def _bits(frame: Frame, minutes: Known) -> Bits:
    """Return the 1440 clock minutes of the core as bits."""
    first, stop = frame.core
    columns = clock_columns(frame.core_start, stop - first, frame.zone, frame.begins)
    at = first + columns
    exists = (columns >= 0) & (at < frame.exists)
    at = np.where(exists, at, 0)

    def packed(flags: Flags) -> bytes:
        return np.packbits(exists & flags[at]).tobytes() if flags.size else bytes(180)

    is_known = minutes.states != UNKNOWN
    return {
        "sleep_bits": packed(minutes.states == ASLEEP),
        "valid_bits": packed(is_known),
        "fallback_bits": packed(is_known & minutes.fallback),
    }


def next_change(record: DayRecord, context: ClientContext, as_of: datetime) -> datetime | None:
    """Return when the record may change by the clock alone, or None if it no longer does.

    Until its span is over a night also grows minute by minute; that is not told.
    """
    night = record.night
    stop = frame_of(record.day, context, as_of).stop
    if not night.final:
        return min(max(_awaited(night, context, as_of), as_of), stop)
    if as_of < stop:
        return stop
    return _explained(night, as_of)


def _awaited(night: Night, context: ClientContext, as_of: datetime) -> datetime:
    """Return when to look whether an open night is final."""
    frame = frame_of(night.night, context, as_of)
    earliest = frame.core_start + EARLIEST
    if night.offset_at is not None:
        due = max(night.offset_at + OLD, earliest)
        # What told of sleep may end later than the sleep, with lying awake.
        if as_of < due + OLD:
            return due if as_of < due else as_of + AGAIN
    if any(fate == WAKE for _, fate in night.pieces):
        return max(as_of + AGAIN, earliest)
    return frame.stop


def _explained(night: Night, as_of: datetime) -> datetime | None:
    """Return by when the reasons of a night's gaps no longer change by waiting."""
    open_gaps = [gap.stop for gap in night.gaps if gap.reason in OPEN_GAPS]
    if not open_gaps:
        return None
    read = datetime.combine(night.night + 2 * DAY, time(), UTC)
    settled = max(read, *(stop + SILENT for stop in open_gaps))
    return settled if as_of < settled else None
