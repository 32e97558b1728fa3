"""Stands in for the night ledger and the evaluation where they are not there."""

import importlib.util
import sys
from datetime import UTC, datetime, time, timedelta
from types import ModuleType

from daykeel.rhythm.ledger import DayRecord, Evaluation, Night, Score, ScoreRow, SignalSet

DAY = timedelta(days=1)


def build_day(day, pieces, context, heard, as_of):
    events = sum(len(one.events) + sum(len(e.start) for e in one.epochs) for one in pieces.values())
    final = as_of.date() > day
    at = datetime.combine(day + DAY, time(), UTC) if final else None
    night = Night(context.client, day, final, at, zone=context.zones[0].tz)
    return DayRecord(context.client, day, night, energy=events)


def next_change(record, context, as_of):
    if as_of.date() > record.day:
        return None
    midnight = as_of.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + DAY


def evaluate(days, context, as_of, since):
    rows = tuple(
        ScoreRow(one.client, one.day, "1d", one.night.zone, (Score("n", "1d", one.energy),))
        for one in days
        if one.day >= since
    )
    return Evaluation(rows, (), {}, (SignalSet(context.client, "phase_delay", as_of),))


def install():
    for name, members in (("nights", (build_day, next_change)), ("evaluate", (evaluate,))):
        full = f"daykeel.rhythm.{name}"
        if importlib.util.find_spec(full) is None:
            module = sys.modules[full] = ModuleType(full)
            for member in members:
                setattr(module, member.__name__, member)
