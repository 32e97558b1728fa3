"""`/alerts/{id}`: one alert with its evidence, its history and what to do."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from daykeel.alerting.lifecycle import Alert, Impossible
from daykeel.records.errors import Conflict
from daykeel.records.policy import can
from daykeel.web import words
from daykeel.web.access import DECIDE_ALERT, READ_ALERT, seen_alert
from daykeel.web.alerts import ACTIONS, UNTOLD, charts, entries, shown
from daykeel.web.decisions import LONGEST_SNOOZE, Decision, decide, see, snoozed_until
from daykeel.web.holds import as_held
from daykeel.web.needs import Account, Client
from daykeel.web.render import page
from daykeel.web.services import Services, services
from daykeel.web.session import OwnForm, SignedIn, Told
from daykeel.web.tellings import tellings

router = APIRouter(include_in_schema=False)

IMPOSSIBLE = "The alert's state does not allow that any more."
NO_REASON = "Choose a reason first."
SYSTEM = "daykeel"
"""The actor of what no person did."""


@router.get("/alerts/{alert_id}")
def alert_page(request: Request, alert_id: str, account: SignedIn, told: Told) -> Response:
    """Show one alert; who can decide about it has seen it then."""
    alert, client = seen_alert(told, account, alert_id, READ_ALERT)
    if not _is_prefetch(request) and _can_decide(account, alert, client):
        alert = see(told, account, alert)
    return _page(request, account, (alert, client), Trouble())


def _is_prefetch(request: Request) -> bool:
    """Return whether the browser only asks in case somebody looks later."""
    return "prefetch" in request.headers.get("sec-purpose", request.headers.get("purpose", ""))


def _can_decide(account: Account, alert: Alert, client: Client) -> bool:
    return alert.state in ACTIONS and can(account, DECIDE_ALERT, client)


class Step(BaseModel):
    """What the forms of the page send."""

    action: Literal["acknowledge", "snooze", "resolve", "useful", "not_useful"]
    version: int
    reason: Annotated[str, Field(max_length=500)] = ""
    days: Annotated[int, Field(ge=1, le=LONGEST_SNOOZE.days)] = 1


@router.post("/alerts/{alert_id}", dependencies=[OwnForm])
def alert_decided(
    request: Request,
    alert_id: str,
    account: SignedIn,
    told: Told,
    step: Annotated[Step, Form()],
) -> Response:
    """Take a step with an alert, unless somebody was faster."""
    found = seen_alert(told, account, alert_id, DECIDE_ALERT)
    reason = step.reason.strip()
    if not _has_reason(step.action, reason):
        return _page(request, account, found, Trouble(422, NO_REASON))
    until = None
    if step.action == "snooze":
        until = snoozed_until(told.clock.now(), step.days, found[1].zone)
    try:
        decide(told, account, found[0], step.version, Decision(step.action, reason, until))
    except Conflict:
        found = seen_alert(told, account, alert_id, READ_ALERT)
        return _page(request, account, found, Trouble(409, has_lost=True))
    except Impossible:
        return _page(request, account, found, Trouble(409, IMPOSSIBLE))
    return RedirectResponse(f"/alerts/{alert_id}", 303)


def _has_reason(action: str, reason: str) -> bool:
    if action == "resolve":
        return reason in words.CLOSE_REASONS
    return action != "snooze" or bool(reason)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a step was not taken."""

    status: int = 200
    problem: str = ""
    has_lost: bool = False
    """Somebody was faster."""


def _page(
    request: Request, account: Account, found: tuple[Alert, Client], trouble: Trouble
) -> Response:
    told, (alert, client) = services(request), found

    def names(actor: str) -> str:
        return _name(told, account, actor)

    return page(
        request,
        "alert.html",
        account=account,
        status=trouble.status,
        alert=shown(as_held(told, [alert])[0]),
        client=client,
        charts=charts(alert),
        history=entries(told.records.history(alert.id), names),
        tellings=tellings(told, alert, names),
        actions=ACTIONS.get(alert.state, ()) if _can_decide(account, alert, client) else (),
        can_judge=alert.state not in UNTOLD and can(account, DECIDE_ALERT, client),
        close_reasons=words.CLOSE_REASONS,
        conflict=trouble.has_lost,
        problem=trouble.problem,
    )


def _name(told: Services, reader: Account, actor: str) -> str:
    """Return who an actor is: the reader, a colleague by name, or nobody."""
    if actor == SYSTEM:
        return "Daykeel"
    if actor == reader.id:
        return "you"
    colleague = told.records.account(actor)
    return colleague.name if colleague else "somebody who has left"
