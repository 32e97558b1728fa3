"""Who is signed in: the session cookie, and the token that ties our forms to it."""

import hmac
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request, Response

from daykeel.web.errors import Forged, SignInNeeded
from daykeel.web.needs import Account
from daykeel.web.services import Services, services

Told = Annotated[Services, Depends(services)]


def session_token(request: Request, told: Told) -> str:
    """Return the token of the session cookie, empty if there is none."""
    return request.cookies.get(told.surface.cookie, "")


SessionToken = Annotated[str, Depends(session_token)]


def account_if_any(token: SessionToken, told: Told) -> Account | None:
    """Return who is signed in, if anybody is."""
    return told.records.session(token, now=told.wall.now()) if token else None


def account(found: Annotated[Account | None, Depends(account_if_any)]) -> Account:
    """Return who is signed in, or raise `SignInNeeded`."""
    if found is None:
        raise SignInNeeded
    return found


SignedIn = Annotated[Account, Depends(account)]
MaybeSignedIn = Annotated[Account | None, Depends(account_if_any)]


def form_token(session: str) -> str:
    """Return the token our forms carry: nobody without the session's own can know it.

    >>> form_token("") != form_token("a")
    True
    """
    return hmac.new(session.encode(), b"daykeel form", sha256).hexdigest()


async def own_form(request: Request, token: SessionToken) -> None:
    """Raise `Forged` unless the form was drawn for this session."""
    form = await request.form()
    told = str(form.get("csrf", ""))
    if not token or not hmac.compare_digest(told.encode(), form_token(token).encode()):
        raise Forged


OwnForm = Depends(own_form)


def begin_session(response: Response, token: str, told: Services) -> None:
    """Give the browser a new session; it ends there when the browser is closed."""
    response.set_cookie(
        told.surface.cookie,
        token,
        path="/",
        secure=told.surface.is_https,
        httponly=True,
        samesite="lax",
    )


def drop_session(response: Response, told: Services) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        told.surface.cookie,
        path="/",
        secure=told.surface.is_https,
        httponly=True,
        samesite="lax",
    )
