import logging
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from threading import Barrier

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from practice import MAIL, NAME, THERAPIST, URL, episode
from receivers import MailBox, PushBox
from scan import Secrets, floats, links_in, told_by

from daykeel.alerting.lifecycle import wake
from daykeel.notify.carriers import NotDelivered
from daykeel.notify.outbox import LONGEST, Notices
from daykeel.records.errors import Taken

DEADLINE_S = 60.0
SERVERS = {"mail.log", "mail.debug", "asyncio"}
"""Loggers of the servers that take what leaves."""


def link_of(content):
    return re.search(rb"https://daykeel\.example/n/([\w-]+)", content)[1].decode()


def state(house):
    return [(one.sent_at is not None, one.failed_at is not None) for one in deliveries(house)]


def deliveries(house):
    return [one for alert in house.records.alerts() for one in house.post.deliveries(alert.id)]


def test_a_mail_leads_to_the_alert_and_says_nothing_else(house, mailbox):
    (alert,) = house.says(episode(severity="act"))

    house.look()

    (mail,) = mailbox.mails
    assert house.post.behind(link_of(mail)) == (house.therapist, [alert.id])
    assert b"Subject: 1 new entry" in mail
    assert b"From: Daykeel <notices@clinic.example>" in mail
    assert state(house) == [(True, False)]


def test_in_graduation_what_is_not_urgent_waits_for_the_next_month(house, mailbox):
    house.says(episode(phase="graduation"))

    house.go(days=1)
    house.look()
    assert mailbox.mails == []

    house.go(days=29)
    house.look()
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("phase", ["middle", "graduation"])
def test_what_was_told_at_once_is_taken_back_in_the_next_digest_in_any_phase(house, mailbox, phase):
    house.says(episode(severity="act", phase=phase))
    house.look()
    house.says()
    house.go(hours=22)
    house.look()

    assert len(mailbox.mails) == 2


@pytest.mark.parametrize("kind", ["data_loss", "travel"])
def test_in_graduation_missing_data_and_journeys_come_with_the_next_digest(house, mailbox, kind):
    house.says(episode(kind=kind, severity="info", phase="graduation"), kind=kind)

    house.go(hours=22)
    house.look()

    assert len(mailbox.mails) == 1


def test_who_answered_on_the_page_before_any_letter_hears_that_it_was_taken_back(house, mailbox):
    (alert,) = house.says(episode())
    house.decide(alert.id, "acknowledge")
    house.says()

    for _ in range(48):
        house.go(hours=1)
        house.look()

    (mail,) = mailbox.mails
    assert house.post.behind(link_of(mail)) == (house.therapist, [alert.id])


def test_looking_again_sends_nothing_again(house, mailbox):
    house.says(episode(severity="act"))

    for _ in range(5):
        house.look()
        house.go(minutes=10)

    assert len(mailbox.mails) == 1


def test_each_address_of_a_therapist_gets_the_letter(house, mailbox, pushbox):
    house.post.add_address(house.therapist, "push", house.push_url, now=house.clock.now())
    house.says(episode(severity="act"))

    house.look()

    assert len(mailbox.mails) == len(pushbox.requests) == 1
    assert link_of(mailbox.mails[0]) == link_of(pushbox.requests[0])


def test_while_both_services_are_away_for_an_hour_letters_wait_and_then_come_once(house):
    house.post.add_address(house.therapist, "push", house.push_url, now=house.clock.now())
    house.says(episode(severity="act"))
    for _ in range(60):
        house.look()
        house.go(minutes=1)
    waiting = house.post.waiting()
    boxes = MailBox(house.mail_port), PushBox(house.push_port)
    for box in boxes:
        box.open()
    for _ in range(16):
        house.look()
        house.go(minutes=1)
    for box in boxes:
        box.close()

    assert {(one.channel, one.sent_at) for one in waiting} == {("mail", None), ("push", None)}
    assert all(one.tries > 5 for one in waiting)
    assert [len(boxes[0].mails), len(boxes[1].requests)] == [1, 1]
    assert state(house) == [(True, False)] * 2
    assert house.post.undeliverable() == []


def test_nothing_that_leaves_names_anybody_or_says_what_it_is_about(
    house, mailbox, pushbox, caplog
):
    caplog.set_level(logging.DEBUG)
    house.post.add_address(house.therapist, "push", house.push_url, now=house.clock.now())
    client = house.records.add_account("client", "annegret", client="c-ann", now=house.clock.now())
    house.post.add_address(client.id, "mail", "ann@home.example", now=house.clock.now())
    own = house.post.settings(client.id)
    house.post.set_settings(client.id, own, now=house.clock.now())
    facts = {"coverage": 0.9137, "confidence": 0.6396, "note": (("length of sleep", "7.43 h"),)}
    for kind, severity in [("acute_change", "act"), ("phase_delay", "watch"), ("travel", "info")]:
        house.says(episode(kind=kind, severity=severity, **facts), kind=kind)
    house.says(episode(kind="data_loss", severity="info", pending=True, nights=2), kind="data_loss")
    mailbox.refuses = "451 later, please"
    house.look()
    mailbox.refuses = ""
    for _ in range(72):
        house.go(hours=1)
        house.look()

    alerts = house.records.alerts()
    ours = [one.getMessage() for one in caplog.records if one.name not in SERVERS]
    left = mailbox.mails + pushbox.requests
    secrets = Secrets(
        names=[*NAME.split(), "c-ann", house.therapist, client.id, THERAPIST]
        + [one.id for one in alerts],
        nights={night for one in alerts for night in one.episode.nights},
        scores=[*floats([one.episode for one in alerts]), 7.43],
        addresses=[MAIL, "ann@home.example", "a-topic-of-bakker", "127.0.0.1:"],
        links=links_in(house.post, left),
    )
    assert len(mailbox.mails) >= 4
    assert len(pushbox.requests) >= 3
    assert any("ann@home.example" in one.decode() for one in mailbox.mails)
    assert any("a letter waits" in one for one in ours)
    outputs = {"mail": mailbox.mails, "push": pushbox.requests, "logs": ours}
    assert told_by(outputs, secrets) == []


def test_what_is_refused_for_good_is_shown_as_undeliverable_and_can_be_tried_again(
    house, mailbox, caplog
):
    mailbox.refuses = "550 no such person"
    house.says(episode(severity="act"))
    house.look()
    (lost,) = house.post.undeliverable()
    mailbox.refuses = ""

    house.look()
    assert mailbox.mails == []
    assert house.post.retry(now=house.clock.now(), wall=house.wall.now()) == 1
    house.look()

    assert (lost.channel, lost.tries, lost.detail) == ("mail", 1, "the mail server refused it: 550")
    assert "undeliverable by mail" in caplog.text
    assert len(mailbox.mails) == 1
    assert {one.recipient for one in house.post.undeliverable()} == {"clinic"}


class Broken:
    def carry(self, address, said, mark):
        raise NotDelivered("not now")


def test_what_was_tried_for_three_days_is_undeliverable(house):
    house.says(episode(severity="act"))
    worker = house.worker({"mail": Broken()})

    worker.look()
    house.wall.instant += LONGEST - timedelta(seconds=1)
    worker.look()
    before = house.post.undeliverable()
    house.go(minutes=15)
    worker.look()

    lost = [one for one in house.post.undeliverable() if one.recipient == house.therapist]
    assert before == []
    assert [(one.tries, one.detail) for one in lost] == [(3, "not now")]


def test_a_therapist_without_an_address_is_shown_as_undeliverable(house):
    (address,) = house.post.addresses(house.therapist)
    house.post.remove_address(house.therapist, address.id, now=house.clock.now())
    house.says(episode(severity="act"))

    house.look()

    (lost,) = house.post.undeliverable()
    assert (lost.channel, lost.detail) == ("none", "there is no address")


def test_what_waits_for_an_address_that_is_removed_is_undeliverable(house):
    house.says(episode(severity="act"))
    house.look()
    (address,) = house.post.addresses(house.therapist)

    house.post.remove_address(house.therapist, address.id, now=house.clock.now())

    assert len(house.post.undeliverable()) == 1
    assert house.post.retry(now=house.clock.now(), wall=house.wall.now()) == 0


class Dies:
    """A carrier whose process dies before or after it hands a letter over."""

    def __init__(self, carried, *, after):
        self._carried, self._after = carried, after

    def carry(self, address, said, mark):
        if self._after:
            self._carried.append(mark)
        raise KeyboardInterrupt


class Keeps:
    def __init__(self, carried):
        self._carried = carried

    def carry(self, address, said, mark):
        self._carried.append(mark)


@pytest.mark.parametrize(("after", "times"), [(False, 1), (True, 2)])
def test_a_letter_whose_worker_died_is_taken_up_again_under_the_same_id(house, after, times):
    carried = []
    house.says(episode(severity="act"))
    with pytest.raises(KeyboardInterrupt):
        house.worker({"mail": Dies(carried, after=after)}).look()

    house.worker({"mail": Keeps(carried)}).look()
    at_once = len(carried)
    house.go(minutes=2)
    house.worker({"mail": Keeps(carried)}).look()

    assert at_once == times - 1
    assert len(carried) == times
    assert len(set(carried)) == 1
    assert state(house) == [(True, False)]


def test_of_two_workers_one_writes_and_one_sends_each_letter(house):
    carried, start = [], Barrier(2)
    house.says(episode(severity="act"))
    house.says(episode(kind="acute_change", severity="act"), kind="acute_change")

    def look(_):
        start.wait(DEADLINE_S)
        house.worker({"mail": Keeps(carried)}).look()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(look, range(2)))

    assert len(carried) == len(set(carried)) == 1


def test_without_a_public_url_nothing_leaves_and_the_reason_is_kept(house, mailbox):
    house.says(episode(severity="act"))

    carriers = house.worker()._carriers
    Notices(house.records, carriers, "", house.clock, house.wall).look()

    (waiting,) = house.post.waiting()
    assert (waiting.detail, mailbox.mails) == ("DAYKEEL_PUBLIC_URL is not set", [])


def test_an_address_can_be_tried_out(house, mailbox):
    house.post.try_out(house.therapist, now=house.clock.now(), wall=house.wall.now())

    house.look()

    (mail,) = mailbox.mails
    assert b"This address works." in mail
    assert URL.encode() not in mail


def test_a_test_holds_up_nothing_and_is_not_made_without_end(house, mailbox):
    for _ in range(10):
        house.post.try_out(house.therapist, now=house.clock.now(), wall=house.wall.now())
    with pytest.raises(Taken, match="enough"):
        house.post.try_out(house.therapist, now=house.clock.now(), wall=house.wall.now())
    house.says(episode(severity="act"))

    house.look()

    assert len(mailbox.mails) == 11


def test_a_server_that_is_slow_to_refuse_does_not_keep_what_is_due_waiting(house, monkeypatch):
    monkeypatch.setattr("daykeel.notify.outbox.LOOK_LASTS_S", 0.0)
    house.says(episode(severity="act"))

    house.worker({"mail": Keeps([])}).look()

    assert len(house.post.waiting()) == 1


# What holds notices back, when they would leave


def test_consent_withdrawn_stops_notices_with_the_next_look(house, mailbox):
    house.says(episode(severity="act"))
    house.records.withdraw("c-ann", "*", now=house.clock.now())

    for _ in range(100):
        house.look()
        house.go(hours=1)

    assert mailbox.mails == []
    (alert,) = house.records.alerts()
    assert alert.state == "open"
    assert house.post.holds([alert], now=house.clock.now()) == {alert.id: ("consent",)}


def test_consent_withdrawn_stops_repetition_and_escalation_too(house, mailbox):
    house.says(episode(severity="act"))
    house.look()
    house.records.withdraw("c-ann", "*", now=house.clock.now())

    for _ in range(200):
        house.go(hours=1)
        house.look()

    assert len(mailbox.mails) == 1


def consent_ends(house, _):
    house.records.withdraw("c-ann", "*", now=house.clock.now())


def is_silenced(house, alert):
    more = {"stop": house.clock.now() + timedelta(days=9), "reason": "r", "actor": "a"}
    house.post.silence("c-ann", alert.kind, now=house.clock.now(), **more)


def is_resolved(house, alert):
    house.decide(alert.id, "resolve", reason="expected")


def is_acknowledged(house, alert):
    house.decide(alert.id, "acknowledge")


def is_withdrawn(house, _):
    house.says()


WHAT_ENDS_IT = [consent_ends, is_silenced, is_resolved, is_acknowledged, is_withdrawn]


@pytest.mark.parametrize("what", WHAT_ENDS_IT)
def test_a_letter_that_waits_for_the_server_does_not_leave_once_it_has_not_to_be_told(house, what):
    (alert,) = house.says(episode(severity="act"))
    house.look()
    what(house, alert)
    house.go(hours=1)

    box = MailBox(house.mail_port)
    box.open()
    for _ in range(60):
        house.look()
        house.go(hours=1)
    box.close()

    assert box.mails == []
    assert house.post.waiting() == house.post.undeliverable() == []
    (kept,) = house.post.deliveries(alert.id)
    assert (kept.sent_at, kept.detail) == (None, "no longer to be told")
    assert kept.closed_at is not None


@pytest.mark.parametrize("what", WHAT_ENDS_IT)
def test_what_is_undeliverable_is_not_tried_again_once_it_has_not_to_be_told(house, mailbox, what):
    mailbox.refuses = "550 no such person"
    (alert,) = house.says(episode(severity="act"))
    house.look()
    what(house, alert)
    mailbox.refuses = ""

    assert house.post.retry(now=house.clock.now(), wall=house.wall.now()) == 0
    house.look()

    assert mailbox.mails == []
    (kept,) = house.post.deliveries(alert.id)
    assert (kept.detail, kept.tries) == ("no longer to be told", 1)


def test_what_a_silence_kept_from_leaving_is_told_once_the_silence_ends(house):
    (alert,) = house.says(episode(kind="travel", severity="info"), kind="travel")
    house.go(hours=22)
    house.look()
    is_silenced(house, alert)
    house.look()
    (silence,) = house.post.silences(now=house.clock.now())

    box = MailBox(house.mail_port)
    box.open()
    house.go(hours=1)
    house.look()
    before = len(box.mails)
    house.post.end_silence("c-ann", silence.id, now=house.clock.now())
    house.go(hours=1)
    house.look()
    box.close()

    assert (before, len(box.mails)) == (0, 1)


def test_a_letter_counts_only_what_has_still_to_be_told(house):
    kept, gone = (
        house.says(episode(kind=kind, severity="act"), kind=kind)[0]
        for kind in ("acute_change", "phase_delay")
    )
    house.look()
    is_silenced(house, gone)

    box = MailBox(house.mail_port)
    box.open()
    house.go(hours=1)
    house.look()
    box.close()

    (mail,) = box.mails
    assert b"Subject: 1 new entry" in mail
    assert house.post.behind(link_of(mail)) == (house.therapist, [kept.id])


def test_a_silence_holds_a_notice_until_it_ends(house, mailbox):
    stop = house.clock.now() + timedelta(days=3)
    house.says(episode())
    house.post.silence("c-ann", "", stop=stop, reason="away", actor="a", now=house.clock.now())
    found = []
    for _ in range(100):
        house.look()
        found.append((house.clock.now(), len(mailbox.mails)))
        house.go(hours=1)

    assert all(not mails for at, mails in found if at < stop)
    assert found[-1][1] == 1


def test_a_withdrawn_alert_is_taken_back_in_the_digest_of_whoever_was_told(house, mailbox):
    (alert,) = house.says(episode())
    while not mailbox.mails:
        house.go(hours=1)
        house.look()
    house.says()

    for _ in range(24):
        house.go(hours=1)
        house.look()

    _, second = mailbox.mails
    assert house.post.behind(link_of(second)) == (house.therapist, [alert.id])
    assert b"1 new entry" in second


def test_what_was_withdrawn_before_the_digest_is_told_to_nobody(house, mailbox):
    house.says(episode())
    house.says()

    for _ in range(48):
        house.go(hours=1)
        house.look()

    assert mailbox.mails == []
    assert house.post.desk(now=house.clock.now()).notices == []


def test_a_snooze_over_the_change_to_summer_time_wakes_and_is_told_on_the_wall_clock(
    house, mailbox
):
    own = replace(house.post.settings(house.therapist), zone="Europe/Berlin")
    house.post.set_settings(house.therapist, own, now=house.clock.now())
    (alert,) = house.says(episode())
    house.look()
    house.clock.instant = house.clock.instant.replace(day=27)
    until = house.clock.now() + timedelta(days=2)
    house.decide(alert.id, "snooze", reason="away", until=until)
    house.look()
    house.clock.instant = until
    house.take(wake(house.records.alert(alert.id), until))
    sent = []
    for _ in range(48):
        before = len(mailbox.mails)
        house.look()
        if len(mailbox.mails) > before:
            sent.append(house.clock.now())
        house.go(minutes=30)

    assert [one.isoformat() for one in sent] == ["2026-03-30T06:00:00+00:00"]


def test_the_deputy_and_then_the_clinic_hear_of_what_nobody_answers(house, mailbox):
    deputy = house.staff("ben", "ben@clinic.example")
    own = house.post.settings(house.therapist)
    house.post.set_settings(house.therapist, replace(own, deputy=deputy), now=house.clock.now())
    house.post.add_address("clinic", "mail", "desk@clinic.example", now=house.clock.now())
    house.says(episode())
    for _ in range(24 * 9):
        house.look()
        house.go(hours=1)

    to = [re.search(rb"To: (\S+)", one)[1].decode() for one in mailbox.mails]
    assert to == [MAIL, "ben@clinic.example", "desk@clinic.example"]
    assert house.records.account(deputy).clients == {"c-ann"}


def reached(mailbox):
    return [re.search(rb"To: (\S+)", one)[1].decode() for one in mailbox.mails]


def without_address(house):
    (address,) = house.post.addresses(house.therapist)
    house.post.remove_address(house.therapist, address.id, now=house.clock.now())


def test_what_has_to_be_acted_on_reaches_the_clinic_at_once_if_the_therapist_has_no_address(
    house, mailbox
):
    without_address(house)
    house.post.add_address("clinic", "mail", "desk@clinic.example", now=house.clock.now())
    house.says(episode(severity="act"))

    for _ in range(2):
        house.look()

    assert reached(mailbox) == ["desk@clinic.example"]


def test_what_the_mail_server_refuses_for_good_reaches_who_is_on_call_the_same_evening(
    house, mailbox
):
    mailbox.refuses = "550 no such person"
    house.post.add_address("on_call", "mail", "call@clinic.example", now=house.clock.now())
    house.clock.instant = house.clock.instant.replace(hour=17, minute=59)
    house.says(episode(severity="act"))
    house.look()
    mailbox.refuses = ""
    house.go(minutes=2)

    house.look()

    assert reached(mailbox) == ["call@clinic.example"]


# What had to wait


def opened(box):
    box.open()
    return box


def act(house, kind):
    return house.says(episode(kind=kind, severity="act"), kind=kind)[0].id


def lives(house, mailbox, until, **step):
    """Let time pass, and return when each mail left, for whom and of what."""
    found = []
    while house.clock.now() < until:
        before = len(mailbox.mails)
        house.look()
        for mail in mailbox.mails[before:]:
            to = re.search(rb"To: (\S+)", mail)[1].decode()
            found.append((house.clock.now(), to, house.post.behind(link_of(mail))[1]))
        house.go(**step)
    return found


def test_after_a_night_without_a_server_each_is_told_once_and_in_working_hours(house):
    carla, ben = (
        house.staff("carla", "carla@clinic.example"),
        house.staff("ben", "ben@clinic.example"),
    )
    away = house.clock.now() + timedelta(days=9)
    own = replace(house.post.settings(carla), deputy=ben, away_until=away)
    house.post.set_settings(carla, own, now=house.clock.now())
    house.records.assign(carla, "c-ann", now=house.clock.now())
    house.post.add_address("on_call", "mail", "call@clinic.example", now=house.clock.now())
    listening(house, remind_at=time(20))
    house.clock.instant = house.clock.instant.replace(hour=17)
    mailbox = MailBox(house.mail_port)
    first = act(house, "acute_change")
    lives(house, mailbox, house.clock.now() + timedelta(hours=3), minutes=30)
    second = act(house, "phase_delay")
    (third,) = house.says(episode(kind="short_sleep"), kind="short_sleep")
    lives(house, mailbox, house.clock.now() + timedelta(hours=6), minutes=30)

    opened(mailbox)
    left = lives(house, mailbox, house.clock.now() + timedelta(days=1), minutes=15)
    mailbox.close()

    morning = house.clock.instant.replace(day=3, hour=8, minute=0)
    everything = sorted([first, second, third.id])
    reminder = [one for one in left if one[1] == "ann@home.example"]
    told = [one for one in left if one not in reminder]
    assert [(to, alerts) for at, to, alerts in told if at < morning] == [
        ("call@clinic.example", [second])
    ]
    assert sorted((at, to, sorted(alerts)) for at, to, alerts in told if at >= morning) == [
        (morning, "bakker@clinic.example", everything),
        (morning, "ben@clinic.example", everything),
    ]
    assert [at.hour for at, *_ in reminder] == [20 - 1]


def test_after_an_hour_without_a_server_what_waited_is_one_letter_and_the_next_rests(house):
    mailbox = MailBox(house.mail_port)
    begin = house.clock.now()
    early = [act(house, "acute_change")]
    lives(house, mailbox, begin + timedelta(minutes=65), minutes=5)
    early.append(act(house, "phase_delay"))
    lives(house, mailbox, begin + timedelta(minutes=80), minutes=5)
    opened(mailbox)
    left = lives(house, mailbox, begin + timedelta(minutes=100), minutes=5)
    late = act(house, "short_sleep")
    left += lives(house, mailbox, begin + timedelta(hours=5), minutes=5)
    mailbox.close()

    (first, _, told), (second, _, told_then) = left
    assert first - begin <= timedelta(minutes=95)
    assert (sorted(told), told_then) == (sorted(early), [late])
    assert second - first == timedelta(hours=1)
    assert house.post.waiting() == house.post.undeliverable() == []
    assert [one.sent_at for one in house.post.deliveries(early[1])] == [first]


def test_letters_that_left_by_push_alone_do_not_come_by_mail_within_one_hour(house, pushbox):
    house.post.add_address(house.therapist, "push", house.push_url, now=house.clock.now())
    mailbox = MailBox(house.mail_port)
    begin = house.clock.now()
    both = [act(house, "acute_change")]
    lives(house, mailbox, begin + timedelta(minutes=65), minutes=5)
    both.append(act(house, "phase_delay"))
    lives(house, mailbox, begin + timedelta(minutes=80), minutes=5)
    opened(mailbox)
    left = lives(house, mailbox, begin + timedelta(hours=6), minutes=5)
    mailbox.close()

    (first, _, told), (second, _, told_then) = left
    assert len(pushbox.requests) == 2
    assert sorted(told + told_then) == sorted(both)
    assert second - first >= timedelta(hours=1)


# The client


def listening(house, **more):
    account = house.records.add_account("client", "ann", client="c-ann", now=house.clock.now()).id
    house.post.add_address(account, "mail", "ann@home.example", now=house.clock.now())
    own = replace(house.post.settings(account), **more)
    house.post.set_settings(account, own, now=house.clock.now())
    return account


def test_a_client_who_does_not_look_is_reminded_three_times_and_then_left_alone(house, mailbox):
    account = listening(house, remind_at=time(20))
    for _ in range(24 * 7):
        house.look()
        house.go(hours=1)

    bodies = {one.partition(b"\n\n")[0] for one in mailbox.mails}
    assert len(mailbox.mails) == 3
    assert all(b"A reminder" in one for one in bodies)
    assert house.post.settings(account).stopped_at is not None


def test_a_client_who_looks_goes_on_being_reminded(house, mailbox):
    account = listening(house, remind_at=time(20))
    for hour in range(24 * 7):
        house.look()
        if hour % 24 == 12:
            house.post.looked(account, now=house.clock.now())
        house.go(hours=1)

    assert len(mailbox.mails) == 7


def test_a_reminder_that_could_not_leave_in_its_evening_does_not_come_later(house):
    account = listening(house, remind_at=time(20))
    for _ in range(24 * 6 + 4):
        house.look()
        house.go(hours=1)
    assert house.post.waiting() == []

    box = MailBox(house.mail_port)
    box.open()
    for _ in range(24):
        house.look()
        house.go(hours=1)
    box.close()

    assert len(box.mails) == 1
    assert house.post.settings(account).stopped_at is None


def test_two_silent_nights_nudge_the_client_and_nobody_else(house, mailbox):
    listening(house)
    house.says(episode(kind="data_loss", severity="info", pending=True, nights=2), kind="data_loss")

    for _ in range(24):
        house.look()
        house.go(hours=1)

    (mail,) = mailbox.mails
    assert b"To: ann@home.example" in mail
