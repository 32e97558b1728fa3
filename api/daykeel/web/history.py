"""What the store holds of one client over some days, ready to be asked by date."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daykeel.rhythm.ledger import Baseline, DayRecord, Score, ScoreRow
from daykeel.scores.protocol import ScoreStore, StoredNight

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class History:
    """Nights, days and scores of the dates `first` to `last`, both included, and baselines."""

    client: str
    first: date
    last: date
    nights: Mapping[date, StoredNight]
    days: Mapping[date, DayRecord]
    scores: Mapping[date, Mapping[str, Score]]
    """By date and measure, of the 7 d window."""
    baselines: Mapping[str, Baseline]
    """The newest of each chart."""

    @property
    def dates(self) -> list[date]:
        """Every date asked for, oldest first."""
        return dates(self.first, self.last)

    def newest(self, measure: str, back: int = 3) -> Score | None:
        """Return the score of the last date that has one that is not insufficient.

        At most `back` days old: an old score is no score.
        """
        for day in sorted(self.scores, reverse=True):
            found = self.scores[day].get(measure)
            if day > self.last - back * DAY and found and found.status != "insufficient":
                return found
        return None


def dates(first: date, last: date) -> list[date]:
    """Return `first` to `last`, both included.

    >>> [day.day for day in dates(date(2026, 2, 27), date(2026, 3, 1))]
    [27, 28, 1]
    """
    return [first + n * DAY for n in range((last - first).days + 1)]


def history(scores: ScoreStore, client: str, first: date, last: date) -> History:
    """Read what the store holds of `client` from `first` to `last`."""
    stop = last + DAY
    return History(
        client=client,
        first=first,
        last=last,
        nights={one.night.night: one for one in scores.nights(client, first, stop)},
        days={one.day: one for one in scores.days(client, first, stop)},
        scores=_by_measure(scores.scores(client, "7d", first, stop)),
        baselines={one.chart: one for one in scores.artefacts(client)},
    )


def _by_measure(rows: Iterable[ScoreRow]) -> dict[date, dict[str, Score]]:
    return {row.local_date: {one.measure: one for one in row.scores} for row in rows}


def newest_evidence(found: History) -> datetime | None:
    """Return when the newest data of these nights arrived."""
    told = (one.night.evidence_at for one in found.nights.values())
    return max((at for at in told if at is not None), default=None)
