import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.context import Mark
from daykeel.rhythm.episodes import KINDS
from daykeel.rhythm.evaluate import evaluate

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, kinds, shifted, silenced, steady

DAY = timedelta(days=1)


def evaluated(days, **more):
    return evaluate(days, context(**more), at(days[-1].day, 20), days[-1].day)


def episode(evaluation, kind):
    return next(one for one in evaluation.signals if one.kind == kind).episodes[0]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"mid": 2.2}, "phase_delay"),
        ({"mid": -2.2}, "phase_advance"),
        ({"longer": 2.0}, "long_sleep"),
        ({"longer": -2.0}, "short_sleep"),
    ],
)
def test_each_side_of_timing_and_amount_has_its_kind(change, kind):
    found = evaluated(shifted(steady(60, spread=0.3), 12, **change))

    assert set(kinds(found)) - {"acute_change", "irregularity"} == {kind}
    assert episode(found, kind).findings[0].baseline is not None


def test_a_steady_life_has_no_episode_and_says_so_of_every_kind():
    found = evaluated(steady(70, anchors=True))

    assert [one.kind for one in found.signals] == list(KINDS)
    assert kinds(found) == {}


def test_anchors_that_are_missed_are_irregularity():
    days = steady(60, anchors=True)
    rng = np.random.default_rng(5)
    late = [
        replace(
            day,
            anchors=tuple(
                replace(one, minutes=one.minutes + rng.choice([-150, 150]))
                if one.source_class == "reported"
                else one
                for one in day.anchors
            ),
        )
        for day in days[-20:]
    ]

    found = evaluated([*days[:-20], *late])

    assert set(kinds(found)) == {"irregularity"}
    assert episode(found, "irregularity").findings[0].side == "irregular"


def test_a_strong_change_is_to_act_on():
    found = episode(evaluated(shifted(steady(60, spread=0.2), 20, mid=3.0)), "phase_delay")

    assert (found.severity, found.escalated is not None) == ("act", True)


def test_confidence_is_coverage_and_less_for_a_young_baseline():
    days = silenced(shifted(steady(60), 14, mid=2.2), [40])
    found = episode(evaluated(days), "phase_delay")

    assert 0.9 < found.coverage < 1
    assert found.confidence == pytest.approx(0.7 * found.coverage)


def test_evidence_is_complete_when_the_last_needed_record_has_arrived():
    days = shifted(steady(60), 14, mid=2.2)
    late = at(START, 24 * 70)
    found = episode(evaluated(days), "phase_delay")
    days[30] = replace(days[30], night=replace(days[30].night, evidence_at=late))
    waited = episode(evaluated(days), "phase_delay")

    onset = next(day.night for day in days if day.day == found.onset)
    assert found.evidence_at == onset.finalised_at
    assert (waited.onset, waited.evidence_at) == (found.onset, late)


def test_a_finding_carries_the_last_28_nights_up_to_its_last_signal():
    found = episode(evaluated(shifted(steady(60), 14, mid=2.2)), "phase_delay").findings[0]

    assert len(found.points) == 28
    assert found.points[-1].night == found.nights[-1]
    assert found.points[-1].signal == "up"
    assert found.statistic > found.limit > 0


def test_during_formulation_lasting_changes_are_held_back_and_acute_ones_are_not():
    days = shifted(steady(60), 14, mid=2.2, longer=-4.0)
    found = evaluated(days, phase="formulation")

    held = {kind for kind in kinds(found) if episode(found, kind).suppressed == ("phase",)}
    assert held == set(kinds(found)) - {"acute_change"}
    assert "acute_change" in kinds(found)
    assert episode(evaluated(days), "acute_change").severity == "act"


def test_a_declared_illness_holds_back_the_notice_of_a_lasting_change():
    days = shifted(steady(60), 14, mid=2.2)
    mark = Mark("illness", START + 40 * DAY, START + 59 * DAY)

    assert episode(evaluated(days, marks=(mark,)), "phase_delay").suppressed == ("illness",)


def test_changes_of_clocks_are_noted():
    days = shifted(steady(60), 14, mid=2.2)
    days = [
        replace(day, night=replace(day.night, flags=("dst",))) if n >= 50 else day
        for n, day in enumerate(days)
    ]

    assert dict(episode(evaluated(days), "phase_delay").note) == {
        "clock change": "within the last 7 nights"
    }
