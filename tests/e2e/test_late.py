"""Weeks late, in no order, much of it twice: the same State, and an alert that was wrong goes."""

import re
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
from installation import installation, until
from lives import START, after, episode, life, midnight, raw
from people import Browser, commands, enrol, raws, standing
from post import post_office
from profiles import PROFILES

from daykeel.pipeline.batch import batch, state_digest
from daykeel.stream.state import state_at

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480), pytest.mark.long]

SHORT, OTHERS = "c-short00001", ("c-other00001", "c-other00002")
NIGHTS, SHORT_FROM = 50, 40
LATER = timedelta(days=21)
TWICE = 0.3
BEGINS = midnight(START) - timedelta(hours=12)
DAY = timedelta(days=1)
ALERTS = {"short_sleep", "acute_change"}
FRIDAY = 4


def cut(record):
    """A night of the last ones as a tracker tells it that has lost most of it."""
    day = record.received_at.date()
    is_night = record.device == "tracker" and record.payload != b"[]"
    if not is_night or (day - START).days < SHORT_FROM:
        return record
    asleep = midnight(day) + timedelta(hours=3)
    told = episode(asleep, asleep + timedelta(hours=3, minutes=30), f"night-{day}")
    return raw(record.client, [told], record.received_at, device="tracker")


class Told:
    """An installation that is told first too little and then, weeks later, everything."""

    def __init__(self, home, mailbox):
        self.home, self.mailbox = home, mailbox
        self.people = {c: enrol(home, c, ("tracker", "phone"), BEGINS) for c in (SHORT, *OTHERS)}
        self.whole = {
            client: life(client, NIGHTS, seed=4 + number)
            for number, client in enumerate(self.people)
        }
        therapist = home.records.add_account("therapist", "t", now=BEGINS)
        home.records.post.add_address(therapist.id, "mail", "t@clinic.example", now=BEGINS)
        own = home.records.add_account("client", "own", client=SHORT, now=BEGINS)
        for client in self.people:
            home.records.assign(therapist.id, client, now=BEGINS)
        self.therapist, self.client = Browser(home, therapist.id), Browser(home, own.id)

    def tell_short(self):
        """Tell the short nights as they come, and nothing of the others."""
        last = START
        for record in map(cut, self.whole[SHORT]):
            self.home.clock.set(record.received_at)
            self.people[SHORT].say(record.device, record.payload)
            day = record.received_at.date()
            if day > last and (day - START).days > SHORT_FROM:
                self.home.settle(record.received_at, f"on {day}")
            last = day
        self.home.settle(after(NIGHTS), "told too little")

    def tell_all(self):
        """Tell all of everybody, weeks later, in no order and much of it twice."""
        rng = np.random.default_rng(7)
        said = [record for records in self.whole.values() for record in records]
        said += [said[at] for at in rng.integers(0, len(said), round(TWICE * len(said)))]
        self.home.clock.set(self.now)
        before = len(raws(self.home))
        for at in rng.permutation(len(said)):
            device = self.people[said[at].client].devices[said[at].device]
            told = self.people[said[at].client].topic(said[at].device)
            device.client.publish(told, said[at].payload, qos=1)
        until(lambda: len(raws(self.home)) == before + len(said), "all has come", 120)
        self.home.settle(self.now, "told everything")

    def next_morning(self, now):
        """Go to the next working day after 08:00, and let every letter leave."""
        at = now.replace(hour=8, minute=1) + DAY
        while at.weekday() > FRIDAY:
            at += DAY
        self.home.settle(at, f"on the morning of {at:%d %b}")
        post = self.home.records.post
        until(lambda: not post.has_due(now=at), f"letters: {self.home.errors()}")
        until(lambda: not post.waiting(), f"mails: {self.home.errors()}")

    @property
    def now(self):
        return after(NIGHTS) + LATER


@pytest.fixture(scope="module", params=PROFILES)
def told(request, tmp_path_factory):
    with (
        post_office() as (mailbox, _),
        installation(tmp_path_factory.mktemp("late"), BEGINS, request.param) as home,
    ):
        made = Told(home, mailbox)
        made.tell_short()
        made.next_morning(after(NIGHTS))
        made.open = {one.kind: one for one in home.records.alerts(client=SHORT)}
        made.page_then = made.therapist.page(f"/clients/{SHORT}")
        made.tell_all()
        yield made
        for person in made.people.values():
            person.close()


def test_too_little_was_told_and_so_there_were_alerts(told):
    assert told.open.keys() >= ALERTS
    assert {told.open[kind].state for kind in ALERTS} == {"open"}
    for kind in ALERTS:
        row = told.page_then.partition(f"/alerts/{told.open[kind].id}")[2].partition("</li>")[0]
        assert "since" in row
        assert "withdrawn" not in row


def test_state_is_that_of_the_same_messages_in_the_order_in_which_they_were_made(told):
    home, known = told.home, raws(told.home)
    made = {
        one.payload: number for records in told.whole.values() for number, one in enumerate(records)
    }
    ordered = sorted(
        known, key=lambda one: (one.received_at, made.get(one.payload, 0), one.payload)
    )
    once = list(dict.fromkeys(ordered))
    direct = batch(once, commands(home), told.now)
    tables, _ = state_at(home.log, told.now)

    assert len(once) < len(known)
    for client in told.people:
        assert state_digest(tables, client) == state_digest(direct.tables, client)
        assert standing(home, client) == {
            (one.kind, each.onset)
            for one in direct.outputs[client].signals
            for each in one.episodes
            if not each.pending
        }


@pytest.mark.parametrize("kind", sorted(ALERTS))
def test_an_alert_that_was_wrong_is_withdrawn_and_says_so_everywhere(told, kind):
    home, was = told.home, told.open[kind]

    kept = home.records.alert(was.id)
    step = home.records.history(was.id)[-1]
    shown = told.therapist.json(f"/v1/alerts/{was.id}")
    listed = {one["id"]: one for one in told.therapist.json("/v1/alerts")["alerts"]}[was.id]

    assert (kept.state, kept.reason) == ("resolved", "withdrawn")
    assert (step.state, step.reason, step.at) == ("resolved", "withdrawn", told.now)
    assert (shown["state"], shown["reason"]) == ("resolved", "withdrawn")
    assert (shown["history"][-1]["state"], shown["history"][-1]["reason"]) == (
        "resolved",
        "withdrawn",
    )
    assert (listed["state"], listed["reason"]) == ("resolved", "withdrawn")
    assert "Withdrawn by late data." in told.therapist.page(f"/alerts/{was.id}")
    assert f"/alerts/{was.id}" in told.therapist.page(f"/clients/{SHORT}")
    assert "withdrawn" in told.therapist.page(f"/clients/{SHORT}")
    assert "Taken back" in told.client.page("/me")


def test_the_nights_were_revised_and_say_so(told):
    span = f"first={START + SHORT_FROM * DAY}&last={START + (NIGHTS - 1) * DAY}"

    nights = told.therapist.json(f"/v1/clients/{SHORT}/nights?{span}")["nights"]

    assert {one["state"] for one in nights} == {"revised"}


def test_the_next_digest_leads_to_what_was_taken_back(told):
    before = len(told.mailbox.mails)

    told.next_morning(told.now)

    (mail,) = told.mailbox.mails[before:]
    page = told.therapist.page(re.search(rb"/n/[\w-]+", mail)[0].decode())
    for kind in ALERTS:
        row = page.partition(f"/alerts/{told.open[kind].id}")[2].partition("</li>")[0]
        assert "taken back by late data" in row
