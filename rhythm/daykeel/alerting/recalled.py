"""A client's past as the stores tell it, for a back-test."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from daykeel.alerting.alert import Transition
from daykeel.alerting.backtest import Mode, Report, backtest, side_by_side
from daykeel.alerting.knowledge import Known, begun_with
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.ledger import DayRecord, Night
from daykeel.rhythm.rulebook import reigns
from daykeel.rhythm.rules import Rules

DAYS, MOST_DAYS = 90, 3660


def recalled(days: Iterable[DayRecord], context: ClientContext) -> list[Known]:
    """Return what became known of days of which only the last version is known, oldest first.

    A night whose data came after it was final was unknown until they came; of one that was
    revised several times only the last time is known.
    """
    entries = sorted(_entries(days), key=lambda entry: entry[:2])
    return begun_with(context, [Known(at, (record,)) for at, _, record in entries])


def _entries(days: Iterable[DayRecord]) -> Iterator[tuple[datetime, date, DayRecord]]:
    for day in days:
        night = day.night
        if not night.final or night.finalised_at is None:
            continue
        arrived = night.evidence_at
        if arrived is None or arrived <= night.finalised_at:
            yield night.finalised_at, day.day, day
        else:
            yield night.finalised_at, day.day, _unknown(day)
            yield arrived, day.day, day


def _unknown(day: DayRecord) -> DayRecord:
    """Return a final date of which nothing had come."""
    night = day.night
    empty = Night(
        night.client,
        night.night,
        final=True,
        finalised_at=night.finalised_at,
        zone=night.zone,
        offset_min=night.offset_min,
        zone_changed=night.zone_changed,
        day_type=night.day_type,
        day_why=night.day_why,
        flags=night.flags,
    )
    return DayRecord(day.client, day.day, empty)


def as_it_was(
    days: Sequence[DayRecord], history: Sequence[Known], context: ClientContext
) -> tuple[list[Known], set[date]]:
    """Return what became known, oldest first, and the nights of which only the last version is.

    Parameters
    ----------
    days
        As they are stored: the last version of each.
    history
        What became known, since that is kept.
    context
        What is decided by now, for what nobody knows when it was decided.
    """
    if history and history[0].number == 0:
        return list(history), set()
    begins = history[0].at if history else None
    first = {day.day: day for entry in reversed(history) for day in entry.days}
    older = [
        known
        for day in days
        if (known := first.get(day.day, day)).night.finalised_at is not None
        and (begins is None or known.night.finalised_at < begins)
    ]
    decided = next((entry.context for entry in history if entry.context), context)
    before = [one for one in recalled(older, decided) if begins is None or one.at < begins]
    last_only = {day.day for day in older if day.night.final}
    return begun_with(decided, [*before, *history]), last_only


@dataclass(frozen=True, slots=True)
class Past:
    """A client's past as it is stored."""

    days: Sequence[DayRecord]
    """The last version of each."""
    context: ClientContext
    """What is decided by now."""
    history: Sequence[Known] = ()
    """What became known, since that is kept; only what is `as_known` needs it, and the next."""
    steps: Sequence[Transition] = ()
    """Of the alerts that were raised."""


def recalled_reports(
    past: Past, rules: Sequence[Rules], mode: Mode = "as_final", *, coming: date, back: int = DAYS
) -> list[Report]:
    """Return what rules come to on the last nights that are stored: those in force, then others.

    Parameters
    ----------
    rules
        To be tried, each on all nights. Those in force come first without being named: `as_final`
        the ones of the night to come, on all nights; `as_known` on each night the ones that were,
        with what people did to the alerts.
    coming
        The night to come: its date, of tomorrow where the client lives.
    back
        How many nights are told of.

    Raises
    ------
    ValueError
        No night is final.
    """
    days, context = past.days, past.context
    final = [day.day for day in days if day.night.final]
    if not final:
        raise ValueError("no night is final yet: there is nothing to test")
    since = max(final) - timedelta(back - 1)
    if mode == "as_final":
        in_force = reigns(context.rules, [coming])[0].by
        return side_by_side(recalled(days, context), [in_force, *rules], mode, since=since)
    known, last_only = as_it_was(days, past.history, context)
    live = backtest(known, None, mode, since=since, steps=past.steps)
    count = sum(since <= night for night in last_only)
    reports = [live, *side_by_side(known, rules, mode, since=since)]
    return [replace(one, last_only=count) for one in reports]
