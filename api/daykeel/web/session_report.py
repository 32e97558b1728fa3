"""What a therapist needs before a session: data for one page, and for the API."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mean, stdev

from daykeel.alerting.lifecycle import Alert
from daykeel.alerting.wording import title
from daykeel.rhythm.ledger import DayRecord, Score
from daykeel.web.alerts import UNTOLD
from daykeel.web.charts.srm_sheet import Strip
from daykeel.web.history import DAY, History, dates
from daykeel.web.therapy import Therapy
from daykeel.web.week import Week, strips

MOST_BACK, LEAST_BACK = timedelta(days=28), timedelta(days=7)
START_DAYS = timedelta(days=14)
"""Of the course, with which graduation compares."""
WEEKLY, ALI, ADHERENCE, SRI = "srm5.weekly", "srm.ali", "srm.target_adherence", "sri.window"
MEASURES = frozenset({WEEKLY, ALI, ADHERENCE, SRI})
NOISE, NOISE_OF_TWO = 1.5, 2.1
"""Points by which one week lies from the long-run mean, and two from each other, by chance."""
LEAST_KNOWN = 3


@dataclass(frozen=True, slots=True)
class AnchorReport:
    """One anchor over the week before the session."""

    item: str
    habitual: float | None
    """Minutes from midnight."""
    target: float | None
    """Today's, in minutes from midnight."""
    hits: int
    known: int
    spread: float | None
    """Standard deviation of its times since the last session, minutes."""


@dataclass(frozen=True, slots=True)
class WeekReport:
    """One therapy week."""

    ends: date
    srm: float | None
    status: str
    ali: float | None


@dataclass(frozen=True, slots=True)
class LevelReport:
    """Mood or energy since the last session."""

    what: str
    days: int
    average: float | None
    lowest: int | None
    highest: int | None


@dataclass(frozen=True, slots=True)
class AlertReport:
    """An alert that was open since the last session."""

    id: str
    title: str
    severity: str
    state: str
    onset: date
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """How far the SRM-5 moved, and whether that may be chance."""

    before: float
    after: float
    is_noise: bool


@dataclass(frozen=True, slots=True)
class SessionReport:
    """What is known since the last session, or the last four weeks if there was none."""

    first: date
    last: date
    number: int
    """Of the coming session."""
    phase: str
    weeks: tuple[WeekReport, ...]
    change: Change | None
    """Between the last two therapy weeks."""
    from_start: Change | None
    """In graduation: from the first two weeks of the course to the last two."""
    adherence: Score | None
    sri: Score | None
    anchors: tuple[AnchorReport, ...]
    least_regular: tuple[str, ...]
    """The one or two anchors whose times vary most."""
    nights: int
    known_nights: int
    midsleep: float | None
    """Mean, in hours around midnight."""
    midsleep_spread: float | None
    """Minutes."""
    asleep: float | None
    """Mean length of the main sleep, minutes."""
    levels: tuple[LevelReport, ...]
    alerts: tuple[AlertReport, ...]
    gaps: tuple[tuple[str, int], ...]
    """(reason, nights) of what is unknown, the most frequent first."""


def span(held: Therapy) -> tuple[date, date]:
    """Return the days a report speaks of: since the last session, at least 7 and at most 28."""
    last = held.today - DAY
    since = held.last_session or held.today - MOST_BACK
    first = max(min(since, held.today - LEAST_BACK), held.today - MOST_BACK)
    return first, last


def session_report(
    held: Therapy, found: History, alerts: Iterable[Alert], start: Sequence[Score] = ()
) -> SessionReport:
    """Return the report of a client.

    Parameters
    ----------
    found
        Of at least 28 days up to yesterday, with the scores of `MEASURES`.
    start
        SRM-5 of the first weeks of the course, for graduation.
    """
    first, last = span(held)
    days = dates(first, last)
    week = strips(Week(dates(last - 6 * DAY, last), held.today, held.context.tracked), found.days)
    weeks = _weeks(found)
    anchors = tuple(_anchor(one, held, found.days, days) for one in week)
    nights = [found.nights[day].night for day in days if day in found.nights]
    mids = [night.mid.value for night in nights if night.mid.value is not None]
    lengths = [night.duration.value for night in nights if night.duration.value is not None]
    return SessionReport(
        first=first,
        last=last,
        number=held.session + (0 if _is_today(held) else 1),
        phase=held.phase,
        weeks=weeks,
        change=_change([one.srm for one in weeks[-2:]], NOISE_OF_TWO),
        from_start=_from_start(held, start, weeks),
        adherence=_newest(found, ADHERENCE),
        sri=_newest(found, SRI),
        anchors=anchors,
        least_regular=_least_regular(anchors),
        nights=len(days),
        known_nights=len(mids),
        midsleep=mean(mids) if mids else None,
        midsleep_spread=60 * stdev(mids) if len(mids) >= LEAST_KNOWN else None,
        asleep=mean(lengths) if lengths else None,
        levels=tuple(_level(what, found.days, days) for what in ("mood", "energy")),
        alerts=tuple(_alerts(alerts, first)),
        gaps=_gaps(found, days),
    )


def _is_today(held: Therapy) -> bool:
    return held.next_session == held.today


def _newest(found: History, measure: str) -> Score | None:
    """Return the newest score that says something, else the one that says why not."""
    told = [one for day in reversed(found.dates) if (one := found.score(measure, day))]
    return next((one for one in told if one.value is not None), told[0] if told else None)


def _weeks(found: History) -> tuple[WeekReport, ...]:
    rows = ((day, found.score(WEEKLY, day), found.score(ALI, day)) for day in found.dates)
    return tuple(
        WeekReport(day, srm.value, srm.status, ali.value if ali else None)
        for day, srm, ali in rows
        if srm is not None
    )


def _change(values: Sequence[float | None], noise: float) -> Change | None:
    told = [one for one in values if one is not None]
    if len(told) < 2:  # noqa: PLR2004  before and after
        return None
    return Change(told[0], told[-1], abs(told[-1] - told[0]) <= noise)


def _from_start(
    held: Therapy, start: Sequence[Score], weeks: Sequence[WeekReport]
) -> Change | None:
    """Compare means of two weeks each: of two values the noise band is that of one week."""
    if held.phase != "graduation":
        return None
    before = [one.value for one in start if one.value is not None]
    after = [one.srm for one in weeks[-2:] if one.srm is not None]
    if not before or not after:
        return None
    return _change([mean(before), mean(after)], NOISE)


def _anchor(
    strip: Strip, held: Therapy, records: Mapping[date, DayRecord], days: Sequence[date]
) -> AnchorReport:
    (long,) = [
        one
        for one in strips(Week(days, held.today, held.context.tracked), records)
        if one.item == strip.item
    ]
    times = [one.minutes for one in long.entries if one.minutes is not None]
    return AnchorReport(
        item=strip.item,
        habitual=strip.habitual,
        target=held.targets(held.today).get(strip.item),
        hits=strip.hits,
        known=strip.known,
        spread=stdev(times) if len(times) >= LEAST_KNOWN else None,
    )


def _least_regular(anchors: Sequence[AnchorReport]) -> tuple[str, ...]:
    told = sorted((-one.spread, one.item) for one in anchors if one.spread is not None)
    return tuple(item for _, item in told[:2])


def _level(what: str, records: Mapping[date, DayRecord], days: Sequence[date]) -> LevelReport:
    told = [getattr(records[day], what) for day in days if day in records]
    levels = [one for one in told if one is not None]
    return LevelReport(
        what=what,
        days=len(levels),
        average=mean(levels) if levels else None,
        lowest=min(levels, default=None),
        highest=max(levels, default=None),
    )


def _alerts(alerts: Iterable[Alert], first: date) -> Iterable[AlertReport]:
    for one in sorted(alerts, key=lambda one: (one.onset, one.id), reverse=True):
        is_over = one.resolved_at is not None and one.resolved_at.date() < first
        if one.state not in UNTOLD and not is_over:
            yield AlertReport(
                one.id, title(one.kind), one.severity, one.state, one.onset, one.reason
            )


def _gaps(found: History, days: Sequence[date]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for day in days:
        stored = found.nights.get(day)
        gaps = {gap.reason for gap in stored.night.gaps} if stored else {"unknown"}
        for reason in gaps:
            counts[reason] = counts.get(reason, 0) + 1
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
