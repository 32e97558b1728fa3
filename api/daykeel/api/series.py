"""From what the store holds to one row for every day asked for, also where nothing is known."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from daykeel.api.ranges import Days
from daykeel.api.shapes import (
    AnchorOut,
    BoundedOut,
    DayOut,
    GapOut,
    NightOut,
    NightSourceOut,
    ScoreOut,
)
from daykeel.rhythm.ledger import UNKNOWN, Bounded, DayRecord, Night, Score, ScoreRow
from daykeel.scores.protocol import StoredNight
from daykeel.web.charts.runs import minutes_of

NOTHING_STORED = ("gap:unknown",)
NOT_COMPUTED = ("not_computed",)


def night_rows(asked: Days, stored: Iterable[StoredNight]) -> list[NightOut]:
    """Return a row for each night of `asked`."""
    known = {one.night.night: one for one in stored}
    return [_night(known[day]) if day in known else _no_night(day) for day in asked.all]


def _night(stored: StoredNight) -> NightOut:
    night = stored.night
    return NightOut(
        night=night.night,
        state=stored.state,
        version=stored.version,
        status=_status(night),
        reasons=_reasons(night),
        certainty=night.certainty,
        no_main_sleep=night.no_main_sleep,
        onset=_bounded(night.onset),
        offset=_bounded(night.offset),
        mid=_bounded(night.mid),
        duration=_bounded(night.duration),
        tst=_bounded(night.tst),
        onset_at=night.onset_at,
        offset_at=night.offset_at,
        coverage=night.coverage,
        gaps=[GapOut.model_validate(gap) for gap in night.gaps],
        sources=[NightSourceOut.model_validate(one) for one in night.sources],
        zone=night.zone,
        utc_offset_min=night.offset_min,
        day_type=night.day_type,
        flags=list(night.flags),
        source=night.source or None,
        finalised_at=night.finalised_at,
    )


def _no_night(day: date) -> NightOut:
    nothing = _bounded(UNKNOWN)
    return NightOut(
        night=day,
        state="unknown",
        version=0,
        status="insufficient",
        reasons=list(NOTHING_STORED),
        certainty="none",
        no_main_sleep=False,
        onset=nothing,
        offset=nothing,
        mid=nothing,
        duration=nothing,
        tst=nothing,
        onset_at=None,
        offset_at=None,
        coverage=0.0,
        gaps=[],
        sources=[],
        zone=None,
        utc_offset_min=None,
        day_type=None,
        flags=[],
        source=None,
        finalised_at=None,
    )


def _status(night: Night) -> str:
    if night.certainty == "none" and not night.no_main_sleep:
        return "insufficient"
    is_ok = night.final and (night.certainty == "certain" or night.no_main_sleep)
    return "ok" if is_ok else "provisional"


def _reasons(night: Night) -> list[str]:
    """Return the night's reasons, never none where it is not `ok`."""
    gaps = [f"gap:{gap.reason}" for gap in night.gaps]
    waiting = [] if night.final else ["night_provisional"]
    found = list(dict.fromkeys([*night.reasons, *gaps, *waiting]))
    return found or ([] if _status(night) == "ok" else ["edge_unknown"])


def _bounded(value: Bounded) -> BoundedOut:
    return BoundedOut(value=value.value, lo=value.lo, hi=value.hi)


def score_rows(
    asked: Days, stored: Iterable[ScoreRow], wanted: Sequence[tuple[str, str]]
) -> list[ScoreOut]:
    """Return a row for each day of `asked` and each (measure, window) wanted."""
    known = {(row.local_date, row.window): row for row in stored}
    return [
        _score(day, measure, window, known.get((day, window)))
        for day in asked.all
        for measure, window in wanted
    ]


def _score(day: date, measure: str, window: str, row: ScoreRow | None) -> ScoreOut:
    found = _of_measure(row.scores if row else (), measure)
    score = found or Score(measure, window, reasons=NOT_COMPUTED)
    return ScoreOut(
        local_date=day,
        measure=measure,
        window=window,
        value=score.value,
        lo=score.lo,
        hi=score.hi,
        coverage=score.coverage,
        status=score.status,
        reasons=list(score.reasons),
        n=score.n,
        n_expected=score.n_expected,
        version=score.version if found else None,
        zone=row.zone if row else None,
        inputs=row.inputs if row else None,
    )


def _of_measure(scores: Iterable[Score], measure: str) -> Score | None:
    return next((score for score in scores if score.measure == measure), None)


def day_rows(asked: Days, stored: Iterable[DayRecord]) -> list[DayOut]:
    """Return a row for each day of `asked`."""
    known: Mapping[date, DayRecord] = {one.day: one for one in stored}
    return [_day(day, known.get(day)) for day in asked.all]


def _day(day: date, record: DayRecord | None) -> DayOut:
    if record is None:
        return DayOut(
            day=day,
            status="insufficient",
            reasons=list(NOTHING_STORED),
            anchors=[],
            mood=None,
            energy=None,
            activity_unit=None,
            activity=[None] * 24,
            known_minutes=0,
            inputs=None,
        )
    known = int(minutes_of(record.valid_bits).sum())
    is_known = known > 0 or bool(record.anchors)
    return DayOut(
        day=day,
        status="ok" if is_known else "insufficient",
        reasons=[] if is_known else _reasons(record.night),
        anchors=[AnchorOut.model_validate(one) for one in record.anchors],
        mood=record.mood,
        energy=record.energy,
        activity_unit=record.act_unit,
        activity=_activity(record),
        known_minutes=known,
        inputs=record.inputs,
    )


def _activity(record: DayRecord) -> list[float | None]:
    """Return the hours' sums in the unit itself, which the record holds in thousandths."""
    hours = zip(record.act_sum, record.act_n, strict=True)
    return [total / 1000 if n else None for total, n in hours]
