"""What this process can see of the installation: which parts answer, how far the stream is."""

from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import DatabaseError

from sqlalchemy.exc import SQLAlchemyError

from daykeel.log.topics import DAYS, DUE, EVENTS_RAW, NIGHTS, SCORES, SIGNALS
from daykeel.web.errors import NotReady
from daykeel.web.freshness import Freshness, freshness
from daykeel.web.services import Services

GROUPS = {
    "stream": (EVENTS_RAW, DUE),
    "sink": (DAYS, NIGHTS, SCORES),
    "alerts": (SIGNALS,),
}
"""Consumer groups and what they read."""

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
    lags: dict[str, int]
    freshness: Freshness
    is_stepped: bool

    @property
    def is_ready(self) -> bool:
        """Whether requests can be answered; a lag is shown but does not take pages away."""
        return all(check.is_fine for check in self.checks)


def health(told: Services) -> Health:
    """Ask every part once."""
    checks = (
        Check("log", _answers(told.logbook.marks)),
        Check("scores", _answers(lambda: told.scores.latest(NOBODY))),
        Check("records", _answers(lambda: told.records.client(NOBODY))),
    )
    is_logged = checks[0].is_fine
    marks = told.logbook.marks() if is_logged else {}
    lags = {group: told.logbook.lag(group, GROUPS[group]) for group in GROUPS if is_logged}
    return Health(checks, lags, freshness(marks, told.clock.now()), told.clock.stepped)


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (OSError, DatabaseError, SQLAlchemyError, NotReady):
        return False
    return True
