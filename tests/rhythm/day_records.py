"""Builders of day records for tests: nights with exact times, in UTC unless said."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from daykeel.rhythm.baseline import named
from daykeel.rhythm.context import ClientContext, ZoneChange
from daykeel.rhythm.freeze import Frozen
from daykeel.rhythm.ledger import UNKNOWN, AnchorCandidate, Baseline, Bounded, DayRecord, Gap, Night

START = date(2026, 1, 5)
DAY = timedelta(days=1)
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
USUAL = {"first_contact": 480.0, "start_activity": 540.0, "dinner": 1110.0}


def context(**more) -> ClientContext:
    return ClientContext(client="c-1", zones=(ZoneChange(ALWAYS, "UTC"),), **more)


def at(day: date, hours: float) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(hours=hours)


def sharp(value: float) -> Bounded:
    exact = float(value)
    return Bounded(exact, exact, exact)


def night(day: date, onset: float, offset: float, **more) -> Night:
    """A certain, final night; hours from its midnight."""
    minutes = (offset - onset) * 60
    return replace(
        Night(
            client="c-1",
            night=day,
            final=True,
            finalised_at=at(day, offset + 3),
            onset=sharp(onset),
            offset=sharp(offset),
            mid=sharp((onset + offset) / 2),
            duration=sharp(minutes),
            tst=sharp(minutes),
            certainty="certain",
            coverage=1.0,
            known_core=1.0,
            source="daykeel",
            device="watch",
            day_type="free" if day.weekday() >= 5 else "work",
            evidence_at=at(day, offset + 0.5),
        ),
        **more,
    )


def silent_night(day: date, why: str = "not_worn", **more) -> Night:
    """A final night of which nothing is known."""
    gap = Gap(at(day, -12), at(day, 12), why)
    return replace(
        Night(client="c-1", night=day, final=True, finalised_at=at(day, 18), gaps=(gap,)), **more
    )


def sleepless_night(day: date, **more) -> Night:
    """A final night that certainly had no main sleep."""
    return replace(
        night(day, 0, 0),
        onset=UNKNOWN,
        offset=UNKNOWN,
        mid=UNKNOWN,
        certainty="none",
        no_main_sleep=True,
        finalised_at=at(day, 18),
        **more,
    )


def record(of: Night, *, times: dict[str, float] | None = None) -> DayRecord:
    """The day of a night: its bits, and anchors reported at `times` (minutes)."""
    asleep, valid = np.zeros(1440, dtype=bool), np.ones(1440, dtype=bool)
    anchors, before = [], []
    if of.onset.value is not None and of.offset.value is not None:
        asleep[int((of.onset.value + 12) * 60) : int((of.offset.value + 12) * 60)] = True
        anchors.append(AnchorCandidate("out_of_bed", "main_sleep", of.offset.value * 60, done=True))
        before.append(AnchorCandidate("bed", "main_sleep", of.onset.value * 60 + 1440, done=True))
    elif of.no_main_sleep:
        anchors.append(AnchorCandidate("out_of_bed", "main_sleep", None, done=False))
        before.append(AnchorCandidate("bed", "main_sleep", None, done=False))
    else:
        valid[:] = False
    for item, minutes in (times or {}).items():
        anchors.append(AnchorCandidate(item, "reported", minutes, done=True, people=1))
    return DayRecord(
        client="c-1",
        day=of.night,
        night=of,
        sleep_bits=np.packbits(asleep).tobytes(),
        valid_bits=np.packbits(valid).tobytes(),
        anchors=tuple(anchors),
        bed_before=tuple(before),
        inputs=f"{of.onset.value}{of.offset.value}{of.night}{sorted((times or {}).items())}",
    )


def life(
    mids: Sequence[float], hours: float | Sequence[float] = 7.5, *, start: date = START
) -> list[DayRecord]:
    """Nights with these midpoints and lengths, without reported anchors; NaN is a silent night."""
    lengths = np.broadcast_to(np.asarray(hours, dtype=float), len(mids))
    return [
        record(
            silent_night(start + n * DAY)
            if np.isnan(mid)
            else night(start + n * DAY, mid - length / 2, mid + length / 2)
        )
        for n, (mid, length) in enumerate(zip(mids, lengths, strict=True))
    ]


def steady(
    nights: int,
    seed: int = 1,
    *,
    spread: float = 0.4,
    anchors: bool = False,
    start: date = START,
) -> list[DayRecord]:
    """An ordinary life; with `anchors` three are reported every day."""
    rng = np.random.default_rng(seed)
    days = life(
        3.0 + rng.normal(0, spread, nights), 7.5 + rng.normal(0, spread, nights), start=start
    )
    if not anchors:
        return days
    return [
        record(day.night, times={item: at + rng.normal(0, 20) for item, at in USUAL.items()})
        for day in days
    ]


def shifted(days: Sequence[DayRecord], last: int, *, mid: float = 0.0, longer: float = 0.0):
    """The same life with the last nights later and longer, in hours."""
    moved = [
        record(
            night(
                day.day,
                day.night.onset.value + mid - longer / 2,
                day.night.offset.value + mid + longer / 2,
            ),
            times=reported(day),
        )
        for day in days[-last:]
    ]
    return [*days[:-last], *moved]


def reported(day: DayRecord) -> dict[str, float]:
    return {one.item: one.minutes for one in day.anchors if one.source_class == "reported"}


def silenced(days: Sequence[DayRecord], gone: Iterable[int]) -> list[DayRecord]:
    """The same life with nothing known of some nights and days."""
    lost = set(gone)
    return [
        record(silent_night(day.day, zone=day.night.zone)) if n in lost else day
        for n, day in enumerate(days)
    ]


def kinds(evaluation) -> dict[str, list]:
    """Onsets of the episodes of each kind that has any."""
    return {
        signals.kind: [one.onset for one in signals.episodes]
        for signals in evaluation.signals
        if signals.episodes
    }


def baseline(nights: int = 28, **more) -> Baseline:
    """A baseline of midsleep around 03:00 with a scale of an hour."""
    return named(
        replace(
            Baseline(
                chart="sleep.mid",
                first=START,
                frozen=START,
                nights=tuple(START - timedelta(days=n) for n in range(nights)),
                centre=3.0,
                scale=1.0,
                phi=0.0,
            ),
            **more,
        )
    )


def frozen(base: Baseline, start: int, stop: int, origin: Baseline | None = None) -> Frozen:
    """A baseline in use on the nights [start, stop)."""
    return Frozen(base, np.arange(1), start, stop, 1, origin or base)


def active(days: Sequence[DayRecord], seed: int = 1, *, worn: float = 1.0) -> list[DayRecord]:
    """The same life with steps counted, on a share `worn` of the ten minutes."""
    rng = np.random.default_rng(seed)
    wave = np.clip(60 * np.sin((np.arange(144) / 6 - 7) * np.pi / 16), 0, None)
    return [
        counted(day, rng.poisson(wave), np.where(rng.random(144) < worn, 10, 0)) for day in days
    ]


def counted(
    day: DayRecord, steps, minutes, unit: str = "steps", device: str = "watch"
) -> DayRecord:
    """The day with steps counted in ten minutes each, on so many minutes of them."""
    valid = np.asarray(minutes)
    sums = np.rint(np.where(valid > 0, steps, 0) * 1000).astype(int)
    return replace(
        day,
        act_unit=unit,
        act_device=device,
        bin_sum=tuple(sums.tolist()),
        bin_n=tuple(valid.tolist()),
        act_sum=tuple(sums.reshape(24, 6).sum(axis=1).tolist()),
        act_n=tuple(valid.reshape(24, 6).sum(axis=1).tolist()),
        inputs=f"{day.inputs}{sums.tolist()}{valid.tolist()}{unit}",
    )
