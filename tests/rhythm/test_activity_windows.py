import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daykeel.rhythm import cosinor, restactivity
from daykeel.rhythm.activity_days import activity_days
from daykeel.rhythm.activity_windows import activity_columns, still_columns
from daykeel.rhythm.series import series_of
from daykeel.rhythm.windows import scores_of, windows_of

sys.path.insert(0, str(Path(__file__).parent))
from day_records import active, context, counted, life

CENTRES = (np.arange(144) + 0.5) / 6
WAVE = 10 + 5 * np.cos(2 * np.pi * (CENTRES - 15) / 24)
SQUARE = np.where((CENTRES > 7) & (CENTRES < 23), 100.0, 0.0)


def last(days, *, back=2):
    """The scores of the windows that end on the last day whose activity counts."""
    series = series_of(days, context())
    at = len(series) - back
    windows = windows_of(series, np.zeros(len(series), dtype=bool), range(at, at + 1))
    found = activity_days(series.days[windows.days], series.complete[windows.days])
    scores = (scores_of(windows, column) for column in activity_columns(windows, found))
    return {(one.measure, one.window): one for column in scores for _, one in column}


def lived(profiles, minutes=10):
    """Days whose ten minutes have these means a minute; the last one only ends the one before."""
    days = life([3.0] * (len(profiles) + 1))
    spent = np.broadcast_to(minutes, (len(profiles), 144))
    told = [
        counted(day, profile * each, each)
        for day, profile, each in zip(days, profiles, spent, strict=False)
    ]
    return [*told, days[-1]]


def test_a_wave_has_the_values_of_the_specification():
    found = last(lived([WAVE] * 28))

    assert found["act.l5", "28d"].value == pytest.approx(5.3490363113, abs=1e-4)
    assert found["act.l5_onset", "28d"].value == 0.5
    assert found["act.m10_onset", "28d"].value == 10
    assert found["act.ra", "28d"].value == pytest.approx(0.4380937945, abs=1e-4)
    assert found["act.is", "28d"].value == pytest.approx(1)
    assert found["cosinor.acrophase", "28d"].value == pytest.approx(15, abs=1e-4)
    assert found["cosinor.mesor", "28d"].value == pytest.approx(10, abs=1e-3)


def test_a_square_day_has_the_values_of_the_specification():
    found = last(lived([SQUARE] * 28))

    assert found["act.iv", "28d"].value == pytest.approx(
        restactivity.intradaily_variability(np.tile(np.repeat([0.0, 100, 0], [7, 16, 1]), 28))
    )
    names = "l5", "l5_onset", "m10", "m10_onset"
    assert [found[f"act.{name}", "7d"].value for name in names] == [0, 0, 100, 7]
    assert found["act.ra", "7d"].value == 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("length", [7, 14, 28])
def test_windows_have_the_values_of_the_functions_for_recordings(seed, length):
    rng = np.random.default_rng(seed)
    minutes = np.where(rng.random((30, 144)) < 0.9, rng.integers(6, 11, (30, 144)), 0)
    profiles = np.round(SQUARE + rng.exponential(30, (30, 144)))
    sums = (profiles * minutes)[-length:]
    known = minutes[-length:]
    hours, hours_n = (part.reshape(length, 24, 6).sum(axis=2) for part in (sums, known))
    hourly = np.where(hours_n >= 30, hours / np.maximum(hours_n, 1), np.nan).ravel()
    profile = sums.sum(axis=0) / known.sum(axis=0)

    found = {
        name: one.value for (name, of), one in last(lived(profiles, minutes)).items()
        if of == f"{length}d"
    }  # fmt: skip

    wave = cosinor.fit(np.tile(np.arange(24) + 0.5, length), hourly)
    expected = {
        "act.is": restactivity.interdaily_stability(hourly),
        "act.iv": restactivity.intradaily_variability(hourly),
        "act.l5": restactivity.least_active(profile, epochs_per_day=144).mean,
        "act.l5_onset": restactivity.least_active(profile, epochs_per_day=144).onset,
        "act.m10": restactivity.most_active(profile, epochs_per_day=144).mean,
        "act.m10_onset": restactivity.most_active(profile, epochs_per_day=144).onset,
        "act.ra": restactivity.relative_amplitude(profile, epochs_per_day=144),
        **{f"cosinor.{name}": getattr(wave, name) for name in ("mesor", "amplitude", "acrophase",
                                                               "r2", "p")},
    }  # fmt: skip
    assert found == pytest.approx(expected, abs=1e-9)


def test_the_last_day_does_not_count_before_the_night_after_it():
    days = active(life([3.0] * 12))

    now, then = last(days, back=1), last(days)

    assert (now["act.is", "14d"].n, then["act.is", "14d"].n) == (11, 11)


@pytest.mark.parametrize(
    ("days", "stability", "levels"),
    [(6, "insufficient", "insufficient"), (7, "provisional", "insufficient"),
     (9, "provisional", "insufficient"), (10, "ok", "ok")],
)  # fmt: skip
def test_14_days_need_complete_ones(days, stability, levels):
    found = last(active(life([3.0] * (days + 1))))

    assert found["act.is", "14d"].status == stability
    assert found["act.l5", "14d"].status == levels
    assert ("short_window_bias" in found["act.is", "14d"].reasons) == (stability == "provisional")


def test_a_ten_minutes_known_on_two_days_only_leaves_no_level():
    minutes = np.full((28, 144), 10)
    minutes[:26, 40] = 0

    found = last(lived([WAVE] * 28, minutes))

    assert found["act.ra", "28d"].reasons == ("low_coverage",)
    assert found["act.is", "28d"].status == "ok"


def test_what_is_unknown_opens_the_bounds():
    whole, less = last(lived([WAVE] * 28)), last(lived([WAVE] * 27 + [WAVE * 0], 10))
    minutes = np.full((28, 144), 10)
    minutes[3, 7] = 9
    less = last(lived([WAVE] * 28, minutes))

    assert (whole["act.m10", "28d"].hi, whole["act.m10", "28d"].coverage) == (
        whole["act.m10", "28d"].value,
        1,
    )
    assert (less["act.m10", "28d"].lo, less["act.m10", "28d"].hi) == (0, None)
    assert (less["act.is", "28d"].lo, less["act.is", "28d"].hi) == (0, 1)
    assert less["act.is", "28d"].coverage == 1 - 1 / (28 * 1440)


def test_activity_that_never_changes_has_no_rhythm():
    found = last(lived([WAVE * 0 + 5] * 28))

    assert found["act.is", "28d"].reasons == ("weak_rhythm",)
    assert found["cosinor.mesor", "28d"].reasons == ("weak_rhythm",)
    assert found["act.ra", "28d"].value == 0


def test_a_day_without_a_wave_has_a_level_but_no_peak():
    rng = np.random.default_rng(1)

    found = last(lived(rng.exponential(50, (28, 144)).round()))

    assert found["cosinor.mesor", "28d"].status == "ok"
    assert found["cosinor.acrophase", "28d"].reasons == ("weak_rhythm",)


def test_hours_of_the_morning_alone_cannot_tell_the_wave_from_its_level():
    minutes = np.zeros((28, 144), dtype=int)
    minutes[:, : 6 * 15] = 10

    found = last(lived([WAVE] * 28, minutes))["cosinor.mesor", "28d"]

    assert (found.n, found.status, found.reasons) == (28 * 15, "provisional", ("low_coverage",))


def test_of_two_units_the_one_counted_longer_is_read():
    days = lived([WAVE] * 28)
    days[:10] = [replace(day, act_unit="counts") for day in days[:10]]

    found = last(days)["cosinor.mesor", "28d"]

    assert (found.n, found.coverage, found.lo) == (18 * 24, 1, 0)
    assert "mixed_sources" in found.reasons


def test_nothing_counted_is_said_as_where_another_window_has_something():
    days = [*life([3.0] * 29), *lived([WAVE] * 2)]
    days = [replace(day, day=days[0].day + n * (days[1].day - days[0].day)) for n, day in
            enumerate(days)]  # fmt: skip
    series = series_of(days, context())
    none = np.zeros(len(series), dtype=bool)
    windows = windows_of(series, none, range(28, 31))
    found = activity_days(series.days[windows.days], series.complete[windows.days])

    def first(columns):
        return [one for column in columns for key, one in scores_of(windows, column)
                if key[0] == 28]  # fmt: skip

    assert not found.is_empty
    expected = {one.measure + one.window: one for one in first(still_columns(windows))}
    assert {one.measure + one.window: one for one in first(activity_columns(windows, found))} == (
        expected
    )


def has_tie(day):
    """Whether two times are equally good a begin: then the clock decides which is taken."""
    least, most = (
        sorted(np.roll(day, -at)[: 6 * hours].sum() for at in range(144)) for hours in (5, 10)
    )
    return least[0] == least[1] or most[-1] == most[-2]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 23))
def test_turning_the_clock_turns_onsets_and_peak_and_nothing_else(seed, hours):
    rng = np.random.default_rng(seed)
    profiles = np.round(SQUARE + rng.exponential(30, (14, 144)))
    assume(not has_tie(profiles.sum(axis=0)))

    one = last(lived(profiles))
    other = last(lived(np.roll(profiles, 6 * hours, axis=1)))

    for name in ("is", "l5", "m10", "ra"):
        key = f"act.{name}", "14d"
        assert other[key].value == pytest.approx(one[key].value, abs=1e-9)
    for key in (("act.l5_onset", "14d"), ("act.m10_onset", "14d"), ("cosinor.acrophase", "14d")):
        turned = (other[key].value - one[key].value - hours + 12) % 24 - 12
        assert turned == pytest.approx(0, abs=1e-9)
