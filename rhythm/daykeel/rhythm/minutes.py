"""What is known of each minute of a night: asleep, awake, only assumed awake, or nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from daykeel.events.event import Event
from daykeel.rhythm.activity import Flags
from daykeel.rhythm.assembly import ASLEEP, AWAKE
from daykeel.rhythm.blocks import DELETED, DISCARDED, MERGE, USED, Block, Ranking, blocks_of, chosen
from daykeel.rhythm.canvas import Canvas, States, between
from daykeel.rhythm.consent import is_allowed
from daykeel.rhythm.devices import refused
from daykeel.rhythm.frame import MINUTE, Frame
from daykeel.rhythm.guess import Guess, guessed
from daykeel.rhythm.local_times import Stretch, doubts
from daykeel.rhythm.reading import Reading
from daykeel.rhythm.scene import Scene
from daykeel.rhythm.sessions import KINDS, MISMATCH, Session, corrected, sessions_of
from daykeel.rhythm.wakefulness import awake_stretches, blind, walking


@dataclass(frozen=True, slots=True)
class Slept:
    """All that sources say of sleep around one night."""

    kept: Sequence[Block]
    """Best source first; deleted sessions among them."""
    left: Sequence[Block]
    awake: Sequence[Session]
    """Stages of lying awake that stand by themselves."""
    doubts: Sequence[Stretch]

    def around(self, frame: Frame) -> list[Block]:
        """Return the blocks that reach into the core of a night."""
        return [block for block in self.kept if _touches(block, frame)]

    @property
    def sessions(self) -> Iterator[Session]:
        """Every session that counts, deleted ones too."""
        return (session for block in self.kept for session in block.sessions)

    def standing(self, reading: Reading) -> Iterator[Session]:
        """Return the sessions that count and were not deleted."""
        return (one for one in self.sessions if not reading.is_gone(*one.names))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of each minute of the span that is not after `as_of`."""

    states: States
    assumed: Flags
    fallback: Flags
    """Known from a source that only stands in for the client's primary one."""
    source: str
    device: str
    guess: Guess | None
    """Set where sleep is guessed from activity."""
    evidence_at: tuple[datetime, ...]
    """`received_at` of what sleep was read from."""
    assuming: frozenset[str] = frozenset()
    """Senders that would have told of more sleep, had they seen any up to their last sync."""


def slept(scene: Scene) -> Slept:
    """Return what sources say of sleep, each stretch by the source to believe."""
    reading, context = scene.reading, scene.context
    told = reading.of("sleep.episode", "sleep.stage", "self.sleep_diary")
    local = (event for event in told if event.local_start is not None)
    sessions = [_as_corrected(one, reading) for one in _allowed(scene)]
    kept, left = chosen(blocks_of(sessions), scene.ranking)
    awake = [one for one in sessions if one.is_awake]
    return Slept(kept, left, awake, [one for event in local for one in doubts(event, context)])


def _allowed(scene: Scene) -> Iterator[Session]:
    """Yield the sessions, without those paired across a time in which consent was withdrawn."""
    for one in sessions_of(list(scene.reading.of(*KINDS))):
        span, consents = (one.start, one.stop), scene.context.consents
        if is_allowed(consents, one.adapter, span, one.received_at):
            yield one


def _as_corrected(session: Session, reading: Reading) -> Session:
    correction = reading.corrections.of(*session.names)
    return session if correction is None else corrected(session, correction)


def known(scene: Scene, told: Slept) -> Known:
    """Return what is known of each minute of the span."""
    frame, reading = scene.frame, scene.reading
    canvas = Canvas(frame)
    night = told.around(frame)
    guess = None if night else guessed(scene)
    assuming = frozenset(_paint_assumed(canvas, scene, told))
    _paint_evidence(canvas, scene)
    if guess is not None:
        canvas.paint_minutes(guess.awake, AWAKE, is_fallback=guess.is_fallback)
        canvas.paint_minutes(guess.asleep, ASLEEP, is_fallback=guess.is_fallback)
    _paint_sessions(canvas, scene, told)
    canvas.forget((*reading.spans, *told.doubts, *_deleted(told, reading)))
    exists = slice(frame.exists)
    source, device = _primary(night, frame) or (guess.owner if guess else ("", ""))
    return Known(
        canvas.states[exists],
        canvas.assumed[exists],
        canvas.fallback[exists],
        source,
        device,
        guess,
        (*_evidence(frame, night, reading), *([guess.received_at] if guess else [])),
        assuming,
    )


def _touches(block: Block, frame: Frame) -> bool:
    return block.start < frame.core_stop and block.stop > frame.core_start


def _primary(night: Sequence[Block], frame: Frame) -> tuple[str, str] | None:
    """Return the best source that tells of a sleep of an hour in this night, else of any."""
    own = [block for block in night if frame.owns(block.start, block.stop)]
    found = next((block for block in own if block.length >= MERGE), None)
    found = found or next(iter((*own, *night)), None)
    return found.first.owner if found else None


def _evidence(frame: Frame, night: Sequence[Block], reading: Reading) -> Iterator[datetime]:
    names = {name for block in night for one in block.sessions for name in one.names}
    yield from (one.received_at for block in night for one in block.sessions)
    for stone in reading.stones:
        if stone.value["of"] in names or _lies_in(stone, frame):
            yield stone.received_at


def _lies_in(stone: Event, frame: Frame) -> bool:
    if stone.start is None or stone.end is None:
        return False
    return stone.start < frame.stop and stone.end > frame.start


# assumptions


def _paint_assumed(canvas: Canvas, scene: Scene, told: Slept) -> Iterator[str]:
    """Take for awake what lies outside the sessions of a source that told of this night.

    Yield the senders of which this is assumed.

    A source that has synced past a minute would have told of sleep in it, unless its device
    was not worn, its battery was flat, it was not let in, or it says itself that it slept more
    than it told.
    """
    frame, reading, heard = scene.frame, scene.reading, scene.heard
    telling = [block for block in told.kept if _tells_of(block, frame, reading)]
    unseen = blind(reading) if telling else {}
    unread = refused(reading) if telling else {}
    for block in telling:
        first = block.first
        if first.sender not in heard or _lacks(first, told, scene):
            continue
        minutes = between(frame, 0, frame.minute(heard[first.sender]))
        for start, stop in (*unseen.get(first.device, ()), *unread.get(first.sender, ())):
            minutes[frame.minute(start) : frame.minute(stop)] = False
        canvas.assume(minutes, is_fallback=_of(first, scene.ranking))
        yield first.sender


def _tells_of(block: Block, frame: Frame, reading: Reading) -> bool:
    is_whole = not any(reading.is_gone(*one.names) for one in block.sessions)
    return block.length >= MERGE and frame.owns(block.start, block.stop) and is_whole


def _lacks(first: Session, told: Slept, scene: Scene) -> bool:
    """Return whether the source counts more sleep in the night than its sessions come to.

    Not where a person has said how long one of them was: its count knows nothing of that.
    """
    frame = scene.frame
    own = [
        one for one in told.sessions if one.owner == first.owner and frame.owns(one.start, one.stop)
    ]
    asleep = sum(((one.stop - one.start) / MINUTE for one in own), 0.0)
    totals = (
        event.value["asleep_min"]
        for event in scene.reading.of("sleep.duration")
        if event.start is not None
        and (event.source, event.device) == first.owner
        and frame.owns(event.start, event.end or event.start)
    )
    if any(one.is_corrected for one in own):
        return False
    return any(one.lacks for one in own) or any(total - asleep > MISMATCH for total in totals)


# evidence of being awake


def _paint_evidence(canvas: Canvas, scene: Scene) -> None:
    ranking = scene.ranking
    for run in scene.runs:
        if run.unit == "steps":
            minutes = walking(run, canvas.frame)
            canvas.paint_minutes(minutes, AWAKE, is_fallback=ranking.is_fallback(*run.name[1:]))
    for event, stretch in awake_stretches(scene.reading):
        names = (event.source, event.device, event.adapter)
        canvas.paint(stretch, AWAKE, is_fallback=ranking.is_fallback(*names))


# sessions


def _paint_sessions(canvas: Canvas, scene: Scene, told: Slept) -> None:
    awake = [one for one in told.awake if not scene.reading.is_gone(*one.names)]
    for session in awake:
        stretch = (session.start, session.stop)
        canvas.paint(stretch, AWAKE, is_fallback=_of(session, scene.ranking))
    for block in reversed(told.kept):
        standing = [one for one in block.sessions if not scene.reading.is_gone(*one.names)]
        own = [one for one in awake if one.owner == block.first.owner]
        for state, stretch, session in _strokes(standing, block, own):
            canvas.paint(stretch, state, is_fallback=_of(session, scene.ranking))


def _strokes(
    standing: Sequence[Session], block: Block, awake: Iterable[Session]
) -> Iterator[tuple[int, Stretch, Session]]:
    """Yield what a block says, the later over the earlier: lying awake over being asleep."""
    for session in standing:
        if session.told is not None:
            yield AWAKE, session.told, session
    for session in standing:
        yield ASLEEP, (session.start, session.stop), session
    for session in standing:
        yield from ((AWAKE, stretch, session) for stretch in session.awake)
    for session in awake:
        if session.start < block.stop and block.start < session.stop:
            yield AWAKE, (session.start, session.stop), session


def _of(session: Session, ranking: Ranking) -> bool:
    names = (session.source, session.device, session.adapter)
    return not (session.is_corrected or session.is_reported) and ranking.is_fallback(*names)


def _deleted(told: Slept, reading: Reading) -> Iterator[Stretch]:
    """Yield the stretches of deleted sessions, with what was said of them before corrections."""
    if not reading.names:
        return
    discarded = (session for block in told.left for session in block.sessions)
    for session in (*told.sessions, *told.awake, *discarded):
        if reading.is_gone(*session.names):
            yield session.start, session.stop
            if session.told is not None:
                yield session.told


def pieces_of(told: Slept, reading: Reading, frame: Frame) -> tuple[tuple[str, str], ...]:
    """Return (event group, what became of it) of each sleep piece of the night."""
    found: dict[str, str] = {}
    for blocks, fate in ((told.left, DISCARDED), (told.kept, USED)):
        for block in blocks:
            if _touches(block, frame):
                for one in block.sessions:
                    found[one.group] = DELETED if reading.is_gone(*one.names) else fate
    return tuple(sorted(found.items()))
