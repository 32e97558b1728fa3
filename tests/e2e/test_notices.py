"""From MQTT bytes to mail: who is nudged, who is told, and of whom nobody hears any more."""

import json
import re
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pipeline"), str(HERE.parent / "notify")]
from installation import installation, until  # noqa: E402
from lives import START, life, midnight  # noqa: E402
from people import Browser, enrol  # noqa: E402
from post import TOPIC, post_office, push_url  # noqa: E402
from profiles import PROFILES  # noqa: E402
from scan import Secrets, floats, links_in, told_by  # noqa: E402

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), pytest.mark.long]

NIGHTS = 56
OFF, LATE, GONE = "c-off0000001", "c-late000001", "c-gone000001"
DRIFT = np.concatenate([np.zeros(NIGHTS - 14), np.linspace(0.5, 3.5, 14)])
TAKEN_OFF, WITHDRAWN = START + timedelta(days=46), START + timedelta(days=43)
LOOKED_AT = (time(8, 30), time(18, 30))
"""When something may be due: the digest, and what clients get."""
MAILS = {"therapist": "dr@clinic.example", OFF: "off@home.example", GONE: "gone@home.example"}


class Story:
    """An installation, the people in it and what has been mailed."""

    def __init__(self, home, box, push, begin):
        self.home, self.box, self.push = home, box, push
        self.people = {
            one: enrol(home, one, ("tracker", "phone"), begin) for one in (OFF, LATE, GONE)
        }
        self.therapist = home.records.add_account("therapist", "dr", now=begin).id
        home.records.post.add_address(self.therapist, "mail", MAILS["therapist"], now=begin)
        home.records.post.add_address(self.therapist, "push", push_url(push), now=begin)
        for client in self.people:
            home.records.assign(self.therapist, client, now=begin)
        for client in (OFF, GONE):
            self._listens(client, begin)
        self.mailed = []

    def _listens(self, client, begin):
        post = self.home.records.post
        account = self.home.records.add_account("client", client, client=client, now=begin).id
        post.add_address(account, "mail", MAILS[client], now=begin)
        post.set_settings(account, post.settings(account), now=begin)

    def say(self, instant, client, record):
        self.home.clock.set(instant)
        self.people[client].say(record.device, record.payload)

    def tick(self, instant):
        """Let everything be computed and told that is due at an instant."""
        self.home.settle(instant)
        post = self.home.records.post
        until(lambda: not post.has_due(now=instant), f"letters of {instant}: {self.home.errors()}")
        until(lambda: not post.waiting(), f"mails of {instant}: {self.home.errors()}")
        new = self.box.mails[len(self.mailed) :]
        self.mailed += [(instant, re.search(rb"To: (\S+)", one)[1].decode(), one) for one in new]

    def mails_to(self, who):
        return [(at, mail) for at, to, mail in self.mailed if to == MAILS[who]]

    def told(self):
        """Of which alerts the therapist was told, with when."""
        links = [
            (at, re.search(rb"/n/([\w-]+)", mail)[1]) for at, mail in self.mails_to("therapist")
        ]
        behind = self.home.records.post.behind
        return [
            (at, self.home.records.alert(alert))
            for at, link in links
            for alert in behind(link.decode())[1]
        ]


def said():
    """What all devices say, and when somebody looks: in order."""
    lives = {
        OFF: worn(life(OFF, NIGHTS, seed=4)),
        LATE: life(LATE, NIGHTS, seed=4, shift=DRIFT),
        GONE: life(GONE, NIGHTS, seed=4, shift=DRIFT),
    }
    lines = [
        (record.received_at, client, record) for client, life in lives.items() for record in life
    ]
    days = [START + timedelta(days=n) for n in range(40, NIGHTS + 2)]
    ticks = [(datetime.combine(day, at, UTC), "", None) for day in days for at in LOOKED_AT]
    return sorted([*lines, *ticks], key=lambda one: (one[0], one[1]))


def worn(records):
    """A tracker that is taken off: it still tells that it is there, and of no sleep."""
    off = midnight(TAKEN_OFF) - timedelta(hours=6)
    return [
        one
        for one in records
        if one.device != "tracker" or one.received_at < off or not json.loads(one.payload)
    ]


@pytest.fixture(scope="module", params=PROFILES)
def story(request, tmp_path_factory):
    begin = midnight(START) - timedelta(hours=12)
    with (
        post_office() as (box, push),
        installation(tmp_path_factory.mktemp("told"), begin, request.param) as home,
    ):
        built = Story(home, box, push, begin)
        lived(built)
        yield built
        for person in built.people.values():
            person.close()


def lived(story):
    is_withdrawn = False
    for instant, client, record in said():
        if instant.date() >= WITHDRAWN and not is_withdrawn:
            is_withdrawn = True
            story.home.records.withdraw(GONE, "*", now=instant)
            story.before = [(one.kind, one.state) for one in story.home.records.alerts(GONE)]
        if record is None:
            story.tick(instant)
        else:
            story.say(instant, client, record)


def test_a_client_who_takes_the_tracker_off_is_nudged_before_the_therapist_is_told(story):
    nudges, told = story.mails_to(OFF), [at for at, one in story.told() if one.client == OFF]

    assert 1 <= len(nudges) <= 3
    assert nudges[0][0] >= midnight(TAKEN_OFF) + timedelta(days=1)
    assert told
    assert nudges[0][0] < told[0] - timedelta(days=4)
    assert all(b"A reminder" in mail for _, mail in nudges)


def test_the_therapist_is_told_of_lost_data_with_the_state_before_and_of_no_drift(story):
    alerts = story.home.records.alerts(OFF)
    told = [one for _, one in story.told() if one.client == OFF]

    assert {one.kind for one in alerts} == {"data_loss"}
    assert {one.kind for one in told} == {"data_loss"}
    (alert,) = {one.id: one for one in told}.values()
    facts = dict(alert.episode.note)
    assert {"reason", "midpoint of sleep", "length of sleep"} <= facts.keys()
    page = Browser(story.home, story.therapist).page(f"/alerts/{alert.id}")
    assert "Midpoint of sleep" in page
    assert "by mail, left" in page


def test_whoever_still_consents_is_told_of(story):
    told = {one.kind for _, one in story.told() if one.client == LATE}

    assert "phase_delay" in {one.kind for one in story.home.records.alerts(LATE)}
    assert told


def test_consent_withdrawn_ends_alerts_about_the_rhythm_and_every_letter(story):
    alerts = story.home.records.alerts(GONE)

    assert "phase_delay" not in dict(story.before)
    assert {one.kind for one in alerts} <= {"data_loss"}
    assert [one for _, one in story.told() if one.client == GONE] == []
    assert story.mails_to(GONE) == []
    browser = Browser(story.home, story.therapist)
    unresolved = [one for one in alerts if one.state == "open"]
    assert unresolved
    for alert in unresolved:
        assert browser.json(f"/v1/alerts/{alert.id}")["suppressed"] == ["consent"]
        assert "consent withdrawn" in browser.page(f"/alerts/{alert.id}")


def test_every_byte_that_left_says_nothing(story):
    alerts = story.home.records.alerts()
    left = story.box.mails + story.push.requests
    secrets = Secrets(
        names=[*story.people, "name of", story.therapist, *(one.id for one in alerts)],
        nights={TAKEN_OFF, *(night for one in alerts for night in one.episode.nights)},
        scores=[*floats([one.episode for one in alerts])],
        addresses=[*MAILS.values(), TOPIC],
        links=links_in(story.home.records.post, left),
    )
    logs = [path.read_text() for path in story.home.folder.glob("*.err")]

    assert story.mailed
    assert len(story.push.requests) == len(story.mails_to("therapist"))
    assert secrets.nights
    assert secrets.scores
    outputs = {"mail": story.box.mails, "push": story.push.requests, "logs": logs}
    assert told_by(outputs, secrets) == []
