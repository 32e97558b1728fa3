"""What this process can see of the installation: which parts answer, how far the stream is."""

from collections.abc import Callable
from dataclasses import dataclass

from daykeel.web.errors import UNANSWERED
from daykeel.web.freshness import Freshness, current
from daykeel.web.logbook import UNKNOWN, Progress
from daykeel.web.services import Services

NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Check:
    """Whether one part answers."""

    name: str
    is_fine: bool


@dataclass(frozen=True, slots=True)
class Health:
    """All of it."""

    checks: tuple[Check, ...]
    progress: Progress
    freshness: Freshness
    is_stepped: bool

    @property
    def is_ready(self) -> bool:
        """Whether requests can be answered and what devices say still comes through.

        A lag is shown and no more, until the canary is overdue.
        """
        return all(check.is_fine for check in self.checks)


def health(told: Services) -> Health:
    """Ask every part once."""
    mark, progress = current(told)
    checks = [
        Check("log", progress is not UNKNOWN),
        Check("scores", _answers(lambda: told.scores.latest(NOBODY))),
        Check("records", _answers(lambda: told.records.client(NOBODY))),
    ]
    if mark.canary is not None:
        checks.append(Check("canary", not mark.canary.is_overdue))
    return Health(tuple(checks), progress, mark, told.clock.stepped)


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except UNANSWERED:
        return False
    return True
