"""`/n/{link}`: where the link of a letter leads, which says nothing itself."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from daykeel.records.policy import can
from daykeel.web.access import READ_ALERT, seen_alert
from daykeel.web.alerts import ShownAlert, shown
from daykeel.web.errors import NotFound
from daykeel.web.holds import as_held
from daykeel.web.needs import Account, Client
from daykeel.web.render import page
from daykeel.web.services import Services
from daykeel.web.session import SignedIn, Told

router = APIRouter(include_in_schema=False)


@router.get("/n/{link}")
def letter(request: Request, link: str, account: SignedIn, told: Told) -> Response:
    """Lead to the one alert, or show those of a digest that the reader may see."""
    found = told.records.post.behind(link)
    if found is None:
        raise NotFound
    recipient, alerts = found
    if not alerts and recipient == account.id:
        return RedirectResponse("/me" if account.client else "/", 303)
    own = [one for one in alerts if _may_see(told, account, one)]
    if not own:
        raise NotFound
    if len(own) == 1:
        return RedirectResponse(f"/alerts/{own[0]}", 303)
    entries = [_entry(told, account, one) for one in own]
    return page(request, "letter.html", account=account, entries=entries)


def _may_see(told: Services, account: Account, alert: str) -> bool:
    found = told.records.alert(alert)
    client = told.records.client(found.client) if found else None
    return client is not None and can(account, READ_ALERT, client)


def _entry(told: Services, account: Account, alert: str) -> tuple[ShownAlert, Client]:
    found, client = seen_alert(told, account, alert, READ_ALERT)
    return shown(as_held(told, [found])[0]), client
