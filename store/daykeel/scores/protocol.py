"""What everyone needs of a store of nights, days and scores."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from daykeel.alerting.knowledge import Known
from daykeel.rhythm.ledger import Baseline, DayRecord, Night, ScoreRow


class StoredNight(NamedTuple):
    """A night as this installation knows it: the content and its history."""

    night: Night
    version: int
    """1 + the distinct contents seen after it was first final."""
    state: str
    """`provisional`, `final` or `revised`."""
    stored_at: datetime


class ScoreStore(Protocol):
    """Somewhere nights, days and scores are kept; upserts, so writing twice is writing once.

    Blocking; safe to use from several threads.
    """

    def put(
        self,
        nights: Sequence[StoredNight] = (),
        days: Sequence[DayRecord] = (),
        scores: Sequence[ScoreRow] = (),
        artefacts: Sequence[tuple[str, Baseline]] = (),
        known: Sequence[tuple[str, Known]] = (),
    ) -> None:
        """Store all of it, or raise; `artefacts` and `known` are each with its client."""

    def nights(self, client: str, first: date, stop: date) -> list[StoredNight]:
        """Return the nights of [first, stop), oldest first; nothing for an unknown client."""

    def days(self, client: str, first: date, stop: date) -> list[DayRecord]:
        """Return the day records of [first, stop), oldest first."""

    def scores(self, client: str, window: str, first: date, stop: date) -> list[ScoreRow]:
        """Return the rows of one window with a local date in [first, stop), oldest first."""

    def artefacts(self, client: str) -> list[Baseline]:
        """Return the baselines that were frozen, oldest first."""

    def known(self, client: str) -> list[Known]:
        """Return what became known of a client, oldest first; none of it is ever replaced."""

    def latest(self, client: str) -> date | None:
        """Return the last date of which anything is stored."""

    def erase(self, client: str) -> None:
        """Delete all of a client and verify by a query that nothing is left."""

    def try_writing(self) -> None:
        """Raise if nothing could be stored now; nothing is."""

    def close(self) -> None:
        """Release the file or the connections."""
