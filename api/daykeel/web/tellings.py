"""Who is told of an alert, when, and what came of it: as the page of an alert says it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from daykeel.alerting.lifecycle import Alert
from daykeel.alerting.routing import (
    CLINIC,
    DIGEST,
    ESCALATION,
    NOW,
    ON_CALL,
    REPEAT,
    Desk,
    Due,
    Waiting,
    dues,
    is_settled,
)
from daykeel.records.letters import Delivery
from daykeel.web import words
from daykeel.web.services import Services

Names = Callable[[str], str]
"""Says who an account is."""

APART = {CLINIC: "the clinic", ON_CALL: "whoever is on call"}
CHANNELS = {"mail": "by mail", "push": "by push", "none": "nowhere"}
DUE = {
    DIGEST: "with the digest of {at}",
    ESCALATION: "{at}, if nobody has answered by then",
    REPEAT: "again {at}, if nobody has answered by then",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line about one recipient."""

    who: str
    what: str
    is_trouble: bool = False


@dataclass(frozen=True, slots=True)
class Tellings:
    """What there is to say about the notices of an alert."""

    held_until: str = ""
    """When working hours begin that what has to be acted on waits for."""
    coming: tuple[Told, ...] = ()
    gone: tuple[Told, ...] = ()


def tellings(told: Services, alert: Alert, names: Names) -> Tellings:
    """Return who is still to be told of an alert, and what became of the letters about it."""
    now = told.clock.now()
    desk = told.records.post.desk(now=now, alert=alert.id)
    waiting = [one for one in desk.notices if not is_settled(one, desk, now)]
    coming = [(one, due) for one in waiting for due in dues(one, desk, now)]
    gone = told.records.post.deliveries(alert.id)
    return Tellings(
        held_until=_held_until(coming, desk, told),
        coming=tuple(_coming(due, desk, names) for _, due in coming),
        gone=tuple(_gone(one, desk, names) for one in gone),
    )


def _held_until(coming: Sequence[tuple[Waiting, Due]], desk: Desk, told: Services) -> str:
    """Return when the first is told of what has to be acted on, if that is not now."""
    first = [due for one, due in coming if due.occasion == NOW and not one.told]
    due = min(first, key=lambda one: one.at, default=None)
    if due is None or due.at <= told.clock.now():
        return ""
    return words.instant(due.at, desk.people[due.recipient].zone)


def _coming(due: Due, desk: Desk, names: Names) -> Told:
    at = words.instant(due.at, desk.people[due.recipient].zone)
    return Told(_who(due.recipient, names), DUE.get(due.occasion, "{at}").format(at=at))


def _who(recipient: str, names: Names) -> str:
    return APART.get(recipient) or names(recipient)


def _gone(one: Delivery, desk: Desk, names: Names) -> Told:
    known = desk.people.get(one.recipient)
    zone = known.zone if known else desk.people[CLINIC].zone
    return Told(_who(one.recipient, names), told_of(one, zone), is_trouble(one))


def is_trouble(one: Delivery) -> bool:
    """Return whether a letter did not get there, or not yet."""
    is_open = one.sent_at is None and one.closed_at is None
    return is_open and bool(one.failed_at or one.tries)


def told_of(one: Delivery, zone: str) -> str:
    """Return what became of a letter at one address, in words."""
    by = CHANNELS.get(one.channel, one.channel)
    if one.sent_at is not None:
        return f"{by}, left {words.instant(one.sent_at, zone)}"
    if one.closed_at is not None:
        return f"{by}, not sent: {one.detail}"
    if one.failed_at is not None:
        return f"{by}, undeliverable: {one.detail or 'the address was removed'}"
    if one.tries:
        return f"{by}, not delivered yet after {one.tries} attempts: {one.detail}"
    return f"{by}, on its way"
