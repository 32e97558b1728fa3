"""Alerts with why their notices are held back now, which is known only at the moment of asking."""

from collections.abc import Iterable
from dataclasses import replace

from daykeel.alerting.lifecycle import Alert
from daykeel.web.alerts import ACTIONS
from daykeel.web.services import Services


def as_held(told: Services, alerts: Iterable[Alert]) -> list[Alert]:
    """Return the alerts; those not resolved carry what holds their notices back now."""
    found = list(alerts)
    unresolved = [one for one in found if one.state in ACTIONS]
    if not unresolved:
        return found
    holds = told.records.post.holds(unresolved, now=told.clock.now())
    return [_held(one, holds[one.id]) if one.id in holds else one for one in found]


def _held(alert: Alert, why: tuple[str, ...]) -> Alert:
    return replace(alert, episode=replace(alert.episode, suppressed=why))
