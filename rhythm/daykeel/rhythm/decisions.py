"""What therapists decide about baselines and thresholds: values that travel in commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from daykeel.rhythm.ledger import Baseline


@dataclass(frozen=True, slots=True)
class Threshold:
    """What was agreed on with the client to look out for, and on which nights it holds."""

    chart: str = "sleep.duration"
    hours: float = 1.0
    """So far from the own centre, or more."""
    nights: int = 3
    """So many nights running."""
    sides: tuple[str, ...] = ("late_low", "early_high")
    first: date = date.min
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """Which baselines a therapist pinned, and from which nights others were to be made."""

    confirmed: tuple[Baseline, ...] = ()
    """Each stands from the night after it froze, whatever arrives later of its nights."""
    renewed: tuple[date, ...] = ()
    """First nights: what stood before ends there, and nothing before enters the next one."""

    def pinned(self, chart: str) -> list[Baseline]:
        """Return the pinned baselines of a chart, oldest first, one for each night of freezing."""
        own = sorted(
            (one for one in self.confirmed if one.chart == chart),
            key=lambda one: (one.frozen, one.id),
        )
        return list({one.frozen: one for one in own}.values())


NOTHING_DECIDED = Decisions()


def periods(renewed: Sequence[date], first: date) -> list[date]:
    """Return the first night of each stretch that has baselines of its own, oldest first.

    >>> periods([date(2026, 3, 1), date(2025, 1, 1)], date(2026, 1, 5))
    [datetime.date(2026, 1, 5), datetime.date(2026, 3, 1)]
    """
    return [first, *sorted({night for night in renewed if night > first})]
