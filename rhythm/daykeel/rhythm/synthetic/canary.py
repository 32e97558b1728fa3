"""What the canary tells, and what of it must come back: the whole path proves itself by it.

The canary is a client that is nobody. Its nonce is the instant at which it was told, given as
the time of one anchor of the day; so the newest one in the store of scores says how long the
path has been silent, and nobody has to remember what was told. Its night is the same each day.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from daykeel.rhythm.ledger import DayRecord, Night, Span
from daykeel.rhythm.synthetic.client import generate_client
from daykeel.rhythm.synthetic.life import Habit, Script, TrueNight

ZONE = "UTC"
ITEM = "first_contact"
"""The anchor whose time is the nonce."""

HABIT = Habit(
    onset=-0.5,
    onset_sd=0.0,
    duration=7.5,
    duration_sd=0.0,
    free_day=0.0,
    missing=0.0,
    naps=0.0,
    sleepless=0.0,
)
"""From 23:30 to 07:00 each night; only the awakenings differ."""

MISSED = 3
"""After so many times the pause between two messages without one, the canary is overdue."""

SYNCED = timedelta(minutes=5)
"""From waking to telling the night."""

FINAL = timedelta(hours=3, minutes=30)
"""From waking to when the night must be final: the rule's three hours, and some patience."""

DAY = timedelta(days=1)

Told = dict[str, Any]
"""An event as a device of ours tells it."""


def nonce(now: datetime) -> Told:
    """Return the event by which `now` can be read from the store of scores."""
    day = now.astimezone(UTC).date().isoformat()
    return {
        "kind": "self.srm_entry",
        "native_id": f"nonce-{day}",
        "start": _wire(now),
        "value": {"item": ITEM, "day": day, "done": True},
    }


def heard(days: Iterable[DayRecord]) -> datetime | None:
    """Return the newest nonce that day records hold.

    >>> from daykeel.rhythm.ledger import AnchorCandidate
    >>> day = date(2026, 3, 1)
    >>> told = AnchorCandidate(ITEM, "reported", 725.5, done=True)
    >>> record = DayRecord("c-canary", day, Night("c-canary", day, False, None), anchors=(told,))
    >>> str(heard([record]))
    '2026-03-01 12:05:30+00:00'
    """
    return max(
        (
            _midnight(record.day) + timedelta(minutes=one.minutes)
            for record in days
            for one in record.anchors
            if one.item == ITEM and one.source_class == "reported" and one.minutes is not None
        ),
        default=None,
    )


def sleep_of(day: date) -> Span:
    """Return the main sleep of the night of `day`."""
    start = _midnight(day) + timedelta(hours=HABIT.onset)
    return Span(start, start + timedelta(hours=HABIT.duration))


def told_night(now: datetime) -> date:
    """Return the newest night that has been told by `now`.

    >>> str(told_night(datetime(2026, 3, 2, 7, 4, tzinfo=UTC)))
    '2026-03-01'
    """
    return _newest(now, SYNCED)


def final_night(now: datetime) -> date:
    """Return the newest night that must be final at `now`.

    >>> str(final_night(datetime(2026, 3, 2, 10, 30, tzinfo=UTC)))
    '2026-03-02'
    """
    return _newest(now, FINAL)


def _newest(now: datetime, after_waking: timedelta) -> date:
    today = now.astimezone(UTC).date()
    return today if now >= sleep_of(today).stop + after_waking else today - DAY


def night(day: date) -> list[Told]:
    """Return what a sleep tracker tells of the night of `day`; the same whenever it is asked."""
    life = generate_client(Script("canary", ZONE, HABIT), day, 1, seed=day.toordinal())
    return list(_tracked(life.nights[0]))


def _tracked(slept: TrueNight) -> Iterator[Told]:
    if slept.sleep is None:
        raise ValueError(f"nobody slept in the night of {slept.night}")
    name = f"night-{slept.night}"
    yield _spell("sleep.episode", name, slept.sleep, {"is_main_sleep": True})
    for number, span in enumerate(slept.awake):
        yield _spell("sleep.stage", f"{name}-awake-{number}", span, {"stage": "awake"})


def _spell(kind: str, name: str, span: Span, value: dict[str, Any]) -> Told:
    return {
        "kind": kind,
        "native_id": name,
        "start": _wire(span.start),
        "end": _wire(span.stop),
        "tz": ZONE,
        "value": value,
    }


def is_as_slept(found: Night) -> bool:
    """Return whether a night of the canary is final and begins and ends as it was slept."""
    sleep = sleep_of(found.night)
    return found.final and (found.onset_at, found.offset_at) == (sleep.start, sleep.stop)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _wire(instant: datetime) -> str:
    told = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")
