"""Nights, days, scores and baselines as points: fields for who asks by Flux, and all of it packed.

Stores read nothing back but `body`, so what returns is what was put, to the last bit. Each value
beside it is for queries: `docs/flux.md` names them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from daykeel.alerting.knowledge import Known
from daykeel.rhythm.ledger import Baseline, Bounded, DayRecord, Night, Score, ScoreRow
from daykeel.rhythm.registry import MAJOR, MEASURES, NOT_COMPUTED
from daykeel.scores.contents import packed
from daykeel.scores.errors import Stored
from daykeel.scores.influx_lines import bounded, field_name, flag, noon, number, optional, series
from daykeel.scores.influx_lines import text as quoted
from daykeel.scores.protocol import StoredNight

REGISTRY = str(MAJOR)
_COMPUTED = {
    window: {name: one for name, one in absent.items() if MEASURES[name].computed}
    for window, absent in NOT_COMPUTED.items()
}
_BOUNDED = ("onset", "offset", "mid", "duration", "tst")
_SHARES = ("coverage", "known_core", "assumed_share", "fallback_share", "offset_min")
_TEXTS = ("certainty", "day_type", "zone", "source", "rule_version")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ESTIMATES = ("centre", "scale", "phi", "free_day_effect", "deleted")


class Point(NamedTuple):
    """One row as it is sent."""

    row: Stored
    identity: tuple[str, int]
    """Series and time: what a later point of the same replaces."""
    fields: str
    precision: str = "s"
    """Of its time: `s` or `ns`."""

    @property
    def line(self) -> bytes:
        """The point in line protocol."""
        key, at = self.identity
        return f"{key} {self.fields} {at}".encode()


def night_point(one: StoredNight) -> Point:
    """Return a night with its history."""
    night = one.night
    key = series("nights", [("client", night.client)])
    fields = ",".join([*_night_fields(night), *_history(one), f"body={quoted(packed(one))}"])
    return Point(one, (key, noon(night.night)), fields)


def _night_fields(night: Night) -> Iterator[str]:
    for name in _BOUNDED:
        found: Bounded = getattr(night, name)
        yield bounded(name, found.value, found.lo, found.hi)
    for name in _SHARES:
        yield f"{name}={number(getattr(night, name))}"
    for name in _TEXTS:
        yield f"{name}={quoted(getattr(night, name))}"
    yield f"no_main_sleep={flag(holds=night.no_main_sleep)}"
    yield f"flags={quoted(','.join(night.flags))}"
    yield f"reasons={quoted(','.join(night.reasons))}"


def _history(one: StoredNight) -> Iterator[str]:
    yield f"version={number(one.version)}"
    yield f"state={quoted(one.state)}"
    yield f"stored_at={quoted(one.stored_at.isoformat())}"


def day_point(day: DayRecord) -> Point:
    """Return a day record with its sums."""
    key = series("days", [("client", day.client)])
    fields = (
        f"sleep_min={_minutes(day.sleep_bits)},valid_min={_minutes(day.valid_bits)},"
        f"fallback_min={_minutes(day.fallback_bits)},"
        f"act_unit={quoted(day.act_unit or '')},act_sum={number(sum(day.act_sum) / 1000)},"
        f"act_n={number(sum(day.act_n))},"
        f"{optional('mood', day.mood)},{optional('energy', day.energy)},"
        f"inputs={quoted(day.inputs)},body={quoted(packed(day))}"
    )
    return Point(day, (key, noon(day.day)), fields)


def _minutes(bits: bytes) -> str:
    return number(int.from_bytes(bits).bit_count())


def row_point(row: ScoreRow) -> Point:
    """Return all scores of a date and window, as one wide point."""
    tags = [("client", row.client), ("registry", REGISTRY), ("window", row.window)]
    parts = [_score_fields(one) for one in _told(row)]
    parts += [f"zone={quoted(row.zone)}", f"inputs={quoted(row.inputs)}"]
    parts.append(f"body={quoted(packed(row))}")
    return Point(row, (series("scores", tags), noon(row.local_date)), ",".join(parts))


def _told(row: ScoreRow) -> Iterator[Score]:
    """Yield what has fields: every measure that is computed, also one the row leaves out."""
    absent = dict(_COMPUTED.get(row.window, {}))
    for one in row.scores:
        if one.measure in absent:
            del absent[one.measure]
            yield one
        elif one.measure not in MEASURES:
            yield one
    yield from absent.values()


def _score_fields(one: Score) -> str:
    name = field_name(one.measure)
    return (
        f"{bounded(name, one.value, one.lo, one.hi)},"
        f"{name}.coverage={number(one.coverage)},{name}.n={number(one.n)},"
        f"{name}.n_expected={number(one.n_expected)},{name}.status={quoted(one.status)},"
        f"{name}.reasons={quoted(','.join(one.reasons))},{name}.version={quoted(one.version)}"
    )


def baseline_point(row: tuple[str, Baseline], stored: float) -> Point:
    """Return a client's frozen baseline; `stored` grows with every one that is put."""
    client, one = row
    tags = [("baseline", one.id or "-"), ("chart", one.chart), ("client", client)]
    parts = [f"{name}={number(getattr(one, name))}" for name in _ESTIMATES]
    parts += [
        f"nights={number(len(one.nights))}",
        f"provisional={flag(holds=one.provisional)}",
        f"first={quoted(one.first.isoformat())}",
        f"rule_version={quoted(one.rule_version)}",
        f"stored={number(stored)}",
        f"body={quoted(packed(one))}",
    ]
    return Point(row, (series("artefacts", tags), noon(one.frozen)), ",".join(parts))


def known_point(row: tuple[str, Known]) -> Point:
    """Return what became known, at that instant; what did at the same one follows in nanoseconds.

    So nothing replaces anything but itself, said again.
    """
    client, one = row
    at = (one.at - _EPOCH) // timedelta(microseconds=1) * 1000 + one.number % 1000
    days = ",".join(day.day.isoformat() for day in one.days)
    parts = (
        f"days={quoted(days)}",
        f"decided={flag(holds=one.context is not None)}",
        f"number={number(one.number)}",
        f"body={quoted(packed(one))}",
    )
    return Point(row, (series("known", [("client", client)]), at), ",".join(parts), "ns")
