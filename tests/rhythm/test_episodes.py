import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.context import Mark
from daykeel.rhythm.episodes import KINDS, Stream, runs
from daykeel.rhythm.evaluate import evaluate
from daykeel.rhythm.inputs import DURATION, MID

sys.path.insert(0, str(Path(__file__).parent))
from day_records import START, at, context, kinds, shifted, silenced, steady

DAY = timedelta(days=1)


def evaluated(days, **more):
    return evaluate(days, context(**more), at(days[-1].day, 20), days[-1].day)


def episode(evaluation, kind):
    return next(one for one in evaluation.signals if one.kind == kind).episodes[0]


def stream(kind, chart, side, signals, *, nights=60, share=None, known=None):
    signal = np.zeros(nights, dtype=bool)
    signal[list(signals)] = True
    statistic = np.where(signal, 1.2, 0.0) if share is None else np.array(share)
    told = np.ones(nights, dtype=bool) if known is None else known
    return Stream(kind, chart, "slow", side, signal, statistic, np.ones(nights), told, None)


def opened(*streams, nights=60):
    return [(run.kind, run.onset, run.recovered) for run in runs(streams, nights)]


def delay(signals, **more):
    return stream("phase_delay", MID, "late_low", signals, **more)


def longer(signals):
    return stream("long_sleep", DURATION, "late_low", signals)


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


def test_timing_and_amount_to_one_side_within_five_days_are_one():
    assert opened(delay(range(20, 30)), longer(range(25, 30))) == [("phase_delay", 20, 36)]
    assert opened(delay(range(20, 40)), longer(range(26, 30))) == [
        ("phase_delay", 20, 46),
        ("long_sleep", 26, 36),
    ]


def test_once_joined_they_stay_one():
    assert opened(delay(range(20, 45)), longer([22, 40, 41])) == [("phase_delay", 20, 51)]


def test_the_kind_that_signalled_first_gives_its_name():
    assert opened(delay([23, 24]), longer(range(20, 30)))[0][:2] == ("long_sleep", 20)


def test_seven_known_nights_below_half_the_limit_end_it():
    unknown = np.ones(60, dtype=bool)
    unknown[25:35] = False

    assert opened(delay(range(20, 25))) == [("phase_delay", 20, 31)]
    assert opened(delay(range(20, 25), known=unknown)) == [("phase_delay", 20, 41)]


def test_a_night_above_half_the_limit_starts_the_count_again():
    share = np.zeros(60)
    share[20:25] = 1.2
    share[28] = 0.6

    assert opened(delay(range(20, 25), share=share)) == [("phase_delay", 20, 35)]


def test_for_14_nights_nothing_new_of_a_kind_opens():
    assert opened(delay([20, 32])) == [("phase_delay", 20, 39)]
    assert opened(delay([20, 34])) == [("phase_delay", 20, 27), ("phase_delay", 34, 41)]


def test_an_acute_rule_may_open_at_once():
    once = runs([delay([20, 28])], 60, cool_down=0)

    assert [run.onset for run in once] == [20, 28]


def test_twice_the_limit_escalates():
    share = np.zeros(60)
    share[20:30] = np.linspace(1.1, 2.2, 10)

    (run,) = runs([delay(range(20, 30), share=share)], 60)

    assert run.escalated == 28


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
