"""`/v1/clients/{id}/consent`: the client allows an app, or all of them, no longer, or again."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from daykeel.api.problems import documented
from daykeel.web import access
from daykeel.web.session import SignedIn, Told
from daykeel.web.sources import EVERYTHING

router = APIRouter(prefix="/v1", tags=["consent"])


class ConsentIn(BaseModel):
    """What it is about."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"source": "*"}]})

    source: Annotated[
        str, Field(max_length=40, description="The adapter of an app; `*`: everything.")
    ] = EVERYTHING


class WithdrawalOut(BaseModel):
    """The apps that were allowed until now."""

    withdrawn: list[str]


class RenewalOut(BaseModel):
    """The apps that are allowed again."""

    renewed: list[str]


ANSWERS = documented("sign-in-needed", "origin-wrong", "not-found", "request-invalid")


@router.post("/clients/{client_id}/consent/withdrawal", responses=ANSWERS)
def withdraw(client_id: str, which: ConsentIn, account: SignedIn, told: Told) -> WithdrawalOut:
    """End the consent from now on; again, it ends nothing more."""
    ended = access.withdraw(told, account, client_id, which.source)
    return WithdrawalOut(withdrawn=list(ended))


@router.post("/clients/{client_id}/consent/renewal", responses=ANSWERS)
def renew(client_id: str, which: ConsentIn, account: SignedIn, told: Told) -> RenewalOut:
    """Allow from now on what was withdrawn; what lies between stays unknown, whenever it comes.

    `*` allows all of it again, also what was withdrawn by itself before.
    """
    found = access.renew(told, account, client_id, which.source)
    return RenewalOut(renewed=list(found))
