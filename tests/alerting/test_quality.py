from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from daykeel.alerting.alert import Alert
from daykeel.alerting.quality import (
    Volume,
    answers,
    by_rule,
    poisson_interval,
    volume,
)
from daykeel.rhythm.ledger import Episode, Finding

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ONSET = date(2026, 2, 20)


def alert(kind="phase_delay", rules=("slow",), **more):
    found = tuple(
        Finding("sleep.mid", rule, "late_low", ONSET + timedelta(at), (ONSET,))
        for at, rule in enumerate(rules)
    )
    episode = Episode("c-1", kind, ONSET, (ONSET,), "watch", found)
    return replace(Alert("l", "c-1", kind, "open", "watch", ONSET, NOW, episode), **more)


def test_the_budget_counts_rhythm_alerts_that_were_raised():
    kinds = ("phase_delay", "acute_change", "data_loss", "travel", "agreed_threshold")
    raised = [alert(kind) for kind in kinds]
    untold = [alert(state="pending"), alert(state="cancelled")]

    assert volume([*raised, *untold], 1.0).alerts == 2


def test_the_rate_is_by_monitored_client_year_with_its_exact_interval():
    found = Volume(3, 2.0)

    assert (found.rate, found.is_within) == (1.5, True)
    assert found.interval == pytest.approx((0.618672 / 2, 8.767273 / 2), abs=1e-5)
    assert not Volume(7, 2.0).is_within


def test_without_a_monitored_night_nobody_can_say():
    found = Volume(0, 0.0)

    assert (found.rate, found.interval, found.is_within) == (None, None, None)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, (0.0, 3.688879)),
        (1, (0.025318, 5.571643)),
        (5, (1.623486, 11.668332)),
        (10, (4.795389, 18.390356)),
    ],
)
def test_the_interval_is_the_exact_one(count, expected):
    assert poisson_interval(count) == pytest.approx(expected, abs=1e-5)


def test_what_people_said_is_told_by_kind_and_the_rule_that_signalled_first():
    alerts = [
        alert(resolved_for="useful_acted", state="resolved"),
        alert(resolved_for="useful_no_action", state="resolved", rules=("slow", "acute_z")),
        alert(resolved_for="wrong_rule", state="resolved"),
        alert(resolved_for="recovered", state="resolved"),
        alert(reason="withdrawn", state="resolved"),
        alert("short_sleep", rules=("acute_short",)),
        alert("travel", rules=()),
    ]

    found = {(one.kind, one.rule): one for one in by_rule(alerts)}

    slow = found["phase_delay", "slow"]
    assert (slow.raised, slow.useful, slow.not_useful, slow.withdrawn) == (5, 2, 1, 1)
    assert slow.share == pytest.approx(2 / 3)
    assert found["short_sleep", "acute_short"].share is None
    assert ("travel", "") in found


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"useful": True}, (1, 0)),
        ({"useful": False}, (0, 1)),
        ({"useful": False, "resolved_for": "useful_acted"}, (0, 1)),
        ({"resolved_for": "expected"}, (0, 1)),
        ({"resolved_for": "recovered"}, (0, 0)),
        ({"useful": True, "resolved_for": "recovered"}, (1, 0)),
    ],
)
def test_a_word_of_its_own_comes_before_the_reason_it_was_resolved_for(said, expected):
    (found,) = by_rule([alert(**said)])

    assert (found.useful, found.not_useful) == expected


def test_answers_tell_the_median_and_the_longest():
    hours = [timedelta(hours=one) for one in (1, 2, 9)]

    found = answers(hours, 4)

    assert (found.answered, found.waiting) == (3, 4)
    assert (found.median, found.longest) == (timedelta(hours=2), timedelta(hours=9))
    assert answers([], 0).median is None
