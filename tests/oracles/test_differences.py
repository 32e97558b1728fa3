import re
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import references as ref

from daykeel.rhythm import clock, cosinor, regularity, restactivity, scoring
from daykeel.rhythm.differences import DIFFERENCES

TESTED = {one.reference for one in DIFFERENCES if one.tested}
OF_TARGETS = {
    "pyActigraphy, onset where windows tie",
    "`circadian`, all models",
    "cosinor on hours stamped at their start",
}
"""Rows of values that are targets all the same."""


def hourly(entry):
    values = ref.activity(entry).astype(float)
    return restactivity.binned(values, width=entry["params"].get("bin_min", 60))


def is_and_iv(values):
    return (
        restactivity.interdaily_stability(values),
        restactivity.intradaily_variability(values),
    )


def factors_of_pyactigraphy(_, entry):
    kind, width = entry["metric"][:2], entry["params"]["bin_min"]
    return np.isclose(of_width(entry, kind, width), entry["expected"], rtol=1e-9)


def of_width(entry, kind, width):
    values = restactivity.binned(ref.activity(entry).astype(float), width=width)
    uneven = (values.size - 1) / values.size
    if kind == "IV":
        return restactivity.intradaily_variability(values) * uneven
    period = 1440 // width
    found = restactivity.interdaily_stability(values, period=period)
    return found * uneven * period / (period - 1)


def mean_over_widths(_, entry):
    found = np.mean([of_width(entry, entry["metric"][:2], width) for width in restactivity.BINS])
    return np.isclose(found, entry["expected"], rtol=1e-9)


def same_as_ggir(_, entry):
    expected = entry["expected"]["InterdailyStability"], entry["expected"]["IntradailyVariability"]
    return np.allclose(is_and_iv(hourly(entry)), expected, rtol=1e-9)


def ggir_with_a_gap(_, entry):
    x = hourly(entry).copy()
    x[3 * 24 + 10 : 3 * 24 + 20] = np.nan
    n, profile = np.count_nonzero(~np.isnan(x)), np.nanmean(x.reshape(-1, 24), axis=0)
    around = np.nansum((x - profile.mean()) ** 2)
    stability = n * ((profile - profile.mean()) ** 2).sum() / (24 * around)
    variability = n * np.nansum(np.diff(x) ** 2) / ((n - 1) * around)
    expected = entry["expected"]["InterdailyStability"], entry["expected"]["IntradailyVariability"]
    return np.allclose((stability, variability), expected, rtol=1e-9)


def rounded_stability(_, entry):
    expected = entry["expected"]["IS"], entry["expected"]["IV"]
    return np.allclose(is_and_iv(hourly(entry)), expected, atol=0.01)


def rounded_levels(_, entry):
    values, expected = ref.activity(entry).astype(float), entry["expected"]
    return all(
        abs(ref.span(one, values, 1440) - expected[one]) < 0.0101 for one in ("L5", "M10", "RA")
    )


def every_ten_minutes(_, entry):
    day = ref.activity(entry).astype(float).reshape(-1, 1440).mean(axis=0)
    twice = np.tile(day, 2)
    least = min(twice[at : at + 300].mean() for at in range(0, 1440, 10))
    return np.isclose(least, entry["expected"]["L5"], rtol=1e-9)


def gaps_as_mismatches(name, entry):
    states = ref.states(name, entry)
    alike = (states[1440:] == states[:-1440]).mean()
    return np.isclose(200 * alike - 100, entry["expected"], rtol=1e-9)


def midpoint(name, entry):
    asleep = np.flatnonzero(ref.states(name, entry) == 1) % 1440 / 60
    found = clock.summarise(asleep).mean * 60
    if entry["metric"].endswith("floor"):
        return np.floor(found % 1440) == entry["expected"]
    return np.isclose(found, entry["expected"], atol=1e-6)


def pairs_of_days(name, entry):
    found = regularity.sleep_regularity_by_day_pair(ref.states(name, entry), epochs_per_day=1440)
    return np.allclose(found, entry["expected"]["per_pair"], atol=0.00051)


def an_epoch_fewer(name, entry):
    states = ref.states(name, entry)[:-1]
    found = regularity.sleep_regularity_index(states, epochs_per_day=1440)
    return np.isclose(found, entry["expected"]["SRI"], rtol=1e-9)


def is_late(found, expected, by):
    """Whether a scoring is the expected one but for its shift, the ends left out."""
    late = ref.hashed(np.concatenate((np.zeros(by), found[:-by])))
    firsts = (one["first_transitions"][1:] for one in (late, expected))
    return late["transitions"] == expected["transitions"] and next(firsts) == next(firsts)


def late_sadeh(_, entry):
    return is_late(scoring.sadeh(ref.activity(entry).astype(float)), entry["expected"], 5)


def late_cole(_, entry):
    values = ref.activity(entry).astype(float)
    return is_late(scoring.cole_kripke(values, scale=0.001 / 6), entry["expected"], 3)


def scaled_cole(_, entry):
    found = scoring.cole_kripke(ref.activity(entry).astype(float), scale=0.001 / 30)
    found[-4:] = 0
    return ref.hashed(found)["sha256_01"] == entry["expected"]["sha256_01"]


def wave_off_a_grid(_, entry):
    values = restactivity.binned(ref.activity(entry).astype(float), width=60)
    found, told = cosinor.fit(np.arange(values.size), values), entry["expected"]
    peak = -told["acrophase_rad"] * 12 / np.pi % 24
    return np.isclose(found.mesor, told["mesor"], rtol=1e-5) and (
        abs(clock.difference(found.acrophase, peak)) < 0.5
    )


def wave_by_iteration(_, entry):
    values = ref.activity(entry).astype(float)
    found, told = cosinor.fit(np.arange(values.size) / 60, values), entry["expected"]
    peak = -told["Acrophase"] * 12 / np.pi % 24
    return np.allclose(
        (found.mesor, found.amplitude), (told["Mesor"], told["Amplitude"]), rtol=1e-3
    ) and (abs(clock.difference(found.acrophase, peak)) < 0.01)


EXPLAINED = (
    ("closed-form IS_pyActigraphy_form", "pyActigraphy, interdaily stability", None),
    ("closed-form SRI_missing_counted", "mengelhard/sri, gaps and its test file", None),
    (
        "nonparametric.* IS_pyActigraphy",
        "pyActigraphy, interdaily stability",
        factors_of_pyactigraphy,
    ),
    (
        "nonparametric.* IV_pyActigraphy",
        "pyActigraphy, intradaily variability",
        factors_of_pyactigraphy,
    ),
    ("nonparametric.* I[SV]m_pyActigraphy", "pyActigraphy, ISm and IVm", mean_over_widths),
    ("nonparametric.* I[SV]p_7D", "pyActigraphy, periods of 7 days", None),
    ("nonparametric.* IS_IV_pyActigraphy_untrimmed", "pyActigraphy, untrimmed recordings", None),
    ("nonparametric.* IS_IV_GGIR$", "GGIR, IS and IV", same_as_ggir),
    ("nonparametric.* IS_IV_GGIR_missing10h", "GGIR, IS and IV with 10 h missing", ggir_with_a_gap),
    ("nonparametric.* IS_IV_nparACT", "nparACT, IS and IV", rounded_stability),
    ("nonparametric.* L5_M10_RA_nparACT", "nparACT, L5, M10, RA", rounded_levels),
    ("nonparametric.* L5_avgday_GGIR", "GGIR, L5 of the average day", every_ten_minutes),
    ("nonparametric.* L5_per_day_GGIR", "GGIR, L5 of each day", None),
    (
        "sleep-regularity.* SRI_per_day_pair_GGIR|sleep-regularity.* SRI_missing_GGIR",
        "GGIR, regularity by pair of days",
        pairs_of_days,
    ),
    (
        "sleep-regularity.* SRI_sleepreg|sleep-regularity.* SRI_missing_sleepreg",
        "sleepreg",
        an_epoch_fewer,
    ),
    ("sleep-regularity.* SRI_missing7h_sleepreg", "sleepreg, 7 h missing", None),
    (
        "sleep-regularity.* SRI_missing_mengelhard",
        "mengelhard/sri, gaps and its test file",
        gaps_as_mismatches,
    ),
    ("sleep-regularity.* sleep_midpoint_min", "pyActigraphy, midpoint", midpoint),
    ("sleep-regularity.* sleep_midpoint_epoch_floor", "mengelhard/sri, midpoint", midpoint),
    ("sleep-wake.* SRI", "mengelhard/sri, gaps and its test file", None),
    ("sleep-scoring.* score_sadeh$", "pyActigraphy, Sadeh", None),
    ("sleep-scoring.* score_ck_mean$", "pyActigraphy, Cole-Kripke", scaled_cole),
    ("sleep-scoring.* score_ck_mean_rescored", "pyActigraphy, Cole-Kripke rescored", None),
    (
        "sleep-scoring.* score_(scripps|oakley40|crespo_active)",
        "pyActigraphy, Scripps, Oakley, Crespo",
        None,
    ),
    ("sleep-scoring.* score_roenneberg", "pyActigraphy, Roenneberg", None),
    ("sleep-scoring.* score_GGIR_Sadeh1994", "GGIR, Sadeh", late_sadeh),
    ("sleep-scoring.* score_GGIR_ColeKripke1992", "GGIR, Cole-Kripke", late_cole),
    ("cosinor.* cosinor_CosinorPy_hourly", "CosinorPy", wave_off_a_grid),
    ("cosinor.* cosinor_pyActigraphy", "pyActigraphy, cosinor", wave_by_iteration),
    ("srm SRM", "SRM variants other than `default`", None),
)


def rows_of(name, entry):
    text = f"{name.removeprefix('open-').removesuffix('.json')} {entry['metric']}"
    return [(row, check) for pattern, row, check in EXPLAINED if re.match(pattern, text)]


def others():
    for name in ref.shared_names():
        for at, entry in enumerate(ref.entries(name)):
            if not ref.is_target(name, entry):
                yield name, at, entry


@pytest.mark.skipif(ref.SHARED is None, reason="no shared references")
def test_every_value_that_is_no_target_has_one_row_of_the_table():
    rows = {one.reference for one in DIFFERENCES}
    found = {(name, at): {row for row, _ in rows_of(name, entry)} for name, at, entry in others()}

    assert len(found) == 931 - 384
    assert {len(one) for one in found.values()} == {1}
    assert set().union(*found.values()) <= rows


def test_what_is_called_tested_is_recomputed_or_a_target():
    assert {row for _, row, check in EXPLAINED if check is not None} | OF_TARGETS == TESTED


def recomputed():
    for name, at, entry in others():
        for _, check in rows_of(name, entry):
            if check is not None and "depresjon" not in name:
                yield pytest.param(name, entry, check, id=f"{name}-{at}")


@pytest.mark.parametrize(("name", "entry", "check"), list(recomputed()))
def test_what_the_table_says_of_a_value_is_how_it_differs_from_ours(name, entry, check):
    assert check(name, entry)
