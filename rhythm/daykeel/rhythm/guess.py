"""Sleep of a night of which no source tells, guessed from activity (science.md 5.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from daykeel.events.pieces import Epochs
from daykeel.rhythm.activity import Flags, Minutes, Run, minutes_of
from daykeel.rhythm.blocks import Ranking
from daykeel.rhythm.rest import BIN, HALF_DAY, bins_of, rest_by_mean, rest_by_steps
from daykeel.rhythm.scene import Scene
from daykeel.rhythm.sessions import KINDS

FINE_S = 600
"""A longer stretch of activity says nothing of a bin of ten minutes."""

EVENING, AFTERNOON = timedelta(hours=6), timedelta(hours=2)
"""From the start of the core, and from its end: 18:00 and 14:00."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Minutes of the span in which somebody seems to have slept or not."""

    asleep: Flags
    awake: Flags
    owner: tuple[str, str]
    is_fallback: bool
    by_steps: bool
    """Only steps were known, and only where there were any."""
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
    counted = [(run, minutes_of(run, frame.start, frame.exists)) for run in fine if run.start.size]
    if not counted:
        return None
    run, minutes = min(counted, key=lambda one: _preference(one, ranking))
    value, valid = bins_of(minutes)
    if valid.sum() >= HALF_DAY:
        asleep, told = rest_by_mean(value, valid)
        is_fallback = has_sessions or ranking.is_fallback(*run.name[1:])
        return _guess(scene, run, (asleep, told & ~asleep), is_fallback=is_fallback)
    return None if has_sessions else _by_steps(scene, counted)


def _lacks_some(scene: Scene) -> bool:
    frame = scene.frame
    return any(start < frame.stop and stop > frame.start for start, stop in scene.reading.spans)


def _preference(counted: tuple[Run, Minutes], ranking: Ranking) -> tuple[object, ...]:
    run, minutes = counted
    has_enough = int(minutes.valid.sum()) >= BIN * HALF_DAY
    return not has_enough, ranking.place(*run.name[1:]), -int(minutes.valid.sum()), run.name


def _by_steps(scene: Scene, counted: Sequence[tuple[Run, Minutes]]) -> Guess | None:
    frame = scene.frame
    first = frame.minute(frame.core_start + EVENING)
    last = frame.minute(frame.core_stop + AFTERNOON)
    stop = frame.at(last)
    walked = [one for one in counted if one[0].unit == "steps"]
    whole = [one for one in walked if stop <= scene.heard.get(one[0].owner[1], frame.start)]
    if not whole or frame.exists < last:
        return None
    run, minutes = max(whole, key=lambda one: (int(one[1].value.sum()), one[0].name))
    value, _ = bins_of(Minutes(minutes.value[first:last], minutes.valid[first:last]))
    found = rest_by_steps(value)
    if found is None:
        return None
    asleep = np.zeros((last - first) // BIN, dtype=bool)
    asleep[found[0] : found[1]] = True
    padded = np.concatenate([np.zeros(first // BIN, dtype=bool), asleep])
    return _guess(scene, run, (padded, None), is_fallback=True)


def _guess(scene: Scene, run: Run, bins: tuple[Flags, Flags | None], *, is_fallback: bool) -> Guess:
    frame = scene.frame
    asleep, awake = bins
    received = [_received(one) for one in scene.reading.epochs if _is_of(run, one)]
    return Guess(
        asleep=_minutes(asleep, frame.size),
        awake=_minutes(asleep & False if awake is None else awake, frame.size),
        owner=run.owner,
        is_fallback=is_fallback,
        by_steps=awake is None,
        received_at=max(received, default=frame.start),
    )


def _minutes(bins: Flags, size: int) -> Flags:
    minutes = np.zeros(size, dtype=bool)
    minutes[: bins.size * BIN] = np.repeat(bins, BIN)
    return minutes


def _is_of(run: Run, epochs: Epochs) -> bool:
    name = (epochs.unit, epochs.source, epochs.device, epochs.kind, epochs.adapter)
    return name == run.name and bool(epochs.received)


def _received(epochs: Epochs) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=max(epochs.received))
