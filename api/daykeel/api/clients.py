"""`/v1/clients`: the caseload and what the store holds of each client."""

from typing import Annotated

from fastapi import APIRouter, Query

from daykeel.api.problems import Problem, documented
from daykeel.api.ranges import AskedDays
from daykeel.api.series import day_rows, night_rows, score_rows
from daykeel.api.shapes import ClientOut, ClientsOut, DaysOut, NightsOut, ScoresOut, SourcesOut
from daykeel.api.sources import sources_told
from daykeel.rhythm.registry import MEASURES
from daykeel.web.access import READ_CASELOAD, READ_CLIENT, seen_client
from daykeel.web.heard import heard, recent_nights
from daykeel.web.needs import Client
from daykeel.web.services import Services
from daykeel.web.session import SignedIn, Told

router = APIRouter(prefix="/v1/clients", tags=["clients"])

Measures = Annotated[
    list[str] | None,
    Query(description="Only these measures; all of the registry if left out."),
]
Windows = Annotated[
    list[str] | None,
    Query(description="Only these windows; all of each measure if left out."),
]


@router.get("", responses=documented("sign-in-needed"))
def read_clients(account: SignedIn, told: Told) -> ClientsOut:
    """Return the clients of the caller's caseload, by id."""
    told.records.audit(account.id, READ_CASELOAD, "caseload", now=told.clock.now())
    found = sorted(told.records.clients(account), key=lambda one: one.id)
    return ClientsOut(clients=[_client(one, told) for one in found])


@router.get("/{client_id}", responses=documented("sign-in-needed", "not-found"))
def read_client(client_id: str, account: SignedIn, told: Told) -> ClientOut:
    """Return one client."""
    return _client(seen_client(told, account, client_id, READ_CLIENT), told)


def _client(client: Client, told: Services) -> ClientOut:
    return ClientOut(
        id=client.id,
        display_name=client.display_name,
        zone=client.zone,
        enrolled=client.enrolled,
        latest=told.scores.latest(client.id),
    )


ANSWERS = documented("sign-in-needed", "not-found", "request-invalid", "range-too-long")


@router.get("/{client_id}/nights", responses=ANSWERS)
def read_nights(client_id: str, asked: AskedDays, account: SignedIn, told: Told) -> NightsOut:
    """Return one row for each night asked for, oldest first, also where nothing is known."""
    client = seen_client(told, account, client_id, READ_CLIENT)
    stored = told.scores.nights(client.id, asked.first, asked.stop)
    return NightsOut(client=client.id, nights=night_rows(asked, stored))


@router.get("/{client_id}/sources", responses=documented("sign-in-needed", "not-found"))
def read_sources(client_id: str, account: SignedIn, told: Told) -> SourcesOut:
    """Return each app as it is now, and for how many nights nothing has been known, and why."""
    client = seen_client(told, account, client_id, READ_CLIENT)
    alerts = told.records.alerts(client=client.id)
    return sources_told(client.id, heard(told, client, recent_nights(told, client), alerts))


@router.get("/{client_id}/scores", responses=ANSWERS)
def read_scores(  # noqa: PLR0913, PLR0917  what a request may ask for
    client_id: str,
    asked: AskedDays,
    account: SignedIn,
    told: Told,
    measure: Measures = None,
    window: Windows = None,
) -> ScoresOut:
    """Return one row for each day, measure and window, oldest first, also with null values."""
    client = seen_client(told, account, client_id, READ_CLIENT)
    wanted = _wanted(measure, window)
    stored = [
        row
        for one in dict.fromkeys(window for _, window in wanted)
        for row in told.scores.scores(client.id, one, asked.first, asked.stop)
    ]
    return ScoresOut(client=client.id, scores=score_rows(asked, stored, wanted))


def _wanted(measures: list[str] | None, windows: list[str] | None) -> list[tuple[str, str]]:
    """Return the (measure, window) pairs of the registry that are asked for."""
    unknown = set(measures or ()) - set(MEASURES)
    if unknown:
        raise Problem("request-invalid", errors=[{"where": "query.measure", "what": "unknown"}])
    return [
        (one.id, window)
        for one in MEASURES.values()
        if measures is None or one.id in measures
        for window in one.windows
        if windows is None or window in windows
    ]


@router.get("/{client_id}/days", responses=ANSWERS)
def read_days(client_id: str, asked: AskedDays, account: SignedIn, told: Told) -> DaysOut:
    """Return one row for each day asked for, oldest first, also where nothing is known."""
    client = seen_client(told, account, client_id, READ_CLIENT)
    stored = told.scores.days(client.id, asked.first, asked.stop)
    return DaysOut(client=client.id, days=day_rows(asked, stored))
