"""What the client is shown of the alerts about them: every one, in plain words, without grades."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from daykeel.alerting.lifecycle import Alert
from daykeel.alerting.wording import client_sentence
from daykeel.web.alerts import UNTOLD, WITHDRAWN

MOST = 6
ENDS = {
    WITHDRAWN: "Taken back: data that came later show that it was not so.",
    "recovered": "It is as usual again.",
}
CLOSED = "Your therapist has looked at it."


@dataclass(frozen=True, slots=True)
class Message:
    """One thing the therapist was told."""

    text: str
    day: date
    end: str
    """What became of it; empty while it stands."""


def messages(alerts: Iterable[Alert]) -> list[Message]:
    """Return the last messages, the newest first."""
    told = sorted((one for one in alerts if one.state not in UNTOLD), key=_raised, reverse=True)
    return [Message(client_sentence(one.kind), one.onset, _end(one)) for one in told[:MOST]]


def _raised(alert: Alert) -> tuple[float, str]:
    return alert.raised_at.timestamp(), alert.id


def _end(alert: Alert) -> str:
    return ENDS.get(alert.reason, CLOSED) if alert.state == "resolved" else ""
