"""`/account`: the own account and its password."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from daykeel.web.render import page
from daykeel.web.session import OwnForm, SignedIn, Told, begin_session

router = APIRouter(include_in_schema=False)

SHORTEST = 12
TOO_SHORT = f"Use at least {SHORTEST} characters."


@router.get("/account")
def account_page(
    request: Request, account: SignedIn, done: Annotated[bool, Query()] = False
) -> Response:
    """Show the own account."""
    return page(request, "account.html", account=account, done=done, problem="")


@router.post("/account/password", dependencies=[OwnForm])
def set_password(
    request: Request,
    account: SignedIn,
    told: Told,
    password: Annotated[str, Form(max_length=200)],
) -> Response:
    """Set the password; every session ends, and a new one begins here."""
    if len(password) < SHORTEST:
        return page(
            request, "account.html", account=account, status=422, done=False, problem=TOO_SHORT
        )
    with told.attempts.turn():
        token = told.records.set_password(account.id, password, now=told.wall.now())
    response = RedirectResponse("/account?done=true", 303)
    begin_session(response, token, told)
    return response
