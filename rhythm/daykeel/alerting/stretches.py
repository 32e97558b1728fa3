"""A past in stretches that each need one evaluation of the charts, however many nights they add."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

from daykeel.alerting.knowledge import Known, charted, joined, walked
from daykeel.alerting.narrowing import only_narrows
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.ledger import DayRecord, Night
from daykeel.rhythm.rulebook import reigns
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import BRIDGED, DAY
from daykeel.rhythm.silence import is_silent

Effect = Literal["nothing", "narrows", "revises"]
"""Of an entry on what charts say of nights before; `narrows` is that of the last night alone."""


class Instant(NamedTuple):
    """When something became known."""

    at: datetime
    last: date
    """The last final night by then."""
    was: DayRecord | None = None
    """Of that night what was known then, if later it was known within narrower bounds."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Instants between which nights were only added, and the days as they stood at its end."""

    days: list[DayRecord]
    context: ClientContext
    instants: list[Instant]

    def at(self, instant: Instant) -> list[DayRecord]:
        """Return the days up to the last night as they were at an instant."""
        found = [day for day in self.days if day.day < instant.last]
        own = [day for day in self.days if day.day == instant.last]
        return [*found, *([instant.was] if instant.was else own)]


def stretches(history: Sequence[Known], rules: Rules | None) -> Iterator[Stretch]:
    """Yield the history in stretches that each need one evaluation of the charts.

    Parameters
    ----------
    history
        What became known, oldest first; the first entry brings a context.
    rules
        By which charts signal; None for those in force on each night.

    Raises
    ------
    ValueError
        The history is empty or begins without a context.
    """
    if not history or history[0].context is None:
        raise ValueError("the history begins without a context: nothing says whose it is")
    reader = _Reader(rules, history[0].context)
    for entry in joined(history):
        effect = reader.effect(entry)
        if effect == "revises" and (stretch := reader.stretch()):
            yield stretch
        reader.take(entry, effect)
    if stretch := reader.stretch():
        yield stretch


@dataclass(slots=True)
class _Reader:
    """What is known so far."""

    rules: Rules | None
    context: ClientContext
    first: date = date.min
    days: dict[date, DayRecord] = field(default_factory=dict)
    last: date | None = None
    """The last night that is final."""
    newest: date | None = None
    """The last date of which there is a record."""
    imported: date | None = None
    """The last night before the client was enrolled of which anything is known."""
    zone: str = ""
    instants: list[Instant] = field(default_factory=list)
    moved: bool = False
    """The last night was the first in another zone."""

    def effect(self, entry: Known) -> Effect:
        """Return what an entry does to what charts say of nights before."""
        added = [day for day in entry.days if self.newest is None or day.day > self.newest]
        if self._is_decided(entry) or self._shows_a_journey(entry.days) or self._turns(added):
            return "revises"
        changed = [day for day in entry.days if self._revised(day)]
        if not changed:
            return "nothing"
        return "narrows" if all(self._narrows(day) for day in changed) else "revises"

    def _is_decided(self, entry: Known) -> bool:
        is_other = entry.context is not None and entry.context != self.context
        return is_other or (entry.first is not None and entry.first != self.first)

    def _narrows(self, day: DayRecord) -> bool:
        """Return whether a revision of the last night cannot have silenced what it said before.

        If nothing was known of it, it may have been one of several silent nights, unless the one
        before it was none.
        """
        before = self.days.get(day.day)
        if before is None or day.day != self.last or self.moved:
            return False
        if not only_narrows(before, day):
            return False
        return not is_silent(before.night) or self._is_heard(day.day - DAY)

    def _is_heard(self, day: date) -> bool:
        record = self.days.get(day)
        return (
            record is not None
            and record.night.final
            and not is_silent(record.night)
            and all(one.silence_counts > 1 for one in self._followed())
        )

    def _revised(self, day: DayRecord) -> bool:
        if self.last is None or day.day > self.last:
            return False
        before = self.days.get(day.day)
        if before is None or before.before != day.before:
            return True
        is_complete = day.day < self.last
        if is_complete and (before.anchors, walked(before)) != (day.anchors, walked(day)):
            return True
        return before.bed_before != day.bed_before or charted(before) != charted(day)

    def _followed(self) -> list[Rules]:
        """Return the rules that may hold on any night."""
        if self.rules is not None:
            return [self.rules]
        return [LIVE, *(by for _, by in self.context.rules)]

    def _shows_a_journey(self, days: Sequence[DayRecord]) -> bool:
        """Return whether a night that ended elsewhere turns out to be the first of a stay there."""
        return self.moved and any(
            day.night.final and (self.last is None or day.day > self.last) for day in days
        )

    def _turns(self, added: Sequence[DayRecord]) -> bool:
        """Return whether a new date is the first of other rules, or one too many without data.

        From then on the rules to come make the baselines, and imported history is another life.
        """
        if self.newest is None or not added:
            return False
        newest = max(day.day for day in added)
        if self.rules is None and self._by(self.newest) != self._by(newest):
            return True
        since, now = (self._without(day) for day in (self.newest, newest))
        return since <= BRIDGED < now

    def _by(self, night: date) -> Rules:
        return reigns(self.context.rules, [night])[0].by

    def _without(self, newest: date) -> int:
        """Return how many nights from the last imported one to the next that is yet to come."""
        return 0 if self.imported is None else (newest - self.imported).days + 1

    def take(self, entry: Known, effect: Effect) -> None:
        """Take in the next entry."""
        if effect == "narrows" and self.last is not None:
            was = self.days[self.last]
            self.instants = [
                one._replace(was=was) if one.last == self.last and one.was is None else one
                for one in self.instants
            ]
        if entry.context is not None:
            self._decide(entry.context)
        self.first = entry.first or self.first
        before = self.last
        for day in sorted(entry.days, key=lambda one: one.day):
            self._put(day)
        if self.last is not None and (effect != "nothing" or self.last != before):
            self.instants.append(Instant(entry.at, self.last))

    def _decide(self, context: ClientContext) -> None:
        self.context = context
        imported = (day.night.night for day in self.days.values() if self._is_imported(day.night))
        self.imported = max(imported, default=None)

    def _put(self, day: DayRecord) -> None:
        night = day.night
        self.days[day.day] = day
        self.newest = max(self.newest or day.day, day.day)
        if self._is_imported(night):
            self.imported = max(self.imported or day.day, day.day)
        if night.final and (self.last is None or day.day > self.last):
            self.moved = bool(self.zone) and night.zone != self.zone
            self.last, self.zone = day.day, night.zone

    def _is_imported(self, night: Night) -> bool:
        enrolled = self.context.enrolled
        return enrolled is not None and night.night < enrolled and night.duration.lo is not None

    def stretch(self) -> Stretch | None:
        """Return what has been taken in since the last one, if it is worth an evaluation."""
        days = [day for at, day in self.days.items() if at >= self.first]
        if not self.instants or not days:
            return None
        found = Stretch(days, self.context, self.instants)
        self.instants = []
        return found
