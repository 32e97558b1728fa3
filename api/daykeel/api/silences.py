"""`/v1/clients/{id}/silences`: what nobody is told of for a while."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from daykeel.alerting.wording import TITLES
from daykeel.api.problems import Problem, documented
from daykeel.api.quality import SilenceOut
from daykeel.api.shapes import Shape
from daykeel.records.errors import Missing
from daykeel.web.access import READ_CLIENT, WRITE_SILENCE, seen_client
from daykeel.web.errors import NotFound
from daykeel.web.session import SignedIn, Told
from daykeel.web.silences_page import LONGEST

router = APIRouter(prefix="/v1/clients/{client_id}/silences", tags=["alerts"])


class SilencesOut(Shape):
    """The silences that are not over, the one that ends first in front."""

    silences: list[SilenceOut]


class SilenceIn(BaseModel):
    """A new silence."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "", "stop": "2026-04-07T00:00:00Z", "reason": "on holiday"},
            ]
        },
    )

    kind: Annotated[str, Field(description="Empty: all but what has to be acted on at once.")] = ""
    stop: Annotated[AwareDatetime, Field(description="In 90 days at most.")]
    reason: Annotated[str, Field(min_length=1, max_length=500)]

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if kind and kind not in TITLES:
            raise ValueError(f"kind must be empty or one of {', '.join(TITLES)}")
        return kind


@router.get("", responses=documented("sign-in-needed", "not-found"))
def read_silences(client_id: str, account: SignedIn, told: Told) -> SilencesOut:
    """Return the silences of a client."""
    client = seen_client(told, account, client_id, READ_CLIENT)
    found = told.records.post.silences(now=told.clock.now(), client=client.id)
    return SilencesOut(silences=[SilenceOut.model_validate(one) for one in found])


@router.post(
    "",
    status_code=201,
    responses=documented("sign-in-needed", "origin-wrong", "not-found", "request-invalid"),
)
def begin_silence(client_id: str, asked: SilenceIn, account: SignedIn, told: Told) -> SilenceOut:
    """Tell nobody of a client, or of one kind of alert about them, for a while."""
    client = seen_client(told, account, client_id, WRITE_SILENCE)
    now = told.clock.now()
    if not now < asked.stop <= now + LONGEST:
        wrong = {"where": "body.stop", "what": f"not within the next {LONGEST.days} days"}
        raise Problem("request-invalid", errors=[wrong])
    made = told.records.post.silence(
        client.id, asked.kind, stop=asked.stop, reason=asked.reason, actor=account.id, now=now
    )
    return SilenceOut.model_validate(made)


@router.delete(
    "/{silence_id}",
    status_code=204,
    responses=documented("sign-in-needed", "origin-wrong", "not-found"),
)
def end_silence(client_id: str, silence_id: str, account: SignedIn, told: Told) -> None:
    """End a silence now."""
    client = seen_client(told, account, client_id, WRITE_SILENCE)
    try:
        told.records.post.end_silence(client.id, silence_id, now=told.clock.now())
    except Missing:
        raise NotFound from None
