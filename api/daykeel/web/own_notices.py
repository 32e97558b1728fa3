"""How somebody wants to be told, as the account page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from daykeel.alerting.hours import BadHours, clock_time, local_date
from daykeel.events.zones import zone as known_zone
from daykeel.records.channels import Address, NoticeSettings
from daykeel.web.errors import BadForm
from daykeel.web.needs import Account
from daykeel.web.services import Services
from daykeel.web.tellings import is_trouble, told_of

TOLD = frozenset({"therapist", "client"})
"""Roles that get letters."""


@dataclass(frozen=True, slots=True)
class OwnNotices:
    """What the account page shows of letters."""

    addresses: Sequence[Address]
    settings: NoticeSettings
    zone: str
    """The one that holds."""
    deputy: str
    """Name of the deputy, empty without one."""
    away_until: str
    """Last day away, as the form takes it; empty for who is there."""
    letters: Sequence[tuple[str, bool]]
    """What became of the newest letters, and whether that is trouble."""


def own_notices(told: Services, account: Account) -> OwnNotices | None:
    """Return what there is to set; None for whom nobody writes to."""
    if account.role not in TOLD:
        return None
    post, own = told.records.post, told.records.post.settings(account.id)
    zone = own_zone(told, account, own)
    deputy = told.records.account(own.deputy) if own.deputy else None
    letters = post.deliveries_to(account.id)
    return OwnNotices(
        addresses=post.addresses(account.id),
        settings=own,
        zone=zone,
        deputy=deputy.name if deputy else "",
        away_until=_away_until(own, zone, told.clock.now()),
        letters=[(told_of(one, zone), is_trouble(one)) for one in letters],
    )


def own_zone(told: Services, account: Account, own: NoticeSettings) -> str:
    """Return the zone by whose clock somebody is told."""
    client = told.records.client(account.client) if account.client else None
    return client.zone if client else own.zone or told.records.post.clinic().zone


def _away_until(own: NoticeSettings, zone: str, now: datetime) -> str:
    if own.away_until is None or own.away_until <= now:
        return ""
    return local_date(own.away_until, zone).isoformat()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for, as it was typed."""

    zone: str = ""
    digest_at: str = ""
    deputy: str = ""
    away_until: str = ""
    remind_at: str = ""


def wished(told: Services, account: Account, wish: Wish) -> NoticeSettings:
    """Return the settings a form asks for.

    Raises
    ------
    BadForm
        Something cannot be read, or does not fit together.
    """
    own = told.records.post.settings(account.id)
    if account.client is not None:
        return replace(own, remind_at=_time(wish.remind_at), stopped_at=None)
    if wish.zone and known_zone(wish.zone) is None:
        raise BadForm("There is no such time zone. Use a name such as Europe/Berlin.")
    zone = wish.zone or told.records.post.clinic().zone
    deputy = _deputy(told, account, wish.deputy)
    away = _day(wish.away_until, zone)
    if away is not None and not deputy:
        raise BadForm("Name a deputy, who is told while you are away.")
    return replace(
        own,
        zone=wish.zone,
        digest_at=_time(wish.digest_at) or time(8),
        deputy=deputy,
        away_until=away,
    )


def _time(text: str) -> time | None:
    try:
        return clock_time(text) if text else None
    except BadHours:
        raise BadForm("A time of day is like 08:00.") from None


def _deputy(told: Services, account: Account, name: str) -> str:
    if not name.strip():
        return ""
    found = told.records.account_named(name.strip())
    if found is None or found.role != "therapist" or found.id == account.id:
        raise BadForm("No other therapist signs in by that name.")
    return found.id


def _day(text: str, zone: str) -> datetime | None:
    """Return when a day begins where somebody lives."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) if text else None
    except ValueError:
        raise BadForm("A day is like 2026-04-07.") from None
