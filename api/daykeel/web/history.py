"""What the store holds of one client over some days, ready to be asked by date."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from daykeel.rhythm.ledger import Baseline, DayRecord, Score
from daykeel.rhythm.registry import MEASURES, WINDOWS
from daykeel.scores.protocol import ScoreStore, StoredNight

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class History:
    """Nights, days and scores of the dates `first` to `last`, both included, and baselines."""

    client: str
    first: date
    last: date
    nights: Mapping[date, StoredNight]
    days: Mapping[date, DayRecord] = field(default_factory=dict)
    scores: Mapping[tuple[str, date], Score] = field(default_factory=dict)
    """Of the measures read, by measure and date, each in its shortest window."""
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    """The newest of each chart."""

    @property
    def dates(self) -> list[date]:
        """Every date asked for, oldest first."""
        return dates(self.first, self.last)

    def score(self, measure: str, day: date) -> Score | None:
        """Return the score of one date, None where none is stored."""
        return self.scores.get((measure, day))

    def newest(self, measure: str, back: int = 3) -> Score | None:
        """Return the score of the last date that has one that is not insufficient.

        At most `back` days old: an old score is no score.
        """
        recent = (self.score(measure, self.last - n * DAY) for n in range(back))
        return next((one for one in recent if one and one.status != "insufficient"), None)

    def until(self, last: date) -> "History":
        """Return the same up to `last`."""
        return replace(self, last=last)


def dates(first: date, last: date) -> list[date]:
    """Return `first` to `last`, both included.

    >>> [day.day for day in dates(date(2026, 2, 27), date(2026, 3, 1))]
    [27, 28, 1]
    """
    return [first + n * DAY for n in range((last - first).days + 1)]


def history(
    scores: ScoreStore, client: str, first: date, last: date, measures: Collection[str] = ()
) -> History:
    """Read what the store holds of `client`, and the scores of `measures`."""
    found = nightly(scores, client, first, last, measures)
    days = scores.days(client, first, last + DAY)
    return replace(found, days={one.day: one for one in days})


def nightly(
    scores: ScoreStore, client: str, first: date, last: date, measures: Collection[str] = ()
) -> History:
    """Read the same without the day records, which are most of the bytes."""
    stop = last + DAY
    return History(
        client=client,
        first=first,
        last=last,
        nights={one.night.night: one for one in scores.nights(client, first, stop)},
        scores=_scores(scores, client, (first, stop), measures),
        baselines={one.chart: one for one in scores.artefacts(client)},
    )


def _scores(
    scores: ScoreStore, client: str, span: tuple[date, date], measures: Collection[str]
) -> dict[tuple[str, date], Score]:
    """Return the scores of `measures`, reading each window once."""
    windows = {window_of(measure) for measure in measures}
    return {
        (one.measure, row.local_date): one
        for window in sorted(windows)
        for row in scores.scores(client, window, *span)
        for one in row.scores
        if one.measure in measures and window_of(one.measure) == window
    }


def window_of(measure: str) -> str:
    """Return the shortest window a measure is computed for: the one the pages show.

    >>> window_of("sri.window"), window_of("srm.hit_fraction")
    ('7d', '1d')
    """
    return min(MEASURES[measure].windows, key=WINDOWS.index)


def newest_evidence(found: History) -> datetime | None:
    """Return when the newest data of these nights arrived."""
    told = (one.night.evidence_at for one in found.nights.values())
    return max((at for at in told if at is not None), default=None)
