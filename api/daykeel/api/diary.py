"""`/v1/clients/{id}/diary`: what sensors cannot know, told by the client."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from daykeel.api.problems import Problem, documented
from daykeel.web.access import WRITE_DIARY, seen_client
from daykeel.web.diary import AnchorEntry, Entry, LevelEntry, is_to_come, social_day
from daykeel.web.session import SignedIn, Told
from daykeel.web.telling import tell

router = APIRouter(prefix="/v1", tags=["diary"])

OLDEST = timedelta(60)
MOST = 50
Day = Annotated[date, Field(description="The social day: from 04:00 to 04:00 on the wall clock.")]


class AnchorIn(BaseModel):
    """One of the five anchors."""

    model_config = ConfigDict(extra="forbid")

    item: Literal["out_of_bed", "first_contact", "start_activity", "dinner", "bed"]
    day: Day
    done: bool = True
    time: Annotated[
        str | None,
        Field(
            pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$",
            description="On the wall clock; before 04:00 it lies after midnight. Left out: now.",
            examples=["07:10"],
        ),
    ] = None
    people: Annotated[
        int | None,
        Field(ge=0, le=3, description="0 alone, 1 others present, 2 involved, 3 very stimulating."),
    ] = None

    @model_validator(mode="after")
    def _has_no_time_undone(self) -> "AnchorIn":
        if not self.done and (self.time is not None or self.people is not None):
            raise ValueError("what was not done has neither time nor company")
        return self


class LevelIn(BaseModel):
    """Mood or energy of a day."""

    model_config = ConfigDict(extra="forbid")

    day: Day
    level: Annotated[int, Field(ge=-5, le=5)]


class DiaryIn(BaseModel):
    """What a client tells at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "anchors": [
                        {"item": "dinner", "day": "2026-03-31", "time": "18:40", "people": 2},
                        {"item": "first_contact", "day": "2026-03-31", "done": False},
                    ],
                    "mood": {"day": "2026-03-31", "level": 1},
                }
            ]
        },
    )

    anchors: Annotated[list[AnchorIn], Field(max_length=MOST)] = []
    mood: LevelIn | None = None
    energy: LevelIn | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "DiaryIn":
        if not (self.anchors or self.mood or self.energy):
            raise ValueError("nothing is told")
        return self


class DiaryOut(BaseModel):
    """How many entries are on the log now."""

    kept: int


@router.post(
    "/clients/{client_id}/diary",
    status_code=202,
    responses=documented(
        "sign-in-needed",
        "origin-wrong",
        "consent-missing",
        "not-found",
        "request-invalid",
        "not-ready",
    ),
)
def write_diary(client_id: str, diary: DiaryIn, account: SignedIn, told: Told) -> DiaryOut:
    """Keep what the client tells; once this answers it is on the log."""
    client = seen_client(told, account, client_id, WRITE_DIARY)
    now = told.clock.now()
    entries = _entries(diary, now)
    oldest = social_day(now, client.zone) - OLDEST
    if any(is_to_come(one, now, client.zone) or one.day < oldest for one in entries):
        wrong = {"where": "body", "what": "day or time has not come yet, or is too far back"}
        raise Problem("request-invalid", errors=[wrong])
    tell(told, client, entries)
    return DiaryOut(kept=len(entries))


def _entries(diary: DiaryIn, now: datetime) -> list[Entry]:
    anchors = [
        AnchorEntry(one.item, one.day, one.done, one.time, now, one.people) for one in diary.anchors
    ]
    said = (("mood", diary.mood), ("energy", diary.energy))
    levels = [LevelEntry(what, one.day, one.level) for what, one in said if one]
    return [*anchors, *levels]
