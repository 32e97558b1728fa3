"""`/`: the caseload of a therapist; everybody else is sent to their own page."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from daykeel.web.access import READ_CASELOAD
from daykeel.web.alerts import unresolved
from daykeel.web.caseload import BASELINE_WINDOW, REGULARITY, Row, by_need, by_regularity, row
from daykeel.web.history import nightly
from daykeel.web.holds import as_held
from daykeel.web.needs import Account, Client
from daykeel.web.render import page
from daykeel.web.services import Services
from daykeel.web.session import SignedIn, Told

router = APIRouter(include_in_schema=False)

HOME = {"client": "/me", "operator": "/status"}
HALF_DAY = timedelta(hours=12)


@router.get("/")
def caseload(request: Request, account: SignedIn, told: Told) -> Response:
    """Show who needs to be looked at first, and beside it who is least regular now."""
    if account.role in HOME:
        return RedirectResponse(HOME[account.role], 303)
    rows = caseload_rows(told, account)
    told.records.audit(account.id, READ_CASELOAD, "caseload", now=told.clock.now())
    return page(
        request,
        "caseload.html",
        account=account,
        rows=by_need(rows, told.clock.now()),
        least_regular=by_regularity(rows),
        open_alerts=sum(len(one.alerts) for one in rows),
    )


def caseload_rows(told: Services, account: Account) -> list[Row]:
    """Return a row for each client of the caseload, in no order."""
    return [_row(told, client) for client in told.records.clients(account)]


def _row(told: Services, client: Client) -> Row:
    last = last_night(told.clock.now(), client.zone)
    first = last - timedelta(BASELINE_WINDOW - 1)
    found = nightly(told.scores, client.id, first, last, REGULARITY)
    alerts = unresolved(as_held(told, told.records.alerts(client=client.id)))
    return row(client.display_name, found, alerts, enrolled=client.enrolled)


def last_night(now: datetime, zone: str) -> date:
    """Return the date of the last night that is over, where the client lives.

    >>> from datetime import UTC
    >>> last_night(datetime(2026, 3, 2, 8, tzinfo=UTC), "Europe/Berlin")
    datetime.date(2026, 3, 1)
    """
    return (now.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - HALF_DAY).date()
