import numpy as np
import pytest

from daykeel.rhythm.runlength import guarded, shewhart, two_sided_cusum, two_sided_ewma

SHIFTS = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3)
EWMA = {
    (0.05, 2.615): ("500", "84", "28.8", "16.4", "11.4", "7.1", "5.2", "3.5"),
    (0.1, 2.70): ("369", "89", "28.2", "14.7", "9.7", "5.8", "4.2", "2.8"),
    (0.1, 2.814): ("500", "106", "31.3", "15.8", "10.3", "6.1", "4.4", "2.9"),
    (0.2, 2.86): ("371", "121", "36.2", "16.5", "9.8", "5.2", "3.6", "2.3"),
    (0.2, 2.962): ("500", "150", "41.8", "18.1", "10.5", "5.5", "3.7", "2.4"),
    (0.4, 3.054): ("500", "224", "71.2", "28.4", "14.3", "5.9", "3.5", "2.0"),
}
CUSUM = {
    (0.5, 4): ("168", "74", "26.6", "13.3", "8.4", "4.7", "3.3", "2.2"),
    (0.5, 4.77): ("369", "121", "35.2", "16.2", "9.9", "5.5", "3.9", "2.5"),
    (0.5, 5): ("465", "139.5", "38.0", "17.0", "10.4", "5.7", "4.0", "2.6"),
    (0.25, 8.01): ("370", "83.8", "28.8", "16.4", "11.4", "7.1", "5.2", "3.5"),
}
SHEWHART = ("370", "281", "155", "81", "43.9", "15.0", "6.3", "2.0")


def printed(number: str):
    """What a printed number allows: 1 %, or half its last digit."""
    half = 0.5 if "." not in number else 0.05
    return pytest.approx(float(number), rel=0.01, abs=half * 1.01)


@pytest.mark.parametrize("chart", EWMA)
def test_an_ewma_runs_as_long_as_in_the_textbook(chart):
    for shift, number in zip(SHIFTS, EWMA[chart], strict=True):
        assert two_sided_ewma(*chart, shift) == printed(number)


@pytest.mark.parametrize("chart", CUSUM)
def test_a_cusum_runs_as_long_as_in_the_textbook(chart):
    for shift, number in zip(SHIFTS, CUSUM[chart], strict=True):
        assert two_sided_cusum(*chart, shift) == printed(number)


def test_a_shewhart_chart_runs_as_long_as_in_the_textbook():
    for shift, number in zip(SHIFTS, SHEWHART, strict=True):
        assert shewhart(3.0, shift) == printed(number)


@pytest.mark.parametrize(
    ("days", "ewma", "late", "cusum"),
    [
        (365, 2.854, 9.8, 4.76),
        (730, 3.087, 11.6, 5.445),
        (1460, 3.302, 13.6, 6.134),
        (3650, 3.566, 16.9, 7.047),
    ],
)
def test_longer_runs_need_the_limits_of_the_specification(days, ewma, late, cusum):
    assert two_sided_ewma(0.2, ewma) == pytest.approx(days, rel=0.01)
    assert two_sided_ewma(0.2, ewma, 1.0) == pytest.approx(late, rel=0.01)
    assert two_sided_cusum(0.5, cusum) == pytest.approx(days, rel=0.01)


@pytest.mark.parametrize(
    ("limit", "shift", "rules"),
    [
        (2.3, 1.5, {"weight": 0.1, "reference": 0.5, "most": 3.0}),
        (2.5, 0.3, {"weight": 0.2}),
        (2.5, 1.0, {"weight": 0.2, "most": 1.5}),
    ],
)
def test_a_guarded_statistic_runs_as_long_as_its_simulation(limit, shift, rules):
    rng = np.random.default_rng(5)
    weight, reference = rules["weight"], rules.get("reference", 0.0)
    bound = limit * np.sqrt(weight / (2 - weight))
    last, nights, runs = np.zeros(20_000), np.zeros(20_000), np.ones(20_000, dtype=bool)
    while runs.any():
        z = np.clip(rng.normal(shift, 1, last.size), -1, rules.get("most", 4.0))
        last = np.maximum(0, (1 - weight) * last + weight * (z - reference))
        nights += runs
        runs &= last <= bound

    assert guarded(limit, shift, **rules) == pytest.approx(nights.mean(), rel=0.03)
