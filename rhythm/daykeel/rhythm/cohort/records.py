"""Day records of invented nights, as a tracker that sees the whole night would give them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from daykeel.rhythm.cohort.lives import Floats, Ints, Nights
from daykeel.rhythm.cohort.minutes import day_steps, minutes_asleep
from daykeel.rhythm.context import ClientContext, ZoneChange
from daykeel.rhythm.ledger import AnchorCandidate, Bounded, DayRecord, Gap, Night
from daykeel.rhythm.synthetic.days import AFTER_WAKING, FREE_DAY, TOGETHER, USUAL

HOUR = timedelta(hours=1)
DAY_MIN = 1440
TOLD = 0.88
"""Share of days on which a client who reports anchors does."""
EVERYTHING, NOTHING = b"\xff" * 180, bytes(180)
CLIENT = "c-1"
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


def context_for(nights: Nights, *, declared: bool = False) -> ClientContext:
    """Return the context of an invented client, with marks if they are declared."""
    return ClientContext(
        CLIENT,
        (ZoneChange(ALWAYS, "UTC"),),
        enrolled=nights.dates[0],
        marks=nights.marks if declared else (),
    )


def records(
    rng: np.random.Generator,
    nights: Nights,
    *,
    reports: bool,
    jitter: float = 0.5,
) -> list[DayRecord]:
    """Return a record for each night; three anchors of most days if the client reports them.

    Of a recorded life all of main sleep was slept, since only when it began and ended is known.
    """
    onset = np.round(60 * nights.onset)
    stop = onset + np.round(60 * nights.duration)
    anchors = _times(rng, nights, stop / 60, jitter)
    told = (rng.random(len(nights.dates)) < TOLD) & reports
    asleep = minutes_asleep(rng, nights, broken=nights.steps is None)
    bits, tst = np.packbits(asleep, axis=1), asleep.sum(axis=1)
    steps, known = day_steps(rng, nights)
    found = []
    for at, day in enumerate(nights.dates):
        night = _night(nights, at, float(onset[at]), float(stop[at]), float(tst[at]))
        after, before = _of_sleep(night)
        reported = tuple(_reported(anchors[at])) if told[at] else ()
        record = DayRecord(
            client=CLIENT,
            day=day,
            night=night,
            sleep_bits=bits[at].tobytes() if nights.worn[at] else NOTHING,
            valid_bits=EVERYTHING if nights.worn[at] else NOTHING,
            anchors=(*after, *reported),
            bed_before=before,
        )
        has_steps = known[at].any() and (nights.worn[at] or nights.steps is not None)
        found.append(_walked(record, steps[at], known[at]) if has_steps else record)
    return found


def _walked(record: DayRecord, steps: Ints, minutes: Ints) -> DayRecord:
    """Return the record with the steps of each ten minutes, and the minutes known of them."""
    bins = 1000 * steps
    return replace(
        record,
        act_unit="steps",
        act_device="tracker/tracker",
        bin_sum=tuple(bins.tolist()),
        bin_n=tuple(minutes.tolist()),
        act_sum=tuple(bins.reshape(24, 6).sum(axis=1).tolist()),
        act_n=tuple(minutes.reshape(24, 6).sum(axis=1).tolist()),
    )


def _night(nights: Nights, at: int, onset: float, stop: float, tst: float) -> Night:
    day = nights.dates[at]
    free = "free" if nights.free[at] else "work"
    begin = _midnight(day)
    if not nights.worn[at]:
        gap = Gap(begin - 12 * HOUR, begin + 12 * HOUR, "not_worn")
        return Night(CLIENT, day, True, begin + 18 * HOUR, gaps=(gap,), day_type=free)
    if nights.sleepless[at]:
        none = _sharp(0.0)
        return Night(
            CLIENT,
            day,
            True,
            begin + 18 * HOUR,
            duration=none,
            tst=_sharp(tst),
            no_main_sleep=True,
            coverage=1.0,
            known_core=1.0,
            source="tracker",
            device="tracker",
            day_type=free,
        )
    length = _sharp(stop - onset)
    return Night(
        CLIENT,
        day,
        True,
        begin + timedelta(minutes=stop) + 3 * HOUR,
        onset=_sharp(onset / 60),
        offset=_sharp(stop / 60),
        mid=_sharp((onset + stop) / 120),
        duration=length,
        tst=_sharp(tst),
        certainty="certain",
        coverage=1.0,
        known_core=1.0,
        source="tracker",
        device="tracker",
        day_type=free,
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _sharp(value: float) -> Bounded:
    return Bounded(value, value, value)


def _of_sleep(
    night: Night,
) -> tuple[tuple[AnchorCandidate, ...], tuple[AnchorCandidate, ...]]:
    """Return getting up, and going to bed the evening before, as main sleep tells them."""
    if night.no_main_sleep:
        up = AnchorCandidate("out_of_bed", "main_sleep", None, done=False)
        return (up,), (AnchorCandidate("bed", "main_sleep", None, done=False),)
    if night.onset.value is None or night.offset.value is None:
        return (), ()
    up = AnchorCandidate("out_of_bed", "main_sleep", night.offset.value * 60, done=True)
    bed = night.onset.value * 60 + DAY_MIN
    return (up,), (AnchorCandidate("bed", "main_sleep", bed, done=True),)


def _times(rng: np.random.Generator, nights: Nights, stop: Floats, jitter: float) -> Floats:
    """Return the hours at which each day's anchors happen, (nights, anchors)."""
    count = len(nights.dates)
    shared = rng.standard_normal((count, 1))
    late = jitter * (
        TOGETHER**0.5 * shared + (1 - TOGETHER) ** 0.5 * rng.standard_normal((count, len(USUAL)))
    )
    free = np.array([item != "dinner" for item in USUAL]) * FREE_DAY * nights.free[:, None]
    usual = np.array(list(USUAL.values())) + free + late
    ready = stop[:, None] + np.array([AFTER_WAKING[item] for item in USUAL])
    return np.asarray(np.where(nights.sleepless[:, None], usual, np.maximum(usual, ready)))


def _reported(times: Floats) -> Iterator[AnchorCandidate]:
    for item, hour in zip(USUAL, times.tolist(), strict=True):
        yield AnchorCandidate(item, "reported", float(round(60 * hour)), done=True, people=1)
