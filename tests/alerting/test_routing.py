from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from daykeel.alerting.hours import Hours, instant, is_open
from daykeel.alerting.routing import (
    CALL,
    CLINIC,
    DIGEST,
    ESCALATION,
    NOW,
    ON_CALL,
    RATE,
    REPEAT,
    Desk,
    Person,
    Telling,
    Waiting,
    dues,
    plan,
)

BERLIN = "Europe/Berlin"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = instant(date(2026, 3, 2), time(10), BERLIN)
SATURDAY = instant(date(2026, 3, 7), time(10), BERLIN)
ANN, BEN = Person("a-ann", BERLIN, deputy="a-ben"), Person("a-ben", BERLIN)
PEOPLE = {one.id: one for one in (ANN, BEN, Person(CLINIC, BERLIN))}
CALLED = PEOPLE | {ON_CALL: Person(ON_CALL, BERLIN)}


def wall(day, hour, minute=0):
    return instant(date(2026, 3, day), time(hour, minute), BERLIN)


def notice(severity="watch", **more):
    return Waiting(1, "l-1", severity, MONDAY, "open", therapists=("a-ann",), **more)


def told(recipient="a-ann", occasion=NOW, at=MONDAY):
    return Telling(recipient, occasion, at)


def due(*notices, at=MONDAY, people=PEOPLE, last=None):
    found = plan(Desk(notices, people, last or {}, Hours()), at)
    return [(one.recipient, one.occasion, one.notices) for one in found.letters]


def settled(one, at=MONDAY, people=PEOPLE):
    return plan(Desk([one], people), at).settled == (one.id,)


# The route of each severity


@pytest.mark.parametrize("severity", ["info", "watch"])
def test_what_is_not_urgent_comes_with_the_digest_of_the_next_working_day(severity):
    assert due(notice(severity), at=wall(2, 17)) == []
    assert due(notice(severity), at=wall(3, 7, 59)) == []
    assert due(notice(severity), at=wall(3, 8)) == [("a-ann", DIGEST, (1,))]


def test_in_graduation_it_comes_with_the_first_digest_of_the_next_month_and_goes_no_further():
    one = notice(is_monthly=True)
    first = instant(date(2026, 4, 1), time(8), BERLIN)

    assert due(one, at=wall(3, 8)) == []
    assert due(one, at=first - timedelta(minutes=1)) == []
    assert due(one, at=first) == [("a-ann", DIGEST, (1,))]
    was_told = replace(one, told=(told(occasion=DIGEST, at=first),))
    assert due(was_told, at=first + 9 * DAY) == []


@pytest.mark.parametrize("is_monthly", [False, True])
def test_what_has_waited_for_years_still_comes_with_the_next_digest(is_monthly):
    old = replace(notice(is_monthly=is_monthly), made_at=MONDAY - 800 * DAY)

    assert due(old, at=wall(3, 7, 59)) == []
    assert due(old, at=wall(3, 8)) == [("a-ann", DIGEST, (1,))]


def test_a_digest_is_on_the_therapists_own_clock():
    away = PEOPLE | {"a-ann": replace(ANN, zone="America/New_York", digest_at=time(9, 30))}

    assert due(notice(), at=wall(3, 8), people=away) == []
    assert due(notice(), at=wall(3, 15, 30), people=away) == [("a-ann", DIGEST, (1,))]


def test_a_digest_keeps_its_wall_time_when_summer_time_begins():
    friday = replace(notice(), made_at=wall(27, 12))

    assert due(friday, at=datetime(2026, 3, 30, 5, 59, tzinfo=UTC)) == []
    assert due(friday, at=datetime(2026, 3, 30, 6, tzinfo=UTC)) == [("a-ann", DIGEST, (1,))]


def test_everything_of_a_digest_is_in_one_letter():
    two = [notice("info"), replace(notice(), id=2, alert="l-2")]

    assert due(*two, at=wall(3, 8)) == [("a-ann", DIGEST, (1, 2))]


def test_there_is_no_digest_on_a_weekend():
    friday = replace(notice(), made_at=wall(6, 12))

    assert due(friday, at=wall(7, 8)) == due(friday, at=wall(8, 8)) == []
    assert due(friday, at=wall(9, 8)) == [("a-ann", DIGEST, (1,))]


def test_a_digest_that_was_missed_comes_the_same_day_but_not_at_night():
    assert due(notice(), at=wall(3, 17, 59)) == [("a-ann", DIGEST, (1,))]
    assert due(notice(), at=wall(3, 18)) == []
    assert due(notice(), at=wall(4, 8)) == [("a-ann", DIGEST, (1,))]


def test_what_has_to_be_acted_on_is_told_at_once_in_working_hours():
    assert due(notice("act")) == [("a-ann", NOW, (1,))]


def test_what_has_to_be_acted_on_is_held_until_people_work():
    act = replace(notice("act"), made_at=SATURDAY)

    (held,) = dues(act, Desk([act], PEOPLE), SATURDAY)

    assert held.at == wall(9, 8)
    assert due(act, at=wall(9, 7, 59)) == []
    assert due(act, at=wall(9, 8)) == [("a-ann", NOW, (1,))]


def test_who_is_on_call_is_told_what_the_therapist_is_not_told_yet():
    act = replace(notice("act"), made_at=SATURDAY)
    called = replace(act, told=(told(ON_CALL, CALL, SATURDAY),))

    assert due(act, at=SATURDAY, people=CALLED) == [(ON_CALL, CALL, (1,))]
    assert due(called, at=SATURDAY + HOUR, people=CALLED) == []
    assert due(called, at=wall(9, 8), people=CALLED) == [("a-ann", NOW, (1,))]
    assert due(notice("act"), people=CALLED) == [("a-ann", NOW, (1,))]


@pytest.mark.parametrize("severity", ["info", "watch"])
def test_nobody_is_called_for_what_can_wait(severity):
    assert due(replace(notice(severity), made_at=SATURDAY), at=SATURDAY, people=CALLED) == []


# At most one an hour


def test_nobody_gets_two_letters_within_an_hour():
    last = {"a-ann": MONDAY - HOUR / 2}

    assert due(notice("act"), last=last) == []
    assert due(notice("act"), at=MONDAY + HOUR / 2, last=last) == [("a-ann", NOW, (1,))]


def test_what_comes_too_soon_before_the_evening_waits_for_the_morning():
    act, last = replace(notice("act"), made_at=wall(2, 17, 45)), {"a-ann": wall(2, 17, 30)}

    assert due(act, at=wall(2, 18, 30), last=last) == []
    assert due(act, at=wall(3, 8), last=last) == [("a-ann", NOW, (1,))]


# Who is told


def test_every_therapist_of_the_client_is_told():
    both = replace(notice("act"), therapists=("a-ann", "a-ben"))

    assert [one for one, *_ in due(both)] == ["a-ann", "a-ben"]


def test_while_a_therapist_is_away_the_deputy_is_told_instead():
    away = PEOPLE | {"a-ann": replace(ANN, away_until=MONDAY + DAY)}

    assert due(notice("act"), people=away) == [("a-ben", NOW, (1,))]
    assert due(notice("act"), at=MONDAY + DAY, people=away) == [("a-ann", NOW, (1,))]


def test_of_a_client_without_a_therapist_the_clinic_is_told():
    assert due(replace(notice("act"), therapists=())) == [(CLINIC, NOW, (1,))]


# What nobody answers


def test_after_two_working_days_the_deputy_is_told_and_after_four_the_clinic():
    first = replace(notice(), told=(told(occasion=DIGEST, at=wall(3, 8)),))
    second = replace(first, told=(*first.told, told("a-ben", ESCALATION, wall(5, 8))))

    assert due(first, at=wall(5, 7, 59)) == []
    assert due(first, at=wall(5, 8)) == [("a-ben", ESCALATION, (1,))]
    assert due(second, at=wall(9, 7, 59)) == []
    assert due(second, at=wall(9, 8)) == [(CLINIC, ESCALATION, (1,))]


def test_without_a_deputy_the_clinic_is_told_after_two_working_days():
    alone = PEOPLE | {"a-ann": replace(ANN, deputy="")}
    first = replace(notice(), told=(told(at=wall(6, 10)),))

    assert due(first, at=wall(10, 9, 59), people=alone) == []
    assert due(first, at=wall(10, 10), people=alone) == [(CLINIC, ESCALATION, (1,))]


def test_the_clinic_is_told_once():
    done = replace(notice(), told=(told(at=wall(2, 10)), told(CLINIC, ESCALATION, wall(4, 10))))

    assert due(done, at=wall(20, 10)) == []


def test_what_is_only_information_goes_on_to_nobody():
    known = replace(notice("info"), told=(told(occasion=DIGEST, at=wall(3, 8)),))

    assert settled(known, at=wall(3, 8))


def test_what_has_to_be_acted_on_is_repeated_after_three_days():
    act = replace(notice("act"), told=(told(), told("a-ben", ESCALATION, MONDAY + 2 * DAY)))
    again = replace(act, told=(*act.told, told(at=MONDAY + 3 * DAY, occasion=REPEAT)))

    assert due(act, at=MONDAY + 3 * DAY - timedelta(seconds=1)) == []
    assert due(act, at=MONDAY + 3 * DAY) == [("a-ann", REPEAT, (1,))]
    assert ("a-ann", REPEAT, (1,)) not in due(again, at=MONDAY + 4 * DAY)


def test_what_is_watched_is_not_repeated():
    watch = replace(notice(), told=(told(), told(CLINIC, ESCALATION, MONDAY + 2 * DAY)))

    assert due(watch, at=MONDAY + 20 * DAY) == []


# What cannot reach anybody


def lost(*arguments):
    return replace(told(*arguments), is_lost=True)


def test_what_has_to_be_acted_on_and_reaches_nobody_goes_on_at_once():
    first = replace(notice("act"), told=(lost(),))
    second = replace(first, told=(lost(), lost("a-ben", ESCALATION)))
    heard = replace(first, told=(lost(), told("a-ben", ESCALATION)))
    third = replace(second, told=(*second.told, lost(CLINIC, ESCALATION)))

    assert due(first, people=CALLED) == [("a-ben", ESCALATION, (1,))]
    assert due(second, people=CALLED) == [(CLINIC, ESCALATION, (1,))]
    assert due(third, people=CALLED) == [(ON_CALL, CALL, (1,))]
    assert due(heard, people=CALLED) == []
    assert due(heard, at=wall(4, 10), people=CALLED) == [(CLINIC, ESCALATION, (1,))]


def test_outside_of_working_hours_who_is_on_call_hears_what_reached_nobody():
    late = replace(notice("act"), told=(lost("a-ann", NOW, wall(2, 17, 59)),))

    assert due(late, at=wall(2, 18), people=CALLED) == [(ON_CALL, CALL, (1,))]


def test_what_can_wait_does_not_go_on_sooner_for_being_undeliverable():
    watch = replace(notice(), told=(lost("a-ann", DIGEST, wall(3, 8)),))

    assert due(watch, at=wall(3, 9), people=CALLED) == []
    assert due(watch, at=wall(5, 8), people=CALLED) == [("a-ben", ESCALATION, (1,))]


def test_where_one_of_two_therapists_is_reached_nothing_goes_on_at_once():
    two = replace(notice("act"), therapists=("a-ann", "a-ben"))

    assert due(replace(two, told=(lost(), told("a-ben")))) == []


def test_what_was_told_in_a_letter_with_something_more_urgent_goes_on_too():
    mixed = replace(notice(), told=(told(occasion=ESCALATION, at=wall(3, 8)),))

    assert due(mixed, at=wall(5, 8)) == [("a-ben", ESCALATION, (1,))]


# What ends a notice, and what holds it back


@pytest.mark.parametrize(
    "change",
    [{"is_answered": True}, {"is_replaced": True}, {"state": "resolved"}, {"state": "snoozed"}],
)
def test_what_was_answered_replaced_or_is_over_is_told_to_nobody(change):
    moot = replace(notice("act"), **change)

    assert settled(moot)
    assert due(moot) == []


def test_what_got_worse_after_it_was_acknowledged_is_told():
    assert due(replace(notice("act"), state="acknowledged")) == [("a-ann", NOW, (1,))]


def test_what_is_held_back_waits_and_is_told_once_nothing_holds_it():
    held = replace(notice("act"), held=("silenced",))

    assert not settled(held)
    assert due(held, people=CALLED) == []
    assert due(replace(held, held=())) == [("a-ann", NOW, (1,))]


def test_what_was_told_is_taken_back_in_the_next_digest_of_those_who_were_told():
    back = notice(
        "info",
        is_withdrawal=True,
        told_before=frozenset({"a-ann", "a-gone"}),
    )
    back = replace(back, state="resolved", reason="withdrawn", therapists=("a-ann", "a-ben"))

    assert due(back, at=wall(3, 8)) == [("a-ann", DIGEST, (1,))]
    assert settled(replace(back, told=(told(occasion=DIGEST, at=wall(3, 8)),)))
    assert settled(replace(back, told_before=frozenset()))
    assert settled(replace(back, reason="recovered"))


# Under any order of everything


class Desks(RuleBasedStateMachine):
    """Notices, answers, holds and the clock in any order."""

    def __init__(self):
        super().__init__()
        self.now, self.notices, self.letters, self.last = MONDAY, {}, [], {}
        self.held, self.closed = set(), set()

    def desk(self):
        waiting = [self.notices[at] for at in self.notices if at not in self.closed]
        seen = [replace(one, held=("x",) if one.id in self.held else ()) for one in waiting]
        people = CALLED | {"a-ann": replace(ANN, away_until=self.away)}
        return Desk(seen, people, dict(self.last), Hours())

    away = None

    @rule(severity=st.sampled_from(["info", "watch", "act"]))
    def tell(self, severity):
        at = len(self.notices) + 1
        self.notices[at] = replace(notice(severity), id=at, alert=f"l-{at}", made_at=self.now)

    @rule(minutes=st.integers(1, 6000))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(data=st.data())
    def answer(self, data):
        if self.notices:
            at = data.draw(st.sampled_from(sorted(self.notices)))
            self.notices[at] = replace(self.notices[at], is_answered=True)

    @rule(data=st.data())
    def hold_or_free(self, data):
        if self.notices:
            self.held ^= {data.draw(st.sampled_from(sorted(self.notices)))}

    @rule(days=st.integers(0, 5))
    def leave(self, days):
        self.away = self.now + days * DAY

    @rule()
    def write(self):
        desk = self.desk()
        found = plan(desk, self.now)
        self.closed |= set(found.settled)
        for letter in found.letters:
            before = self.last.get(letter.recipient)
            assert before is None or self.now - before >= RATE
            assert letter.recipient == ON_CALL or is_open(Hours(), BERLIN, self.now)
            for at in letter.notices:
                self.tell_one(at, letter)
            self.last[letter.recipient] = self.now
        assert not plan(self.desk(), self.now).letters

    def tell_one(self, at, letter):
        one = self.notices[at]
        assert at not in self.held
        assert not one.is_answered
        earlier = [when for who, when in self.told_of(one) if who == letter.recipient]
        assert not earlier or one.severity == "act"
        assert all(self.now - when >= timedelta(hours=72) for when in earlier)
        telling = Telling(letter.recipient, letter.occasion, self.now)
        self.notices[at] = replace(one, told=(*one.told, telling))

    def told_of(self, one):
        return [(each.recipient, each.at) for each in one.told]

    @invariant()
    def what_is_answered_is_never_told_again(self):
        assert all(
            not self.notices[at].is_answered
            for letter in plan(self.desk(), self.now).letters
            for at in letter.notices
        )


TestDesks = Desks.TestCase
TestDesks.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
