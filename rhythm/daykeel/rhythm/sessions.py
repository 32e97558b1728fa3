"""Sleep sessions: what sources said of one stretch of sleep, paired up and in one form."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from daykeel.events.event import Event
from daykeel.events.ids import sender
from daykeel.events.stages import stages_of
from daykeel.events.times import parse_instant
from daykeel.rhythm.frame import MINUTE
from daykeel.rhythm.local_times import Stretch

TRACKING = (
    "sleep.tracking_stop",
    "sleep.wake",
    "sleep.tracking_start",
    "sleep.tracking_pause",
    "sleep.tracking_resume",
    "sleep.onset",
    "sleep.stage",
)
"""Messages without an end, in the order in which they count where several have one instant."""

STOPS = ("sleep.tracking_stop", "sleep.wake")
SLEEP = ("light", "deep", "rem", "asleep")
KINDS = ("sleep.episode", "self.sleep_diary", *TRACKING)
"""Kinds of events that sessions are made of."""

MISMATCH = 15
"""Minutes by which a source's own total may exceed what its session comes to."""


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of sleep, or of lying awake, as a source told it."""

    source: str
    device: str
    adapter: str
    start: datetime
    stop: datetime
    received_at: datetime
    group: str
    names: tuple[str, ...]
    """Ids and groups of the events it was made of: what a tombstone or correction may name."""
    awake: tuple[Stretch, ...] = ()
    is_awake: bool = False
    """A stage of lying awake that stands by itself."""
    is_reported: bool = False
    """A person told it, not a device."""
    is_corrected: bool = False
    told: Stretch | None = None
    """What the source had said, where a correction moved it."""
    lacks: bool = False
    """The source counts more sleep than the session has minutes: some of it never came."""

    @property
    def owner(self) -> tuple[str, str]:
        """Who told it: source and device."""
        return self.source, self.device

    @property
    def sender(self) -> str:
        """The app on the device that told it."""
        return sender(self.adapter, self.device)


def sessions_of(events: Sequence[Event]) -> list[Session]:
    """Return the sessions the events tell of, by (start, source, device, group).

    Episodes and diaries are sessions as they stand, stages outside one are sessions of their
    own. Messages without an end are paired by device: from falling asleep, or else from the
    start of tracking, until tracking stops or a wake-up is told. A start without a stop before
    the next start tells of no sleep.
    """
    staged, points = _stages(events)
    found = [*_told(events), *(_session(one) for one in staged), *_tracked(points)]
    return sorted(found, key=lambda one: (one.start, one.source, one.device, one.names))


def corrected(session: Session, correction: Event) -> Session:
    """Return a session as a person says it was."""
    value = correction.value
    start = parse_instant(value["start"]) if value.get("start") else session.start
    stop = parse_instant(value["end"]) if value.get("end") else session.stop
    return replace(
        session,
        start=start,
        stop=max(start, stop),
        awake=tuple(one for one in session.awake if one[0] >= start and one[1] <= stop),
        received_at=max(session.received_at, correction.received_at),
        is_corrected=True,
        told=(session.start, session.stop),
    )


def _stages(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Return the stages that have an end, and the messages that have none."""
    staged, points = [], []
    for event in events:
        if event.start is None or event.kind not in TRACKING:
            continue
        if event.end is None:
            points.append(event)
        elif event.end > event.start and event.value.get("stage") in (*SLEEP, "awake"):
            staged.append(event)
    return staged, points


def _told(events: Iterable[Event]) -> Iterator[Session]:
    for event in events:
        if event.kind not in ("sleep.episode", "self.sleep_diary"):
            continue
        if event.start is not None and event.end is not None and event.end > event.start:
            yield _session(event)


def _session(event: Event) -> Session:
    """Return an event that has a start and an end as a session."""
    start, stop = event.start or event.observed_at, event.end or event.observed_at
    stages = [(one.stage, one.start, one.end) for one in stages_of(event)]
    total = event.value.get("asleep_min")
    return Session(
        source=event.source,
        device=event.device,
        adapter=event.adapter,
        start=start,
        stop=stop,
        received_at=event.received_at,
        group=event.group,
        names=(event.id, event.group),
        awake=tuple((at, end) for stage, at, end in stages if stage == "awake" and end),
        is_awake=event.value.get("stage") == "awake" or total == 0,
        is_reported=event.modality == "self-reported",
        lacks=total is not None and total - (stop - start) / MINUTE > MISMATCH,
    )


def _tracked(points: Iterable[Event]) -> Iterator[Session]:
    ordered = sorted(points, key=_place)
    for _, messages in groupby(ordered, key=lambda event: (event.source, event.device)):
        for run in _runs(messages):
            session = _paired(run)
            if session is not None:
                yield session


def _place(event: Event) -> tuple[object, ...]:
    return event.source, event.device, event.start, TRACKING.index(event.kind), event.id


def _runs(points: Iterable[Event]) -> Iterator[list[Event]]:
    """Yield the messages from a start of tracking, or from falling asleep, up to a stop."""
    run: list[Event] = []
    for event in points:
        if event.kind == "sleep.tracking_start" or (not run and event.kind == "sleep.onset"):
            run = [event]
        elif run:
            run.append(event)
            if event.kind in STOPS:
                yield run
                run = []


def _paired(run: Sequence[Event]) -> Session | None:
    first, last = run[0], run[-1]
    onset = next((event.start for event in run if event.kind == "sleep.onset"), first.start)
    if onset is None or last.start is None or last.start <= onset:
        return None
    return Session(
        source=first.source,
        device=first.device,
        adapter=first.adapter,
        start=onset,
        stop=last.start,
        received_at=max(event.received_at for event in run),
        group=first.group,
        names=tuple(name for event in run for name in (event.id, event.group)),
        awake=tuple(_awake_points(run[1:], onset)),
    )


def _awake_points(run: Sequence[Event], onset: datetime) -> Iterator[Stretch]:
    """Yield the stretches from an awake or pause message to the next message of another kind."""
    since: datetime | None = None
    for event in run:
        at = event.start
        if at is None or at < onset:
            continue
        stirs = event.kind == "sleep.tracking_pause" or event.value.get("stage") == "awake"
        if stirs and since is None:
            since = at
        elif not stirs and since is not None:
            yield (since, at)
            since = None
