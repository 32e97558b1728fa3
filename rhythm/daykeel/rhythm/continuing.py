"""Evaluations of one client, one after another: each goes on from the one before."""

from collections.abc import Sequence

from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.ledger import DayRecord
from daykeel.rhythm.planned import Planned, planned
from daykeel.rhythm.rulebook import planned_by
from daykeel.rhythm.rules import Rules


class Continuing:
    """Charts of one client from records that change from time to time.

    What they come to is the same as evaluating everything anew, whatever changes. What takes
    less time is a change of late: charts and baselines of the nights before it are not worked
    out again.
    """

    def __init__(self, rules: Rules | None) -> None:
        """Begin without any; `rules` as in `planned`, None for those in force on each night."""
        self._rules = rules
        self._before: dict[Rules, Planned] = {}

    def planned(self, days: Sequence[DayRecord], context: ClientContext) -> Planned:
        """Return the charts from these records, from which the next ones go on."""
        found, self._before = self._planned(days, context)
        return found

    def aside(self, days: Sequence[DayRecord], context: ClientContext) -> Planned:
        """Return the charts from records from which the next ones do not go on."""
        return self._planned(days, context)[0]

    def _planned(
        self, days: Sequence[DayRecord], context: ClientContext
    ) -> tuple[Planned, dict[Rules, Planned]]:
        each: dict[Rules, Planned] = {}

        def by_one(days: Sequence[DayRecord], context: ClientContext, by: Rules) -> Planned:
            each[by] = planned(days, context, by, self._before.get(by))
            return each[by]

        if self._rules is not None:
            return by_one(days, context, self._rules), each
        return planned_by(days, context, by_one), each
