import sys
from pathlib import Path

from daykeel.rhythm.consent import Allowance
from daykeel.rhythm.context import Consent

sys.path.insert(0, str(Path(__file__).parent))
from told import at, night, pieces, record, said, slept, steps

WINDOW = (at(-48), at(48))


def test_without_any_consent_everything_is_allowed():
    assert Allowance((), WINDOW).events([slept(-1, 7)]) == [slept(-1, 7)]


def test_events_count_from_consent_until_it_is_withdrawn():
    allowance = Allowance((Consent("daykeel", at(-10), at(5)),), WINDOW)
    events = [said("meal", hours, meal="dinner") for hours in (-11, -10, 4, 5)]

    assert allowance.events(events) == events[1:3]


def test_consent_to_everything_is_consent_to_each():
    assert Allowance((Consent("*"),), WINDOW).events([slept(-1, 7)]) == [slept(-1, 7)]


def test_consent_to_one_source_is_none_to_another():
    assert Allowance((Consent("owntracks"),), WINDOW).events([slept(-1, 7)]) == []


def test_epochs_are_cut_where_consent_ends():
    (epochs,) = pieces(*steps(1, 1.1, 5))[at(1).date()].epochs

    cut = Allowance((Consent("daykeel", None, at(1.05)),), WINDOW).epochs(epochs)

    assert cut is not None
    assert (cut.start, cut.value) == (epochs.start[:3], [5000] * 3)
    assert Allowance((Consent("owntracks"),), WINDOW).epochs(epochs) is None
    assert Allowance((Consent("daykeel"),), WINDOW).epochs(epochs) is epochs


def test_a_night_without_consent_is_as_if_nothing_had_come():
    withdrawn = (Consent("daykeel", at(-999), at(-20)),)

    assert night(slept(-1, 7), consents=withdrawn).certainty == "none"
    assert record(slept(-1, 7), consents=withdrawn).inputs == record(consents=withdrawn).inputs
