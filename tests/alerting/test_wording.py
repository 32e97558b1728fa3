from datetime import UTC, date, datetime

import pytest

from daykeel.alerting.alert import Alert
from daykeel.alerting.wording import CLIENT_SENTENCES, client_sentence, sentence, title
from daykeel.rhythm.ledger import Episode

KINDS = [*CLIENT_SENTENCES, "something_new"]
NEVER = (
    "episode",
    "predict",
    "relapse",
    "risk",
    "mania",
    "manic",
    "depress",
    "diagnos",
    "bipolar",
    "probab",
    "warning",
)
NEVER_TO_A_CLIENT = ("score", "severe", "severity", "alert", "fail", "bad", "should", "wrong")


def alert(kind, state="open", reason=""):
    onset = date(2026, 3, 2)
    found = Episode("c-1", kind, onset, (onset,), "watch", ())
    raised = datetime(2026, 3, 5, tzinfo=UTC)
    return Alert("a", "c-1", kind, state, "watch", onset, raised, found, reason=reason)


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_predicts_or_diagnoses(kind):
    said = (title(kind) + sentence(alert(kind)) + client_sentence(kind)).casefold()

    assert not [word for word in NEVER if word in said]


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_reads_no_grade_and_no_blame(kind):
    said = client_sentence(kind).casefold()

    assert not [word for word in NEVER_TO_A_CLIENT if word in said]
    assert not any(letter.isdigit() for letter in said)


def test_the_sentence_says_since_when():
    assert sentence(alert("phase_delay")) == (
        "Sleep has been later than this client's own usual times. First night: Mon 2 Mar."
    )


def test_the_sentence_says_that_it_was_withdrawn_or_is_over():
    assert "did not happen" in sentence(alert("phase_delay", "resolved", "withdrawn"))
    assert "is over" in sentence(alert("phase_delay", "resolved", "recovered"))
    assert "newer alert" in sentence(alert("phase_delay", "resolved", "continued"))
    assert sentence(alert("phase_delay", "resolved", "expected")).endswith("Mon 2 Mar.")
