"""The JSON of clients, nights, scores and days, with examples for the description of the API."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Status = Annotated[str, Field(json_schema_extra={"enum": ["ok", "provisional", "insufficient"]})]
NightState = Annotated[
    str, Field(json_schema_extra={"enum": ["unknown", "provisional", "final", "revised"]})
]
Certainty = Annotated[str, Field(json_schema_extra={"enum": ["certain", "bounded", "none"]})]


class Shape(BaseModel):
    """A JSON object made from the attributes of one of our values."""

    model_config = ConfigDict(from_attributes=True)


class BoundedOut(Shape):
    """A value and the interval it lies in, given what is unknown; null is never zero."""

    value: float | None
    lo: float | None
    hi: float | None


class ClientOut(Shape):
    """One client of the caseload."""

    id: Annotated[str, Field(examples=["c-7f3k2m9qxa"])]
    display_name: Annotated[str, Field(examples=["A. Client"])]
    zone: Annotated[str, Field(examples=["Europe/Berlin"])]
    enrolled: date | None
    latest: Annotated[date | None, Field(description="Last date of which anything is stored.")]


class ClientsOut(Shape):
    """The clients of the caller's caseload."""

    clients: list[ClientOut]


class GapOut(Shape):
    """A stretch of a night that is unknown."""

    start: datetime
    stop: datetime
    reason: Annotated[str, Field(examples=["not_worn"])]
    evidence: Annotated[
        list[str], Field(description="Ids of the events, or of the outage of ours, that show it.")
    ]


class WordOut(Shape):
    """Something a device said of itself that still held."""

    what: Annotated[str, Field(examples=["battery", "flat", "off_wrist", "offline", "denied"])]
    since: datetime
    id: Annotated[str, Field(description="Of the event that said so.")]
    percent: Annotated[float | None, Field(description="Of a battery.")]


class NightSourceOut(Shape):
    """What one app on one device had told by the end of a night's core, or by now."""

    adapter: Annotated[str, Field(examples=["sleep_as_android"])]
    device: Annotated[str, Field(examples=["phone"])]
    synced: Annotated[datetime | None, Field(description="It has told everything up to then.")]
    heard: Annotated[datetime | None, Field(description="It was there up to then.")]
    words: list[WordOut]


class NightOut(Shape):
    """One night; a night nobody knows has null values, status `insufficient` and reasons."""

    night: date
    state: NightState
    version: Annotated[int, Field(description="Distinct contents seen since it was first final.")]
    status: Status
    reasons: list[str]
    certainty: Certainty
    no_main_sleep: bool
    onset: Annotated[BoundedOut, Field(description="Hours from the night's midnight, 23:30 = -0.5")]
    offset: BoundedOut
    mid: BoundedOut
    duration: Annotated[BoundedOut, Field(description="Minutes of the main sleep.")]
    tst: Annotated[BoundedOut, Field(description="Minutes asleep, naps included.")]
    onset_at: datetime | None
    offset_at: datetime | None
    coverage: float
    gaps: list[GapOut]
    zone: str | None
    utc_offset_min: int | None
    day_type: str | None
    flags: list[str]
    source: str | None
    sources: list[NightSourceOut]
    finalised_at: datetime | None


class NightsOut(Shape):
    """One row for each night asked for, oldest first."""

    client: str
    nights: list[NightOut]


class ConsentOut(Shape):
    """Whether the client allows an app's data, and since when that is so."""

    state: Annotated[str, Field(json_schema_extra={"enum": ["given", "withdrawn", "never given"]})]
    since: datetime | None


class SourceOut(Shape):
    """One app on one device as it is now."""

    adapter: Annotated[str, Field(examples=["sleep_as_android"])]
    device: Annotated[
        str | None,
        Field(description="Null where nothing ever came of the app.", examples=["phone"]),
    ]
    synced: datetime | None
    heard: datetime | None
    words: list[WordOut]
    consent: ConsentOut


class SilenceOut(Shape):
    """For how many nights nothing has been known, why, and how far up the ladder that is."""

    nights: int
    since: date | None
    step: Annotated[
        str, Field(json_schema_extra={"enum": ["none", "late", "reminded", "silent", "told"]})
    ]
    reason: Annotated[str | None, Field(examples=["battery_flat"])]
    who: Annotated[str | None, Field(description="Who can act on the reason.", examples=["client"])]
    tells_at: Annotated[int, Field(description="Nights at which the therapist is told.")]
    alert: Annotated[str | None, Field(description="Id of the notice the therapist was given.")]


class SourcesOut(Shape):
    """Where a client's data come from, and for how long none have."""

    client: str
    silence: SilenceOut
    sources: list[SourceOut]


class ScoreOut(Shape):
    """One measure of one client, date and window; null is never zero."""

    local_date: date
    measure: Annotated[str, Field(examples=["sri.window"])]
    window: Annotated[str, Field(examples=["7d"])]
    value: Annotated[float | None, Field(examples=[81.5])]
    lo: float | None
    hi: float | None
    coverage: float
    status: Status
    reasons: list[str]
    n: int
    n_expected: int
    version: Annotated[str | None, Field(description="Of the algorithm.", examples=["1.0.0"])]
    zone: str | None
    inputs: Annotated[str | None, Field(description="Hash of the nights and days read.")]


class ScoresOut(Shape):
    """One row for each day, measure and window asked for, oldest first."""

    client: str
    scores: list[ScoreOut]


class AnchorOut(Shape):
    """One way to tell when one of the five things was done."""

    item: str
    source_class: str
    minutes: Annotated[
        float | None, Field(description="From the midnight of the social day; null if not done.")
    ]
    done: bool
    people: Annotated[int | None, Field(description="0 alone .. 3 others very stimulating.")]


class DayOut(Shape):
    """One social day; a day nobody knows has no anchors, null values and reasons."""

    day: date
    status: Status
    reasons: list[str]
    anchors: list[AnchorOut]
    mood: int | None
    energy: int | None
    activity_unit: str | None
    activity: Annotated[
        list[float | None],
        Field(description="Sum of each local hour; null where no minute of it is known."),
    ]
    known_minutes: Annotated[int, Field(description="Of the 1440 clock minutes of its night.")]
    inputs: str | None


class DaysOut(Shape):
    """One row for each day asked for, oldest first."""

    client: str
    days: list[DayOut]
