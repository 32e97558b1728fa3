"""`/status`: what the operator sees."""

from fastapi import APIRouter, Request, Response

from daykeel.web.errors import NotFound
from daykeel.web.health import health
from daykeel.web.render import page
from daykeel.web.session import SignedIn, Told

router = APIRouter(include_in_schema=False)


@router.get("/status")
def status_page(request: Request, account: SignedIn, told: Told) -> Response:
    """Show which parts answer and how far the stream is."""
    if account.role != "operator":
        raise NotFound
    found = health(told)
    return page(request, "status.html", account=account, found=found)
