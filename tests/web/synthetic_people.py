"""Builders of what the stores would hold of synthetic people: days, nights, scores, baselines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from zoneinfo import ZoneInfo

import numpy as np

from daykeel.rhythm.ledger import (
    ANCHORS,
    AnchorCandidate,
    Baseline,
    Bounded,
    ChartPoint,
    DayRecord,
    Episode,
    Finding,
    Gap,
    Night,
    Score,
    ScoreRow,
)

LAST = date(2026, 3, 31)
ZONE = "Europe/Berlin"
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 31, 19, 0, tzinfo=UTC)
USUAL = {"first_contact": 8.0, "start_activity": 9.0, "dinner": 18.75}


def certain(value: float) -> Bounded:
    return Bounded(value, value, value)


def bits(asleep: np.ndarray) -> bytes:
    return np.packbits(asleep).tobytes()


def local(day: date, hours: float, zone: str = ZONE) -> datetime:
    midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    return midnight + timedelta(hours=hours)


def night(client: str, day: date, onset: float, offset: float, *, zone: str = ZONE) -> Night:
    return Night(
        client=client,
        night=day,
        final=True,
        finalised_at=local(day, offset + 3, zone),
        onset=certain(onset),
        offset=certain(offset),
        mid=certain((onset + offset) / 2),
        duration=certain((offset - onset) * 60),
        tst=certain((offset - onset) * 60),
        onset_at=local(day, onset, zone),
        offset_at=local(day, offset, zone),
        certainty="certain",
        coverage=1.0,
        known_core=1.0,
        zone=zone,
        day_type="free" if day.weekday() in (5, 6) else "work",
        evidence_at=local(day, offset + 0.1, zone),
        source="health_connect",
    )


def unknown_night(client: str, day: date, why: str = "not_worn", zone: str = ZONE) -> Night:
    start = local(day - DAY, 12, zone)
    return Night(
        client=client,
        night=day,
        final=True,
        finalised_at=local(day, 18, zone),
        gaps=(Gap(start, start + DAY, why),),
        reasons=("edge_unknown",),
        zone=zone,
    )


def record(
    client: str,
    day: date,
    onset: float,
    offset: float,
    *,
    jitter: Sequence[float] = (0.0, 0.0, 0.0),
    zone: str = ZONE,
) -> DayRecord:
    asleep = np.zeros(1440, dtype=bool)
    asleep[int((onset + 12) * 60) : int((offset + 12) * 60)] = True
    steps = np.array([day_activity(hour / 6) for hour in range(144)])
    times = [USUAL[item] * 60 + shift for item, shift in zip(USUAL, jitter, strict=True)]
    return DayRecord(
        client=client,
        day=day,
        night=night(client, day, onset, offset, zone=zone),
        sleep_bits=bits(asleep),
        valid_bits=bits(np.ones(1440, dtype=bool)),
        act_unit="steps",
        bin_sum=tuple(int(x) for x in steps),
        bin_n=(10,) * 144,
        anchors=(
            AnchorCandidate("out_of_bed", "main_sleep", offset * 60, done=True),
            *(
                AnchorCandidate(item, "reported", minutes, done=True, people=at)
                for at, (item, minutes) in enumerate(zip(USUAL, times, strict=True))
            ),
        ),
        bed_before=(AnchorCandidate("bed", "main_sleep", onset * 60 + 1440, done=True),),
        inputs=sha256(f"{client}{day}{onset}{offset}".encode()).hexdigest(),
    )


def day_activity(hour: float) -> float:
    if not 7 <= hour < 23:
        return 0
    return (400 + 300 * np.sin(hour * 2.1) + 250 * (11 <= hour < 13)) * 1000


def missing(client: str, day: date, why: str = "not_worn", zone: str = ZONE) -> DayRecord:
    return DayRecord(client=client, day=day, night=unknown_night(client, day, why, zone))


def bounded_night(full: DayRecord) -> DayRecord:
    """The same night with its first 50 minutes before sleep unknown."""
    onset = full.night.onset.value or 0.0
    known = np.ones(1440, dtype=bool)
    known[int((onset + 12) * 60) - 50 : int((onset + 12) * 60)] = False
    duration = full.night.duration.value or 0.0
    return replace(
        full,
        valid_bits=bits(known),
        night=replace(
            full.night,
            onset=Bounded(onset, onset - 50 / 60, onset),
            mid=Bounded(
                full.night.mid.value, (full.night.mid.value or 0) - 25 / 60, full.night.mid.value
            ),
            duration=Bounded(duration, duration, duration + 50),
            certainty="bounded",
            known_core=0.965,
            coverage=0.969,
            reasons=("edge_unknown",),
            gaps=(Gap(local(full.day, onset - 50 / 60), local(full.day, onset), "battery_flat"),),
        ),
    )


@dataclass(frozen=True)
class Life:
    """How somebody sleeps: mean times, spread, and a drift over the last nights."""

    onset: float = -0.75
    length: float = 7.75
    spread: float = 0.4
    drift: float = 0.0
    shorter: float = 0.0
    over: int = 14
    off: tuple[int, ...] = ()
    """Nights before the last without data."""
    blurred: tuple[int, ...] = ()
    seed: int = 1


def days_of(client: str, life: Life, nights: int = 70, last: date = LAST) -> list[DayRecord]:
    """The day records of the last `nights` nights up to `last`."""
    return list(_lived(client, life, nights, last))


@cache
def _lived(client: str, life: Life, nights: int, last: date) -> tuple[DayRecord, ...]:
    random = np.random.Generator(np.random.PCG64(life.seed))
    found = []
    for back in range(nights - 1, -1, -1):
        day = last - back * DAY
        progress = max(0.0, 1 - back / life.over) if back < life.over else 0.0
        onset = life.onset + life.spread * random.normal() + life.drift * progress
        onset += 0.75 if day.weekday() in (5, 6) else 0.0
        length = life.length + life.spread * random.normal() * 0.7 - life.shorter * progress
        jitter = random.normal(0, 25 + 30 * life.spread, 3)
        full = record(client, day, onset, onset + length, jitter=tuple(jitter))
        found.append(_as_known(client, full, back, life))
    return tuple(found)


def _as_known(client: str, full: DayRecord, back: int, life: Life) -> DayRecord:
    if back in life.off:
        return missing(client, full.day)
    return bounded_night(full) if back in life.blurred else full


def rows_of(client: str, days: Iterable[DayRecord], sri: float, srm: float) -> list[ScoreRow]:
    """Rows of three windows with the regularity scores."""
    found = []
    for day in days:
        seven = (
            Score("sri.window", "7d", sri, sri, sri, 0.98, "ok", (), 6, 6),
            Score("srm5.rolling", "7d", srm, srm, srm, 1.0, "ok", (), 7, 7),
            Score("sleep.mid.sd", "7d", reasons=("not_computed",)),
        )
        found.append(score_row(client, day.day, "7d", seven))
        found.append(score_row(client, day.day, "1d", daily(day, sri)))
        if day.day.weekday() == 6:
            week = (
                Score("srm5.weekly", "week", srm, srm, srm, 1.0, "ok", (), 7, 7),
                Score("srm.sleep_anchors", "week", srm, srm, srm, 1.0, "ok", (), 7, 7),
                Score("srm.ali", "week", reasons=("not_computed",)),
            )
            found.append(score_row(client, day.day, "week", week))
    return found


def score_row(client: str, day: date, window: str, scores: tuple[Score, ...]) -> ScoreRow:
    return ScoreRow(client, day, window, ZONE, scores, "0" * 24)


def daily(day: DayRecord, sri: float) -> tuple[Score, ...]:
    """The two measures of a single day; null with its reason where the night is not known."""
    if day.night.mid.value is None:
        return (
            Score("sri.pair", "1d", reasons=("few_pairs", "gap:not_worn"), n_expected=1),
            Score("srm.hit_fraction", "1d", reasons=("few_items",), n_expected=5),
        )
    near = sum(
        one.minutes is not None and abs(one.minutes - 60 * USUAL.get(one.item, 7.0)) <= 45
        for one in day.anchors
    )
    pair = sri + 4 * np.sin(day.day.toordinal())
    share = near / len(day.anchors)
    return (
        Score("sri.pair", "1d", pair, pair - 2, pair + 2, 0.98, "ok", (), 1, 1),
        Score("srm.hit_fraction", "1d", share, share * 0.8, share, 0.8, "ok", (), 4, 5),
    )


def baseline(days: Sequence[DayRecord], chart: str = "sleep.mid") -> Baseline:
    used = [day.day for day in days[:28]]
    centre = {"sleep.mid": 3.1, "sleep.duration": 7.75}.get(chart, 0.9)
    return Baseline(
        chart=chart,
        first=used[0],
        frozen=used[-1],
        nights=tuple(used),
        centre=centre,
        scale=0.5 if chart != "srm.hit_fraction" else 0.2,
        phi=0.1,
        habitual=tuple((item, 60.0 * hours) for item, hours in USUAL.items()),
        id=f"{chart}-artefact",
    )


def finding(days: Sequence[DayRecord], frozen: Baseline, side: str = "late_low") -> Finding:
    """What the chart of midsleep would say of the last 28 nights."""
    up = down = 0.0
    points, signals = [], []
    for day in days[-28:]:
        mid = day.night.mid
        z = None if mid.value is None else (mid.value - frozen.centre) / frozen.scale
        up = max(0.0, 0.8 * up + 0.2 * max(-1.0, min(4.0, z if z is not None else -1.0)))
        down = max(0.0, 0.8 * down + 0.2 * max(-1.0, min(4.0, -z if z is not None else -1.0)))
        fired = z is not None and (up if side == "late_low" else down) > 1.67
        if fired:
            signals.append(day.day)
        points.append(
            ChartPoint(
                night=day.day,
                value=mid.value,
                lo=mid.lo,
                hi=mid.hi,
                z=z,
                up=up,
                down=down,
                ewma=up - down,
                limit=1.67,
                evidence=z is not None,
                why="" if z is not None else "missing",
                signal=("up" if side == "late_low" else "down") if fired else "",
            )
        )
    onset = signals[0] if signals else days[-1].day
    return Finding(
        chart="sleep.mid",
        rule="slow",
        side=side,
        onset=onset,
        nights=tuple(signals) or (onset,),
        statistic=max(up, down),
        limit=1.67,
        baseline=frozen,
        points=tuple(points),
    )


def episode(client: str, kind: str, found: Finding, severity: str = "watch") -> Episode:
    return Episode(
        client=client,
        kind=kind,
        onset=found.onset,
        nights=found.nights,
        severity=severity,
        findings=(found,),
        coverage=0.97,
        confidence=0.68,
        evidence_at=local(found.onset, 10),
    )


assert len(ANCHORS) == 5
