"""What people decide about an alert, from page or API: stored once, never over another's."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from daykeel.alerting.lifecycle import Alert, Change, Transition, judge, transition
from daykeel.records.errors import Conflict
from daykeel.web.needs import Account
from daykeel.web.services import Services

SEEN = "seen"
LONGEST_SNOOZE = timedelta(28)
"""What nobody looks at for longer would be silence by another name."""


FEEDBACK = {"useful": True, "not_useful": False}


@dataclass(frozen=True, slots=True)
class Decision:
    """One step a person takes with an alert."""

    action: str
    """`acknowledge`, `snooze`, `resolve`, `useful` or `not_useful`."""
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
    change = _changed(alert, account.id, decision, told.clock.now())
    told.records.save_transition(version, change.alert, change.entry, change.notices)
    return change.alert


def _changed(alert: Alert, actor: str, decision: Decision, now: datetime) -> Change:
    if decision.action in FEEDBACK:
        return judge(alert, FEEDBACK[decision.action], actor=actor, now=now)
    return transition(
        alert,
        decision.action,
        actor=actor,
        reason=decision.reason,
        until=decision.until,
        now=now,
    )


def snoozed_until(now: datetime, days: int, zone: str) -> datetime:
    """Return the same time of day so many days on, on the wall clock of `zone`.

    >>> evening = datetime(2026, 3, 28, 19, tzinfo=UTC)
    >>> snoozed_until(evening, 1, "Europe/Berlin").isoformat()
    '2026-03-29T18:00:00+00:00'
    """
    local = now.astimezone(ZoneInfo(zone))
    wall = local.replace(tzinfo=None) + timedelta(days)
    return wall.replace(tzinfo=ZoneInfo(zone), fold=local.fold).astimezone(UTC)


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
