"""What the tables say of a client against what the same functions make of the pieces alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from daykeel.events.codec import encode
from daykeel.pipeline.score import score
from daykeel.pipeline.state import ClientState, SentClient, SentDay, Tables
from daykeel.pipeline.tables import dates, day_key, load, load_client


@dataclass(frozen=True, slots=True)
class Difference:
    """Where State as it is kept is not what the pieces come to."""

    days: tuple[date, ...] = ()
    """Dates whose night or day differs."""
    scores: Mapping[str, tuple[date, ...]] | None = None
    """By window, the dates whose row differs."""
    signals: tuple[str, ...] = ()
    """Kinds whose episodes differ."""
    baselines: tuple[str, ...] = ()
    """Charts whose baseline differs."""

    def __bool__(self) -> bool:
        return bool(self.days or self.scores or self.signals or self.baselines)


def difference(tables: Tables, client: str, as_of: datetime) -> Difference:
    """Return where the tables differ from what the pieces come to at `as_of`.

    The tables are brought up to that instant first, so that a night in progress is no difference;
    what they held of it is changed by that.
    """
    fresh = from_pieces(tables, client)
    score(tables, client, as_of)
    score(fresh, client, as_of)
    kept, made = _sent(tables, client), _sent(fresh, client)
    return Difference(
        days=_days(tables, fresh, client),
        scores=_scores(tables, fresh, client),
        signals=_unlike(kept.signals, made.signals),
        baselines=_unlike(kept.baselines, made.baselines),
    )


def from_pieces(tables: Tables, client: str) -> Tables:
    """Return tables that hold of a client what was told and decided, and nothing computed."""
    known = load_client(tables, client)
    told = ClientState(
        client=client,
        commands=known.commands,
        zones=known.zones,
        has_words=known.has_words,
        heard=known.heard,
        seen=known.seen,
        first=known.first,
        oldest=known.oldest,
        newest=known.newest,
    )
    return Tables(
        clients={client: encode(told)},
        pieces=tables.pieces,
        groups=tables.groups,
        days={},
        outputs={},
    )


def _all_dates(tables: Tables, fresh: Tables, client: str) -> list[date]:
    states = [load_client(one, client) for one in (tables, fresh)]
    begins = [state.begins for state in states if state.begins]
    ends = [state.last for state in states if state.last]
    return list(dates(min(begins), max(ends))) if begins and ends else []


def _days(tables: Tables, fresh: Tables, client: str) -> tuple[date, ...]:
    found = ((day, day_key(client, day)) for day in _all_dates(tables, fresh, client))
    return tuple(day for day, key in found if tables.days.get(key) != fresh.days.get(key))


def _scores(tables: Tables, fresh: Tables, client: str) -> dict[str, tuple[date, ...]]:
    found: dict[str, list[date]] = {}
    for day in _all_dates(tables, fresh, client):
        kept, made = (
            load(one.outputs, day_key(client, day), SentDay) or SentDay() for one in (tables, fresh)
        )
        for window in _unlike(kept.scores, made.scores):
            found.setdefault(window, []).append(day)
    return {window: tuple(found[window]) for window in sorted(found)}


def _sent(tables: Tables, client: str) -> SentClient:
    return load(tables.outputs, f"{client}|", SentClient) or SentClient()


def _unlike(kept: Mapping[str, str], made: Mapping[str, str]) -> tuple[str, ...]:
    names = sorted(kept.keys() | made.keys())
    return tuple(name for name in names if kept.get(name) != made.get(name))
