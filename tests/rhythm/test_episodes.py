import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from daykeel.rhythm.context import Mark
from daykeel.rhythm.decisions import Threshold
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


def test_during_formulation_only_acute_rules_open_anything():
    days = shifted(steady(60), 14, mid=2.2, longer=-4.0)
    found = evaluated(days, phases=((START, "formulation"),))

    assert set(kinds(found)) == {"acute_change"}
    assert {"acute_change", "short_sleep"} < set(kinds(evaluated(days)))
    assert episode(found, "acute_change").phase == "formulation"


def test_what_lasts_until_the_middle_opens_on_its_first_night():
    days = shifted(steady(60), 14, mid=2.5)
    alone = episode(evaluated(days), "phase_delay")
    middle = alone.onset + 3 * DAY
    found = episode(
        evaluated(days, phases=((START, "formulation"), (middle, "middle"))), "phase_delay"
    )

    assert found.onset == middle
    assert (alone.phase, found.phase) == ("middle", "middle")


def test_in_graduation_the_slow_channel_is_open_and_says_so():
    days = shifted(steady(60), 14, mid=2.2)

    found = evaluated(days, phases=((START, "graduation"),))

    assert episode(found, "phase_delay").phase == "graduation"


def test_an_agreed_threshold_fires_on_the_third_night_and_not_before():
    days = shifted(steady(60), 3, longer=1.6)

    two, three = (
        evaluated(days[:-more] if more else days, thresholds=(Threshold(),)) for more in (1, 0)
    )

    counting, fired = episode(two, "agreed_threshold"), episode(three, "agreed_threshold")
    assert (counting.pending, fired.pending) == (True, False)
    assert (fired.onset, fired.severity) == (days[-1].day, "watch")
    assert [(one.rule, one.side) for one in fired.findings] == [("agreed", "late_low")]
    assert "agreed_threshold" not in kinds(evaluated(days))


def test_within_the_cool_down_a_threshold_opens_nothing_more_and_counts_nothing():
    days = steady(63, spread=0.2)
    days = [*days[:50], *shifted(days[50:53], 3, longer=1.8), *days[53:60], *days[60:]]
    days = shifted(days, 3, longer=1.8)
    found = [
        one
        for last in (62, 63)
        for one in evaluated(days[:last], thresholds=(Threshold(),)).signals
        if one.kind == "agreed_threshold"
    ]

    assert [[(one.onset, one.pending) for one in each.episodes] for each in found] == [
        [(days[52].day, False)]
    ] * 2


def test_during_formulation_no_threshold_fires():
    days = shifted(steady(60), 3, longer=1.6)

    found = evaluated(days, thresholds=(Threshold(),), phases=((START, "formulation"),))

    assert "agreed_threshold" not in kinds(found)


def test_a_declared_illness_holds_back_the_notice_of_a_lasting_change():
    days = shifted(steady(60), 14, mid=2.2)
    mark = Mark("illness", START + 40 * DAY, START + 59 * DAY)

    assert episode(evaluated(days, marks=(mark,)), "phase_delay").suppressed == ("illness",)


@pytest.mark.parametrize("lasts", [13, 30])
def test_a_change_that_outlasts_the_declared_illness_is_told_of(lasts):
    days = shifted(steady(120), 74, mid=2.2)
    ill = Mark("illness", START + 44 * DAY, START + (44 + lasts) * DAY)

    during = episode(evaluated(days[: 45 + lasts], marks=(ill,)), "phase_delay")
    after = episode(evaluated(days, marks=(ill,)), "phase_delay")

    assert during.onset == after.onset
    assert (during.suppressed, after.suppressed) == (("illness",), ())


def test_what_the_client_s_own_nights_say_holds_back_as_a_therapist_s_mark_does():
    days = shifted(steady(60), 14, mid=2.2)
    days = [
        replace(day, night=replace(day.night, flags=("dst", "event"))) if n >= 40 else day
        for n, day in enumerate(days)
    ]

    assert episode(evaluated(days), "phase_delay").suppressed == ("event",)


def test_changes_of_clocks_are_noted():
    days = shifted(steady(60), 14, mid=2.2)
    days = [
        replace(day, night=replace(day.night, flags=("dst",))) if n >= 50 else day
        for n, day in enumerate(days)
    ]

    assert dict(episode(evaluated(days), "phase_delay").note) == {
        "clock change": "within the last 7 nights"
    }
