"""Health Auto Export, over HTTP or MQTT: what Apple Health holds, sent again several times a day.

References
----------
.. [1] https://github.com/Lybron/health-auto-export/wiki/API-Export---JSON-Format
.. [2] https://help.healthyapps.dev/en/health-auto-export/export-format/health-metrics
"""

from collections.abc import Callable, Iterator, Mapping
from math import fsum

from daykeel.events.event import Adapted, RawRecord, Reject
from daykeel.sources.draft import Finding, adapted, each
from daykeel.sources.fields import Fields, amount, fields, label, number, present, rows, whole
from daykeel.sources.health_auto_export_rows import drafted, moment, optional_moment
from daykeel.sources.health_auto_export_sleep import METRIC as SLEEP
from daykeel.sources.health_auto_export_sleep import sleep_row
from daykeel.sources.payload import BadPayload, read_json

KJ_PER_KCAL = 4.184
LEVELS = 5
"""Mood goes from minus this to plus this; Apple's valence from -1 to 1."""


def adapt(raw: RawRecord) -> Adapted:
    """Return the events of one export; metrics we make nothing of give none.

    The phone writes every time with the zone it has at the export, not the one it had then.
    """
    return adapted(raw, _findings(raw))


def _findings(raw: RawRecord) -> Iterator[Finding]:
    read = read_json(raw.payload)
    if not isinstance(read, dict) or not isinstance(read.get("data"), dict):
        raise BadPayload("wrong_shape")
    data = read["data"]
    for name, read in _LISTS.items():
        yield from each(data.get(name), name, read)


def _metric(metric: Fields) -> Iterator[Finding]:
    name, units = str(metric.get("name")), str(metric.get("units"))
    if name in _METRICS:
        read = _METRICS[name]
        yield from each(metric.get("data"), name, lambda row: read(row, units))


def _sleep(row: Fields, units: str) -> Iterator[Finding]:
    del units
    yield from sleep_row(row)


def _steps(row: Fields, units: str) -> Iterator[Finding]:
    """Yield the steps of a row; how long it lasted is known only where the row says so."""
    del units
    start, end = moment(row.get("date")), optional_moment(row.get("endDate"))
    steps = whole(row.get("qty"))
    if steps is None:
        yield Reject("bad_value", "activity.steps: qty")
    else:
        yield drafted("activity.steps", "step_count", row, start, end, value={"steps": steps})


def _heart_rate(row: Fields, units: str) -> Iterator[Finding]:
    del units
    told = row.get("Avg", row.get("qty"))
    bpm, low, high = amount(told), amount(row.get("Min")), amount(row.get("Max"))
    if bpm is None:
        yield Reject("bad_value", "cardio.hr: Avg")
        return
    fits = (low is None or low <= bpm) and (high is None or bpm <= high)
    yield drafted(
        "cardio.hr",
        "heart_rate",
        row,
        moment(row.get("date")),
        value=present(bpm=bpm, min=low, max=high),
        quality=() if fits else ("inconsistent_min_avg_max",),
    )


def _energy(row: Fields, units: str) -> Iterator[Finding]:
    energy = _kilojoules(row.get("qty"), units)
    if energy is None:
        yield Reject("bad_value", "activity.energy: qty")
        return
    start = moment(row.get("date"))
    yield drafted("activity.energy", "active_energy", row, start, value={"energy_kj": energy})


def _kilojoules(told: object, units: object) -> float | None:
    energy = amount(told)
    return energy * KJ_PER_KCAL if energy is not None and units == "kcal" else energy


def _workout(row: Fields) -> Iterator[Finding]:
    """Yield a workout; its route is dropped."""
    energy = fields(row.get("activeEnergyBurned")) or fields(row.get("activeEnergy"))
    value = present(
        name=label(row.get("name"), 60),
        steps=_sum(row.get("stepCount")),
        energy_kj=_kilojoules(energy.get("qty"), energy.get("units")),
    )
    start, end = moment(row.get("start")), moment(row.get("end"))
    yield drafted("activity.session", "workouts", row, start, end, value=value)


def _sum(told: object) -> int | None:
    """Return a workout's steps, which version 2 tells minute by minute."""
    steps = [amount(one.get("qty")) for one in rows(told)]
    return whole(fsum(filter(None, steps))) if steps else whole(fields(told).get("qty"))


def _mood(row: Fields) -> Iterator[Finding]:
    """Yield the mood of a day; a momentary emotion is none, and labels are dropped."""
    if "moment" in str(row.get("kind")).casefold():
        return
    valence, start = number(row.get("valence")), moment(row.get("start"))
    if valence is None or abs(valence) > 1:
        yield Reject("bad_value", "self.mood: valence")
        return
    day = str(row["start"])[: len("2026-03-01")]
    value = {"level": round(LEVELS * valence), "day": day}
    yield drafted("self.mood", "stateOfMind", row, start, value=value, modality="self-reported")


_METRICS: Mapping[str, Callable[[Fields, str], Iterator[Finding]]] = {
    "step_count": _steps,
    "heart_rate": _heart_rate,
    "active_energy": _energy,
    SLEEP: _sleep,
}
_LISTS: Mapping[str, Callable[[Fields], Iterator[Finding]]] = {
    "metrics": _metric,
    "workouts": _workout,
    "stateOfMind": _mood,
}
