"""`/v1/alert-quality`: how many alerts there were, of what use, how soon answered, what failed."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from daykeel.api.problems import documented
from daykeel.api.shapes import Shape
from daykeel.web.alert_quality import LONGEST, alert_quality
from daykeel.web.session import SignedIn, Told

router = APIRouter(prefix="/v1/alert-quality", tags=["alerts"])


class RuleOut(Shape):
    """What became of the alerts of one kind that one rule raised."""

    kind: Annotated[str, Field(examples=["phase_delay"])]
    rule: Annotated[str, Field(examples=["slow"])]
    raised: int
    useful: int
    not_useful: int
    withdrawn: int
    share: Annotated[float | None, Field(description="Useful, of those anything was said of.")]


class VolumeOut(Shape):
    """How many rhythm alerts there were, against the budget."""

    alerts: Annotated[int, Field(description="Data loss, travel and agreed thresholds left out.")]
    client_years: Annotated[float, Field(description="Monitored.")]
    rate: Annotated[float | None, Field(description="Per client-year.")]
    interval: Annotated[
        tuple[float, float] | None, Field(description="The exact 95 % interval of the rate.")
    ]
    budget: float


class SilenceOut(Shape):
    """That nobody is told of a client, or of one kind of alert about them, for a while."""

    id: str
    client: str
    kind: Annotated[str, Field(description="Empty: all but what has to be acted on at once.")]
    start: datetime
    stop: datetime
    reason: str


class QualityOut(Shape):
    """How well alerts did."""

    since: datetime
    clients: int
    volume: VolumeOut
    by_rule: list[RuleOut]
    answered: int
    unanswered: int
    median_answer_s: float | None
    longest_answer_s: float | None
    silences_ending: Annotated[
        list[SilenceOut], Field(description="Within a week; empty for an operator.")
    ]
    undeliverable: Annotated[int, Field(description="Letters, of the whole installation.")]
    on_their_way: int
    oldest_on_its_way: datetime | None


@router.get("", responses=documented("sign-in-needed", "not-found", "request-invalid"))
def read_quality(
    account: SignedIn,
    told: Told,
    days: Annotated[int, Query(ge=1, le=LONGEST, description="Up to now.")] = 90,
) -> QualityOut:
    """Return how alerts about the caller's clients did; an operator gets everybody's numbers."""
    found = alert_quality(told, account, days)
    ending = [] if account.role == "operator" else found.figures.ending
    return QualityOut(
        since=found.since,
        clients=found.clients,
        volume=VolumeOut.model_validate(found.volume),
        by_rule=[RuleOut.model_validate(one) for one in found.by_rule],
        answered=found.answers.answered,
        unanswered=found.answers.waiting,
        median_answer_s=_seconds(found.answers.median),
        longest_answer_s=_seconds(found.answers.longest),
        silences_ending=[SilenceOut.model_validate(one) for one in ending],
        undeliverable=found.figures.undeliverable,
        on_their_way=found.figures.on_their_way,
        oldest_on_its_way=found.figures.oldest,
    )


def _seconds(value: timedelta | None) -> float | None:
    return None if value is None else value.total_seconds()
