"""`/clients/{id}/therapy`: course, targets, baseline and agreed threshold, and their forms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from daykeel.records.decisions import Decided
from daykeel.records.errors import Conflict
from daykeel.records.policy import can
from daykeel.rhythm.course import Course, Session, numbered
from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.targets import STEP, TargetPlan
from daykeel.rhythm.tried import Tried
from daykeel.rhythm.working_week import WorkingWeek, week_on
from daykeel.web.access import DECIDE_CLIENT, READ_CLIENT, seen_client
from daykeel.web.caseload import to_baseline
from daykeel.web.caseload_page import last_night
from daykeel.web.history import history
from daykeel.web.needs import Account
from daykeel.web.render import page
from daykeel.web.services import services
from daykeel.web.session import OwnForm, SignedIn, Told
from daykeel.web.therapy import (
    BadDecision,
    DayWhy,
    Therapy,
    confirmation,
    course_decided,
    day_decided,
    decide,
    renewal,
    target_decided,
    therapy,
    tracked_decided,
    week_decided,
)
from daykeel.web.therapy_shown import shown_baseline, shown_targets
from daykeel.web.thresholds import SIDES, ended, running, threshold_decided, try_threshold

router = APIRouter(include_in_schema=False)

DAY, WEEK = timedelta(days=1), timedelta(days=7)
BACK = timedelta(41)
CONFLICT = "Somebody was faster: what is decided has changed since you opened the page."
Side = Literal["both", "longer", "shorter"]
Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class CourseForm(BaseModel):
    """What the forms of the course send."""

    tag: str
    action: Literal["plan", "phases", "add", "missed", "held", "remove"]
    day: date | None = None
    many: Annotated[int, Field(ge=1, le=60)] = 16
    middle: Annotated[int, Field(ge=1, le=200)] = 4
    graduation: Annotated[int, Field(ge=1, le=200)] = 15


class TargetForm(BaseModel):
    """A plan of one anchor's targets."""

    tag: str
    anchor: Literal["out_of_bed", "first_contact", "start_activity", "dinner", "bed"]
    action: Literal["plan", "end"]
    first: date
    goal: Time | None = None
    current: Time | None = None
    step: Annotated[int, Field(ge=1, le=60)] = int(STEP)


class TrackedForm(BaseModel):
    """Which anchors can be known."""

    tag: str
    first: date
    items: list[str] = []


class DaysForm(BaseModel):
    """Which days are work and which free: of every week, or one date."""

    tag: str
    action: Literal["week", "work", "free", "usual"]
    day: date
    free: list[int] = []
    region: Annotated[str, Field(max_length=12)] = ""
    why: DayWhy = ""


class BaselineForm(BaseModel):
    """A decision about baselines."""

    tag: str
    action: Literal["confirm", "renew"]
    ids: list[str] = []
    first: date | None = None


class ThresholdForm(BaseModel):
    """Switching a threshold on or off."""

    tag: str
    action: Literal["on", "off"]
    hours: Annotated[float, Field(ge=0.5, le=6)] = 1.0
    nights: Annotated[int, Field(ge=2, le=14)] = 3
    side: Side = "both"
    backtest: str = ""


class Sending(NamedTuple):
    """Who sends a form about whom."""

    request: Request
    account: Account
    client_id: str


def sending(request: Request, account: SignedIn, client_id: str) -> Sending:
    """Return who sends a form of the page about whom."""
    return Sending(request, account, client_id)


Sent = Annotated[Sending, Depends(sending)]


@router.get("/clients/{client_id}/therapy")
def therapy_page(  # noqa: PLR0913, PLR0917  what a back-test is asked of
    request: Request,
    client_id: str,
    account: SignedIn,
    told: Told,
    hours: Annotated[float | None, Query(ge=0.5, le=6)] = None,
    nights: Annotated[int, Query(ge=2, le=14)] = 3,
    side: Annotated[Side, Query()] = "both",
) -> Response:
    """Show what is decided, and what a threshold would have done if that is asked for."""
    held = therapy(told, seen_client(told, account, client_id, READ_CLIENT))
    if hours is None:
        return _page(request, account, held)
    asked = Threshold(hours=hours, nights=nights, sides=SIDES[side])
    found = try_threshold(told, held, asked)
    return _page(request, account, held, Attempt(asked, side, found))


@router.post("/clients/{client_id}/course", dependencies=[OwnForm])
def course_decided_on(
    sent: Sent,
    said: Annotated[CourseForm, Form()],
) -> Response:
    """Plan a course, or change one of its sessions or where its phases begin."""

    def decided(held: Therapy) -> list[Decided]:
        return course_decided(_changed(held.course, said))

    return _acted(sent, said.tag, decided)


def _changed(course: Course | None, said: CourseForm) -> Course:
    """Return the course as a form leaves it."""
    if said.action == "phases":
        return replace(course or Course(), middle=said.middle, graduation=said.graduation)
    if said.day is None:
        raise BadDecision("Choose a day.")
    if said.action == "plan":
        sessions = tuple(Session(said.day + number * WEEK) for number in range(said.many))
        last = max(said.many, said.graduation)
        return Course(sessions, said.middle, said.graduation, last)
    held = course or Course()
    others = tuple(one for one in held.sessions if one.day != said.day)
    if said.action == "remove":
        return replace(held, sessions=others)
    if said.action == "add" and len(others) < len(held.sessions):
        raise BadDecision("There is a session on that day.")
    return replace(held, sessions=(*others, Session(said.day, said.action == "missed")))


@router.post("/clients/{client_id}/targets", dependencies=[OwnForm])
def target_decided_on(
    sent: Sent,
    said: Annotated[TargetForm, Form()],
) -> Response:
    """Plan an anchor's targets, or end them."""
    goal = _minutes(said.goal) if said.action == "plan" else None
    current = _minutes(said.current) if said.action == "plan" else None
    plan = TargetPlan(said.anchor, said.first, goal, current, float(said.step))

    def decided(held: Therapy) -> list[Decided]:
        if said.action == "plan" and goal is None:
            raise BadDecision("Say at what time.")
        return target_decided(plan, held.today)

    return _acted(sent, said.tag, decided)


def _minutes(told: str | None) -> float | None:
    if told is None:
        return None
    hours, minutes = told.split(":")
    return int(hours) * 60.0 + int(minutes)


@router.post("/clients/{client_id}/tracked", dependencies=[OwnForm])
def tracked_decided_on(
    sent: Sent,
    said: Annotated[TrackedForm, Form()],
) -> Response:
    """Choose which anchors can be known from a day on."""

    def decided(held: Therapy) -> list[Decided]:
        return tracked_decided(held, said.items, said.first)

    return _acted(sent, said.tag, decided)


@router.post("/clients/{client_id}/calendar", dependencies=[OwnForm])
def days_decided_on(
    sent: Sent,
    said: Annotated[DaysForm, Form()],
) -> Response:
    """Say which days of the week are free from a day on, or what one date is."""

    def decided(_: Therapy) -> list[Decided]:
        if said.action == "week":
            return week_decided(WorkingWeek(said.day, tuple(said.free), said.region.strip()))
        day_type = "" if said.action == "usual" else said.action
        return day_decided(said.day, day_type, said.why)

    return _acted(sent, said.tag, decided)


@router.post("/clients/{client_id}/baseline", dependencies=[OwnForm])
def baseline_decided_on(
    sent: Sent,
    told: Told,
    said: Annotated[BaselineForm, Form()],
) -> Response:
    """Confirm baselines as a settled time, or choose other nights."""

    def decided(held: Therapy) -> list[Decided]:
        if said.action == "confirm":
            return confirmation(held, told.scores.artefacts(sent.client_id), said.ids)
        if said.first is None:
            raise BadDecision("Choose the first night that counts.")
        return renewal(held, said.first)

    return _acted(sent, said.tag, decided)


@router.post("/clients/{client_id}/threshold", dependencies=[OwnForm])
def threshold_decided_on(
    sent: Sent,
    told: Told,
    said: Annotated[ThresholdForm, Form()],
) -> Response:
    """Switch a threshold on that was tried before, or switch it off."""
    threshold = Threshold(hours=said.hours, nights=said.nights, sides=SIDES[said.side])

    def decided(held: Therapy) -> list[Decided]:
        if said.action == "off":
            return ended(held)
        found = try_threshold(told, held, threshold)
        return threshold_decided(held, found, threshold, said.backtest)

    return _acted(sent, said.tag, decided)


def _acted(
    sent: Sending, expected: str, decided: Callable[[Therapy], Sequence[Decided]]
) -> Response:
    request, account, client_id = sent
    told = services(request)
    held = therapy(told, seen_client(told, account, client_id, DECIDE_CLIENT))
    try:
        decide(told, account, client_id, decided(held), expected)
    except BadDecision as error:
        return _page(request, account, held, problem=str(error), status=422)
    except Conflict:
        newest = therapy(told, held.client)
        return _page(request, account, newest, problem=CONFLICT, status=409)
    return RedirectResponse(f"/clients/{client_id}/therapy", 303)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A threshold that was tried on the last 90 nights."""

    threshold: Threshold
    side: str
    found: Tried | None


def _page(  # noqa: PLR0913, PLR0917
    request: Request,
    account: Account,
    held: Therapy,
    attempt: Attempt | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    told, client = services(request), held.client
    ended_at = last_night(told.clock.now(), client.zone)
    found = history(told.scores, client.id, ended_at - BACK, ended_at)
    return page(
        request,
        "therapy.html",
        account=account,
        status=status,
        client=client,
        held=held,
        can_decide=can(account, DECIDE_CLIENT, client),
        sessions=list(numbered(held.course)) if held.course else [],
        course=held.course or Course(),
        targets=shown_targets(told, held),
        tracked=held.context.tracked_items(held.today),
        tracked_later=[one for one in held.context.tracked if one[0] > held.today],
        week=week_on(held.context.weeks, held.today),
        weeks_later=[one for one in held.context.weeks if one.first > held.today],
        dates=[one for one in held.context.calendar if one[0] >= held.today - BACK],
        baselines=[shown_baseline(one, held) for one in found.baselines.values()],
        countdown=to_baseline(found, ended_at),
        running=running(held),
        attempt=attempt,
        problem=problem,
    )
