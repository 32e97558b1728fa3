import numpy as np

from daykeel.rhythm.fusion import Stream, runs
from daykeel.rhythm.inputs import DURATION, MID


def stream(kind, chart, side, signals, *, nights=60, share=None, known=None, ends=None):
    signal = np.zeros(nights, dtype=bool)
    signal[list(signals)] = True
    statistic = np.where(signal, 1.2, 0.0) if share is None else np.array(share)
    told = np.ones(nights, dtype=bool) if known is None else known
    limit = np.ones(nights)
    limit[nights if ends is None else ends :] = 0
    return Stream(kind, chart, "slow", side, signal, statistic, limit, told, None)


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
    once = runs([delay([20, 28])], 60, cool_down=0)

    assert [run.onset for run in once] == [20, 28]


def test_twice_the_limit_escalates():
    share = np.zeros(60)
    share[20:30] = np.linspace(1.1, 2.2, 10)

    (run,) = runs([delay(range(20, 30), share=share)], 60)

    assert run.escalated == 28
