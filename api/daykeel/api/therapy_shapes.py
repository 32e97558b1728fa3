"""The JSON of decisions of therapy: course, targets, baselines, thresholds."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from daykeel.api.shapes import Shape
from daykeel.rhythm.course import FIRST_OF_GRADUATION, FIRST_OF_MIDDLE, LAST
from daykeel.rhythm.targets import STEP
from daykeel.web.therapy import DayWhy

Anchor = Literal["out_of_bed", "first_contact", "start_activity", "dinner", "bed"]
Chart = Literal["sleep.duration", "sleep.mid"]
Side = Literal["late_low", "early_high"]
Minutes = Annotated[float, Field(ge=0, lt=1440, description="From midnight.")]


class SessionOut(Shape):
    """One appointment."""

    date: date
    number: Annotated[int | None, Field(description="Null if it was missed.")]
    phase: Annotated[str | None, Field(examples=["middle"])]


class CourseOut(Shape):
    """The course of therapy; without one it is the middle."""

    middle: Annotated[int, Field(description="Number of its first session.")]
    graduation: int
    last: int
    sessions: list[SessionOut]


class TargetOut(Shape):
    """The target of an anchor from a day on, until its next one."""

    anchor: str
    first: date
    minutes: float | None


class TrackedOut(Shape):
    """Which anchors can be known from a day on; before the first one all five."""

    first: date
    items: list[str]


class WeekOut(Shape):
    """The working week from a day on; before the first one Saturday and Sunday are free."""

    first: date
    free_weekdays: Annotated[list[int], Field(description="0 is Monday.")]
    region: str


class DayOut(Shape):
    """One date that is work or free whatever its week says."""

    date: date
    day_type: Annotated[str, Field(json_schema_extra={"enum": ["work", "free"]})]
    why: str


class BaselineOut(Shape):
    """What is usual of one chart."""

    id: Annotated[str, Field(description="Hash of its content.")]
    chart: str
    first: date
    frozen: date
    nights: int
    centre: float
    scale: float
    confirmed: bool
    deleted: int
    until: Annotated[date | None, Field(description="First night it is no longer in use.")]
    proposal: Annotated[
        str | None, Field(description="Id of what may take its place, in `proposals`.")
    ]
    why: Annotated[str, Field(description="Of a proposal: `late_data` or `moved`.")]


class ThresholdOut(Shape):
    """What was agreed on with the client to look out for."""

    chart: str
    hours: float
    nights: int
    sides: list[str]
    first: date
    last: date | None


class TherapyOut(Shape):
    """Everything that is decided about a client's therapy."""

    client: str
    today: Annotated[date, Field(description="Where the client lives.")]
    phase: Annotated[
        str, Field(json_schema_extra={"enum": ["formulation", "middle", "graduation"]})
    ]
    session: Annotated[int, Field(description="Sessions that have been, today's included.")]
    next_session: date | None
    course: CourseOut | None
    targets: list[TargetOut]
    tracked: list[TrackedOut]
    weeks: list[WeekOut]
    days: list[DayOut]
    baselines: list[BaselineOut]
    proposals: list[BaselineOut]
    thresholds: list[ThresholdOut]
    renewed: Annotated[list[date], Field(description="Nights from which baselines began anew.")]


class TriedOut(Shape):
    """What a threshold would have done on the last 90 nights."""

    id: Annotated[str, Field(description="To be named when it is switched on.")]
    first: date
    last: date
    nights: Annotated[int, Field(description="Nights of these that could tell.")]
    fired: list[date]
    is_refused: Annotated[bool, Field(description="More than 3 times, or nothing is known.")]


class SessionIn(BaseModel):
    """One appointment."""

    model_config = ConfigDict(extra="forbid")

    date: date
    missed: bool = False


class CourseIn(BaseModel):
    """The whole course: what is left out is no part of it any more."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"sessions": [{"date": "2026-03-02"}], "middle": 4}]},
    )

    sessions: Annotated[list[SessionIn], Field(max_length=200)]
    middle: int = FIRST_OF_MIDDLE
    graduation: int = FIRST_OF_GRADUATION
    last: int = LAST


class TargetIn(BaseModel):
    """A plan of targets of one anchor."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "anchor": "bed",
                    "first": "2026-03-02",
                    "minutes": 0,
                    "current": 90,
                    "step": 30,
                }
            ]
        },
    )

    anchor: Anchor
    first: Annotated[date, Field(description="First day, today or later.")]
    minutes: Annotated[Minutes | None, Field(description="Null: no target any more.")]
    current: Minutes | None = None
    step: Annotated[float, Field(gt=0, le=60, description="Minutes a week, at most.")] = STEP


class TrackedIn(BaseModel):
    """Which anchors can be known from a day on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"first": "2026-03-02", "items": ["out_of_bed", "bed"]}]},
    )

    first: Annotated[date, Field(description="Today or later, unless it is the first one.")]
    items: Annotated[list[Anchor], Field(min_length=1, max_length=5)]


class WeekIn(BaseModel):
    """Which days of the week are free from a day on, and whose public holidays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"first": "2026-03-02", "free_weekdays": [4, 5], "region": "EG"}]
        },
    )

    first: date
    free_weekdays: Annotated[
        list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7, description="0 is Monday.")
    ]
    region: Annotated[
        str, Field(max_length=12, description="A country as `DE`, or a part of one as `DE-BY`.")
    ] = ""


class DayIn(BaseModel):
    """One date that is work or free whatever its week says."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"date": "2026-03-02", "day_type": "free", "why": "leave"}]
        },
    )

    date: date
    day_type: Annotated[
        Literal["work", "free"] | None, Field(description="Null: as its week says.")
    ]
    why: DayWhy = ""


class BaselineIn(BaseModel):
    """A decision about baselines."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"action": "confirm", "ids": ["0a1b2c3d4e5f6a7b8c9d0e1f"]},
                {"action": "renew", "first": "2026-03-02"},
            ]
        },
    )

    action: Literal["confirm", "renew"]
    ids: Annotated[list[str], Field(max_length=20, description="Of `confirm`.")] = []
    first: Annotated[date | None, Field(description="Of `renew`: first night that counts.")] = None


class ThresholdIn(BaseModel):
    """A threshold agreed on, and what it would have done."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"hours": 1, "nights": 3, "backtest": "5f6a7b8c9d0e1f0a"}]},
    )

    chart: Chart = "sleep.duration"
    hours: Annotated[float, Field(ge=0.5, le=6)] = 1.0
    nights: Annotated[int, Field(ge=2, le=14)] = 3
    sides: Annotated[list[Side], Field(min_length=1)] = list(get_args(Side))
    backtest: Annotated[str, Field(description="`id` of the back-test that was shown.")]
