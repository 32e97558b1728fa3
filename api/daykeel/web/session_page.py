"""`/clients/{id}/session`: what a therapist needs before a session, on one page to print."""

from fastapi import APIRouter, Request, Response

from daykeel.rhythm.ledger import Score
from daykeel.web.access import READ_CLIENT, seen_client
from daykeel.web.charts.srm_sheet import srm_sheet
from daykeel.web.history import DAY, dates, history
from daykeel.web.render import page
from daykeel.web.services import Services
from daykeel.web.session import SignedIn, Told
from daykeel.web.session_report import (
    MEASURES,
    MOST_BACK,
    START_DAYS,
    WEEKLY,
    SessionReport,
    session_report,
)
from daykeel.web.therapy import Therapy, therapy
from daykeel.web.week import Week, strips

router = APIRouter(include_in_schema=False)


@router.get("/clients/{client_id}/session")
def session_page(request: Request, client_id: str, account: SignedIn, told: Told) -> Response:
    """Show what is known since the last session."""
    held = therapy(told, seen_client(told, account, client_id, READ_CLIENT))
    report = reported(told, held)
    week = dates(held.today - 7 * DAY, held.today - DAY)
    days = {one.day: one for one in told.scores.days(client_id, week[0], held.today + DAY)}
    targets = held.targets(held.today)
    sheet = srm_sheet(strips(Week(week, held.today, held.context.tracked, targets), days))
    return page(
        request,
        "session.html",
        account=account,
        client=held.client,
        held=held,
        report=report,
        sheet=sheet,
    )


def reported(told: Services, held: Therapy) -> SessionReport:
    """Return the report of a client, read from the stores."""
    last = held.today - DAY
    found = history(told.scores, held.client.id, last - MOST_BACK, last, MEASURES)
    alerts = told.records.alerts(client=held.client.id)
    return session_report(held, found, alerts, _start(told, held))


def _start(told: Services, held: Therapy) -> list[Score]:
    """Return the SRM-5 of the weeks that ended in the first days of the course."""
    days = [one.day for one in held.course.sessions] if held.course else []
    if not days or held.phase != "graduation":
        return []
    first = min(days)
    rows = told.scores.scores(held.client.id, "week", first, first + START_DAYS + DAY)
    return [one for row in rows for one in row.scores if one.measure == WEEKLY]
