"""The scores of one night: when main sleep began and ended, and how long it was."""

from daykeel.rhythm.ledger import Bounded, Night, Score

MEASURES = ("sleep.onset", "sleep.offset", "sleep.mid", "sleep.duration", "sleep.tst")
AMOUNTS = frozenset({"sleep.duration", "sleep.tst"})
"""Known also where there certainly was no main sleep: it is 0 then."""


def score_night(night: Night | None, *, travelling: bool = False) -> tuple[Score, ...]:
    """Return the five scores of a night; without a record of it, nothing is known.

    A score is `ok` on a final night whose bounds are narrow, `provisional` where they are wide,
    the night may still change or the body is still arriving from a journey.
    """
    if night is None:
        return tuple(Score(one, "1d", reasons=("few_nights",), n_expected=1) for one in MEASURES)
    parts = (night.onset, night.offset, night.mid, night.duration, night.tst)
    return tuple(
        _score(measure, part, night, travelling=travelling)
        for measure, part in zip(MEASURES, parts, strict=True)
    )


def _score(measure: str, part: Bounded, night: Night, *, travelling: bool) -> Score:
    is_known = part.value is not None and (night.certainty != "none" or _is_nil(measure, night))
    status, reasons = _status(night, is_known=is_known, travelling=travelling)
    return Score(
        measure=measure,
        window="1d",
        value=part.value if is_known else None,
        lo=part.lo,
        hi=part.hi,
        coverage=night.coverage,
        status=status,
        reasons=reasons,
        n=int(is_known),
        n_expected=1,
    )


def _is_nil(measure: str, night: Night) -> bool:
    return night.no_main_sleep and measure in AMOUNTS


def _status(night: Night, *, is_known: bool, travelling: bool) -> tuple[str, tuple[str, ...]]:
    gaps = (f"gap:{gap.reason}" for gap in night.gaps)
    doubts = [] if night.final else ["night_provisional"]
    if travelling:
        doubts.append("travel")
    if night.certainty == "bounded":
        doubts.append("edge_unknown")
    noted = ["dst"] if "dst" in night.flags else []
    if night.no_main_sleep:
        noted.append("no_main_sleep")
    reasons = tuple(dict.fromkeys((*doubts, *noted, *night.reasons, *gaps)))
    if not is_known:
        return "insufficient", reasons or ("few_nights",)
    return ("provisional" if doubts else "ok"), reasons
