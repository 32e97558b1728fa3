"""Who may see what: every object goes through here, and every look is noted."""

from daykeel.alerting.lifecycle import Alert
from daykeel.records.policy import can
from daykeel.web.errors import NotFound
from daykeel.web.needs import Account, Client
from daykeel.web.services import Services

READ_CASELOAD = "caseload.read"
READ_CLIENT = "client.read"
READ_OWN = "client.own"
READ_ALERT = "alert.read"
DECIDE_ALERT = "alert.decide"
WRITE_DIARY = "diary.write"


def seen_client(told: Services, actor: Account, client: str, action: str) -> Client:
    """Return a client the actor may do `action` to; one of another is as if there were none."""
    found = told.records.client(client)
    if found is None or not can(actor, action, found):
        raise NotFound
    told.records.audit(actor.id, action, f"client/{client}", now=told.clock.now())
    return found


def seen_alert(told: Services, actor: Account, alert: str, action: str) -> tuple[Alert, Client]:
    """Return an alert the actor may do `action` to, and whose it is."""
    found = told.records.alert(alert)
    if found is None:
        raise NotFound
    owner = told.records.client(found.client)
    if owner is None or not can(actor, action, owner):
        raise NotFound
    told.records.audit(actor.id, action, f"alert/{alert}", now=told.clock.now())
    return found, owner
