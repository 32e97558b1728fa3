"""How far a night lies from the client's own usual, as a score."""

from dataclasses import replace

from daykeel.rhythm.charts import UNUSED
from daykeel.rhythm.freeze import PROVISIONAL, SPAN, Material
from daykeel.rhythm.ledger import Bounded, Score
from daykeel.rhythm.measures_drift import VERSION
from daykeel.rhythm.series import Series, bounded
from daykeel.rhythm.track import Track


def score_drift(track: Track, at: int, series: Series, material: Material | None) -> Score:
    """Return `drift.<chart>` of a night: its distance from the centre in own SD, with bounds.

    `provisional` against a baseline of 14 to 27 nights, and on nights that carry no evidence.
    """
    frozen = track.baseline(at)
    score = Score(f"drift.{track.chart}", "1d", reasons=("baseline_missing",), version=VERSION)
    if frozen is None:
        return _early(score, at, series, material)
    why = UNUSED[int(track.unused[at])]
    first = track.started(at)
    here = slice(first, at + 1)
    score = replace(
        score,
        coverage=float(series.coverage[here].mean()),
        n=int(track.evidence[here].sum()),
        n_expected=at + 1 - first,
    )
    low, high, z = (_known(float(part[at])) for part in (track.low, track.high, track.z))
    return _placed(
        score, Bounded(z, low, high), why, is_final=at < len(series) and bool(series.final[at])
    )


def _placed(score: Score, z: Bounded, why: str, *, is_final: bool) -> Score:
    reasons = _reasons(why, is_final=is_final)
    if z.value is None or not is_final:
        return replace(score, lo=None, hi=None, reasons=reasons or ("few_nights",))
    return replace(
        score,
        value=z.value,
        lo=z.lo,
        hi=z.hi,
        status="provisional" if reasons else "ok",
        reasons=reasons,
    )


def _reasons(why: str, *, is_final: bool) -> tuple[str, ...]:
    if not is_final:
        return ("night_provisional",)
    said = {
        "missing": "few_nights",
        "device": "device_change",
        "excluded": "low_coverage",
        "baseline": "baseline_provisional",
    }
    return (said.get(why, why),) if why else ()


def _early(score: Score, at: int, series: Series, material: Material | None) -> Score:
    """Return the distance from what 14 to 27 nights show, if there are so many."""
    if material is None or at >= material.stop:
        return score
    first = max(at - SPAN, 0)
    valid = material.valid[first:at] & (material.device[first:at] == material.device[at])
    used = material.used(first + valid.nonzero()[0])
    if used.size < PROVISIONAL:
        return replace(score, n=int(used.size))
    baseline = material.baseline(used, at - 1)
    adjusted = material.read(baseline).shifted(
        baseline.centre + baseline.free_day_effect * series.free
    )
    found = bounded(adjusted, at)
    if found.value is None:
        return replace(score, n=int(used.size))
    lo, hi = found.lo, found.hi
    return replace(
        score,
        value=found.value / baseline.scale,
        lo=None if lo is None else lo / baseline.scale,
        hi=None if hi is None else hi / baseline.scale,
        coverage=float(series.coverage[first : at + 1].mean()),
        status="provisional",
        reasons=("baseline_provisional",),
        n=int(used.size),
        n_expected=at - first,
    )


def _known(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124  NaN is not itself
