"""The check at the end: what the running system says against what the pure functions say."""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta

from daykeel.alerting.lifecycle import Alert, stands
from daykeel.demo.cast import CAST, Member, on_time
from daykeel.demo.plan import Play
from daykeel.events.event import RawRecord
from daykeel.pipeline.batch import batch, state_digest
from daykeel.pipeline.score import Outputs
from daykeel.pipeline.state import Command
from daykeel.pipeline.tables import forget
from daykeel.rhythm.ledger import Night
from daykeel.rhythm.measure import WINDOWS
from daykeel.rhythm.synthetic.scripts import EXPECTED, Expected
from daykeel.scores.protocol import ScoreStore

DEFAULT_SEED = 14
DEFAULT_START = date(2026, 1, 20)
DEFAULT_NIGHTS = 70
"""The play the generator's table speaks of."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """That a client's rhythm was told of: what running and pure alerts are compared by."""

    client: str
    kind: str
    onset: date


@dataclass(slots=True)
class Verdict:
    """What the pure functions give on the records of a play, and what does not agree with it."""

    alerts: set[Told] = field(default_factory=set)
    nights: int = 0
    scores: int = 0
    quarantined: int = 0
    problems: list[str] = field(default_factory=list)


def judged(
    play: Play,
    raws: Sequence[RawRecord],
    commands: Sequence[Command],
    store: ScoreStore | None = None,
) -> Verdict:
    """Compute everything as `pipeline.batch` does, one client after the other to save room.

    With a `store`, what lies in it is compared.
    """
    verdict = Verdict()
    for client in sorted({raw.client for raw in raws}):
        outputs, refused = _computed(client, *_of(client, raws, commands), play)
        verdict.alerts |= set(_told(outputs))
        verdict.nights += len(outputs.nights)
        verdict.scores += len(outputs.scores)
        verdict.quarantined += refused
        if store is not None:
            verdict.problems += _against_store(store, client, outputs, play)
    return verdict


def _computed(
    client: str, raws: Sequence[RawRecord], commands: Sequence[Command], play: Play
) -> tuple[Outputs, int]:
    """Return what a client comes to, and how much was refused; all behind it is let go of."""
    found = batch(raws, commands, play.ends)
    forget()
    return found.outputs[client], len(found.quarantined)


def _of(
    client: str, raws: Sequence[RawRecord], commands: Sequence[Command]
) -> tuple[list[RawRecord], list[Command]]:
    ruled = [command for command in commands if command.client == client]
    return [raw for raw in raws if raw.client == client], ruled


def _told(outputs: Outputs) -> Iterator[Told]:
    for signals in outputs.signals:
        for episode in signals.episodes:
            if not episode.pending:
                yield Told(episode.client, episode.kind, episode.onset)


def standing(alerts: Iterable[Alert]) -> frozenset[Told]:
    """Return what alerts of the running system say, those withdrawn left out."""
    return frozenset(Told(one.client, one.kind, one.onset) for one in alerts if stands(one))


def against_log(kept: int, said: int) -> Iterator[str]:
    """Yield whether messages are missing on the log; a device may have sent some twice."""
    if kept < said:
        yield f"{said - kept} of {said} messages are not on the log"


def against_pure(running: Set[Told], known: Set[Told]) -> Iterator[str]:
    """Yield each alert that only one of both has."""
    for one in sorted(running - known):
        yield f"{one.client}: only the running system has {one.kind} from {one.onset}"
    for one in sorted(known - running):
        yield f"{one.client}: only the pure functions have {one.kind} from {one.onset}"


def _against_store(store: ScoreStore, client: str, outputs: Outputs, play: Play) -> Iterator[str]:
    """Yield each final night and row of scores that only one side has, or has otherwise.

    A night in progress says how much of it is known by the minute; the stream need not.
    """
    first, stop = play.first - 7 * DAY, play.first + (play.nights + 7) * DAY
    final = {one.night.night: one.night for one in outputs.nights if one.night.final}
    stored = {one.night.night: one.night for one in store.nights(client, first, stop)}
    for day in sorted(final.keys() | {day for day, night in stored.items() if night.final}):
        if stored.get(day) != final.get(day):
            yield f"{client}: night {day} differs{_fields(stored.get(day), final.get(day))}"
    for window in WINDOWS:
        computed = {row.local_date: row for row in outputs.scores if row.window == window}
        rows = {row.local_date: row for row in store.scores(client, window, first, stop)}
        for day in sorted(computed.keys() | rows.keys()):
            if day in final and rows.get(day) != computed.get(day):
                yield f"{client}: scores {window} of {day} differ"


def _fields(found: Night | None, computed: Night | None) -> str:
    if found is None:
        return ": it is not there"
    if computed is None:
        return ": only the running system has it"
    names = type(computed).__dataclass_fields__
    return ": " + ", ".join(
        name for name in names if getattr(found, name) != getattr(computed, name)
    )


def against_table(alerts: Set[Told], play: Play) -> Iterator[str]:
    """Yield where the alerts are not what the generator says of the scripts."""
    for member in CAST:
        own = {one for one in alerts if one.client == member.client}
        yield from (
            f"{member.script.name}: {problem}"
            for problem in _problems(own, EXPECTED[member.script.name], play)
        )


def _problems(own: set[Told], expected: Expected, play: Play) -> Iterator[str]:
    kinds = {one.kind for one in own}
    if expected.kinds and not kinds & expected.kinds:
        yield f"none of {', '.join(sorted(expected.kinds))} ({expected.why})"
    for kind in sorted(kinds - expected.kinds - expected.also):
        yield f"{kind} ({expected.why})"
    possible = play.first + (play.nights - expected.nights) * DAY
    for one in sorted(own):
        if expected.kinds and one.onset < possible:
            yield f"{one.kind} from {one.onset}, possible from {possible} on"


def against_twin(
    raws: Sequence[RawRecord], commands: Sequence[Command], play: Play
) -> Iterator[str]:
    """Yield whether the late phone's records come to anything else in the order they were made."""
    member = next(one for one in CAST if one.is_late)
    own, ruled = _of(member.client, raws, commands)
    late, twin = (
        _digest(member.client, told, ruled, play) for told in (own, _as_made(own, member, play))
    )
    if late != twin:
        yield f"{member.script.name}: State differs from that of the ordered twin"


def _digest(client: str, raws: Sequence[RawRecord], commands: Sequence[Command], play: Play) -> str:
    found = state_digest(batch(raws, commands, play.ends).tables, client)
    forget()
    return found


def _as_made(raws: Sequence[RawRecord], member: Member, play: Play) -> list[RawRecord]:
    told = on_time(member, play.lives[member.client], play.seed)
    made = {said.payload: place for place, said in enumerate(told)}
    return sorted(raws, key=lambda raw: made[raw.payload])


def is_default(play: Play) -> bool:
    """Return whether the generator's table speaks of this play."""
    return (play.seed, play.nights, play.first) == (
        DEFAULT_SEED,
        DEFAULT_NIGHTS,
        DEFAULT_START + DAY,
    )
