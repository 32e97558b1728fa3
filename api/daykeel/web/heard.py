"""What has been heard of a client: the apps, and the silence that goes on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from daykeel.alerting.lifecycle import Alert
from daykeel.rhythm.ledger import Night
from daykeel.web.needs import Client
from daykeel.web.services import Services
from daykeel.web.silence import Silence, silence
from daykeel.web.sources import KnownSource, allowed, sources, withdrawn

DAY = timedelta(days=1)
BACK = timedelta(42)
"""How far back a silence is counted."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What has been heard of a client up to now."""

    silence: Silence
    sources: list[KnownSource]
    allowed: list[str]
    """What the client allows, as it was given."""
    withdrawn: list[str]
    """What the client allowed once and does not any more."""


def heard(
    told: Services, client: Client, nights: Mapping[date, Night], alerts: Iterable[Alert]
) -> Heard:
    """Return what has been heard of a client, by the nights of the last weeks and the alerts."""
    consents, now = told.records.consents(client.id), told.clock.now()
    return Heard(
        silence=silence(nights, alerts, client.enrolled),
        sources=sources(nights, consents, now),
        allowed=allowed(consents, now),
        withdrawn=withdrawn(consents, now),
    )


def recent_nights(told: Services, client: Client) -> dict[date, Night]:
    """Return the nights of the last weeks, the one in progress included."""
    today = told.clock.now().astimezone(UTC).date()
    stored = told.scores.nights(client.id, today - BACK, today + 2 * DAY)
    return {one.night.night: one.night for one in stored}
