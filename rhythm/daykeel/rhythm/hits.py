"""How many of a day's anchors were near the usual times of the baseline, as a score."""

from daykeel.rhythm.ledger import Score
from daykeel.rhythm.series import bounded
from daykeel.rhythm.track import Track
from daykeel.rhythm.tracked_days import ENOUGH_ITEMS


def score_hits(track: Track, at: int, *, complete: bool, travelling: bool, items: int) -> Score:
    """Return `srm.hit_fraction` of a day.

    Parameters
    ----------
    track
        The chart of anchors.
    at
        Number of the day.
    complete
        Whether all that belongs to the day is there: the night after it is final.
    travelling
        Whether the body is still arriving from a journey.
    items
        Tracked anchors.
    """
    frozen = track.baseline(at)
    found = bounded(track.interval, at) if frozen and complete else None
    known = 0
    if found is not None and found.lo is not None and found.hi is not None:
        known = round(items * (1 - (found.hi - found.lo)))
    why = _why(is_frozen=frozen is not None, complete=complete, known=known)
    noted = (*why, "travel") if travelling else why
    is_known = not why and found is not None
    return Score(
        measure="srm.hit_fraction",
        window="1d",
        value=found.value if found and is_known else None,
        lo=found.lo if found and is_known else None,
        hi=found.hi if found and is_known else None,
        coverage=known / items if items else 0.0,
        status="insufficient" if why else "provisional" if travelling else "ok",
        reasons=noted,
        n=known,
        n_expected=items,
    )


def _why(*, is_frozen: bool, complete: bool, known: int) -> tuple[str, ...]:
    if not complete:
        return ("night_provisional",)
    if not is_frozen:
        return ("baseline_missing",)
    return ("few_items",) if known < ENOUGH_ITEMS else ()
