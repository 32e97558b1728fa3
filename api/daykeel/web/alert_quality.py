"""How well alerts do over a stretch of time: from the records, and the nights monitored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daykeel.alerting.quality import (
    YEAR_NIGHTS,
    Answers,
    ByRule,
    Volume,
    answers,
    by_rule,
    volume,
)
from daykeel.records.policy import may
from daykeel.records.quality import Figures
from daykeel.web.access import READ_QUALITY
from daykeel.web.errors import NotFound
from daykeel.web.needs import Account
from daykeel.web.services import Services

DAY = timedelta(days=1)
LONGEST = 400
"""Days that are looked at in one go."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well alerts did since an instant."""

    since: datetime
    clients: int
    volume: Volume
    by_rule: Sequence[ByRule]
    answers: Answers
    figures: Figures


def alert_quality(told: Services, account: Account, days: int) -> Quality:
    """Return how well alerts about the reader's clients did; for an operator, about everybody's.

    Raises
    ------
    NotFound
        The reader may not know.
    """
    if not may(account, READ_QUALITY):
        raise NotFound
    now = told.clock.now()
    clients = _clients(told, account)
    figures = told.records.post.figures(clients, since=now - days * DAY, now=now)
    told.records.audit(account.id, READ_QUALITY, "quality", now=now)
    years = sum(_monitored(told, one, now, days) for one in clients) / YEAR_NIGHTS
    return Quality(
        since=now - days * DAY,
        clients=len(clients),
        volume=volume(figures.alerts, years),
        by_rule=by_rule(figures.alerts),
        answers=answers(figures.waits, figures.unanswered),
        figures=figures,
    )


def _clients(told: Services, account: Account) -> list[str]:
    """Return whose alerts count; an operator learns numbers alone, so of everybody."""
    if account.role == "operator":
        return list(told.records.client_ids())
    return sorted(one.id for one in told.records.clients(account))


def _monitored(told: Services, client: str, now: datetime, days: int) -> int:
    """Return of how many final nights at least bounds are known."""
    first = now.date() - days * DAY
    nights = told.scores.nights(client, first, now.date() + DAY)
    return sum(one.night.final and one.night.certainty != "none" for one in nights)
