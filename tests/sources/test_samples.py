import sys
from pathlib import Path

import pytest

from daykeel.sources.registry import adapt

sys.path.insert(0, str(Path(__file__).parent))
from sample_files import SAMPLES, all_events, differences, entries, raws, shared

FAMILIES = ("sleep_as_android", "owntracks", "health_auto_export", "health_connect")
ENTRIES = entries(*FAMILIES)

UNTOLD = {
    # two minutes of energy, of which the manifest tells the first
    "health_auto_export/metrics_active_energy.json": 1,
    # two rows of heart rate, of which the manifest tells the first; the other is as odd
    "health_auto_export/adversarial_mixed.json": 1,
}
"""Events of a sample beyond those its manifest tells, where the vendor's rows are plain."""


def file_of(entry):
    return entry["file"]


def test_the_samples_are_here():
    shared(SAMPLES / "manifest.json")

    assert {entry["file"].split("/")[0] for entry in ENTRIES} == set(FAMILIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=file_of)
def test_a_sample_becomes_what_the_manifest_expects(entry):
    expected = [one for one in entry["expect"] if one["type"] != "ignore"]

    adapted = [adapt(raw) for raw in raws(entry)]

    found = [event for one in adapted for event in all_events(one)]
    assert len(found) == len(expected) + UNTOLD.get(entry["file"], 0)
    left = list(found)
    for wanted in sorted(expected, key=lambda one: -len(one)):
        best = min(left, key=lambda event: len(differences(wanted, event)))
        assert differences(wanted, best) == {}
        left.remove(best)


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one["expect"] == []], ids=file_of)
def test_a_sample_that_must_become_nothing_is_refused_with_a_reason(entry):
    rejects = [reject for raw in raws(entry) for reject in adapt(raw).rejects]

    assert rejects
    assert all(reject.reason for reject in rejects)


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one["expect"]], ids=file_of)
def test_nothing_of_a_good_sample_is_refused(entry):
    rejects = [reject for raw in raws(entry) for reject in adapt(raw).rejects]

    assert rejects == []
