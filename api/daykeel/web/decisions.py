"""What people decide about an alert, from page or API: stored once, never over another's."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daykeel.alerting.lifecycle import Alert, Transition, transition
from daykeel.records.errors import Conflict
from daykeel.web.needs import Account
from daykeel.web.services import Services

SEEN = "seen"
LONGEST_SNOOZE = timedelta(28)
"""What nobody looks at for longer would be silence by another name."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One step a person takes with an alert."""

    action: str
    """`acknowledge`, `snooze` or `resolve`."""
    reason: str = ""
    until: datetime | None = None


def decide(
    told: Services, account: Account, alert: Alert, version: int, decision: Decision
) -> Alert:
    """Take the step and return the alert as it stands then.

    Raises
    ------
    Conflict
        The alert is no longer at `version`.
    Impossible
        The alert's state does not allow the step.
    """
    if alert.version != version:
        raise Conflict
    now = told.clock.now()
    change = transition(
        alert,
        decision.action,
        actor=account.id,
        reason=decision.reason,
        until=decision.until,
        now=now,
    )
    told.records.save_transition(version, change.alert, change.entry, change.notices)
    return change.alert


def see(told: Services, account: Account, alert: Alert) -> Alert:
    """Note that somebody who decides about the alert has it before the eyes, the first time.

    Returns the alert as it stands then; if it changed meanwhile, the note is left to the next
    look.
    """
    if alert.seen_at is not None:
        return alert
    now = told.clock.now()
    after = replace(alert, seen_at=now, version=alert.version + 1)
    entry = Transition(alert.id, after.version, now, account.id, alert.state, alert.state, SEEN)
    try:
        told.records.save_transition(alert.version, after, entry, ())
    except Conflict:
        return told.records.alert(alert.id) or alert
    return after
