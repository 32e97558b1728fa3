import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from daykeel.alerting.alert import OPEN, SNOOZED, SYSTEM, Transition
from daykeel.alerting.following import Following
from daykeel.rhythm.episodes import KINDS
from daykeel.rhythm.ledger import Episode

sys.path.insert(0, str(Path(__file__).parents[1] / "rhythm"))
from day_records import START, at

DAY = timedelta(days=1)
EPISODE = Episode("c-1", "phase_delay", START, (START,), "watch", ())


def sets(*episodes):
    return {kind: [one for one in episodes if one.kind == kind] for kind in KINDS}


def followed(*steps):
    """What comes of an episode that is known on the first day and worse on the ninth."""
    found = Following("c-1", steps)
    found.observe(sets(EPISODE), at(START, 20))
    found.observe(sets(EPISODE), at(START, 40))
    found.observe(sets(replace(EPISODE, severity="act")), at(START + 8 * DAY, 20))
    found.retake()
    return found


def raised():
    (alert,) = followed().alerts.values()
    return alert.id


def step(day, was, state, reason="", actor="a-1"):
    return Transition(raised(), day, at(START + day * DAY, 9), actor, was, state, reason)


def entries(found):
    return [(one.actor, one.was, one.state, one.reason) for one in found.entries]


def test_the_same_episodes_again_are_no_step():
    assert entries(followed()) == [
        (SYSTEM, "none", OPEN, ""),
        (SYSTEM, OPEN, OPEN, "worse"),
    ]


def test_what_a_person_did_comes_before_what_was_known_later():
    found = followed(step(2, OPEN, "acknowledged"), step(3, "acknowledged", "resolved", "useful"))

    assert entries(found)[:3] == [
        (SYSTEM, "none", OPEN, ""),
        ("a-1", OPEN, "acknowledged", ""),
        ("a-1", "acknowledged", "resolved", "useful"),
    ]
    newer = [one for one in found.alerts.values() if one.id != raised()]
    assert [(one.severity, one.recurrence_of) for one in newer] == [("act", raised())]


def test_the_end_of_a_snooze_is_a_step_of_the_clock():
    snooze = step(2, OPEN, SNOOZED, "later")
    woken = step(4, SNOOZED, OPEN, "snooze over", SYSTEM)

    assert entries(followed(snooze, woken))[1:] == [
        ("a-1", OPEN, SNOOZED, "later"),
        (SYSTEM, SNOOZED, OPEN, "snooze over"),
        (SYSTEM, OPEN, OPEN, "worse"),
    ]


def test_what_signals_did_is_not_done_again():
    assert entries(followed(step(2, OPEN, "resolved", "withdrawn", SYSTEM))) == entries(followed())


def test_a_step_on_an_alert_that_is_not_as_it_was_is_left_out():
    assert entries(followed(step(2, "acknowledged", "resolved", "useful"))) == entries(followed())


def test_a_word_on_whether_it_was_useful_stays_with_it():
    (alert,) = followed(step(9, OPEN, OPEN, "not useful")).alerts.values()

    assert alert.useful is False
