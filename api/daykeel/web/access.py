"""Who may see what: every object goes through here, and every look is noted."""

from collections.abc import Sequence

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
DECIDE_CLIENT = "client.decide"
WRITE_DIARY = "diary.write"
WITHDRAW = "consent.withdraw"
RENEW = "consent.renew"
WRITE_SILENCE = "silence.write"
READ_QUALITY = "quality.read"
SET_NOTICES = "notices.set"
"""Everybody's own; it is only noted."""


def seen_client(told: Services, actor: Account, client: str, action: str) -> Client:
    """Return a client the actor may do `action` to; one of another is as if there were none."""
    found = _allowed_client(told, actor, client, action)
    told.records.audit(actor.id, action, f"client/{client}", now=told.clock.now())
    return found


def withdraw(told: Services, actor: Account, client: str, source: str) -> Sequence[str]:
    """End the consent to a source, or to everything by `*`, and return to which it ended."""
    found = _allowed_client(told, actor, client, WITHDRAW)
    ended = told.records.withdraw(found.id, source, now=told.clock.now())
    return _noted(told, actor, WITHDRAW, found, ended)


def renew(told: Services, actor: Account, client: str, source: str) -> Sequence[str]:
    """Allow again what was withdrawn, `*` all of it, and return what is allowed anew."""
    found = _allowed_client(told, actor, client, RENEW)
    renewed = told.records.renew(found.id, source, now=told.clock.now())
    return _noted(told, actor, RENEW, found, renewed)


def _noted(
    told: Services, actor: Account, action: str, client: Client, changed: Sequence[str]
) -> Sequence[str]:
    """Note that consents changed, if any did: the audit is the evidence of consent."""
    if changed:
        told.records.audit(actor.id, action, f"client/{client.id}", now=told.clock.now())
    return changed


def _allowed_client(told: Services, actor: Account, client: str, action: str) -> Client:
    found = told.records.client(client)
    if found is None or not can(actor, action, found):
        raise NotFound
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
