"""Consent withdrawn on the own page or by the API, and a week later given again the same way."""

import json
import re
import sys
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pipeline"), str(HERE.parent / "notify")]
from installation import free_port, installation, until  # noqa: E402
from lives import START, episode, life, midnight, raw  # noqa: E402
from people import Browser, enrol, raws  # noqa: E402
from profiles import PROFILES  # noqa: E402
from receivers import MailBox  # noqa: E402

from daykeel.alerting.routing import CLINIC  # noqa: E402
from daykeel.log.tally import MEMO, tally_of  # noqa: E402

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480), pytest.mark.long]

NIGHTS, SHORT = 43, 2
LAST = START + timedelta(days=NIGHTS - 1)
"""A Monday: the second night that is far too short."""
BEGINS = midnight(START) - timedelta(hours=12)
MORNING, EVENING = midnight(LAST) + timedelta(hours=10), midnight(LAST) + timedelta(hours=20)
OPENS = midnight(LAST) + timedelta(hours=32)
"""Tuesday at 08:00, when what came in the evening may be told."""
SILENT = [timedelta(hours=hours) for hours in (2.5, 5, 7.5)]
"""After the morning nothing is heard until evening: waiting takes no alert back."""
WEEK = [OPENS + timedelta(days=days, hours=4) for days in range(1, 5)]
BETWEEN, AGAIN, SINCE = (OPENS + timedelta(days=days, hours=4) for days in (5, 6, 7))
"""A Sunday; the Monday on which consent is given again; and the day after."""
MINUTE = timedelta(seconds=60)
TOLD, HELD = "c-told000001", "c-held000001"
"""Whose therapist has the letter already, and whose gets it when working hours begin."""
TOLD_ON, HELD_ON = "c-told000002", "c-held000002"
"""The same of two who go on consenting."""
AT = {TOLD: MORNING, TOLD_ON: MORNING, HELD: EVENING, HELD_ON: EVENING}


def said(client):
    """Six weeks of good nights, and two far too short."""
    records = []
    for record in life(client, NIGHTS, seed=4):
        day = record.received_at.date()
        is_night = record.device == "tracker" and record.payload != b"[]"
        if is_night and (LAST - day).days < SHORT:
            asleep = midnight(day) + timedelta(hours=3)
            short = episode(asleep, asleep + timedelta(hours=3.5), f"night-{day}")
            record = raw(client, [short], record.received_at, device="tracker")  # noqa: PLW2901  the night as it was
        records.append(record)
    return [one for one in records if one.received_at <= AT[client]]


def at_once(records):
    """All that each device says as one message: no alert can be raised, and taken back, midway."""
    events = defaultdict(list)
    for record in records:
        events[record.device] += json.loads(record.payload)
    return {device: json.dumps(told).encode() for device, told in events.items()}


def slept(instant):
    """Seven hours of sleep in the night before."""
    asleep = midnight(instant.date())
    return episode(asleep, asleep + timedelta(hours=7), f"night-{instant.date()}")


class Story:
    """An installation, four clients with a therapist each, and what has been mailed."""

    def __init__(self, home, box):
        self.home, self.box = home, box
        self.people = {one: enrol(home, one, ("tracker", "phone"), BEGINS) for one in AT}
        for client in AT:
            therapist = home.records.add_account("therapist", f"dr of {client}", now=BEGINS).id
            home.records.assign(therapist, client, now=BEGINS)
            home.records.post.add_address(therapist, "mail", f"{client}@dr.example", now=BEGINS)
        home.records.post.add_address(CLINIC, "mail", "desk@clinic.example", now=BEGINS)

    def tell(self, instant):
        """Let the devices say what the nights until now were like."""
        self.home.clock.set(instant)
        for client in (one for one, at in AT.items() if at == instant):
            for device, payload in at_once(said(client)).items():
                self.people[client].say(device, payload)
        for one in self.people.values():
            one.say("tracker", b"[]")  # it was read, and there is nothing else to tell of
        self.tick(instant)

    def tick(self, instant):
        """Let everything be computed and told that is due at an instant."""
        self.home.settle(instant)
        post = self.home.records.post
        until(lambda: not post.has_due(now=instant), f"letters of {instant}: {self.home.errors()}")
        until(lambda: not post.waiting(), f"mails of {instant}: {self.home.errors()}")

    def own(self, client):
        """The client's own browser."""
        account = self.home.records.add_account("client", client, client=client, now=BEGINS)
        return Browser(self.home, account.id)

    def say(self, client, *nights):
        """Let the tracker tell of nights, once more each time."""
        self.people[client].say("tracker", json.dumps([slept(one) for one in nights]).encode())

    def kept(self, client, since):
        """How many messages of the tracker are on the log that came at an instant or later."""
        own = [one for one in raws(self.home) if (one.client, one.device) == (client, "tracker")]
        return sum(one.received_at >= since for one in own)

    def is_dropped(self, client, *nights):
        """Tell of nights; return whether that was dropped for want of consent."""
        before = self.dropped()
        self.say(client, *nights)
        return self.dropped() > before

    def dropped(self):
        return tally_of(self.home.log.memo(MEMO)).counts.get("no_consent", 0)

    def is_kept(self, client, *nights):
        """Tell of nights; return whether that is on the log."""
        before = self.kept(client, BEGINS)
        self.say(client, *nights)
        return self.kept(client, BEGINS) > before

    def night(self, client, instant):
        (found,) = self.home.scores.nights(
            client, instant.date(), instant.date() + timedelta(days=1)
        )
        return found.night

    def first_weeks(self, client):
        """The nights of before anything was withdrawn."""
        return [one.night for one in self.home.scores.nights(client, START, LAST)]

    def holds(self, client):
        alert = self.acute(client)
        return self.home.records.post.holds([alert], now=self.home.clock.now())[alert.id]

    def mailed(self):
        """Who was told of which clients, as often as they were."""
        behind = self.home.records.post.behind
        found = []
        for mail in self.box.mails:
            link = re.search(rb"/n/([\w-]+)", mail)[1].decode()
            to = re.search(rb"To: (\S+)", mail)[1].decode()
            found += [(to, self.home.records.alert(one).client) for one in behind(link)[1]]
        return sorted(found)

    def acute(self, client):
        (found,) = [one for one in self.home.records.alerts(client) if one.severity == "act"]
        return found


@pytest.fixture(scope="module", params=PROFILES)
def story(request, tmp_path_factory):
    box = MailBox(free_port())
    box.open()
    settings = {
        "DAYKEEL_SMTP": f"smtp+plain://127.0.0.1:{box.port}",
        "DAYKEEL_SENDER": "Daykeel <notices@clinic.example>",
        "DAYKEEL_PUBLIC_URL": "http://daykeel.example",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        with installation(tmp_path_factory.mktemp("gone"), BEGINS, request.param) as home:
            built = Story(home, box)
            lived(built)
            yield built
            for person in built.people.values():
                person.close()
    box.close()


def lived(story):
    story.tell(MORNING)
    for waited in SILENT:
        story.tick(MORNING + waited)
    story.tell(EVENING)
    story.before = story.mailed()
    story.states = {one: story.acute(one).state for one in AT}
    story.tick(OPENS - MINUTE / 2)
    held, told = story.own(HELD), story.own(TOLD)
    held.fill_in("/me", "/me/consent", source="*", sure="true")
    story.ended = told.post(f"/v1/clients/{TOLD}/consent/withdrawal", {})
    story.tick(OPENS + MINUTE / 2)
    story.soon = story.mailed()
    for instant in WEEK:
        story.tick(instant)
    story.later = story.mailed()
    story.why = {one: story.holds(one) for one in (TOLD, HELD)}
    story.known = {one: story.first_weeks(one) for one in (TOLD, HELD)}

    story.tick(BETWEEN)
    until(lambda: story.is_dropped(HELD, BETWEEN), "consent that has ended")
    story.kept_between = [story.kept(HELD, BETWEEN)]
    story.say(HELD, BETWEEN)
    story.kept_between.append(story.kept(HELD, BETWEEN))
    story.tick(AGAIN)
    story.own_page = held.page("/me")
    held.fill_in("/me", "/me/consent/renewal", source="*", sure="true")
    story.renewed = told.post(f"/v1/clients/{TOLD}/consent/renewal", {})
    story.tick(AGAIN + MINUTE)
    story.at_once = story.mailed()
    story.home.clock.set(SINCE)
    for client in (HELD, TOLD):
        until(lambda one=client: story.is_kept(one, BETWEEN, SINCE), "consent that is given again")
    for hours in (0, 8, 16):
        story.tick(SINCE + timedelta(hours=hours))


def test_before_it_there_are_alerts_to_act_on_a_letter_that_left_and_one_that_waits(story):
    assert story.states == dict.fromkeys(AT, "open")
    assert story.before == [(f"{one}@dr.example", one) for one in sorted((TOLD, TOLD_ON))]
    assert story.ended == {"withdrawn": ["*"]}


def test_a_minute_after_it_no_letter_leaves_that_was_to_leave(story):
    new = sorted(set(story.soon) - set(story.before))

    assert new == [(f"{HELD_ON}@dr.example", HELD_ON)]


def test_nothing_is_repeated_or_passed_on_in_the_days_after_it(story):
    later = story.later

    assert {client for to, client in later if to == "desk@clinic.example"} == {TOLD_ON, HELD_ON}
    assert later.count((f"{TOLD_ON}@dr.example", TOLD_ON)) > 1
    assert [one for one in later if one[1] in (TOLD, HELD)] == [(f"{TOLD}@dr.example", TOLD)]


@pytest.mark.parametrize("client", [TOLD, HELD])
def test_the_alert_stays_and_says_why_nobody_is_told(story, client):
    assert story.why[client] == ("consent",)


def test_nothing_is_kept_of_what_comes_before_consent_is_given_again(story):
    dropped, and_then = story.kept_between

    assert dropped == and_then
    assert "Give your consent again" in story.own_page


def test_given_again_the_letter_that_waited_leaves_and_what_was_told_goes_on(story):
    assert story.renewed == {"renewed": ["*"]}
    new = set(story.at_once) - set(story.later)
    assert (f"{HELD}@dr.example", HELD) in new
    assert ("desk@clinic.example", TOLD) in new


@pytest.mark.parametrize("client", [TOLD, HELD])
def test_nights_since_then_are_known_again_those_between_never(story, client):
    since, between = (story.night(client, one) for one in (SINCE, BETWEEN))

    assert (since.certainty, since.duration.value) == ("certain", 420)
    assert (between.certainty, between.duration.value) == ("none", None)
    assert {one.reason for one in between.gaps} == {"consent_revoked"}


@pytest.mark.parametrize("client", [TOLD, HELD])
def test_nothing_of_before_is_lost(story, client):
    assert len(story.known[client]) == NIGHTS - 1
    assert story.first_weeks(client) == story.known[client]
    assert story.holds(client) == ()


@pytest.mark.parametrize("client", [TOLD, HELD])
def test_both_are_in_the_audit(story, client):
    records = story.home.records
    called = records.audit_reference(f"client/{client}")

    entries = records.audited(limit=10_000)
    own = [one.action for one in entries if one.resource == called]
    assert [one for one in own if one.startswith("consent.")] == [
        "consent.withdraw",
        "consent.renew",
    ]
    assert records.audit_broken_at() is None
