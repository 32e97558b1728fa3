"""`/status`: what the operator sees."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from daykeel.web.errors import NotFound
from daykeel.web.health import health
from daykeel.web.render import page
from daykeel.web.session import SignedIn, Told

BACK = timedelta(30)
"""For which outages are shown."""

router = APIRouter(include_in_schema=False)


@router.get("/status")
def status_page(request: Request, account: SignedIn, told: Told) -> Response:
    """Show which parts answer and how far the stream is."""
    if account.role != "operator":
        raise NotFound
    return page(
        request,
        "status.html",
        account=account,
        found=health(told),
        outages=told.records.outages(told.clock.now() - BACK)[::-1],
    )
