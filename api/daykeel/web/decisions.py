"""What people decide about an alert, from page or API: stored once, never over another's."""

from dataclasses import dataclass
from datetime import datetime

from daykeel.alerting.lifecycle import Alert, transition
from daykeel.web.needs import Account
from daykeel.web.services import Services


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
