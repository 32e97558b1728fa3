"""Deciding by a request: upon a version, once for each key, stored or refused as a whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Response
from pydantic import BaseModel

from daykeel.api.once import fingerprint, is_repeated, remember
from daykeel.api.problems import Problem, documented
from daykeel.api.therapy_shapes import (
    BaselineOut,
    CourseOut,
    DayOut,
    SessionOut,
    TargetOut,
    TherapyOut,
    ThresholdOut,
    TrackedOut,
    WeekOut,
)
from daykeel.records.decisions import Decided
from daykeel.records.errors import Conflict
from daykeel.rhythm.course import Course, numbered
from daykeel.rhythm.ledger import Baseline
from daykeel.rhythm.tracked import tracked_on
from daykeel.web.access import DECIDE_CLIENT, seen_client
from daykeel.web.needs import Account
from daykeel.web.services import Services
from daykeel.web.session import SignedIn, Told
from daykeel.web.therapy import BadDecision, Therapy, decide, offered, therapy
from daykeel.web.thresholds import TooFrequent, running

IfMatch = Annotated[str | None, Header(description="The ETag of the therapy decided upon.")]
Key = Annotated[
    str | None,
    Header(
        alias="idempotency-key",
        max_length=200,
        description="A repeated request with the same key acts once.",
    ),
]
READS = documented("sign-in-needed", "not-found")
DECIDES = documented(
    "sign-in-needed",
    "origin-wrong",
    "not-found",
    "decision-impossible",
    "version-changed",
    "version-needed",
    "request-invalid",
    "idempotency-key-reused",
)


@dataclass(frozen=True)
class Asking:
    """A request to decide something about a client."""

    client_id: str
    account: SignedIn
    told: Told
    response: Response
    if_match: IfMatch = None
    key: Key = None


Asked = Annotated[Asking, Depends()]


def acted(
    asked: Asking,
    what: str,
    said: BaseModel | None,
    decided: Callable[[Therapy], Sequence[Decided]],
) -> TherapyOut:
    """Store what `decided` makes of the decisions as they are, and return them as they are then.

    Parameters
    ----------
    asked
        By whom, about whom, and upon which version.
    what, said
        What is to be decided, and the request's body.

    Raises
    ------
    Problem
        They are not those of `If-Match`, or it cannot be decided so.
    """
    told, account = asked.told, asked.account
    client = seen_client(told, account, asked.client_id, DECIDE_CLIENT)
    if asked.if_match is None:
        raise Problem("version-needed")
    content = said.model_dump(mode="json") if said else None
    this = fingerprint(asked.client_id, what, asked.if_match, content)
    if not is_repeated(told, account, asked.key, this):
        held = therapy(told, client)
        if asked.if_match != etag(held):
            raise Problem("version-changed")
        _store(told, account, held, decided)
        remember(told, account, asked.key, this)
    return shown(told, therapy(told, client), asked.response)


def _store(
    told: Services,
    account: Account,
    held: Therapy,
    decided: Callable[[Therapy], Sequence[Decided]],
) -> None:
    try:
        decide(told, account, held.client.id, decided(held), held.tag)
    except TooFrequent as error:
        fired = error.tried.fired if error.tried else ()
        nights = [night.isoformat() for night in fired]
        raise Problem("threshold-too-frequent", str(error), fired=nights) from None
    except BadDecision as error:
        raise Problem("decision-impossible", str(error)) from None
    except Conflict:
        raise Problem("version-changed") from None


def etag(held: Therapy) -> str:
    """Return the entity tag of all decisions about a client."""
    return f'"{held.tag}"'


def shown(told: Services, held: Therapy, response: Response) -> TherapyOut:
    """Return all decisions about a client as JSON, with their tag as ETag."""
    response.headers["etag"] = etag(held)
    newest = {one.chart: one for one in told.scores.artefacts(held.client.id)}
    known = {one.id for one in newest.values()}
    proposed = [one for one in offered(newest.values()).values() if one.id not in known]
    return TherapyOut(
        client=held.client.id,
        today=held.today,
        phase=held.phase,
        session=held.session,
        next_session=held.next_session,
        course=_course(held.course),
        targets=[
            TargetOut(anchor=anchor, first=first, minutes=minutes)
            for anchor, first, minutes in held.context.targets
        ],
        tracked=[
            TrackedOut(first=first, items=list(tracked_on(held.context.tracked, first)))
            for first, _ in held.context.tracked
        ],
        weeks=[WeekOut.model_validate(one) for one in held.context.weeks],
        days=[DayOut(date=day, day_type=kind, why=why) for day, kind, why in held.context.calendar],
        baselines=[_baseline(one, held) for one in newest.values()],
        proposals=[_baseline(one, held) for one in proposed],
        thresholds=[ThresholdOut.model_validate(one) for one in running(held)],
        renewed=list(held.context.decisions.renewed),
    )


def _course(course: Course | None) -> CourseOut | None:
    if course is None:
        return None
    sessions = [
        SessionOut(date=one.day, number=number, phase=course.phase(number) if number else None)
        for number, one in numbered(course)
    ]
    return CourseOut(
        middle=course.middle, graduation=course.graduation, last=course.last, sessions=sessions
    )


def _baseline(one: Baseline, held: Therapy) -> BaselineOut:
    return BaselineOut(
        id=one.id,
        chart=one.chart,
        first=one.first,
        frozen=one.frozen,
        nights=len(one.nights),
        centre=one.centre,
        scale=one.scale,
        confirmed=held.is_confirmed(one),
        deleted=one.deleted,
        until=one.until,
        proposal=one.proposal.id if one.proposal else None,
        why=one.why,
    )
