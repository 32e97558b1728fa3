"""Stages of sleep, whether a source tells them one by one or inside the episode."""

from datetime import datetime
from typing import NamedTuple

from daykeel.events.event import Event
from daykeel.events.times import parse_instant


class StageSpan(NamedTuple):
    """A state of sleep from `start` on; until `end`, where the source says so."""

    stage: str
    start: datetime
    end: datetime | None


def stages_of(event: Event) -> tuple[StageSpan, ...]:
    """Return the stages a `sleep.stage` is or a `sleep.episode` holds, in the source's order.

    An event of another kind, or one whose instant is not known yet, has none.
    """
    if event.kind == "sleep.stage" and event.start is not None:
        return (StageSpan(event.value["stage"], event.start, event.end),)
    if event.kind != "sleep.episode":
        return ()
    return tuple(
        StageSpan(one["stage"], parse_instant(one["start"]), parse_instant(one["end"]))
        for one in event.value.get("stages", ())
    )
