"""`/v1/clients/{id}/therapy`: course, targets, baselines, agreed thresholds; what was decided."""

from typing import Annotated, get_args

from fastapi import APIRouter, Query, Response

from daykeel.api.acting import DECIDES, READS, Asked, acted, shown
from daykeel.api.problems import Problem, documented
from daykeel.api.therapy_shapes import (
    BaselineIn,
    Chart,
    CourseIn,
    DayIn,
    Side,
    TargetIn,
    TherapyOut,
    ThresholdIn,
    TrackedIn,
    TriedOut,
    WeekIn,
)
from daykeel.records.decisions import Decided
from daykeel.rhythm.course import (
    Course,
    Session,
)
from daykeel.rhythm.decisions import Threshold
from daykeel.rhythm.targets import TargetPlan
from daykeel.rhythm.tried import Tried
from daykeel.rhythm.working_week import WorkingWeek
from daykeel.web.access import READ_CLIENT, seen_client
from daykeel.web.session import SignedIn, Told
from daykeel.web.session_page import reported
from daykeel.web.session_report import SessionReport
from daykeel.web.therapy import (
    BadDecision,
    Therapy,
    confirmation,
    course_decided,
    day_decided,
    renewal,
    target_decided,
    therapy,
    tracked_decided,
    week_decided,
)
from daykeel.web.thresholds import ended, threshold_decided, try_threshold

router = APIRouter(prefix="/v1/clients/{client_id}", tags=["therapy"])


@router.get("/therapy", responses=READS)
def read_therapy(client_id: str, account: SignedIn, told: Told, response: Response) -> TherapyOut:
    """Return what is decided about a client; its ETag is what `If-Match` wants."""
    held = therapy(told, seen_client(told, account, client_id, READ_CLIENT))
    return shown(told, held, response)


@router.put("/course", responses=DECIDES)
def set_course(course: CourseIn, asked: Asked) -> TherapyOut:
    """Set the course: its sessions, and at which of them the phases begin."""
    sessions = tuple(Session(one.date, one.missed) for one in course.sessions)
    made = Course(sessions, course.middle, course.graduation, course.last)
    return acted(asked, "course", course, lambda _: course_decided(made))


@router.post("/targets", responses=DECIDES)
def plan_targets(target: TargetIn, asked: Asked) -> TherapyOut:
    """Plan an anchor's targets from a day on, in small weekly steps; what was before ends there."""
    plan = TargetPlan(target.anchor, target.first, target.minutes, target.current, target.step)
    return acted(asked, "targets", target, lambda held: target_decided(plan, held.today))


@router.put("/tracked", responses=DECIDES)
def set_tracked(tracked: TrackedIn, asked: Asked) -> TherapyOut:
    """Set which anchors can be known from a day on: the others do not count."""
    return acted(
        asked, "tracked", tracked, lambda held: tracked_decided(held, tracked.items, tracked.first)
    )


@router.put("/week", responses=DECIDES)
def set_week(week: WeekIn, asked: Asked) -> TherapyOut:
    """Set which days of the week are free from a day on, and whose public holidays."""
    made = WorkingWeek(week.first, tuple(week.free_weekdays), week.region)
    return acted(asked, "week", week, lambda _: week_decided(made))


@router.put("/calendar", responses=DECIDES)
def set_day(day: DayIn, asked: Asked) -> TherapyOut:
    """Set that one date is work or free, whatever its week says."""
    return acted(
        asked, "calendar", day, lambda _: day_decided(day.date, day.day_type or "", day.why)
    )


@router.post("/baseline", responses=DECIDES)
def decide_baseline(decision: BaselineIn, asked: Asked) -> TherapyOut:
    """Confirm baselines as a settled time, or let new ones be made of nights from a date on."""

    def decided(held: Therapy) -> list[Decided]:
        if decision.action == "confirm":
            return confirmation(held, asked.told.scores.artefacts(held.client.id), decision.ids)
        if decision.first is None:
            raise BadDecision("Name the first night that counts.")
        return renewal(held, decision.first)

    return acted(asked, "baseline", decision, decided)


@router.get("/threshold/backtest", responses=READS | documented("decision-impossible"))
def backtest_threshold(  # noqa: PLR0913, PLR0917  what a request may ask for
    client_id: str,
    account: SignedIn,
    told: Told,
    chart: Chart = "sleep.duration",
    hours: Annotated[float, Query(ge=0.5, le=6)] = 1.0,
    nights: Annotated[int, Query(ge=2, le=14)] = 3,
    side: Annotated[list[Side] | None, Query(description="Both if left out.")] = None,
) -> TriedOut:
    """Return on which of the last 90 nights a threshold would have fired."""
    held = therapy(told, seen_client(told, account, client_id, READ_CLIENT))
    threshold = Threshold(chart, hours, nights, tuple(side or get_args(Side)))
    found = try_threshold(told, held, threshold)
    if found is None:
        raise Problem("decision-impossible", "There is no baseline yet to try it on.")
    return _tried(found)


@router.put("/threshold", responses=DECIDES | documented("threshold-too-frequent"))
def switch_on_threshold(agreed: ThresholdIn, asked: Asked) -> TherapyOut:
    """Switch a threshold on from tonight, once its back-test was shown; another one ends."""
    threshold = Threshold(agreed.chart, agreed.hours, agreed.nights, tuple(agreed.sides))

    def decided(held: Therapy) -> list[Decided]:
        found = try_threshold(asked.told, held, threshold)
        return threshold_decided(held, found, threshold, agreed.backtest)

    return acted(asked, "threshold", agreed, decided)


@router.delete("/threshold", responses=DECIDES)
def switch_off_threshold(asked: Asked) -> TherapyOut:
    """Switch every threshold off from tonight on; what it said before stays."""
    return acted(asked, "no threshold", None, ended)


@router.get("/session", responses=READS)
def read_session(client_id: str, account: SignedIn, told: Told) -> SessionReport:
    """Return what a therapist needs before a session: what is known since the last one."""
    held = therapy(told, seen_client(told, account, client_id, READ_CLIENT))
    return reported(told, held)


def _tried(found: Tried) -> TriedOut:
    return TriedOut(
        id=found.id,
        first=found.first,
        last=found.last,
        nights=found.nights,
        fired=list(found.fired),
        is_refused=found.is_refused,
    )
