"""The scores of the client page in words, also those that cannot be told."""

from dataclasses import dataclass

from daykeel.rhythm.ledger import Score
from daykeel.rhythm.registry import MEASURES, Measure
from daykeel.web import words
from daykeel.web.history import History, window_of

SHOWN = ("srm5.rolling", "srm.ali", "srm.sleep_anchors", "sri.window", "srm.hit_fraction")
"""SRM is never shown without ALI beside it."""
BACK = {"1d": 3, "7d": 3, "week": 8}
"""Days after which the newest score of a window is no score of now."""
SPANS = {"1d": "last full day", "7d": "last 7 days", "week": "therapy week"}


@dataclass(frozen=True, slots=True)
class ShownScore:
    """A score in words."""

    name: str
    value: str
    explained: str
    is_provisional: bool
    why: str


def shown_scores(found: History) -> list[ShownScore]:
    """Return the newest score of each measure shown."""
    return [_shown(MEASURES[measure], found) for measure in SHOWN]


def _shown(measure: Measure, found: History) -> ShownScore:
    window = window_of(measure.id)
    score = found.newest(measure.id, BACK[window]) or _last(measure.id, found, BACK[window])
    return ShownScore(
        name=_name(measure, SPANS[window]),
        value=_value(measure, score),
        explained=measure.therapist_sentence,
        is_provisional=score is not None and score.status == "provisional",
        why=words.reasons(score.reasons) if score else words.reason("not_computed"),
    )


def _name(measure: Measure, span: str) -> str:
    return measure.name if span in measure.name else f"{measure.name}, {span}"


def _last(measure: str, found: History, back: int) -> Score | None:
    """Return the newest score that says why there is none."""
    recent = (one for one in reversed(found.dates[-back:]))
    return next((one for day in recent if (one := found.score(measure, day))), None)


def _value(measure: Measure, score: Score | None) -> str:
    if score is None or score.value is None:
        return "not enough data" if measure.computed else "not computed yet"
    if measure.hi == 1:
        return words.shares(score.value, score.lo, score.hi)
    of = f" of {measure.hi:g}" if measure.lo == 0 and measure.hi is not None else ""
    return words.bounded(score.value, score.lo, score.hi, of)
