"""The alerts of a back-test: they follow what was known, and the steps that people took."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from daykeel.alerting.alert import (
    ACKNOWLEDGED,
    RESOLVED,
    SNOOZED,
    SYSTEM,
    Alert,
    Change,
    Transition,
)
from daykeel.alerting.lifecycle import AWOKEN, judge, observe, transition, wake
from daykeel.rhythm.episodes import KINDS
from daykeel.rhythm.ledger import Episode, SignalSet
from daykeel.rhythm.unfolding import Sets

ACTIONS = {ACKNOWLEDGED: "acknowledge", SNOOZED: "snooze", RESOLVED: "resolve"}
MOMENT = timedelta(microseconds=1)


class Following:
    """Alerts of one client as they come about."""

    def __init__(self, client: str, steps: Iterable[Transition]) -> None:
        """Begin without any.

        Parameters
        ----------
        client
            Of whom.
        steps
            Of the alerts that were raised: those that no signal led to are taken again.
        """
        own = (one for one in steps if one.actor != SYSTEM or one.reason == AWOKEN)
        self.alerts: dict[str, Alert] = {}
        self.entries: list[Transition] = []
        self._client = client
        self._steps = deque(sorted(own, key=lambda one: (one.at, one.alert, one.version)))
        self._known: dict[str, tuple[Episode, ...]] = {}

    def observe(self, sets: Sets, at: datetime) -> None:
        """Take in all episodes as they are known at an instant; steps before it come first."""
        self.retake(at)
        for signals in self._changed(sets, at):
            own = [one for one in self.alerts.values() if one.kind == signals.kind]
            for change in observe(own, signals, at):
                self._put(change)

    def retake(self, until: datetime | None = None) -> None:
        """Take the steps before an instant, or all that are left."""
        while self._steps and (until is None or self._steps[0].at < until):
            step = self._steps.popleft()
            alert = self.alerts.get(step.alert)
            change = retaken(alert, step) if alert else None
            if change is not None:
                self._put(change)

    def _put(self, change: Change) -> None:
        self.alerts[change.alert.id] = change.alert
        self.entries.append(change.entry)

    def _changed(self, sets: Sets, at: datetime) -> Iterator[SignalSet]:
        """Yield the kinds whose episodes changed, and note them."""
        for kind in KINDS:
            episodes = tuple(sets[kind])
            if self._known.get(kind, ()) != episodes:
                self._known[kind] = episodes
                yield SignalSet(self._client, kind, at, episodes)


def retaken(alert: Alert, step: Transition) -> Change | None:
    """Return what a step makes of an alert of the same id; None if it is not as it was then."""
    if alert.state != step.was:
        return None
    if step.actor == SYSTEM:
        return wake(alert, step.at)
    if step.was == step.state:
        return judge(alert, step.reason == "useful", actor=step.actor, now=step.at)
    return transition(
        alert,
        ACTIONS[step.state],
        actor=step.actor,
        reason=step.reason,
        until=step.at + MOMENT,  # its end is a step of its own
        now=step.at,
    )
