"""What an agreed threshold would have done lately: shown before it may be switched on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

from daykeel.rhythm.agreed import BACK, MOST_FIRINGS, Agreed, agreed
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.inputs import stop_of
from daykeel.rhythm.ledger import DayRecord
from daykeel.rhythm.planned import Planned
from daykeel.rhythm.rulebook import planned_by


@dataclass(frozen=True, slots=True)
class Tried:
    """How often a threshold would have fired on the last 90 nights, had it been in force."""

    threshold: Threshold
    first: date
    last: date
    """The last final night."""
    nights: int
    """Nights of these that could tell."""
    fired: tuple[date, ...]
    """Further nights within the cool-down of one belong to it."""

    @property
    def is_refused(self) -> bool:
        """Whether it fires too often to be of use, or nothing is known of it."""
        return len(self.fired) > MOST_FIRINGS or not self.nights

    @property
    def id(self) -> str:
        """Hash of all of it: who names it has been shown this one and no other."""
        return sha256(repr(self).encode()).hexdigest()[:16]


def tried(days: Sequence[DayRecord], context: ClientContext, threshold: Threshold) -> Tried | None:
    """Return what a threshold would have done, by the function that alerts come from.

    It is tried as if it had held on all nights, and whatever the phase of therapy. None where no
    night is final.
    """
    if not days:
        return None
    always = replace(threshold, first=date.min, last=None)
    found = planned_by(days, context)
    series, last = found.series, stop_of(found.series.final) - 1
    if last < 0:
        return None
    first = max(last + 1 - BACK, 0)
    sides = agreed((always,), series, found.charts.tracks, found.travel)
    return Tried(
        threshold=always,
        first=series.date(first),
        last=series.date(last),
        nights=int(sides[0].known[first : last + 1].sum()) if sides else 0,
        fired=tuple(series.date(at) for at in _firings(sides, found) if at >= first),
    )


def _firings(sides: Sequence[Agreed], found: Planned) -> list[int]:
    """Return the nights on which it fires, with all others within the cool-down left out."""
    nights = sorted({int(at) for one in sides for at in one.signal.nonzero()[0]})
    kept: list[int] = []
    for at in nights:
        if not kept or at >= kept[-1] + found.by[at].cool_down:
            kept.append(at)
    return kept
