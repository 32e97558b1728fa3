"""Days asked for: first and last, both included, and not too many."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from daykeel.api.problems import Problem
from daykeel.web.history import DAY, dates

MOST_DAYS = 400
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


class Days:
    """The days from `first` to `last`, both included."""

    def __init__(self, first: date, last: date) -> None:
        self.first = first
        self.last = last
        self.stop = last + DAY
        self.all = dates(first, last)


def asked_days(
    first: Annotated[
        date,
        Query(
            description="First local date wanted.", examples=["2026-03-01"], ge=EARLIEST, le=LATEST
        ),
    ],
    last: Annotated[
        date,
        Query(
            description="Last local date wanted, included.",
            examples=["2026-03-31"],
            ge=EARLIEST,
            le=LATEST,
        ),
    ],
) -> Days:
    """Return the days a request asks for."""
    if first > last:
        wrong = {"where": "query.last", "what": "lies before first"}
        raise Problem("request-invalid", errors=[wrong])
    if (last - first).days >= MOST_DAYS:
        raise Problem("range-too-long")
    return Days(first, last)


AskedDays = Annotated[Days, Depends(asked_days)]
