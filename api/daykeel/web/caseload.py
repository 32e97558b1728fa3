"""Who needs to be looked at first: the rows of the caseload and their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daykeel.rhythm.ledger import Night
from daykeel.rhythm.silence import is_silent
from daykeel.rhythm.standing import RENEWED
from daykeel.web.history import History, newest_evidence

SEVERITY = {"info": 1.0, "watch": 2.0, "act": 4.0}
DAY = timedelta(days=1)
BASELINE_NIGHTS = 28
BASELINE_WINDOW = 42
SILENT = 3
"""Nights without data from which silence stands in the caseload."""
REGULARITY = ("sri.window", "srm5.rolling")
"""The measures of the list of the least regular."""
NO_BASELINE = frozenset({"dst_1", "dst_2", "dst_3", "travel", "excluded", "episode"})


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An unresolved alert, as far as the order of the caseload goes."""

    id: str
    kind: str
    title: str
    severity: str
    state: str
    confidence: float
    opened_at: datetime
    suppressed: tuple[str, ...] = ()
    is_withdrawn: bool = False

    def need(self, now: datetime) -> float:
        """Return severity times confidence times age in days, today counting as one.

        A snoozed alert needs nobody until it wakes.
        """
        if self.state == "snoozed":
            return 0.0
        days = max(0.0, (now - self.opened_at) / DAY) + 1
        return SEVERITY.get(self.severity, 1.0) * self.confidence * days


@dataclass(frozen=True, slots=True)
class Countdown:
    """How far a client is from a baseline."""

    nights: int
    to_go: int
    """Nights still needed at the rate of the last weeks."""
    is_deleted: bool = False
    """There was a baseline, of which too much was deleted: its charts do not alert."""

    @property
    def have(self) -> str:
        """The nights there are."""
        return f"{self.nights} of {BASELINE_NIGHTS} nights"

    @property
    def left(self) -> str:
        """The nights still to come; with enough of them it freezes within a night."""
        if self.is_deleted:
            return "the rest was deleted: it raises no drift alerts"
        return f"about {self.to_go} to go" if self.to_go else "enough, it freezes next"

    @property
    def told(self) -> str:
        """Both, as one sentence."""
        return f"{self.have}, {self.left}"


@dataclass(frozen=True, slots=True)
class Row:
    """One client in the caseload."""

    client: str
    name: str
    alerts: tuple[OpenAlert, ...]
    sri: float | None
    """Sleep regularity of the last 7 days; None if there is not enough to tell."""
    srm: float | None
    """SRM-5 of the last 7 days."""
    silence: int
    """Nights since the last one of which anything is known; all of them if none ever was."""
    countdown: Countdown | None
    """None once there is a baseline."""
    heard: datetime | None
    is_new: bool = False
    """Nothing has ever arrived."""

    def need(self, now: datetime) -> float:
        """Return the need of the neediest alert."""
        return max((alert.need(now) for alert in self.alerts), default=0.0)

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come for so long that it stands in the caseload."""
        return self.silence >= SILENT


def row(name: str, found: History, alerts: Sequence[OpenAlert], *, enrolled: date | None) -> Row:
    """Return a client's row from what the store holds of the last weeks."""
    nights = [one.night for one in found.nights.values()]
    sri, srm = (found.newest(measure) for measure in REGULARITY)
    return Row(
        client=found.client,
        name=name,
        alerts=tuple(alerts),
        sri=sri.value if sri else None,
        srm=srm.value if srm else None,
        silence=silence(nights, max(found.first, enrolled or found.first), found.last),
        countdown=to_baseline(found, found.last),
        heard=newest_evidence(found),
        is_new=not any(night.known_core > 0 for night in nights),
    )


def silence(nights: Iterable[Night], first: date, last: date) -> int:
    """Return how many nights up to `last` passed since the last one with any data.

    The night in progress counts only once it has data: `last` is the last night that is over.
    One that is final without any bound on its sleep has none, whatever is known of the evening.
    """
    known = [one.night for one in nights if one.known_core > 0 and not is_silent(one)]
    newest = max(known, default=first - DAY)
    return max(0, (last - newest).days)


def to_baseline(found: History, last: date) -> Countdown | None:
    """Return how far a client is from a baseline that charts alert by, or None."""
    baseline = found.baselines.get("sleep.mid")
    if baseline is None or baseline.until is not None:
        since = baseline.until if baseline and baseline.why == RENEWED else None
        nights = [one.night for one in found.nights.values()]
        return countdown([one for one in nights if since is None or one.night >= since], last)
    if not baseline.provisional:
        return None
    return Countdown(len(baseline.nights) - baseline.deleted, BASELINE_NIGHTS, is_deleted=True)


def countdown(nights: Iterable[Night], last: date) -> Countdown:
    """Return how many of the last 42 nights may enter a baseline, and how many it still needs.

    >>> countdown([], date(2026, 3, 1)).told
    '0 of 28 nights, about 28 to go'
    """
    recent = [night for night in nights if night.night > last - BASELINE_WINDOW * DAY]
    valid = sum(_is_valid(night) for night in recent)
    missing = max(0, BASELINE_NIGHTS - valid)
    share = max(0.5, valid / len(recent)) if recent else 1.0
    return Countdown(valid, round(missing / share))


def _is_valid(night: Night) -> bool:
    return night.final and night.certainty == "certain" and not NO_BASELINE & set(night.flags)


def by_need(rows: Iterable[Row], now: datetime) -> list[Row]:
    """Return the neediest first: by alerts, then by silence, then by name."""
    return sorted(rows, key=lambda one: (-one.need(now), -one.silence, one.name.casefold()))


def by_regularity(rows: Iterable[Row]) -> list[Row]:
    """Return the least regular first; those of whom nothing can be said stand last."""

    def place(one: Row) -> tuple[bool, float, str]:
        return one.sri is None, one.sri if one.sri is not None else 0.0, one.name.casefold()

    return sorted(rows, key=place)
