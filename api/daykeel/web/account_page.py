"""`/account`: the own account, its password, and how one wants to be told."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from daykeel.web.needs import Account
from daykeel.web.own_notices import own_notices
from daykeel.web.render import page
from daykeel.web.services import services
from daykeel.web.session import OwnForm, SignedIn, Told, begin_session

router = APIRouter(include_in_schema=False)

SHORTEST = 12
TOO_SHORT = f"Use at least {SHORTEST} characters."


DONE = {
    "added": "The address is kept. Send a test to see whether it works.",
    "removed": "The address is forgotten.",
    "tried": "A test is on its way; below you see what becomes of it.",
    "set": "It is kept.",
}
"""What was done about notices, in words."""


@router.get("/account")
def account_page(
    request: Request,
    account: SignedIn,
    done: Annotated[bool, Query()] = False,
    notices: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show the own account."""
    return _page(request, account, done=done, said=DONE.get(notices, ""))


def _page(  # noqa: PLR0913  what the page shows
    request: Request,
    account: Account,
    status: int = 200,
    *,
    done: bool = False,
    said: str = "",
    problem: str = "",
) -> Response:
    return page(
        request,
        "account.html",
        account=account,
        status=status,
        done=done,
        said=said,
        problem=problem,
        notices=own_notices(services(request), account),
    )


@router.post("/account/password", dependencies=[OwnForm])
def set_password(
    request: Request,
    account: SignedIn,
    told: Told,
    password: Annotated[str, Form(max_length=200)],
) -> Response:
    """Set the password; every session ends, and a new one begins here."""
    if len(password) < SHORTEST:
        return _page(request, account, 422, problem=TOO_SHORT)
    with told.attempts.turn():
        token = told.records.set_password(account.id, password, now=told.wall.now())
    response = RedirectResponse("/account?done=true", 303)
    begin_session(response, token, told)
    return response
