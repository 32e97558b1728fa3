"""`/login`: by password, or by a link that works once and only when its button is pressed."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from daykeel.web.render import page
from daykeel.web.services import Services
from daykeel.web.session import (
    MaybeSignedIn,
    OwnForm,
    SessionToken,
    Told,
    begin_session,
    drop_session,
)

router = APIRouter(include_in_schema=False)

WRONG = "Name and password do not belong together."
USED = "This link does not work any more: it was used, or it is too old. Ask for another one."


@router.get("/login")
def login_page(
    request: Request,
    account: MaybeSignedIn,
    token: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Ask for the password, or whether to use the link up now."""
    if token:
        return page(request, "link.html", account=account, token=token)
    return page(request, "login.html", account=account, problem="")


@router.post("/login")
def sign_in(
    request: Request,
    told: Told,
    before: SessionToken,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=200)],
) -> Response:
    """Begin a session by name and password."""
    now, who = told.wall.now(), _who(request, name)
    told.attempts.begin(who, now)
    with told.attempts.turn():
        token = told.records.sign_in(name, password, now=now)
    if token is None:
        return page(request, "login.html", account=None, status=403, problem=WRONG)
    told.attempts.succeeded(who)
    return _signed_in(told, before, token)


def _who(request: Request, name: str) -> str:
    """Return what failures are counted by, so that a stranger elsewhere locks nobody out.

    Behind a reverse proxy everybody has its address: what it says of others is not believed,
    since whoever could forge that could try passwords without end.
    """
    address = request.client.host if request.client else ""
    return f"{address}|{name.casefold()}"


@router.post("/login/link")
def use_link(
    request: Request,
    told: Told,
    before: SessionToken,
    token: Annotated[str, Form(max_length=200)],
) -> Response:
    """Begin a session by using a link up.

    Links are too long to be guessed, so failures are not counted.
    """
    session = told.records.redeem(token, now=told.wall.now())
    if session is None:
        return page(request, "login.html", account=None, status=403, problem=USED)
    return _signed_in(told, before, session)


def _signed_in(told: Services, before: str, token: str) -> Response:
    """Give the new session; the one the browser came with ends, whoever's it was."""
    if before:
        told.records.end_session(before, now=told.wall.now())
    response = RedirectResponse("/", 303)
    begin_session(response, token, told)
    return response


@router.post("/logout", dependencies=[OwnForm])
def sign_out(told: Told, token: SessionToken) -> Response:
    """End the session."""
    told.records.end_session(token, now=told.wall.now())
    response = RedirectResponse("/login", 303)
    drop_session(response, told)
    return response
