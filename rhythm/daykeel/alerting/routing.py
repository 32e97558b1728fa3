"""Who is told of what, and when: from notices, people, clocks and what has been told before.

`act` goes out in working hours, `watch` and `info` with the digest: `watch` in graduation with the
first one of the next month. What nobody answers within two working days goes on to the deputy and
then to the clinic; `act` is repeated. Nobody gets more than one letter an hour. A notice ends once
it is answered, and of one that is held back nothing is said until nothing holds it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from daykeel.alerting.alert import ACKNOWLEDGED, OPEN, RESOLVED, WITHDRAWN
from daykeel.alerting.hours import (
    DAY,
    Hours,
    days_later,
    instant,
    is_open,
    local_date,
    next_open,
    worked_from,
)

CLINIC, ON_CALL = "clinic", "on_call"
"""Recipients that are no person."""
NOW, DIGEST, ESCALATION, REPEAT, CALL = "now", "digest", "escalation", "repeat", "on_call"
"""Occasions of a letter, the most urgent of what is in it."""
URGENCY = (CALL, NOW, REPEAT, ESCALATION, DIGEST)

RATE = timedelta(hours=1)
AGAIN = timedelta(hours=72)
ANSWER_DAYS = 2
"""Working days until what nobody answers goes on to somebody else."""
LATE = timedelta(hours=1)
"""How long after its time a digest may come at least."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be told."""

    id: str
    zone: str
    digest_at: time = time(8)
    deputy: str = ""
    away_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """That a notice was put into somebody's letter."""

    recipient: str
    occasion: str
    at: datetime
    is_lost: bool = False
    """The letter is undeliverable."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that may still have to be told, and all that is known about it now."""

    id: int
    alert: str
    severity: str
    made_at: datetime
    state: str
    """Of its alert now."""
    reason: str = ""
    """Why that was resolved."""
    therapists: tuple[str, ...] = ()
    is_answered: bool = False
    """A person has taken a step with the alert since."""
    is_replaced: bool = False
    """There is a newer notice of the alert."""
    is_withdrawal: bool = False
    """It takes back what earlier notices said."""
    is_monthly: bool = False
    """It comes with the first digest of the next month, and goes on to nobody else."""
    held: tuple[str, ...] = ()
    told: tuple[Telling, ...] = ()
    told_before: frozenset[str] = frozenset()
    """Who knows of the alert already: from earlier notices, or having answered it on the page."""


@dataclass(frozen=True, slots=True)
class NewLetter:
    """What somebody is to get: a link and a count."""

    recipient: str
    occasion: str
    notices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that decides who is told of what."""

    notices: Sequence[Waiting]
    people: Mapping[str, Person]
    """Therapists and deputies, and the clinic; who is on call, if anybody is."""
    last: Mapping[str, datetime] = field(default_factory=dict)
    """When each recipient got the newest letter."""
    hours: Hours = field(default_factory=Hours)


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do."""

    letters: tuple[NewLetter, ...] = ()
    settled: tuple[int, ...] = ()
    """Notices of which nothing has to be told any more."""


@dataclass(frozen=True, slots=True)
class Due:
    """That somebody has to be told of a notice from an instant on."""

    recipient: str
    occasion: str
    at: datetime


def plan(desk: Desk, now: datetime) -> Plan:
    """Return the letters that are due at `now`, and which notices are done with."""
    settled = tuple(one.id for one in desk.notices if is_settled(one, desk, now))
    rest = [one for one in desk.notices if one.id not in set(settled)]
    found: dict[str, list[tuple[int, str]]] = {}
    for one in rest:
        for due in dues(one, desk, now):
            if due.at <= now:
                found.setdefault(due.recipient, []).append((one.id, due.occasion))
    return Plan(tuple(_letter(whose, items) for whose, items in found.items()), settled)


def _letter(recipient: str, items: Sequence[tuple[int, str]]) -> NewLetter:
    occasion = min((occasion for _, occasion in items), key=URGENCY.index)
    return NewLetter(recipient, occasion, tuple(dict.fromkeys(notice for notice, _ in items)))


def is_settled(notice: Waiting, desk: Desk, now: datetime) -> bool:
    """Return whether nothing has to be told of a notice, now or later."""
    if is_over(notice):
        return True
    if not notice.is_withdrawal and (notice.severity != "info" or notice.held):
        return False
    told = {one.recipient for one in notice.told}
    return all(one in told for one in primary(notice, desk, now))


def is_over(notice: Waiting) -> bool:
    """Return whether a notice is answered or replaced; a withdrawal, whether the alert is back."""
    if notice.is_withdrawal:
        return (notice.state, notice.reason) != (RESOLVED, WITHDRAWN)
    is_unresolved = notice.state in (OPEN, ACKNOWLEDGED)
    return notice.is_answered or notice.is_replaced or not is_unresolved


def is_still_told(notice: Waiting, recipient: str, desk: Desk) -> bool:
    """Return whether a notice in a letter that has not left has still to be told to somebody."""
    if is_over(notice) or notice.held or recipient not in _concerned(notice, desk):
        return False
    return not notice.is_withdrawal or recipient in notice.told_before


def primary(notice: Waiting, desk: Desk, now: datetime) -> list[str]:
    """Return who is told first: each therapist, or the deputy while one is away; else the clinic.

    Whoever knows of what is taken back is told that it is.
    """
    if notice.is_withdrawal:
        return sorted(notice.told_before & _concerned(notice, desk))
    known = [desk.people[one] for one in notice.therapists if one in desk.people]
    found = [one.deputy if is_away(one, now) else one.id for one in known]
    return list(dict.fromkeys(found)) or [CLINIC]


def _concerned(notice: Waiting, desk: Desk) -> set[str]:
    """Return whom a notice may be told to."""
    everybody = {CLINIC, ON_CALL, *notice.therapists, *_deputies(notice, desk)}
    return everybody & desk.people.keys()


def is_away(person: Person, now: datetime) -> bool:
    """Return whether the deputy gets what is this person's."""
    return bool(person.deputy) and person.away_until is not None and now < person.away_until


def dues(notice: Waiting, desk: Desk, now: datetime) -> Iterator[Due]:
    """Yield who has still to be told of a notice, and from when on, as far as is known now."""
    if notice.held:
        return
    told = {one.recipient for one in notice.told}
    for recipient in primary(notice, desk, now):
        if recipient not in told:
            yield _first(notice, recipient, desk, now)
    if notice.is_withdrawal:
        return
    if notice.severity == "act":
        yield from _called(notice, desk, now)
        yield from _again(notice, desk, now)
    if notice.severity != "info" and not notice.is_monthly:
        yield from _onward(notice, desk, now)


def _first(notice: Waiting, recipient: str, desk: Desk, now: datetime) -> Due:
    if notice.severity == "act":
        return Due(recipient, NOW, _in_hours(recipient, now, desk, now))
    return Due(recipient, DIGEST, _digest(notice, desk.people[recipient], desk, now))


def _in_hours(recipient: str, at: datetime, desk: Desk, now: datetime) -> datetime:
    """Return when somebody can be told what is due at `at`: in working hours, and not too often."""
    zone = desk.people[recipient].zone
    return next_open(desk.hours, zone, max(at, now, _rested(recipient, desk, now)))


def may_leave(occasion: str, person: Person, hours: Hours, now: datetime) -> bool:
    """Return whether a letter that waited may leave at `now`: while people work.

    A digest may as well in the hour after its time; who is on call is told at any.
    """
    if person.id == ON_CALL or is_open(hours, person.zone, now):
        return True
    day = local_date(now, person.zone)
    at = instant(day, person.digest_at, person.zone)
    return occasion == DIGEST and hours.is_worked(day) and at <= now < at + LATE


def _rested(recipient: str, desk: Desk, now: datetime) -> datetime:
    last = desk.last.get(recipient)
    return now if last is None else last + RATE


def _digest(notice: Waiting, person: Person, desk: Desk, now: datetime) -> datetime:
    """Return the time of the digest after the notice; one that was missed comes the same day."""
    today, made = local_date(now, person.zone), local_date(notice.made_at, person.zone)
    first = next_month(made) if notice.is_monthly else made
    for day in worked_from(desk.hours, max(first, today - DAY)):
        at = instant(day, person.digest_at, person.zone)
        ends = max(instant(day, desk.hours.stop, person.zone), at + LATE)
        due = max(at, _rested(person.id, desk, now))
        if at > notice.made_at and now < ends and due < ends:
            return due
    raise AssertionError("somebody works again")


def next_month(day: date) -> date:
    """Return the first of the month after a day.

    >>> next_month(date(2026, 12, 5))
    datetime.date(2027, 1, 1)
    """
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _called(notice: Waiting, desk: Desk, now: datetime) -> Iterator[Due]:
    """Yield that whoever is on call is told at once of what has reached nobody else before.

    In working hours those who work are told, and who is on call once none of them can be reached.
    """
    told = {one.recipient for one in notice.told}
    if ON_CALL not in desk.people or ON_CALL in told or not _is_unheard(notice):
        return
    if CLINIC in told or not is_open(desk.hours, desk.people[ON_CALL].zone, now):
        yield Due(ON_CALL, CALL, max(now, _rested(ON_CALL, desk, now)))


def _again(notice: Waiting, desk: Desk, now: datetime) -> Iterator[Due]:
    """Yield the repetition for those who were told first and did not answer."""
    for recipient in primary(notice, desk, now):
        last = max((one.at for one in notice.told if one.recipient == recipient), default=None)
        if last is not None:
            yield Due(recipient, REPEAT, _in_hours(recipient, last + AGAIN, desk, now))


def _onward(notice: Waiting, desk: Desk, now: datetime) -> Iterator[Due]:
    """Yield who is told next of what nobody has answered: deputies, then the clinic.

    What has to be acted on and has reached none of those who were told goes on at once.
    """
    told = [one for one in notice.told if one.recipient != ON_CALL]
    if not told or CLINIC in {one.recipient for one in told}:
        return
    deputies = _deputies(notice, desk)
    missing = [one for one in deputies if one not in {each.recipient for each in told}]
    for deputy in missing:
        yield Due(deputy, ESCALATION, _in_hours(deputy, _late(notice, told, desk), desk, now))
    if not missing:
        asked = [one for one in told if one.recipient in deputies] or told
        yield Due(CLINIC, ESCALATION, _in_hours(CLINIC, _late(notice, asked, desk), desk, now))


def _late(notice: Waiting, told: Sequence[Telling], desk: Desk) -> datetime:
    """Return from when on nobody waits any longer for those who were told."""
    first = min(one.at for one in told)
    if notice.severity == "act" and all(one.is_lost for one in told):
        return first
    return days_later(desk.hours, desk.people[CLINIC].zone, first, ANSWER_DAYS)


def _is_unheard(notice: Waiting) -> bool:
    return all(one.is_lost for one in notice.told)


def _deputies(notice: Waiting, desk: Desk) -> list[str]:
    named = [desk.people[one].deputy for one in notice.therapists if one in desk.people]
    return [one for one in dict.fromkeys(named) if one in desk.people]
