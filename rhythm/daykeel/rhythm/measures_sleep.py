"""The registry's measures of sleep: regularity, timing, variability, social jetlag."""

from daykeel.rhythm.measure import Measure

PHILLIPS = "Phillips et al. 2017, Sci Rep 7:3216, doi:10.1038/s41598-017-03171-4"
LIM = "Lim et al. 2024, npj Digit Med 7:324, doi:10.1038/s41746-024-01333-z"
HUANG = "Huang et al. 2020, J Am Coll Cardiol 75:991-999, doi:10.1016/j.jacc.2019.12.054"
FISCHER_2021 = "Fischer et al. 2021, Sleep 44:zsab103, doi:10.1093/sleep/zsab103"
FISCHER_2016 = "Fischer et al. 2016, Sci Rep 6:38601, doi:10.1038/srep38601"
WITTMANN = "Wittmann et al. 2006, Chronobiol Int 23:497-509, doi:10.1080/07420520500545979"
JANKOWSKI = "Jankowski 2017, Chronobiol Int 34:531-535, doi:10.1080/07420528.2017.1299162"

SRI_CLIENT = "How similar each day's sleep is to the day before."
SRI_THERAPIST = "Probability-scaled match of sleep/wake state 24 clock hours apart, naps included."
TIMING_CLIENT = "When you fell asleep and woke, and how long you slept."
TIMING_THERAPIST = (
    "Onset, offset, midpoint, duration of the main sleep with bounds from missing data."
)
SPREAD_CLIENT = "How much your sleep times vary, overall and from one night to the next."
SPREAD_THERAPIST = "SD ignores order; RMSSD uses consecutive nights only."

_NIGHTLY = (
    ("onset", "Falling asleep", "h", -12.0, 12.0, "First minute of the main sleep, hours from "
     "the night's midnight"),
    ("offset", "Waking up", "h", None, None, "End of the main sleep, hours from the night's "
     "midnight"),
    ("mid", "Midpoint of sleep", "h", -12.0, 12.0, "Instant halfway between onset and offset, as "
     "wall time in hours from the night's midnight"),
    ("duration", "Length of main sleep", "min", 0.0, None, "Offset minus onset as elapsed time"),
    ("tst", "Total sleep", "min", 0.0, 1500.0, "Minutes asleep from noon to noon, naps included"),
)  # fmt: skip


def _nightly(name: str, label: str, unit: str, span: tuple[float | None, float | None],
             formula: str) -> Measure:  # fmt: skip
    return Measure(
        id=f"sleep.{name}",
        name=label,
        unit=unit,
        lo=span[0],
        hi=span[1],
        formula=formula,
        client_sentence=TIMING_CLIENT,
        therapist_sentence=TIMING_THERAPIST,
        minimum="a certain night (both ends known within 30 minutes); provisional when bounded",
        missing="Unknown minutes widen the bounds, or leave the night without a value.",
        reference=LIM,
    )


def _spread(name: str, label: str, kind: str) -> Measure:
    is_sd = kind == "sd"
    return Measure(
        id=f"sleep.{name}.{kind}",
        name=f"{label}, {'spread' if is_sd else 'change from night to night'}",
        unit="h",
        lo=0.0,
        hi=None,
        formula="Standard deviation (n - 1) of nightly values, circular above 14 nights"
        if is_sd
        else "Root mean square of wrapped differences between consecutive nights",
        client_sentence=SPREAD_CLIENT,
        therapist_sentence=SPREAD_THERAPIST,
        minimum="5 of 7 or 20 of 28 nights; provisional from 4 or 14"
        if is_sd
        else "4 of 6 or 15 of 27 consecutive pairs",
        missing="Missing nights are left out; a gap breaks the chain of RMSSD. No spread where "
        "times of day gather nowhere (resultant below 0.3).",
        reference=HUANG if is_sd else FISCHER_2021,
        windows=("7d", "28d"),
    )


def _regularity() -> tuple[Measure, ...]:
    formula = (
        "100 - 200 x minutes that differ / minutes known in both of two consecutive nights, by "
        "local clock minute"
    )
    missing = (
        "Minutes unknown in either night are left out; a pair below 960 common minutes is left "
        "out whole."
    )
    return (
        Measure(
            id="sri.pair",
            name="Likeness of one day to the next",
            unit="index",
            lo=-100,
            hi=100,
            formula=formula,
            client_sentence=SRI_CLIENT,
            therapist_sentence=SRI_THERAPIST,
            minimum="960 of 1440 common minutes",
            missing=missing,
            reference=PHILLIPS,
        ),
        Measure(
            id="sri.window",
            name="Sleep regularity index",
            unit="index",
            lo=-100,
            hi=100,
            formula=formula + ", pooled over the valid pairs of the window",
            client_sentence=SRI_CLIENT,
            therapist_sentence=SRI_THERAPIST,
            minimum="5 of 6 or 20 of 27 valid pairs; provisional from 3 or 10",
            missing=missing,
            reference=PHILLIPS,
            windows=("7d", "28d"),
        ),
    )


def _jetlag(name: str, label: str, formula: str, reference: str) -> Measure:
    return Measure(
        id=name,
        name=label,
        unit="h",
        lo=0.0 if name == "sjl" else -12.0,
        hi=12.0,
        formula=formula,
        client_sentence="How far your sleep shifts on free days.",
        therapist_sentence="Mid-sleep free minus work days; SJLsc corrects for sleep debt.",
        minimum="2 free and 3 work nights",
        missing="Missing nights and those in the window of a journey are left out; without free "
        "or work days there is no value. Whether an alarm rang is not known (`alarm_unknown`).",
        reference=reference,
        windows=("14d", "28d"),
    )


SLEEP = (
    *_regularity(),
    *(
        _nightly(name, label, unit, (lo, hi), formula)
        for name, label, unit, lo, hi, formula in _NIGHTLY
    ),
    *(
        _spread(name, label, kind)
        for kind in ("sd", "rmssd")
        for name, label, *_ in _NIGHTLY
    ),
    _jetlag("sjl", "Social jetlag", "Absolute wrapped difference of mean midsleep, free minus "
            "work nights", WITTMANN),
    _jetlag("sjl.sc", "Social jetlag, corrected", "Difference of mean onset, or of mean offset "
            "where sleep is longer on work nights, free minus work", JANKOWSKI),
    Measure(
        id="cpd",
        name="Composite phase deviation",
        unit="h",
        lo=0.0,
        hi=None,
        formula="Mean of the root of squared distance to the own best midsleep plus squared "
        "distance to the night before",
        client_sentence="How far your sleep is from your own best time and from last night.",
        therapist_sentence="√(mistiming² + day-to-day irregularity²), averaged.",
        minimum="4 of 6 or 15 of 27 terms",
        missing="The first night, nights after a gap and in the window of a journey give no "
        "term. Without a free night the own mean is the best time (`no_free_days`).",
        reference=FISCHER_2016,
        windows=("7d", "28d"),
    ),
)  # fmt: skip
