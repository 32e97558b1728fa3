from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from daykeel.alerting.lifecycle import Impossible, judge, observe, stands, transition, wake
from daykeel.rhythm.ledger import Episode, SignalSet

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
FIRST = date(2026, 2, 20)
KIND = "phase_delay"


def episode(onset=FIRST, nights=3, **more):
    return Episode(
        client="c-1",
        kind=KIND,
        onset=onset,
        nights=tuple(onset + timedelta(at) for at in range(nights)),
        severity=more.pop("severity", "watch"),
        findings=(),
        evidence_at=NOW - timedelta(hours=1),
        **more,
    )


def signals(*episodes):
    return SignalSet("c-1", KIND, NOW, episodes)


def applied(alerts, changes):
    return list(({one.id: one for one in alerts} | {c.alert.id: c.alert for c in changes}).values())


def after(*sets, alerts=(), now=NOW):
    for one in sets:
        alerts = applied(alerts, observe(alerts, one, now))
    return alerts


def opened(**more):
    (alert,) = after(signals(episode(**more)))
    return alert


def resolved(alert, reason="useful_acted", now=NOW):
    return transition(alert, "resolve", actor="t", reason=reason, now=now).alert


def test_an_episode_opens_one_alert_and_tells_once():
    (change,) = observe([], signals(episode()), NOW)

    assert (change.entry.was, change.entry.state, change.alert.version) == ("none", "open", 1)
    assert [(one.version, one.severity) for one in change.notices] == [(1, "watch")]
    assert change.alert.evidence_at == NOW - timedelta(hours=1)
    assert observe([change.alert], signals(episode()), NOW) == []


def test_the_id_is_that_of_client_kind_and_onset():
    assert opened().id == opened(nights=9).id
    assert opened().id != opened(onset=FIRST + timedelta(1)).id


def test_more_nights_update_the_alert_without_a_notice():
    alert = opened()

    (change,) = observe([alert], signals(episode(nights=5)), NOW)

    assert (change.alert.id, change.alert.state, change.alert.version) == (alert.id, "open", 2)
    assert len(change.alert.episode.nights) == 5
    assert change.notices == ()


def test_the_versions_the_evidence_ever_rested_on_are_kept():
    (alert,) = after(signals(episode(nights=1, versions=((FIRST, 1),))))

    more = episode(nights=2, versions=((FIRST, 2), (FIRST + timedelta(1), 1)))
    (change,) = observe([alert], signals(more), NOW)

    assert change.alert.episode.versions == ((FIRST, 1), (FIRST, 2), (FIRST + timedelta(1), 1))
    assert change.alert.episode.nights == more.nights


def test_the_same_evidence_by_another_version_of_a_night_is_no_news():
    alert = opened(versions=((FIRST, 1),))

    assert observe([alert], signals(episode(versions=((FIRST, 2),))), NOW) == []
    assert alert.episode.versions == ((FIRST, 1),)


def test_late_data_that_move_the_onset_update_the_same_alert():
    alert = opened()

    (change,) = observe([alert], signals(episode(onset=FIRST - timedelta(2), nights=6)), NOW)

    assert (change.alert.id, change.alert.onset) == (alert.id, FIRST - timedelta(2))
    assert change.entry.reason == "onset moved from 2026-02-20 to 2026-02-18"


def test_a_moved_onset_brings_the_time_at_which_its_own_evidence_was_complete():
    alert = opened()
    moved = replace(episode(onset=FIRST + timedelta(5)), evidence_at=NOW + timedelta(hours=2))
    more = replace(episode(nights=9), evidence_at=NOW + timedelta(hours=2))

    (later,) = observe([alert], signals(moved), NOW + timedelta(hours=3))
    (same,) = observe([alert], signals(more), NOW + timedelta(hours=3))

    assert later.alert.evidence_at == moved.evidence_at
    assert same.alert.evidence_at == alert.evidence_at


def test_within_the_cool_down_a_signal_elsewhere_belongs_to_the_alert():
    alert = opened(nights=1)

    (change,) = observe([alert], signals(episode(onset=FIRST + timedelta(13))), NOW)

    assert change.alert.id == alert.id


def test_beyond_the_cool_down_it_is_another_alert():
    alert = opened(nights=1)

    gone, new = observe([alert], signals(episode(onset=FIRST + timedelta(14))), NOW)

    assert (gone.alert.id, gone.alert.reason) == (alert.id, "withdrawn")
    assert (new.alert.state, new.alert.recurrence_of) == ("open", alert.id)


def test_a_signal_that_vanished_withdraws_the_alert_and_keeps_its_evidence():
    alert = opened()

    (change,) = observe([alert], signals(), NOW)

    assert (change.alert.state, change.alert.reason) == ("resolved", "withdrawn")
    assert change.alert.episode == alert.episode
    assert not stands(change.alert)


def test_a_withdrawn_signal_that_comes_back_is_a_new_alert():
    first, second = after(signals(episode()), signals(), signals(episode()))

    assert first.id != second.id
    assert (first.reason, second.state, second.recurrence_of) == ("withdrawn", "open", first.id)


def test_while_nights_are_counted_nobody_is_told():
    (change,) = observe([], signals(episode(pending=True)), NOW)

    assert (change.alert.state, change.notices) == ("pending", ())


def test_enough_nights_open_the_pending_alert():
    later = NOW + timedelta(4)
    pending = opened(pending=True)

    (change,) = observe([pending], signals(episode(nights=7)), later)

    assert (change.alert.id, change.alert.state) == (pending.id, "open")
    assert change.alert.raised_at == later
    assert len(change.notices) == 1


@pytest.mark.parametrize("left", [(), (episode(pending=True, recovered=FIRST + timedelta(9)),)])
def test_a_pending_alert_whose_nights_are_gone_is_cancelled(left):
    (change,) = observe([opened(pending=True)], signals(*left), NOW)

    assert change.alert.state == "cancelled"
    assert observe([change.alert], signals(*left), NOW) == []


def test_an_open_alert_that_counts_nights_again_is_withdrawn():
    gone, new = observe([opened()], signals(episode(pending=True)), NOW)

    assert (gone.alert.state, gone.alert.reason) == ("resolved", "withdrawn")
    assert new.alert.state == "pending"


def test_seven_quiet_nights_resolve_it_as_recovered():
    (change,) = observe([opened()], signals(episode(recovered=FIRST + timedelta(10))), NOW)

    assert (change.alert.state, change.alert.reason) == ("resolved", "recovered")
    assert stands(change.alert)


def test_an_episode_that_is_over_when_it_is_first_seen_is_told_to_nobody():
    first, second = observe([], signals(episode(recovered=FIRST + timedelta(10))), NOW)

    assert [first.entry.state, second.entry.state] == ["open", "resolved"]
    assert first.notices == second.notices == ()


def test_an_episode_that_goes_on_within_the_cool_down_is_left_to_its_recovered_alert():
    (over,) = after(signals(episode(recovered=FIRST + timedelta(10))))

    assert observe([over], signals(episode(nights=14)), NOW) == []


def test_an_episode_that_goes_on_beyond_the_cool_down_gets_a_new_alert():
    over = after(signals(episode(recovered=FIRST + timedelta(10))))

    went_on = after(signals(episode(nights=15)), alerts=over)
    ended = after(signals(episode(nights=15, recovered=FIRST + timedelta(30))), alerts=went_on)

    assert [(one.state, one.reason) for one in went_on] == [("resolved", "continued"), ("open", "")]
    assert went_on[1].recurrence_of == went_on[0].id
    assert [one.reason for one in ended] == ["continued", "recovered"]
    assert [stands(one) for one in ended] == [False, True]


def test_what_a_person_resolved_is_not_opened_again_by_its_own_episode():
    alert = resolved(opened())

    assert observe([alert], signals(episode(nights=30)), NOW) == []


@pytest.mark.parametrize("reason", ["useful_acted", "recovered"])
def test_what_gets_worse_after_it_was_resolved_is_told_by_a_new_alert(reason):
    old = (
        after(signals(episode(recovered=FIRST + timedelta(9))))[0]
        if reason == "recovered"
        else resolved(opened(), reason)
    )
    worse = signals(episode(nights=12, severity="act"))

    left, new = observe([old], worse, NOW)

    assert (left.alert.state, left.alert.reason) == ("resolved", "continued")
    assert left.alert.resolved_for == reason
    assert (new.alert.state, new.alert.recurrence_of) == ("open", old.id)
    assert [one.severity for one in new.notices] == ["act"]
    assert observe([left.alert, new.alert], worse, NOW) == []


def test_what_was_resolved_at_its_worst_is_told_no_more():
    alert = resolved(opened(severity="act"))

    assert observe([alert], signals(episode(nights=30, severity="act")), NOW) == []


def test_what_a_person_resolved_follows_a_moved_onset():
    alert = resolved(opened())

    (change,) = observe([alert], signals(episode(onset=FIRST - timedelta(1))), NOW)

    assert (change.alert.state, change.alert.reason) == ("resolved", "useful_acted")
    assert change.alert.onset == FIRST - timedelta(1)
    assert change.notices == ()


def test_what_a_person_resolved_is_marked_when_it_vanishes_and_unmarked_when_it_is_back():
    gone = after(signals(), alerts=[resolved(opened())])
    back = after(signals(episode()), alerts=gone)

    assert [(one.state, one.reason) for one in gone] == [("resolved", "withdrawn")]
    assert [(one.state, one.reason) for one in back] == [("resolved", "useful_acted")]


def test_a_later_episode_is_a_recurrence_within_14_days_of_resolving():
    alert = resolved(opened(), now=NOW)
    later = episode(onset=NOW.date() + timedelta(14))

    (change,) = observe([alert], signals(episode(), later), NOW + timedelta(15))

    assert change.alert.recurrence_of == alert.id


def test_later_than_that_it_stands_for_itself():
    alert = resolved(opened(), now=NOW)
    later = episode(onset=NOW.date() + timedelta(15))

    (change,) = observe([alert], signals(episode(), later), NOW + timedelta(16))

    assert change.alert.recurrence_of is None


def test_escalation_tells_once_more():
    worse = episode(severity="act", escalated=FIRST + timedelta(2))

    (change,) = observe([opened()], signals(worse), NOW)

    assert [one.severity for one in change.notices] == ["act"]
    assert observe([change.alert], signals(worse), NOW) == []


def test_an_acknowledged_alert_that_gets_worse_stays_acknowledged_and_tells():
    alert = transition(opened(), "acknowledge", actor="t", now=NOW).alert

    (change,) = observe([alert], signals(episode(severity="act")), NOW)

    assert change.alert.state == "acknowledged"
    assert len(change.notices) == 1


def test_what_holds_a_notice_back_is_left_to_whoever_lets_it_leave():
    (first,) = observe([], signals(episode(suppressed=("travel",))), NOW)
    (lifted,) = observe([first.alert], signals(episode()), NOW)

    assert (first.alert.state, len(first.notices)) == ("open", 1)
    assert lifted.notices == ()


def test_what_was_told_is_taken_back_by_a_notice_of_its_own():
    (gone,) = observe([opened()], signals(), NOW)

    assert [(one.version, one.severity) for one in gone.notices] == [(2, "info")]


def test_what_nobody_was_told_is_not_taken_back():
    (gone,) = observe([replace(opened(), told="")], signals(), NOW)

    assert gone.notices == ()


def snoozed(days=2):
    stop = NOW + timedelta(days)
    return transition(opened(), "snooze", actor="t", reason="away", until=stop, now=NOW).alert


def test_a_snooze_wakes_at_its_end():
    alert = snoozed()

    assert wake(alert, NOW + timedelta(2) - timedelta(seconds=1)) is None
    change = wake(alert, NOW + timedelta(2))
    assert (change.alert.state, change.alert.snoozed_until) == ("open", None)
    assert len(change.notices) == 1
    assert wake(change.alert, NOW + timedelta(9)) is None


def test_a_snooze_wakes_when_it_gets_worse_and_not_for_more_of_the_same():
    (more,) = observe([snoozed()], signals(episode(nights=4)), NOW)
    (worse,) = observe([snoozed()], signals(episode(severity="act")), NOW)

    assert (more.alert.state, more.notices) == ("snoozed", ())
    assert (worse.alert.state, len(worse.notices)) == ("open", 1)


def test_the_first_step_of_a_person_is_when_it_was_seen():
    first = transition(opened(), "acknowledge", actor="t", now=NOW)
    second = resolved(first.alert, now=NOW + timedelta(1))

    assert second.seen_at == NOW
    assert (first.entry.actor, first.entry.was, first.entry.state) == ("t", "open", "acknowledged")


@pytest.mark.parametrize("useful", [True, False])
@pytest.mark.parametrize("alert", [opened(), resolved(opened(), "expected")])
def test_a_word_on_whether_it_was_useful_changes_nothing_else(alert, useful):
    change = judge(alert, useful, actor="t", now=NOW)

    assert change.alert == replace(alert, useful=useful, version=alert.version + 1)
    assert (change.entry.actor, change.entry.was, change.entry.state) == (
        "t",
        alert.state,
        alert.state,
    )
    assert change.notices == ()


def test_the_last_word_counts():
    once = judge(opened(), True, actor="t", now=NOW).alert

    assert judge(once, False, actor="t", now=NOW).alert.useful is False


@pytest.mark.parametrize(
    ("reason", "useful"),
    [
        ("useful_acted", True),
        ("useful_no_action", True),
        ("wrong_data", False),
        ("wrong_rule", False),
        ("expected", None),
    ],
)
def test_a_reason_for_resolving_says_whether_it_was_useful(reason, useful):
    assert resolved(opened(), reason).useful is useful


def test_what_nobody_was_told_of_is_judged_by_nobody():
    (pending,) = after(signals(episode(pending=True)))

    with pytest.raises(Impossible):
        judge(pending, True, actor="t", now=NOW)


@pytest.mark.parametrize(
    ("alert", "action", "more"),
    [
        (resolved(opened()), "acknowledge", {}),
        (resolved(opened()), "snooze", {"reason": "r", "until": NOW + timedelta(1)}),
        (opened(pending=True), "resolve", {"reason": "r"}),
        (opened(), "resolve", {}),
        (opened(), "resolve", {"reason": "withdrawn"}),
        (opened(), "resolve", {"reason": "recovered"}),
        (opened(), "snooze", {"reason": "r"}),
        (opened(), "snooze", {"reason": "r", "until": NOW}),
        (opened(), "snooze", {"until": NOW + timedelta(1)}),
        (opened(), "dismiss", {"reason": "r"}),
    ],
)
def test_impossible_steps_are_refused(alert, action, more):
    with pytest.raises(Impossible):
        transition(alert, action, actor="t", now=NOW, **more)


ONSETS = st.lists(st.integers(0, 80), max_size=5, unique=True)


@st.composite
def episodes(draw):
    """Anything State could say of a kind, and more: episodes may even overlap."""
    found = []
    for at in draw(ONSETS):
        onset, nights = FIRST + timedelta(at), draw(st.integers(1, 25))
        over = draw(st.booleans())
        found.append(
            episode(
                onset,
                nights,
                severity=draw(st.sampled_from(["info", "watch", "act"])),
                recovered=onset + timedelta(nights + 7) if over else None,
                suppressed=draw(st.sampled_from([(), ("travel",)])),
                pending=not over and draw(st.integers(0, 4)) == 0,
            )
        )
    return tuple(found)


class Lives(RuleBasedStateMachine):
    """Alerts under any sequence of signals, people's steps, crashes and snoozes."""

    @initialize()
    def begin(self):
        self.now = NOW
        self.alerts = {}
        self.said = ()
        self.steps = {}

    def take(self, change):
        before = self.alerts.get(change.alert.id)
        entry = change.entry
        assert change.alert.version == (before.version if before else 0) + 1 == entry.version
        assert entry.was == (before.state if before else "none")
        assert entry.state == change.alert.state
        if before is not None:
            assert entry.was not in ("resolved", "cancelled") or entry.state == entry.was
            assert (before.client, before.kind) == (change.alert.client, change.alert.kind)
        for notice in change.notices:
            is_taken_back = (change.alert.state, change.alert.reason) == ("resolved", "withdrawn")
            assert change.alert.state in ("open", "acknowledged") or is_taken_back
            assert (notice.alert, notice.version) == (change.alert.id, change.alert.version)
        self.alerts[change.alert.id] = change.alert

    def observed(self):
        return observe(list(self.alerts.values()), signals(*self.said), self.now)

    @rule(said=episodes(), hours=st.integers(0, 400))
    def state_says(self, said, hours):
        self.now += timedelta(hours=hours)
        self.said = said
        for change in self.observed():
            self.take(change)

    @rule(said=episodes(), stored=st.integers(0, 5))
    def state_says_and_the_service_dies_while_storing(self, said, stored):
        self.said = said
        for change in self.observed()[:stored]:
            self.take(change)
        for change in self.observed():
            self.take(change)

    @precondition(lambda self: self.alerts)
    @rule(data=st.data())
    def a_person_decides(self, data):
        alert = self.alerts[data.draw(st.sampled_from(sorted(self.alerts)))]
        action = data.draw(st.sampled_from(["acknowledge", "snooze", "resolve"]))
        until = self.now + timedelta(days=data.draw(st.integers(1, 9)))
        try:
            change = transition(
                alert, action, actor="t", reason="expected", until=until, now=self.now
            )
        except Impossible:
            return
        self.take(change)

    @precondition(lambda self: self.alerts)
    @rule(data=st.data(), useful=st.booleans())
    def a_person_says_whether_it_was_useful(self, data, useful):
        alert = self.alerts[data.draw(st.sampled_from(sorted(self.alerts)))]
        try:
            change = judge(alert, useful, actor="t", now=self.now)
        except Impossible:
            return
        self.take(change)

    @rule(days=st.integers(0, 9))
    def the_clock_goes_on(self, days):
        self.now += timedelta(days)
        for change in filter(None, [wake(one, self.now) for one in self.alerts.values()]):
            self.take(change)

    @invariant()
    def alerts_that_stand_are_the_episodes_of_state(self):
        standing = {
            (one.client, one.kind, one.onset) for one in self.alerts.values() if stands(one)
        }
        wanted = {(one.client, one.kind, one.onset) for one in self.said if not one.pending}
        assert standing == wanted

    @invariant()
    def pending_alerts_are_those_that_still_count(self):
        counting = {one.onset for one in self.alerts.values() if one.state == "pending"}
        assert counting <= {one.onset for one in self.said if one.pending}

    @invariant()
    def the_same_again_changes_nothing(self):
        assert self.observed() == []

    @invariant()
    def no_episode_has_two_alerts(self):
        onsets = [one.onset for one in self.alerts.values() if stands(one)]
        assert len(onsets) == len(set(onsets))


Lives.TestCase.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)
TestLives = Lives.TestCase


def test_alerts_of_others_are_left_alone():
    stranger = replace(opened(), client="c-2")
    other = replace(opened(), kind="short_sleep")

    assert observe([stranger, other], signals(), NOW) == []
