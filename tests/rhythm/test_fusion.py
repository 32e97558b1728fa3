from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daykeel.rhythm.fusion import runs
from daykeel.rhythm.inputs import DURATION, M10, MID, OFFSET, ONSET, PAIR, STEPS, TST
from daykeel.rhythm.rules import LIVE
from daykeel.rhythm.streams import Stream


def stream(kind, chart, side, signals, *, nights=60, share=None, known=None, ends=None, family=""):
    signal = np.zeros(nights, dtype=bool)
    signal[list(signals)] = True
    statistic = np.where(signal, 1.2, 0.0) if share is None else np.array(share)
    told = np.ones(nights, dtype=bool) if known is None else known
    limit = np.ones(nights)
    limit[nights if ends is None else ends :] = 0
    return Stream(kind, chart, "slow", side, signal, statistic, limit, told, None, family=family)


def opened(*streams, nights=60):
    return [(run.kind, run.onset, run.recovered) for run in runs(streams, nights)]


def delay(signals, **more):
    return stream("phase_delay", MID, "late_low", signals, **more)


def longer(signals, **more):
    return stream("long_sleep", DURATION, "late_low", signals, **more)


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


def test_a_signal_starts_the_count_again_though_the_other_chart_knows_nothing():
    blind = np.ones(60, dtype=bool)
    blind[27] = False
    both = delay(range(20, 22)), longer([21, 27], known=np.ones(60, dtype=bool))

    assert opened(*both)[0] == ("phase_delay", 20, 34)
    assert opened(delay(range(20, 22), known=blind), both[1])[0] == ("phase_delay", 20, 34)


def test_a_chart_that_has_ended_keeps_no_episode_open():
    assert opened(delay(range(20, 24)), longer([22], ends=25)) == [("phase_delay", 20, 30)]
    assert opened(delay(range(20, 24), ends=25)) == [("phase_delay", 20, None)]


def test_for_14_nights_nothing_new_of_a_kind_opens():
    assert opened(delay([20, 32])) == [("phase_delay", 20, 39)]
    assert opened(delay([20, 34])) == [("phase_delay", 20, 27), ("phase_delay", 34, 41)]


def test_an_acute_rule_may_open_at_once():
    once = runs([delay([20, 28])], 60, by=replace(LIVE, cool_down=0))

    assert [run.onset for run in once] == [20, 28]


def test_twice_the_limit_escalates():
    share = np.zeros(60)
    share[20:30] = np.linspace(1.1, 2.2, 10)

    (run,) = runs([delay(range(20, 30), share=share)], 60)

    assert run.escalated == 28


def falling_asleep(signals, side="late_low", **more):
    kind = "phase_delay" if side == "late_low" else "phase_advance"
    return stream(kind, ONSET, side, signals, family="timing", **more)


def waking(signals, **more):
    return stream("phase_delay", OFFSET, "late_low", signals, family="timing", **more)


def asleep(signals, side="late_low", **more):
    kind = "long_sleep" if side == "late_low" else "short_sleep"
    return stream(kind, TST, side, signals, family="amount", **more)


def alike(signals):
    return stream("", PAIR, "irregular", signals, family="regularity")


def steps(signals, side="late_low"):
    return stream("", STEPS, side, signals, family="activity level")


def most_active(signals, side="late_low"):
    return stream("", M10, side, signals, family="activity phase")


def told(*streams, nights=60):
    """Kind, onset and the nights of each chart of every episode."""
    return [
        (run.kind, run.onset, {streams[at].chart: seen for at, seen in run.nights.items()})
        for run in runs(streams, nights)
    ]


def test_two_secondary_charts_of_different_families_open_an_alert_together():
    assert told(falling_asleep([20]), asleep([23])) == [
        ("phase_delay", 23, {ONSET: [20], TST: [23]})
    ]
    assert told(asleep([20]), falling_asleep([25])) == [
        ("long_sleep", 25, {TST: [20], ONSET: [25]})
    ]


def test_one_secondary_chart_opens_nothing_nor_do_two_of_one_family():
    assert told(falling_asleep(range(20, 40))) == []
    assert told(falling_asleep(range(20, 40)), waking(range(20, 40))) == []


def test_two_secondary_charts_must_be_near_and_to_one_side():
    assert told(falling_asleep([20]), asleep([26])) == []
    assert told(falling_asleep([20]), asleep([21], side="early_high")) == []


def test_days_less_alike_agree_with_either_side():
    assert [one[0] for one in told(falling_asleep([20]), alike([20]))] == ["phase_delay"]
    early = falling_asleep([20], side="early_high")
    assert [one[0] for one in told(early, alike([20]))] == ["phase_advance"]


def test_what_has_no_kind_supports_and_opens_nothing_by_itself():
    assert told(steps(range(20, 40)), most_active(range(20, 40))) == []
    assert told(steps([20]), asleep([22])) == [("long_sleep", 22, {TST: [22], STEPS: [20]})]


def test_a_secondary_signal_joins_an_open_alert_of_its_kind_whenever_it_comes():
    assert told(delay(range(20, 40)), falling_asleep([38])) == [
        ("phase_delay", 20, {MID: [*range(20, 40)], ONSET: [38]})
    ]


def test_what_supports_joins_a_young_alert_to_its_side_only():
    young = told(delay(range(20, 40)), steps([22]))
    old = told(delay(range(20, 40)), steps([30]))
    other = told(delay(range(20, 40)), steps([22], side="early_high"))

    assert [set(one[2]) for one in (*young, *old, *other)] == [{MID, STEPS}, {MID}, {MID}]


def test_a_secondary_chart_never_moves_the_end_of_what_a_primary_one_opened():
    high = np.where(np.arange(60) >= 20, 2.5, 0.0)
    blind = np.zeros(60, dtype=bool)
    alone = runs([delay(range(20, 25))], 60)[0]
    for more in (
        falling_asleep(range(20, 60), share=high),
        falling_asleep(range(20, 60), known=blind),
        asleep(range(20, 60), share=high),
    ):
        run, *rest = runs([delay(range(20, 25)), more], 60)
        assert (run.onset, run.recovered, run.escalated) == (20, alone.recovered, alone.escalated)
        assert rest == []


def test_what_two_secondary_charts_opened_lasts_as_long_as_they_are_high():
    run, *rest = runs([falling_asleep(range(20, 30)), asleep([20])], 60)

    assert (run.onset, run.recovered, rest) == (20, 36, [])


def test_a_primary_chart_joins_what_two_secondary_ones_opened_and_decides_from_then_on():
    late = falling_asleep(range(20, 50), share=np.where(np.arange(60) >= 20, 1.2, 0.0))
    run, *rest = runs([delay(range(24, 30)), late, asleep([20])], 60)

    assert (run.kind, run.onset, run.recovered, rest) == ("phase_delay", 20, 36, [])


def test_within_the_cool_down_two_secondary_charts_open_nothing_new():
    once = told(delay([20]), falling_asleep([29, 30]), asleep([29]))

    assert once == [("phase_delay", 20, {MID: [20]})]


@given(st.integers(0, 2**32 - 1))
def test_whatever_secondary_charts_of_one_family_say_nothing_but_findings_changes(seed):
    rng = np.random.default_rng(seed)
    primary = [delay(np.flatnonzero(rng.random(60) < 0.15)), longer(np.arange(50, 55))]
    second = [
        make(np.flatnonzero(rng.random(60) < 0.3), share=3 * rng.random(60))
        for make in (falling_asleep, waking)
    ]

    def lived(streams):
        return [(run.kind, run.onset, run.recovered, run.escalated) for run in runs(streams, 60)]

    assert lived([*primary, *second]) == lived(primary)


@given(st.integers(0, 2**32 - 1))
def test_with_fewer_signals_an_alert_opens_only_where_one_could_have_before(seed):
    rng = np.random.default_rng(seed)
    streams = [
        make(np.flatnonzero(rng.random(60) < 0.12))
        for make in (delay, longer, falling_asleep, waking, asleep, alike, steps, most_active)
    ]
    fewer = [replace(one, signal=one.signal & (rng.random(60) < 0.7)) for one in streams]

    may_open = openings(streams)
    assert {run.onset for run in runs(fewer, 60)} <= openings(fewer) <= may_open
    covered = {
        night
        for run in runs(streams, 60)
        for night in range(run.onset, max(run.onset + 14, (run.recovered or 60) + 1))
    }
    assert {run.onset for run in runs(fewer, 60)} <= covered


def openings(streams):
    """Nights with a primary signal, or the second of two secondary ones that belong together."""
    found = {at for one in streams if not one.family for at in np.flatnonzero(one.signal).tolist()}
    second = [one for one in streams if one.family]
    for one in second:
        for other in second:
            sides = {one.side, other.side}
            if one.family == other.family or not (one.kind or other.kind):
                continue
            if len(sides) == 2 and "irregular" not in sides:
                continue
            found |= {
                at
                for at in np.flatnonzero(one.signal).tolist()
                if other.signal[max(at - 5, 0) : at + 1].any()
            }
    return found
