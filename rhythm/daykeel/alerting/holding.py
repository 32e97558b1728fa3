"""Why a notice is held back now: an attribute of the moment, never a state of the alert."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from daykeel.alerting.alert import ACKNOWLEDGED, OPEN, PENDING, SNOOZED, Alert

COUNTED = 3
"""Silent nights from which data are missing."""
UNRESOLVED = frozenset({PENDING, OPEN, ACKNOWLEDGED, SNOOZED})
APART = frozenset({"data_loss", "travel"})
"""Kinds that tell of what holds others back."""


@dataclass(frozen=True, slots=True)
class Silence:
    """That nobody is told of a client, or of one kind of alert about them, for a while."""

    id: str
    client: str
    kind: str
    """Empty: every kind, but nothing that is to be acted on at once."""
    start: datetime
    stop: datetime
    reason: str
    actor: str

    def holds(self, alert: Alert, now: datetime) -> bool:
        """Return whether it holds the alert's notices back at `now`."""
        if alert.client != self.client or not self.start <= now < self.stop:
            return False
        return self.kind == alert.kind if self.kind else alert.severity != "act"


def held(
    alert: Alert,
    others: Iterable[Alert],
    silences: Iterable[Silence],
    now: datetime,
    *,
    has_consent: bool,
) -> tuple[str, ...]:
    """Return why the alert's notices are held back at `now`; empty if they are not.

    What makes a change doubtful holds back nothing of a resolved alert: that it is withdrawn is
    told to whoever knows of it, though data are missing since.

    Parameters
    ----------
    alert
        What would be told.
    others
        All alerts of the client.
    silences
        All silences of the client.
    now
        The instant of the clock.
    has_consent
        Whether the client still allows anything.
    """
    found = [] if has_consent else ["consent"]
    if any(one.holds(alert, now) for one in silences):
        found.append("silenced")
    if alert.severity != "act" and alert.state in UNRESOLVED:
        found += _by_others(others) if alert.kind not in APART else ()
        found += alert.episode.suppressed
    return tuple(dict.fromkeys(found))


def _by_others(others: Iterable[Alert]) -> Iterator[str]:
    """Yield what is known of the client that makes a lasting change doubtful."""
    for one in others:
        if one.state not in UNRESOLVED or one.episode.recovered is not None:
            continue
        if one.kind == "data_loss" and len(one.episode.nights) >= COUNTED:
            yield "data_missing"
        if one.kind == "travel":
            yield "travel"
