"""From pieces to everything that is said of a client: days, nights, scores, signals."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from daykeel.alerting.knowledge import Known
from daykeel.pipeline.context import context_of, zone_in_force
from daykeel.pipeline.history import became_known
from daykeel.pipeline.left import left_dates, unsaid
from daykeel.pipeline.outages import outages_of
from daykeel.pipeline.state import ClientState, SentClient, SentDay, Tables
from daykeel.pipeline.tables import (
    dates,
    day_key,
    fingerprint,
    known_days,
    load,
    load_client,
    load_day,
    pieces_of,
    save,
)
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.ledger import (
    Baseline,
    DayRecord,
    Evaluation,
    Night,
    ScoreRow,
    SignalSet,
    Word,
)
from daykeel.rhythm.nights import build_day, next_change
from daykeel.rhythm.scene import Signs

DAY, HALF_DAY = timedelta(days=1), timedelta(hours=12)
RECENT = timedelta(days=7)
"""Longer than any day waits for the clock."""

HISTORY = timedelta(days=400)
"""Before enrolment, for what a device brings along; a tracker's clock may have been reset."""


@dataclass(frozen=True, slots=True)
class VersionedNight:
    """A night with its history's count of distinct contents since it was first final."""

    night: Night
    version: int
    state: str
    said: datetime | None = None
    """When this was first said of it."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What changed and must be sent."""

    days: tuple[DayRecord, ...] = ()
    nights: tuple[VersionedNight, ...] = ()
    scores: tuple[ScoreRow, ...] = ()
    signals: tuple[SignalSet, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    known: tuple[Known, ...] = ()
    """What charts now read and did not before."""
    next_check: datetime | None = None


def score(tables: Tables, client: str, as_of: datetime) -> Outputs:
    """Bring everything said of the client up to `as_of` and return what changed.

    What the tables say afterwards is a function of the records folded, the commands and
    `as_of`; only the versions of nights depend on what was said before.
    """
    state = load_client(tables, client)
    context = replace(context_of(state), outages=outages_of(tables, client))
    state.due_out = False
    first = _first(state, context)
    if first is None:
        save(tables.clients, client, state)
        return Outputs()
    is_begun = state.begins is not None
    changed = _build(tables, state, context, first, as_of)
    since = first if state.everything else min(changed, default=None)
    outputs = Outputs()
    if since is not None:
        outputs = _evaluated(tables, state, context, as_of, max(since, first))
        days = changed.values()
        known = became_known(tables, context, days, first, as_of, is_begun=is_begun)
        outputs = replace(outputs, known=tuple(known))
    rows = [row for day in changed if day < first for row in unsaid(tables, changed[day])]
    state.dirty = {day for day in state.dirty if state.last is None or day > state.last}
    said = known_days(tables, state) if state.anew else changed
    told, nights = _sent_days(tables, client, said, changed, as_of)
    state.everything = state.anew = False
    state.next_check = _next_check(tables, state, context, as_of)
    save(tables.clients, client, state)
    return replace(
        outputs,
        days=told,
        nights=nights,
        scores=(*rows, *outputs.scores),
        signals=tuple(_traced(tables, one) for one in outputs.signals),
        next_check=state.next_check,
    )


def _first(state: ClientState, context: ClientContext) -> date | None:
    """Return the first date to build: a lone event of another age is no beginning.

    None before the profile came. Events may overtake commands, and what was said of them in the
    wrong zone, or without the consents, which come before the profile, would stay in History.
    """
    if not any(one.kind == "profile" for one in state.commands.values()):
        return None
    first = min(filter(None, (state.first, context.enrolled)), default=None)
    if first is None or context.enrolled is None:
        return first
    return max(first, context.enrolled - HISTORY)


def _build(
    tables: Tables, state: ClientState, context: ClientContext, first: date, as_of: datetime
) -> dict[date, DayRecord]:
    """Build what is dirty, missing or still open, and return the days that changed.

    Where what devices last said of themselves has changed by a day, so may the next one.
    """
    changed = {}
    begun, state.begins = state.begins, first
    state.last = max(_horizon(context, as_of), first)
    is_moved = False
    for day in (*left_dates(begun, first), *dates(first, state.last)):
        is_new = begun is None or day < begun or day < first
        if not (_is_open(state, day) or day in state.dirty or is_new or is_moved):
            continue
        before, held = (load_day(tables, state.client, one) for one in (day - DAY, day))
        signs = Signs(state.seen, before.night.sources if before and day > first else ())
        pieces = pieces_of(tables, state.client, day)
        record = build_day(day, pieces, context, state.heard, as_of, signs)
        is_moved = held is None or _said(held) != _said(record)
        if save(tables.days, day_key(state.client, day), record):
            changed[day] = record
    return changed


def _said(record: DayRecord) -> list[tuple[str, str, tuple[Word, ...]]]:
    """Return what devices said of themselves: the night after is built on it."""
    return [(one.adapter, one.device, one.words) for one in record.night.sources if one.words]


def _horizon(context: ClientContext, as_of: datetime) -> date:
    """Return the date of the night in progress, or of the next one after noon."""
    return (as_of.astimezone(zone_in_force(context.zones, as_of)) + HALF_DAY).date()


def _next_night(context: ClientContext, as_of: datetime) -> datetime:
    """Return when the next night begins: at local noon, or as soon as noon is past elsewhere."""
    zone = zone_in_force(context.zones, as_of)
    noon = datetime.combine(_horizon(context, as_of), time(12), zone).astimezone(UTC)
    return min([noon, *(change.start for change in context.zones if change.start > as_of)])


def _is_open(state: ClientState, day: date) -> bool:
    """Whether the day was never built, or may change by the clock alone, or by a command."""
    return state.everything or state.settled is None or day > state.settled


def _next_check(
    tables: Tables, state: ClientState, context: ClientContext, as_of: datetime
) -> datetime:
    """Note up to where days no longer depend on the clock; return when the next one changes."""
    waits = {}
    for day in _recent(state):
        record = load_day(tables, state.client, day)
        wait = next_change(record, context, as_of) if record else None
        if wait is not None:
            waits[day] = wait
    state.settled = min(waits) - DAY if waits else state.last
    return min([*waits.values(), _next_night(context, as_of)])


def _recent(state: ClientState) -> Iterable[date]:
    if state.begins is None or state.last is None:
        return ()
    return dates(max(state.begins, state.last - RECENT), state.last)


def _sent_days(
    tables: Tables,
    client: str,
    said: Mapping[date, DayRecord],
    changed: Container[date],
    as_of: datetime,
) -> tuple[tuple[DayRecord, ...], tuple[VersionedNight, ...]]:
    nights = tuple(
        _versioned(tables, client, record, as_of if day in changed else None)
        for day, record in said.items()
    )
    return tuple(replace(record, before=()) for record in said.values()), nights


def _versioned(
    tables: Tables, client: str, record: DayRecord, changed_at: datetime | None
) -> VersionedNight:
    """Return the night with its version: one more for each distinct content once final."""
    key, night = day_key(client, record.day), record.night
    sent = load(tables.outputs, key, SentDay) or SentDay()
    sent.said = changed_at or sent.said
    content = fingerprint(_revision(night))
    if night.final and content != sent.night:
        sent.version += 1
    if night.final:
        sent.night = content
    save(tables.outputs, key, sent)
    state = "provisional" if not night.final else "final" if sent.version == 1 else "revised"
    return VersionedNight(night, sent.version, state, sent.said)


def _traced(tables: Tables, signals: SignalSet) -> SignalSet:
    """Return signals with the versions their nights have now, so that they can be traced later."""
    episodes = (
        replace(one, versions=tuple((day, _version(tables, one.client, day)) for day in one.nights))
        for one in signals.episodes
    )
    return replace(signals, episodes=tuple(episodes))


def _version(tables: Tables, client: str, day: date) -> int:
    sent = load(tables.outputs, day_key(client, day), SentDay)
    return sent.version if sent else 0


def _revision(night: Night) -> object:
    """Return what makes another version when it changes: not coverage, which may only grow."""
    return (
        night.onset,
        night.offset,
        night.mid,
        night.duration,
        night.tst,
        night.naps,
        night.no_main_sleep,
        night.source,
        night.device,
        tuple(gap.reason for gap in night.gaps),
    )


def _evaluated(
    tables: Tables, state: ClientState, context: ClientContext, as_of: datetime, since: date
) -> Outputs:
    days = tuple(known_days(tables, state).values())
    evaluation = evaluate(days, context, as_of, since)
    key = f"{state.client}|"
    sent = load(tables.outputs, key, SentClient) or SentClient()
    outputs = Outputs(
        scores=tuple(_changed_rows(tables, evaluation, anew=state.anew)),
        signals=tuple(_changed_signals(sent, evaluation, anew=state.anew)),
        baselines=tuple(_changed_baselines(sent, evaluation, anew=state.anew)),
    )
    save(tables.outputs, key, sent)
    return outputs


def _changed_rows(tables: Tables, evaluation: Evaluation, *, anew: bool) -> Iterable[ScoreRow]:
    """Yield the rows that differ from those sent; what was sent is read once for each date."""
    for (client, day), rows in groupby(evaluation.scores, lambda row: (row.client, row.local_date)):
        key = day_key(client, day)
        sent = load(tables.outputs, key, SentDay) or SentDay()
        for row in rows:
            mark = fingerprint(row)
            if anew or sent.scores.get(row.window) != mark:
                sent.scores[row.window] = mark
                yield row
        save(tables.outputs, key, sent)


def _changed_signals(
    sent: SentClient, evaluation: Evaluation, *, anew: bool
) -> Iterator[SignalSet]:
    """Yield the signals that differ from those sent; a kind never heard of is not empty news."""
    for signals in evaluation.signals:
        mark = fingerprint(signals.episodes) if signals.episodes else ""
        if anew or sent.signals.get(signals.kind, "") != mark:
            yield signals
        sent.signals.pop(signals.kind, None)
        if mark:
            sent.signals[signals.kind] = mark


def _changed_baselines(
    sent: SentClient, evaluation: Evaluation, *, anew: bool
) -> Iterator[Baseline]:
    before = sent.baselines
    sent.baselines = {one.chart: fingerprint(one) for one in evaluation.baselines}
    for baseline in evaluation.baselines:
        if anew or before.get(baseline.chart) != sent.baselines[baseline.chart]:
            yield baseline
