"""The check at the end: what the running system says against what the pure functions say."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daykeel.alerting.lifecycle import Alert, stands
from daykeel.demo.cast import CAST, Member, on_time
from daykeel.demo.plan import Play
from daykeel.events.event import RawRecord
from daykeel.pipeline.batch import Batch, batch, state_digest
from daykeel.pipeline.state import Command
from daykeel.rhythm.ledger import Night
from daykeel.rhythm.synthetic.scripts import EXPECTED, Expected
from daykeel.scores.protocol import ScoreStore

DEFAULT_SEED = 11
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


@dataclass(frozen=True, slots=True)
class Pure:
    """What the pure functions give on the records of a play."""

    result: Batch
    alerts: frozenset[Told]


def pure(raws: Sequence[RawRecord], commands: Sequence[Command], as_of: datetime) -> Pure:
    """Compute everything at once, as `daykeel.pipeline.batch` does."""
    result = batch(raws, commands, as_of)
    alerts = frozenset(
        Told(episode.client, episode.kind, episode.onset)
        for outputs in result.outputs.values()
        for signals in outputs.signals
        for episode in signals.episodes
        if not episode.pending
    )
    return Pure(result, alerts)


def standing(alerts: Iterable[Alert]) -> frozenset[Told]:
    """Return what alerts of the running system say, those withdrawn left out."""
    return frozenset(Told(one.client, one.kind, one.onset) for one in alerts if stands(one))


def against_pure(running: frozenset[Told], known: Pure) -> Iterator[str]:
    """Yield each alert that only one of both has."""
    for one in sorted(running - known.alerts):
        yield f"{one.client}: only the running system has {one.kind} from {one.onset}"
    for one in sorted(known.alerts - running):
        yield f"{one.client}: only the pure functions have {one.kind} from {one.onset}"


def against_store(scores: ScoreStore, known: Pure, play: Play) -> Iterator[str]:
    """Yield each final night and row of scores that is stored otherwise than was computed.

    A night in progress says how much of it is known by the minute; the stream need not.
    """
    first, stop = play.first - 7 * DAY, play.first + (play.nights + 7) * DAY
    for client, outputs in known.result.outputs.items():
        final = {one.night.night: one.night for one in outputs.nights if one.night.final}
        stored = {one.night.night: one.night for one in scores.nights(client, first, stop)}
        for day, night in final.items():
            if stored.get(day) != night:
                yield f"{client}: night {day} differs{_fields(stored.get(day), night)}"
        rows = {
            (window, row.local_date): row
            for window in {row.window for row in outputs.scores}
            for row in scores.scores(client, window, first, stop)
        }
        for row in outputs.scores:
            if row.local_date in final and rows.get((row.window, row.local_date)) != row:
                yield f"{client}: scores {row.window} of {row.local_date} differ"


def _fields(found: Night | None, computed: Night) -> str:
    if found is None:
        return ": it is not there"
    names = type(computed).__dataclass_fields__
    return ": " + ", ".join(
        name for name in names if getattr(found, name) != getattr(computed, name)
    )


def against_table(alerts: frozenset[Told], play: Play) -> Iterator[str]:
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
    own = [raw for raw in raws if raw.client == member.client]
    ruled = [command for command in commands if command.client == member.client]
    late = batch(own, ruled, play.ends)
    twin = batch(_as_made(own, member, play), ruled, play.ends)
    if state_digest(late.tables, member.client) != state_digest(twin.tables, member.client):
        yield f"{member.script.name}: State differs from that of the ordered twin"


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
