from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from daykeel.alerting.alert import Alert
from daykeel.alerting.holding import Silence, held
from daykeel.rhythm.ledger import Episode

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def alert(kind="phase_delay", severity="watch", state="open", nights=3, **more):
    onset = date(2026, 2, 20)
    dates = tuple(onset + n * DAY for n in range(nights))
    episode = Episode("c-1", kind, onset, dates, severity, (), **more)
    return Alert(kind, "c-1", kind, state, severity, onset, NOW, episode)


def silence(kind="", **more):
    made = Silence("s-1", "c-1", kind, NOW - DAY, NOW + DAY, "holiday", "a-1")
    return replace(made, **more)


def why(one, *others, silences=(), has_consent=True):
    return held(one, (one, *others), silences, NOW, has_consent=has_consent)


def test_nothing_holds_an_ordinary_alert_back():
    assert why(alert(), alert("short_sleep")) == ()


def test_a_silence_holds_back_while_it_lasts():
    assert why(alert(), silences=[silence()]) == ("silenced",)
    assert why(alert(), silences=[silence(stop=NOW)]) == ()
    assert why(alert(), silences=[silence(start=NOW + timedelta(seconds=1))]) == ()
    assert why(alert(), silences=[silence(client="c-2")]) == ()


def test_a_silence_of_one_kind_holds_that_kind_back_and_no_other():
    assert why(alert(), silences=[silence("phase_delay")]) == ("silenced",)
    assert why(alert(), silences=[silence("short_sleep")]) == ()


def test_what_is_to_be_acted_on_is_silenced_by_its_own_name_alone():
    sudden = alert("acute_change", "act")

    assert why(sudden, silences=[silence()]) == ()
    assert why(sudden, silences=[silence("acute_change")]) == ("silenced",)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (alert("data_loss", "info", "pending"), ("data_missing",)),
        (alert("data_loss", "info", "pending", nights=2), ()),
        (alert("data_loss", "info", "acknowledged"), ("data_missing",)),
        (alert("data_loss", "info", recovered=date(2026, 2, 25)), ()),
        (alert("data_loss", "info", "resolved"), ()),
        (alert("travel", "info"), ("travel",)),
    ],
)
def test_what_makes_a_change_doubtful_holds_it_back(other, expected):
    assert why(alert(), other) == expected
    assert why(alert("acute_change", "act"), other) == ()
    assert why(other) == ()


def test_only_people_hold_back_that_an_alert_is_withdrawn():
    withdrawn = alert(state="resolved", suppressed=("illness",))

    assert why(withdrawn, alert("data_loss", "info"), alert("travel", "info")) == ()
    assert why(withdrawn, silences=[silence()]) == ("silenced",)
    assert why(withdrawn, has_consent=False) == ("consent",)


def test_what_state_says_of_it_counts_too():
    assert why(alert(suppressed=("illness",)), silences=[silence()]) == ("silenced", "illness")


def test_a_declared_illness_holds_back_nothing_that_became_urgent():
    assert why(alert(severity="act", suppressed=("illness",))) == ()


@pytest.mark.parametrize("severity", ["info", "watch", "act"])
def test_without_consent_nothing_is_told(severity):
    assert why(alert(severity=severity), has_consent=False) == ("consent",)
