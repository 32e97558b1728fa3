"""Forms of the account page: where letters go, and how one wants to be told."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from daykeel.notify.addresses import BadAddress, address
from daykeel.records.errors import Missing, Taken
from daykeel.web.access import SET_NOTICES
from daykeel.web.errors import BadForm, NotFound
from daykeel.web.needs import Account
from daykeel.web.own_notices import TOLD, Wish, wished
from daykeel.web.services import Services
from daykeel.web.session import OwnForm, SignedIn, Told

router = APIRouter(include_in_schema=False)

Line = Annotated[str, Form(max_length=300)]


@router.post("/account/addresses", dependencies=[OwnForm])
def add_address(account: SignedIn, told: Told, text: Line) -> Response:
    """Store an address; a client who gives one begins to get letters."""
    _check(account)
    try:
        kind, found = address(text)
        told.records.post.add_address(account.id, kind, found, now=told.clock.now())
    except (BadAddress, Taken) as error:
        raise BadForm(_sentence(error)) from None
    if account.client is not None:
        own = wished(told, account, Wish(remind_at=_reminded(told, account)))
        told.records.post.set_settings(account.id, own, now=told.clock.now())
    return _done(told, account, "added")


def _check(account: Account) -> None:
    if account.role not in TOLD:
        raise NotFound


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _reminded(told: Services, account: Account) -> str:
    own = told.records.post.settings(account.id).remind_at
    return f"{own:%H:%M}" if own else ""


@router.post("/account/addresses/remove", dependencies=[OwnForm])
def remove_address(account: SignedIn, told: Told, number: Annotated[int, Form()]) -> Response:
    """Forget an address."""
    _check(account)
    try:
        told.records.post.remove_address(account.id, number, now=told.clock.now())
    except Missing:
        raise NotFound from None
    return _done(told, account, "removed")


@router.post("/account/addresses/test", dependencies=[OwnForm])
def try_addresses(account: SignedIn, told: Told) -> Response:
    """Send a letter that tries one's own addresses out."""
    _check(account)
    try:
        told.records.post.try_out(account.id, now=told.clock.now(), wall=told.wall.now())
    except Taken as error:
        raise BadForm(_sentence(error)) from None
    return _done(told, account, "tried")


@router.post("/account/notices", dependencies=[OwnForm])
def set_notices(  # noqa: PLR0913, PLR0917  the fields of the form
    account: SignedIn,
    told: Told,
    zone: Line = "",
    digest_at: Line = "",
    deputy: Line = "",
    away_until: Line = "",
    remind_at: Line = "",
) -> Response:
    """Store how one wants to be told."""
    _check(account)
    wish = Wish(zone.strip(), digest_at, deputy, away_until, remind_at)
    told.records.post.set_settings(account.id, wished(told, account, wish), now=told.clock.now())
    return _done(told, account, "set")


def _done(
    told: Services, account: Account, what: Literal["added", "removed", "tried", "set"]
) -> Response:
    told.records.audit(account.id, SET_NOTICES, "notices", now=told.clock.now())
    return RedirectResponse(f"/account?notices={what}#notices", 303)
