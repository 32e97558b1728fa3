"""The week's SRM sheet from day records: which time of each anchor counts, and how near it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from daykeel.rhythm.ledger import ANCHORS, AnchorCandidate, DayRecord
from daykeel.rhythm.srm import item_week
from daykeel.rhythm.tracked import Tracked, tracked_on
from daykeel.web.charts.srm_sheet import NEAR, Entry, Strip
from daykeel.web.own import candidates

MOST_REPORTED = 5


@dataclass(frozen=True, slots=True)
class Week:
    """Seven social days and what was agreed for them."""

    days: Sequence[date]
    today: date
    """What is not known of it may still come."""
    tracked: Tracked = ()
    """From when on which anchors are tracked; on other days one does not count."""
    targets: Mapping[str, float] = field(default_factory=dict)


def strips(week: Week, records: Mapping[date, DayRecord]) -> list[Strip]:
    """Return the five strips of the sheet."""
    return [_strip(item, week, records) for item in ANCHORS]


def _strip(item: str, week: Week, records: Mapping[date, DayRecord]) -> Strip:
    tracked = [item in tracked_on(week.tracked, day) for day in week.days]
    said = [
        candidates(item, day, records) if is_tracked else ()
        for day, is_tracked in zip(week.days, tracked, strict=True)
    ]
    used = [_of_class(one, _class(said)) for one in said]
    times = np.array(
        [np.nan if one is None or one.minutes is None else one.minutes for one in used]
    )
    known = np.array([-1 if one is None else int(one.done) for one in used])
    found = item_week(times, known)
    habitual = found.habitual if found else None
    return Strip(
        item=item,
        entries=tuple(
            _entry(day, one, habitual, week.today)
            if is_tracked
            else Entry(day, None, is_tracked=False)
            for day, one, is_tracked in zip(week.days, used, tracked, strict=True)
        ),
        habitual=habitual,
        target=week.targets.get(item),
        hits=found.hits if found else 0,
        known=int((known >= 0).sum()),
    )


def _class(said: Sequence[Sequence[AnchorCandidate]]) -> str:
    counts: dict[str, int] = {}
    for day in said:
        for name in dict.fromkeys(one.source_class for one in day):
            counts[name] = counts.get(name, 0) + 1
    if counts.get("reported", 0) >= MOST_REPORTED:
        return "reported"
    return max(counts, key=counts.__getitem__, default="")


def _of_class(said: Sequence[AnchorCandidate], name: str) -> AnchorCandidate | None:
    return next((one for one in said if one.source_class == name), None)


def _entry(day: date, used: AnchorCandidate | None, habitual: float | None, today: date) -> Entry:
    if used is None:
        return Entry(day, None, is_to_come=day >= today)
    near = None
    if habitual is not None and used.minutes is not None:
        near = abs((used.minutes - habitual + 720) % 1440 - 720) <= NEAR
    return Entry(day, used.done, used.minutes, used.people, used.source_class, near)
