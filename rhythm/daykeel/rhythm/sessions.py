"""Sleep sessions: what sources said of one stretch of sleep, paired up and in one form."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from daykeel.events.event import Event
from daykeel.events.stages import stages_of

Stretch = tuple[datetime, datetime]
TRACKING = (
    "sleep.tracking_start",
    "sleep.tracking_stop",
    "sleep.tracking_pause",
    "sleep.tracking_resume",
    "sleep.onset",
    "sleep.stage",
)


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of sleep as a source told it."""

    source: str
    device: str
    start: datetime
    stop: datetime
    awake: tuple[Stretch, ...] = ()
    group: str = ""
    received_at: datetime | None = None

    @property
    def minutes(self) -> float:
        """How long it lasted."""
        return (self.stop - self.start).total_seconds() / 60


def sessions_of(events: Sequence[Event]) -> list[Session]:
    """Return the sessions the events tell of, by (start, source, group).

    Episodes and diaries are sessions as they stand, stages outside one are sessions of their
    own. Messages of a tracking app are paired by device: from falling asleep, or else from the
    start of tracking, until tracking stops. A start without a stop before the next start tells
    of no sleep.
    """
    found = [*_told(events), *_staged(events), *_tracked(events)]
    return sorted(found, key=lambda one: (one.start, one.source, one.group))


def _told(events: Sequence[Event]) -> Iterator[Session]:
    awake = _awake_stretches(events)
    for event in events:
        if event.kind not in ("sleep.episode", "self.sleep_diary"):
            continue
        if event.start is None or event.end is None or event.end <= event.start:
            continue
        own = [(s.start, s.end) for s in stages_of(event) if s.stage == "awake" and s.end]
        inside = [one for one in awake[event.source, event.device] if one[0] < event.end]
        inside = [one for one in inside if one[1] > event.start]
        stretches = tuple(sorted({*own, *inside}))
        yield Session(
            event.source,
            event.device,
            event.start,
            event.end,
            stretches,
            event.group,
            event.received_at,
        )


def _awake_stretches(events: Iterable[Event]) -> dict[tuple[str, str], list[Stretch]]:
    found: dict[tuple[str, str], list[Stretch]] = defaultdict(list)
    for event in events:
        if event.kind == "sleep.stage" and event.value.get("stage") == "awake":
            if event.start is not None and event.end is not None:
                found[event.source, event.device].append((event.start, event.end))
    return found


def _staged(events: Sequence[Event]) -> Iterator[Session]:
    """Yield stages of sleep that come with an end, each as it stands."""
    for event in events:
        if event.kind != "sleep.stage" or event.start is None or event.end is None:
            continue
        if (
            event.value.get("stage") in ("light", "deep", "rem", "asleep")
            and event.end > event.start
        ):
            yield Session(
                event.source,
                event.device,
                event.start,
                event.end,
                (),
                event.group,
                event.received_at,
            )


def _tracked(events: Sequence[Event]) -> Iterator[Session]:
    by_device: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.kind in TRACKING and event.start is not None and event.end is None:
            by_device[event.source, event.device].append(event)
    for (source, device), points in sorted(by_device.items()):
        points.sort(key=lambda event: (event.start, TRACKING.index(event.kind), event.id))
        for run in _runs(points):
            session = _session(source, device, run)
            if session is not None:
                yield session


def _runs(points: Sequence[Event]) -> Iterator[list[Event]]:
    """Yield the messages from a start of tracking up to its stop."""
    run: list[Event] = []
    for event in points:
        if event.kind == "sleep.tracking_start":
            run = [event]
        elif run:
            run.append(event)
            if event.kind == "sleep.tracking_stop":
                yield run
                run = []


def _session(source: str, device: str, run: Sequence[Event]) -> Session | None:
    start, stop = run[0].start, run[-1].start
    onset = next((event.start for event in run if event.kind == "sleep.onset"), start)
    if onset is None or stop is None or stop <= onset:
        return None
    received = max(event.received_at for event in run)
    awake = tuple(_awake_points(run[1:], onset))
    return Session(source, device, onset, stop, awake, run[0].group, received)


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
