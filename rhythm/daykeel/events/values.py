"""What the `value` of each kind of event holds; `docs/events.md` explains it."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=0, le=10_000_000)]
Amount = Annotated[float, Meta(ge=0, le=1e9)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Minutes = Annotated[int, Meta(ge=0, le=10_080)]
Hours = Annotated[float, Meta(ge=0, le=168)]
Beats = Annotated[float, Meta(gt=0, le=500)]
People = Annotated[int, Meta(ge=0, le=3)]
Level = Annotated[int, Meta(ge=-5, le=5)]
Label = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=2_000)]
Instant = Annotated[datetime, Meta(tz=True)]
WallTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
StageName = Literal["awake", "light", "deep", "rem", "asleep", "unknown"]
PlaceKind = Literal["home", "work", "school", "volunteer", "other"]


class Value(Struct, kw_only=True, omit_defaults=True):
    """Nothing: the kind says it all."""


class StageSpan(Value):
    """One stage inside an episode."""

    stage: StageName
    start: Instant
    end: Instant


class Episode(Value):
    """A sleep session of a source."""

    asleep_min: Minutes | None = None
    asleep_h: Hours | None = None
    in_bed_min: Minutes | None = None
    is_main_sleep: bool | None = None
    wake_date: date | None = None
    stages: list[StageSpan] | None = None


class Stage(Value):
    """A state of sleep."""

    stage: StageName


class Duration(Value):
    """How long somebody slept."""

    asleep_min: Minutes


class Confidence(Value):
    """How sure a source is that somebody sleeps."""

    confidence: Percent


class Epoch(Value):
    """Activity in a short fixed interval."""

    unit: Literal["steps", "counts", "mims", "enmo"]
    value: Amount
    epoch_s: Annotated[int, Meta(ge=1, le=86_400)]


class Steps(Value):
    """Steps in a stretch of time or on a day."""

    steps: Count
    local_date: date | None = None
    merge: Literal["max"] | None = None


class State(Value):
    """What the body was doing."""

    state: Literal["still", "walking", "running", "cycling", "vehicle", "unknown"]


class Session(Value):
    """A workout."""

    name: Annotated[str, Meta(max_length=60)] | None = None
    steps: Count | None = None
    energy_kj: Amount | None = None


class Energy(Value):
    """Energy spent by moving."""

    energy_kj: Amount


class FirstContact(Value):
    """The first person of the day."""

    people: People | None = None


class Contact(Value):
    """A contact with another person."""

    channel: Literal["call", "message", "video", "in_person", "other"]
    direction: Literal["in", "out"]
    answered: bool


class Routine(Value):
    """The start of what fills the day."""

    what: Literal["work", "school", "volunteer", "housework", "care", "exercise", "other"]


class Meal(Value):
    """A meal."""

    meal: Literal["breakfast", "lunch", "dinner", "snack"]


class Place(Value):
    """Coming to or leaving a region."""

    place: PlaceKind
    place_label: Label | None = None


class PlaceConfig(Value):
    """A region the client set up, without its coordinates."""

    place: PlaceKind
    place_label: Label | None = None
    radius_m: Amount | None = None


class Fix(Value):
    """A position; never leaves the adapter."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    acc_m: Amount | None = None
    inregions: list[Label] | None = None
    battery_pct: Percent | None = None


class Usage(Value):
    """How long the phone was used."""

    minutes: Minutes | None = None


class DailyUsage(Value):
    """How long the phone was used on a day."""

    local_date: date
    minutes: Minutes


class Light(Value):
    """Light, in lux."""

    lux: Amount


class Presence(Value):
    """Whether somebody is there."""

    present: bool


class Opening(Value):
    """Whether a door or window is open."""

    open: bool


class Switch(Value):
    """Whether something is on."""

    on: bool


class HeartRate(Value):
    """Beats per minute."""

    bpm: Beats
    min: Beats | None = None
    max: Beats | None = None


class Battery(Value):
    """Charge of a device."""

    percent: Percent
    charging: bool | None = None


class Denial(Value):
    """Why an app can read nothing: a permission of the phone, or the account at the provider."""

    why: Literal["permission", "authorisation"]


class Zone(Value):
    """The zone a device is in."""

    tz: Annotated[str, Meta(max_length=64)]


class Alarm(Value):
    """An alarm clock."""

    alarm_at: Instant | None = None


class Tombstone(Value):
    """What is to be taken for unknown."""

    of: Label
    reason: Label


class Correction(Value):
    """What somebody says was wrong."""

    of: Label
    by: Literal["client", "therapist"]
    start: Instant | None = None
    end: Instant | None = None
    value: dict[Label, float | Label | bool | None] | None = None


class NightMark(Value):
    """A declaration about some nights."""

    what: Literal["illness", "event", "episode", "exclude", "dispute"]
    first: date
    last: date


class SrmEntry(Value):
    """One of the five anchors, as told."""

    item: Literal["out_of_bed", "first_contact", "start_activity", "dinner", "bed"]
    day: date
    done: bool
    time: WallTime | None = None
    people: People | None = None


class SelfLevel(Value):
    """Mood or energy of a day."""

    level: Level
    day: date


class SleepDiary(Value):
    """A night, as told."""

    day: date
    asleep_min: Minutes | None = None
    quality: Annotated[int, Meta(ge=1, le=5)] | None = None


class Medication(Value):
    """Whether medication was taken."""

    taken: bool
    day: date


class Note(Value):
    """What the client writes to the therapist."""

    text: Text
