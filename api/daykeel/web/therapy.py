"""What is decided about a client's therapy, and what the next decision makes of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from daykeel.pipeline.context import baseline_told, context_with, course_of
from daykeel.pipeline.state import Command
from daykeel.records.decisions import Decided, Made, tag
from daykeel.rhythm.context import ClientContext
from daykeel.rhythm.course import Course, numbered
from daykeel.rhythm.ledger import ANCHORS, Baseline
from daykeel.rhythm.targets import MOST_STEP, TargetPlan, in_force, target_plan
from daykeel.rhythm.working_week import WorkingWeek, regions
from daykeel.web.needs import Account, Client
from daykeel.web.services import Services

DAY = timedelta(days=1)
EVER = date(1970, 1, 1)
DAY_MINUTES = 1440
DAYS_A_WEEK = 7
DayWhy = Literal["", "shift", "leave", "sick"]
"""Why a date is work or free: words of ours, since they leave the records with the command."""
MOST_SESSIONS = 200


class BadDecision(ValueError):  # noqa: N818  a fact about what somebody asked for
    """It cannot be decided so; the text is for the person."""


@dataclass(frozen=True, slots=True)
class Therapy:
    """All decisions about one client."""

    client: Client
    context: ClientContext
    commands: Sequence[Command]
    today: date
    """Where the client lives."""

    @property
    def tag(self) -> str:
        """What stands for all of them as they are."""
        return tag(self.commands)

    @property
    def course(self) -> Course | None:
        """The course, if one was entered."""
        told = (one.value for one in self.commands if one.kind == "course")
        return next((course_of(value) for value in told if value.get("sessions")), None)

    @property
    def session(self) -> int:
        """How many sessions have been, today's included."""
        course = self.course
        done = (
            [number for number, one in numbered(course) if one.day <= self.today] if course else []
        )
        return max((number for number in done if number), default=0)

    @property
    def next_session(self) -> date | None:
        """The day of the next one that is planned, today's included."""
        days = (one.day for one in self.course.sessions if not one.is_missed) if self.course else ()
        return min((day for day in days if day >= self.today), default=None)

    @property
    def last_session(self) -> date | None:
        """The day of the last one before today."""
        days = (one.day for one in self.course.sessions if not one.is_missed) if self.course else ()
        return max((day for day in days if day < self.today), default=None)

    @property
    def phase(self) -> str:
        """The phase in force tonight."""
        return self.context.phase(self.today + DAY)

    def targets(self, day: date) -> dict[str, float]:
        """Return the targets in force on a day, by anchor, in minutes from midnight."""
        return in_force(self.context.targets, day)

    def is_confirmed(self, baseline: Baseline) -> bool:
        """Return whether a therapist confirmed a baseline, or what it refines."""
        ids = {one.id for one in self.context.decisions.confirmed}
        return baseline.confirmed or baseline.id in ids


def therapy(told: Services, client: Client) -> Therapy:
    """Return what is decided about a client."""
    commands = list(told.records.commands(client.id))
    today = told.clock.now().astimezone(ZoneInfo(client.zone)).date()
    return Therapy(client, context_with(client.id, commands), commands, today)


def decide(
    told: Services, account: Account, client: str, decided: Sequence[Decided], expected: str
) -> None:
    """Store decisions that were made upon those of tag `expected`.

    Raises
    ------
    Conflict
        Somebody has decided something else since.
    """
    made = Made(account.id, told.clock.now())
    told.records.decide(client, decided, expected=expected, made=made)


def course_decided(course: Course) -> list[Decided]:
    """Return a course with its sessions."""
    days = [one.day for one in course.sessions]
    if len(set(days)) != len(days):
        raise BadDecision("There are two sessions on one day.")
    if len(days) > MOST_SESSIONS:
        raise BadDecision(f"A course has at most {MOST_SESSIONS} sessions.")
    if not 1 <= course.middle <= course.graduation <= course.last:
        raise BadDecision("The phases begin one after the other, within the course.")
    value = {
        "sessions": [
            {"date": one.day.isoformat()} | ({"missed": True} if one.is_missed else {})
            for _, one in numbered(course)
        ],
        "middle": course.middle,
        "graduation": course.graduation,
        "last": course.last,
    }
    return [Decided("course", "course", value)]


def target_decided(plan: TargetPlan, today: date) -> list[Decided]:
    """Return a plan of targets from today or later on: what was agreed for the past stays."""
    if plan.anchor not in ANCHORS:
        raise BadDecision(f"There is no anchor {plan.anchor!r}.")
    if plan.first < today:
        raise BadDecision("A target begins today or later: what was agreed for the past stays.")
    times = [one for one in (plan.goal, plan.current) if one is not None]
    if not all(0 <= one < DAY_MINUTES for one in times):
        raise BadDecision("A time lies between 00:00 and 23:59.")
    if not 0 < plan.step <= MOST_STEP:
        raise BadDecision(f"A step is above 0 and at most {MOST_STEP:g} minutes.")
    if plan.goal is not None and plan.current is not None:
        target_plan(plan.current, plan.goal, plan.step)
    value: dict[str, Any] = {
        "anchor": plan.anchor,
        "first": plan.first.isoformat(),
        "minutes": plan.goal,
    }
    if plan.current is not None:
        value |= {"current": plan.current, "step": plan.step}
    return [Decided("target", f"target/{plan.anchor}/{plan.first.isoformat()}", value)]


def tracked_decided(held: Therapy, items: Iterable[str], first: date) -> list[Decided]:
    """Return which anchors can be known from a day on; what counted on past days stays.

    Only who decides it for the first time, or corrects that, may say so of the past too.
    """
    chosen = [item for item in ANCHORS if item in set(items)]
    if not chosen:
        raise BadDecision("Choose at least one anchor.")
    known = {day for day, _ in held.context.tracked}
    if first < held.today and known and first not in known:
        raise BadDecision("It begins today or later: what counted on past days stays.")
    value = {"first": first.isoformat(), "items": chosen}
    return [Decided("tracked", f"tracked/{first.isoformat()}", value)]


def week_decided(week: WorkingWeek) -> list[Decided]:
    """Return which days of the week are free from a day on, and whose public holidays."""
    if week.region and week.region not in regions():
        raise BadDecision(
            "Public holidays of that region are not known: name a country such as DE, or a part"
            " of one such as DE-BY."
        )
    if not all(0 <= one < DAYS_A_WEEK for one in week.free_weekdays):
        raise BadDecision("A day of the week is a number from 0 (Monday) to 6.")
    value = {
        "first": week.first.isoformat(),
        "free_weekdays": sorted(set(week.free_weekdays)),
        "region": week.region,
    }
    return [Decided("week", f"week/{week.first.isoformat()}", value)]


def day_decided(day: date, day_type: str, why: DayWhy) -> list[Decided]:
    """Return that one date is work or free, as a shift or leave is; neither: as its week says."""
    value: dict[str, Any] = {"date": day.isoformat(), "day_type": day_type, "why": why}
    if not day_type:
        value |= {"withdrawn": True}
    return [Decided("calendar", f"calendar/{day.isoformat()}", value)]


def offered(artefacts: Iterable[Baseline]) -> dict[str, Baseline]:
    """Return by id every baseline that can be confirmed: those in use, and what is proposed."""
    newest = {one.chart: one for one in artefacts}
    found = [one for one in newest.values() if one.until is None]
    return {one.id: one for each in found for one in (each, each.proposal) if one is not None}


def confirmation(held: Therapy, artefacts: Iterable[Baseline], ids: Iterable[str]) -> list[Decided]:
    """Return the confirmation of baselines by the hashes of their contents."""
    known = offered(artefacts)
    decided: list[Decided] = []
    for name in dict.fromkeys(ids):
        if name not in known:
            raise BadDecision("That baseline is no longer in use. Look at the newest one.")
        chosen = known[name]
        decided += _withdrawn(
            held, lambda one, new=chosen: one.chart == new.chart and one.frozen == new.frozen
        )
        decided.append(Decided("baseline.confirm", _name(chosen), baseline_told(chosen)))
    if not decided:
        raise BadDecision("There is no baseline to confirm.")
    return list({one.id: one for one in decided}.values())


def renewal(held: Therapy, first: date) -> list[Decided]:
    """Return that baselines are made of nights from `first` on; pins of later nights end."""
    if first > held.today:
        raise BadDecision("Choose a night that has been.")
    if held.client.enrolled is not None and first < held.client.enrolled - 400 * DAY:
        raise BadDecision("Nothing is known of nights so long ago.")
    name = f"baseline/from/{first.isoformat()}"
    decided = [Decided("baseline.renew", name, {"first": first.isoformat()})]
    return [*_withdrawn(held, lambda one: one.frozen >= first), *decided]


def _withdrawn(held: Therapy, is_meant: Any) -> Iterator[Decided]:
    for one in held.context.decisions.confirmed:
        if is_meant(one):
            value = baseline_told(one) | {"withdrawn": True}
            yield Decided("baseline.confirm", _name(one), value)


def _name(baseline: Baseline) -> str:
    return f"baseline/{baseline.chart}/{baseline.id}"
