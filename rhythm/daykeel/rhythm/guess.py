"""Sleep of a night of which no source tells, guessed from activity (science.md 5.2)."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from daykeel.rhythm.activity import Flags, Minutes, Run, minutes_of, seconds_of
from daykeel.rhythm.assembly import Window
from daykeel.rhythm.blocks import Ranking
from daykeel.rhythm.devices import refused
from daykeel.rhythm.frame import Frame
from daykeel.rhythm.local_times import Stretch
from daykeel.rhythm.rest import BIN, HALF_DAY, bins_of, rest_by_mean, rest_by_steps
from daykeel.rhythm.scene import Scene
from daykeel.rhythm.sessions import KINDS
from daykeel.rhythm.wakefulness import blind, off_wrist

_1970 = datetime(1970, 1, 1, tzinfo=UTC)

FINE_S = 600
"""A longer stretch of activity says nothing of a bin of ten minutes."""

STEP = 1_000
"""Thousandths of steps."""

EVENING, AFTERNOON = timedelta(hours=6), timedelta(hours=2)
"""From the start of the core, and from its end: 18:00 and 14:00 by the usual boundary."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Minutes of the span in which somebody seems to have slept or not."""

    asleep: Flags
    awake: Flags
    owner: tuple[str, str]
    is_fallback: bool
    received_at: datetime


def guessed(scene: Scene) -> Guess | None:
    """Return what activity suggests, or None where it suggests nothing.

    Nothing is guessed from activity of which a part was deleted: less activity would look like
    more sleep.
    """
    frame, ranking = scene.frame, scene.ranking
    if not scene.runs or _lacks_some(scene):
        return None
    has_sessions = any(True for _ in scene.reading.of(*KINDS))
    fine = [run.up_to(FINE_S) for run in scene.runs]
    unworn = off_wrist(scene.reading)
    counted = [
        (
            run,
            _seen(minutes_of(run, frame.start, frame.exists), unworn.get(run.owner[1], ()), frame),
        )
        for run in fine
        if run.start.size
    ]
    if not counted:
        return None
    run, minutes = min(counted, key=lambda one: _preference(one, ranking))
    value, valid = bins_of(minutes)
    if valid.sum() < HALF_DAY:
        return None if has_sessions else _by_phone(scene, counted)
    if run.unit == "steps":
        asleep, told = _by_steps(frame, value, valid)
    else:
        asleep, told = rest_by_mean(value, valid)
    is_fallback = has_sessions or ranking.is_fallback(*run.name[1:])
    return _guess(scene, (run, minutes), (asleep, told & ~asleep), is_fallback=is_fallback)


def _seen(minutes: Minutes, unseen: Iterable[Stretch], frame: Frame) -> Minutes:
    """Leave out what a device counted while nobody wore it: nothing, as if its wearer slept."""
    valid = minutes.valid.copy()
    for start, stop in unseen:
        valid[frame.minute(start) : frame.minute(stop)] = False
    return Minutes(minutes.value, valid)


def _lacks_some(scene: Scene) -> bool:
    frame = scene.frame
    return any(start < frame.stop and stop > frame.start for start, stop in scene.reading.spans)


def _preference(counted: tuple[Run, Minutes], ranking: Ranking) -> tuple[object, ...]:
    run, minutes = counted
    has_enough = int(minutes.valid.sum()) >= BIN * HALF_DAY
    return not has_enough, ranking.place(*run.name[1:]), -int(minutes.valid.sum()), run.name


def _by_steps(frame: Frame, value: NDArray[np.float64], valid: Flags) -> tuple[Flags, Flags]:
    """Return where somebody slept and where that can be told, from a device that counts all day.

    Its own minutes without steps are known to have none, so nothing has to be heard afterwards.
    Where it tells of a night, what it counted outside is the day.
    """
    known = np.zeros(frame.size // BIN, dtype=bool)
    known[: valid.size] = valid
    steps = np.zeros(known.size)
    steps[: value.size] = value
    first, last = _between(frame)
    asleep, told = np.zeros(known.size, dtype=bool), known.copy()
    asleep[first:last], told[first:last] = rest_by_steps(steps[first:last], known[first:last])
    return asleep, told & asleep.any()


def _by_phone(scene: Scene, counted: Sequence[tuple[Run, Minutes]]) -> Guess | None:
    """Return what a phone suggests that leaves out minutes without steps.

    It must have been heard since: then quiet is also where nothing was told, unless its battery
    was flat or it was not let in.
    """
    frame = scene.frame
    first, last = _between(frame)
    stop = frame.at(BIN * last)
    walked = [one for one in counted if one[0].is_sparse]
    whole = [one for one in walked if stop <= scene.heard.get(one[0].sender, frame.start)]
    if not whole or frame.exists < BIN * last:
        return None
    run, minutes = max(whole, key=lambda one: (int(one[1].value.sum()), one[0].name))
    everything = Minutes(minutes.value, np.ones(minutes.value.size, dtype=bool))
    unseen = blind(scene.reading).get(run.owner[1], ())
    unread = refused(scene.reading).get(run.sender, ())
    seen = _seen(everything, (*unseen, *unread), frame)
    value, known = bins_of(seen)
    asleep = np.zeros(value.size, dtype=bool)
    asleep[first:last], _ = rest_by_steps(value[first:last], known[first:last])
    if not asleep.any():
        return None
    return _guess(scene, (run, minutes), (asleep, np.zeros_like(asleep)), is_fallback=True)


def _between(frame: Frame) -> Window:
    """Return the bins of the span in which steps may tell of a night."""
    first, last = frame.core_start + EVENING, frame.core_stop + AFTERNOON
    return frame.minute(first) // BIN, frame.minute(last) // BIN


def _guess(
    scene: Scene, counted: tuple[Run, Minutes], bins: tuple[Flags, Flags], *, is_fallback: bool
) -> Guess:
    """Return bins as minutes; who takes a step is awake in that minute."""
    frame, (run, minutes) = scene.frame, counted
    asleep, awake = (_minutes(one, frame.size) for one in bins)
    if run.unit == "steps":
        asleep[: frame.exists] &= minutes.value < STEP
    received = _received(scene, run)
    return Guess(
        asleep=asleep,
        awake=awake,
        owner=run.owner,
        is_fallback=is_fallback,
        received_at=max(received, default=frame.start),
    )


def _minutes(bins: Flags, size: int) -> Flags:
    minutes = np.zeros(size, dtype=bool)
    minutes[: bins.size * BIN] = np.repeat(bins, BIN)
    return minutes


def _received(scene: Scene, run: Run) -> Iterator[datetime]:
    """Yield when what a run counted in the span arrived."""
    first, last = (seconds_of(at) for at in (scene.frame.start, scene.frame.stop))
    for one in scene.reading.epochs:
        if (one.unit, one.source, one.device, one.kind, one.adapter) == run.name:
            at = slice(bisect_left(one.start, first), bisect_left(one.start, last))
            yield from (_1970 + timedelta(microseconds=count) for count in set(one.received[at]))
    for event in scene.reading.of(run.name[3]):
        is_own = (event.source, event.device, event.adapter) == (*run.owner, run.name[4])
        if is_own and event.start and scene.frame.start <= event.start < scene.frame.stop:
            yield event.received_at
