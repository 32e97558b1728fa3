"""The registry's measures of rest and activity, the daily wave, and modelled circadian phase."""

from daykeel.rhythm.measure import Measure

WITTING = "Witting et al. 1990, Biol Psychiatry 27:563-572, doi:10.1016/0006-3223(90)90523-5"
SOMEREN = "Van Someren et al. 1999, Chronobiol Int 16:505-518, doi:10.3109/07420529908998724"
CORNELISSEN = "Cornelissen 2014, Theor Biol Med Model 11:16, doi:10.1186/1742-4682-11-16"
FORGER = "Forger et al. 1999, J Biol Rhythms 14:533-538, doi:10.1177/074873099129000867"
LONG = ("7d", "14d", "28d")

LEVELS_CLIENT = "Your quietest 5 and most active 10 hours, and how different they are."
LEVELS_THERAPIST = (
    "Level and onset of least and most active spans of the mean profile; RA is their normalised "
    "contrast."
)

_LEVELS = (
    ("act.l5", "Least active 5 hours", "activity unit", None, "Least mean of 5 consecutive hours "
     "of the mean ten-minute profile; of one date from noon to noon"),
    ("act.l5_onset", "Start of the least active 5 hours", "h", 24.0, "Start of that span"),
    ("act.m10", "Most active 10 hours", "activity unit", None, "Greatest mean of 10 consecutive "
     "hours of the mean ten-minute profile; of one date from midnight to midnight"),
    ("act.m10_onset", "Start of the most active 10 hours", "h", 24.0, "Start of that span"),
    ("act.ra", "Relative amplitude", "fraction", 1.0, "(M10 - L5) / (M10 + L5)"),
)  # fmt: skip

_COSINOR = (
    ("mesor", "Mesor", "activity unit", None, "Level of the fitted wave"),
    ("amplitude", "Amplitude", "activity unit", None, "Half its height"),
    ("acrophase", "Acrophase", "h", 24.0, "Clock time of its peak"),
    ("r2", "Fit of the daily wave", "fraction", 1.0, "Share of variance it explains"),
    ("p", "p of the daily wave", "probability", 1.0, "Zero-amplitude test"),
)


def _cosinor(name: str, label: str, unit: str, hi: float | None, formula: str) -> Measure:
    return Measure(
        id=f"cosinor.{name}",
        name=label,
        unit=unit,
        lo=0.0,
        hi=hi,
        formula=f"{formula}: least squares of hourly means on a 24-hour cosine",
        client_sentence="The height, size and peak time of your daily wave.",
        therapist_sentence="OLS 24-h cosine on hourly means; p is optimistic because hours are "
        "correlated.",
        minimum="80 % valid hours; provisional from 60 %; of the acrophase p up to 0.05 and a fit "
        "from 0.1",
        missing="Hours with fewer than 30 valid minutes are left out; of several units the one "
        "most minutes were counted in is read (`mixed_sources`).",
        reference=CORNELISSEN,
        windows=LONG,
    )


def _level(name: str, label: str, unit: str, hi: float | None, formula: str) -> Measure:
    return Measure(
        id=name,
        name=label,
        unit=unit,
        lo=0.0,
        hi=hi,
        formula=formula,
        client_sentence=LEVELS_CLIENT,
        therapist_sentence=LEVELS_THERAPIST,
        minimum="5, 10 or 20 complete days, each ten-minute bin on 3 days; of one day 20 valid "
        "hours and every bin",
        missing="Means of the valid minutes of each bin. Of several units the one most minutes "
        "were counted in is read (`mixed_sources`).",
        reference=SOMEREN,
        windows=("1d", *LONG),
    )


def _phase(name: str, label: str, lo: float, hi: float | None, formula: str) -> Measure:
    return Measure(
        id=f"phase.{name}",
        name=label,
        unit="h",
        lo=lo,
        hi=hi,
        formula=formula,
        client_sentence="An estimate of when your inner night begins.",
        therapist_sentence="Model estimate from sleep/light, typical error about 1 h; no "
        "measurement.",
        minimum="10 nights with two thirds of their minutes since the record or a gap of more "
        "than 7 began; provisional (`stale`) when more than 3 nights in a row are missing, none "
        "from 8 on",
        missing="Bridged for the simulation only: unknown minutes are as most of the week before.",
        reference=FORGER,
    )


ACTIVITY = (
    Measure(
        id="act.is",
        name="Interdaily stability",
        unit="fraction",
        lo=0.0,
        hi=1.0,
        formula="Variance of the mean 24-hour profile divided by the variance of all hours",
        client_sentence="How alike your days are.",
        therapist_sentence="Share of hourly activity variance explained by the mean 24-h "
        "profile; biased upward in short windows.",
        minimum="10 complete days; provisional from 7",
        missing="Hours with fewer than 30 valid minutes are left out; of several units the one "
        "most minutes were counted in is read (`mixed_sources`).",
        reference=WITTING,
        windows=LONG,
    ),
    Measure(
        id="act.iv",
        name="Intradaily variability",
        unit="ratio",
        lo=0.0,
        hi=None,
        formula="Mean squared hour-to-hour difference divided by the variance of all hours",
        client_sentence="How often rest and activity switch within a day.",
        therapist_sentence="Hour-to-hour variance ratio; about 0 smooth, about 2 random.",
        minimum="10 complete days; provisional from 7",
        missing="Only differences of two present consecutive hours count.",
        reference=WITTING,
        windows=LONG,
    ),
    *(_level(*one) for one in _LEVELS),
    *(_cosinor(*one) for one in _COSINOR),
    _phase("dlmo", "Modelled melatonin onset", 0.0, 24.0, "7 hours before the modelled "
           "temperature minimum"),
    _phase("cbtmin", "Modelled temperature minimum", 0.0, 24.0, "Last minimum of x of the Forger "
           "1999 model, driven by 250 lux awake and darkness asleep over 28 to 34 nights (from a "
           "Monday on), the first seven looped until it settles"),
    _phase("error", "Error of the modelled phase", 1.0, None, "1.0, or 1.6 where midsleep of 14 "
           "nights spreads over more than an hour or a night had no sleep, and 0.25 for each night "
           "bridged"),
)  # fmt: skip
