"""Any order of signals, answers, silences, consent, deaths and jumps of the clock, on records."""

import sys
import tempfile
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

sys.path.insert(0, str(Path(__file__).parent))
from practice import MAIL, ONSET, Practice, episode

from daykeel.alerting.lifecycle import Impossible, wake
from daykeel.notify.carriers import NotDelivered

pytestmark = pytest.mark.long

AGAIN = timedelta(hours=72)
KINDS = ("phase_delay", "acute_change", "data_loss")


class Fate:
    """A carrier that takes a letter, is away, or dies before or after taking one."""

    def __init__(self):
        self.next, self.carried, self.died_after = "takes", [], []

    def carry(self, address, said, mark):
        if self.next == "dies before":
            raise KeyboardInterrupt
        if self.next == "is away":
            raise NotDelivered("away")
        self.carried.append((address, mark))
        if self.next == "dies after":
            self.died_after.append((address, mark))
            raise KeyboardInterrupt


class Worked(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.house = Practice(f"sqlite:///{self.folder.name}/records.db")
        self.fate, self.ends = Fate(), {}

    def teardown(self):
        self.house.close()
        self.folder.cleanup()

    @rule(
        kind=st.sampled_from(KINDS),
        severity=st.sampled_from(["info", "watch", "act"]),
        shift=st.integers(0, 20),
        is_there=st.integers(0, 3),
    )
    def state_says(self, kind, severity, shift, is_there):
        found = episode(kind=kind, severity=severity, onset=ONSET + timedelta(shift))
        self.house.says(*([found] if is_there else []), kind=kind)

    @rule(minutes=st.sampled_from([1, 59, 61, 600, 24 * 60, 26 * 24 * 60]))
    def time_passes(self, minutes):
        self.house.go(minutes=minutes)

    @rule(fate=st.sampled_from(["takes", "is away", "dies before", "dies after"]))
    def look(self, fate):
        self._look(fate)

    @rule()
    def hours_of_work_pass(self):
        for _ in range(3):
            self._look("takes")
            self.house.go(minutes=61)

    def _look(self, fate):
        self.fate.next = fate
        try:
            self.house.worker({"mail": self.fate}).look()
        except KeyboardInterrupt:
            self.house.wall.instant += timedelta(minutes=2)

    @rule(data=st.data(), action=st.sampled_from(["acknowledge", "snooze", "resolve"]))
    def decide(self, data, action):
        alerts = self.house.records.alerts()
        if not alerts:
            return
        alert = data.draw(st.sampled_from(alerts))
        until = self.house.clock.now() + timedelta(days=2) if action == "snooze" else None
        try:
            self.house.decide(alert.id, action, reason="expected", until=until)
        except Impossible:
            return
        if action == "resolve":
            self.ends[alert.id] = True

    @rule()
    def snoozes_end(self):
        now = self.house.clock.now()
        for alert in self.house.records.snoozed_until(now):
            if change := wake(alert, now):
                self.house.take(change)

    @rule(days=st.integers(1, 3), kind=st.sampled_from(["", *KINDS]))
    def silence(self, days, kind):
        now = self.house.clock.now()
        more = {"reason": "r", "actor": "a", "now": now}
        self.house.post.silence("c-ann", kind, stop=now + timedelta(days), **more)

    @rule(is_given=st.booleans())
    def consent(self, is_given):
        now = self.house.clock.now()
        if is_given:
            self.house.records.grant("c-ann", "*", now=now)
        else:
            self.house.records.withdraw("c-ann", "*", now=now)

    @invariant()
    def nobody_is_told_twice_of_one_step_but_of_what_has_to_be_acted_on(self):
        for alert in self.house.records.alerts():
            desk = self.house.post.desk(now=self.house.clock.now(), alert=alert.id)
            for notice in desk.notices:
                self.told_once(notice)

    def told_once(self, notice):
        by_recipient = {}
        for one in notice.told:
            by_recipient.setdefault(one.recipient, []).append(one.at)
        for times in by_recipient.values():
            gaps = [b - a for a, b in pairwise(times)]
            assert not gaps or notice.severity == "act"
            assert all(gap >= AGAIN for gap in gaps)

    @invariant()
    def each_letter_has_one_mark_at_each_address(self):
        letters = self.house.post.deliveries_to(self.house.therapist, 10_000)
        marks = {mark for address, mark in self.fate.carried if address == MAIL}
        assert len(marks) <= len(letters)
        assert sum(one.sent_at is not None for one in letters) <= len(marks)

    @invariant()
    def a_letter_comes_again_only_where_a_worker_died_before_it_could_note_it(self):
        died = Counter(self.fate.died_after)
        for letter, times in Counter(self.fate.carried).items():
            assert times <= 1 + died[letter]

    @invariant()
    def resolved_is_the_end(self):
        for alert in self.ends:
            assert self.house.records.alert(alert).state == "resolved"


TestWorked = Worked.TestCase
TestWorked.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
