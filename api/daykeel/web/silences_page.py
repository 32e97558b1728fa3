"""`/clients/{id}/silences`: what nobody is told of for a while, until when and why."""

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from daykeel.alerting.wording import TITLES
from daykeel.records.errors import Missing
from daykeel.records.policy import can
from daykeel.web.access import READ_CLIENT, WRITE_SILENCE, seen_client
from daykeel.web.errors import NotFound
from daykeel.web.needs import Account, Client
from daykeel.web.render import page
from daykeel.web.services import Services, services
from daykeel.web.session import OwnForm, SignedIn, Told

router = APIRouter(include_in_schema=False)

LONGEST = timedelta(90)
"""What nobody is told of for longer is a rule that has to change."""
NO_REASON = "Say why."


class SilenceForm(BaseModel):
    """What the form of the page sends."""

    kind: Annotated[str, Field(max_length=64)] = ""
    days: Annotated[int, Field(ge=1, le=LONGEST.days)]
    reason: Annotated[str, Field(max_length=500)]


@router.get("/clients/{client_id}/silences")
def silences_page(request: Request, client_id: str, account: SignedIn, told: Told) -> Response:
    """Show the silences of a client."""
    return _page(request, account, seen_client(told, account, client_id, READ_CLIENT))


@router.post("/clients/{client_id}/silences", dependencies=[OwnForm])
def silence(
    request: Request,
    client_id: str,
    account: SignedIn,
    told: Told,
    form: Annotated[SilenceForm, Form()],
) -> Response:
    """Begin a silence, which ends at midnight after so many days where the client lives."""
    client = seen_client(told, account, client_id, WRITE_SILENCE)
    reason = form.reason.strip()
    if not reason or form.kind not in ("", *TITLES):
        return _page(request, account, client, problem=NO_REASON)
    now = told.clock.now()
    told.records.post.silence(
        client.id,
        form.kind,
        stop=_midnight(now, client.zone, form.days),
        reason=reason,
        actor=account.id,
        now=now,
    )
    return RedirectResponse(f"/clients/{client.id}/silences", 303)


def _midnight(now: datetime, zone: str, days: int) -> datetime:
    local = now.astimezone(ZoneInfo(zone)).date() + timedelta(days)
    return datetime.combine(local, time(), ZoneInfo(zone))


@router.post("/clients/{client_id}/silences/end", dependencies=[OwnForm])
def end_silence(
    client_id: str,
    account: SignedIn,
    told: Told,
    silence: Annotated[str, Form(max_length=64)],
) -> Response:
    """End a silence now."""
    client = seen_client(told, account, client_id, WRITE_SILENCE)
    try:
        told.records.post.end_silence(client.id, silence, now=told.clock.now())
    except Missing:
        raise NotFound from None
    return RedirectResponse(f"/clients/{client.id}/silences", 303)


def _page(request: Request, account: Account, client: Client, *, problem: str = "") -> Response:
    told: Services = services(request)
    return page(
        request,
        "silences.html",
        account=account,
        status=422 if problem else 200,
        client=client,
        silences=told.records.post.silences(now=told.clock.now(), client=client.id),
        kinds=TITLES,
        can_decide=can(account, WRITE_SILENCE, client),
        problem=problem,
    )
