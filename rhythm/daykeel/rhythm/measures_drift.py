"""The registry's personal control charts."""

from daykeel.rhythm.measure import Measure

VERSION = "2.0.0"
"""Another one whenever centre or scale of a baseline are estimated in another way."""
CHARTED = (
    "sleep.mid",
    "sleep.duration",
    "srm.hit_fraction",
    "sleep.mid.deviation",
    "sleep.onset",
    "sleep.offset",
    "sleep.tst",
    "sri.pair",
    "act.m10_onset",
    "steps",
)
"""Charts of this version."""
CHARTS = {
    "sleep.mid": "Drift of midsleep",
    "sleep.onset": "Drift of falling asleep",
    "sleep.offset": "Drift of waking up",
    "sleep.duration": "Drift of the length of main sleep",
    "sleep.tst": "Drift of total sleep",
    "srm.hit_fraction": "Drift of anchors near the habitual time",
    "sri.pair": "Drift of the likeness of days",
    "act.m10_onset": "Drift of the start of the most active hours",
    "steps": "Drift of steps",
    "sleep.mid.deviation": "Drift of the distance from usual midsleep",
}


def _drift(chart: str, name: str) -> Measure:
    return Measure(
        id=f"drift.{chart}",
        name=name,
        unit="SD",
        lo=None,
        hi=None,
        formula="(value - free-day effect - centre) / scale of the frozen baseline; alerts read a "
        "pair of guarded one-sided EWMA of its bounds (docs/rules.md)",
        client_sentence="Whether lately differs from your own usual.",
        therapist_sentence="Personal control chart against a frozen baseline; a change in "
        "rhythm, not a diagnosis.",
        minimum="a frozen baseline of 28 nights; provisional from 14",
        missing="A missing night counts as -1 on both sides: data that are not there never raise "
        "an alert.",
        version=VERSION,
        reference="Lucas & Saccucci 1990, Technometrics 32:1-12, "
        "doi:10.1080/00401706.1990.10484583",
        computed=chart in CHARTED,
    )


DRIFT = tuple(_drift(chart, name) for chart, name in CHARTS.items())
