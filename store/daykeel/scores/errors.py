"""What can go wrong with a store of scores.

* ScoresError
  - ScoresUnavailable
  - RowsRefused
  - NotErased
  - OtherSchema
"""

from typing import NamedTuple

from daykeel.alerting.knowledge import Known
from daykeel.rhythm.ledger import Baseline, DayRecord, ScoreRow
from daykeel.scores.protocol import StoredNight

Stored = StoredNight | DayRecord | ScoreRow | tuple[str, Baseline] | tuple[str, Known]
"""What `put` takes: one element of one of its sequences."""


class ScoresError(Exception):
    """Base of every error a store of scores raises on purpose."""


class ScoresUnavailable(ScoresError):  # noqa: N818  a state of the server
    """The store does not answer as it should for now; the same call may succeed later."""

    def __init__(self, what: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s
        """How long the server asks to be left alone, where it says so."""


class Refused(NamedTuple):
    """One row that the store will never take."""

    row: Stored
    """The very object that was put."""
    reason: str
    """One of those in `docs/messages.md`, stage `sink`."""


class RowsRefused(ScoresError):  # noqa: N818  a fact about the rows
    """Some rows will never be taken; every other row of the call is stored."""

    def __init__(self, refused: tuple[Refused, ...]) -> None:
        reasons = ", ".join(sorted({one.reason for one in refused}))
        super().__init__(f"{len(refused)} rows will never be taken: {reasons}")
        self.refused = refused


class NotErased(ScoresError):  # noqa: N818  a state of the store
    """Something of a client is still stored after it was deleted."""


class OtherSchema(ScoresError):  # noqa: N818  a fact about the file
    """The file was written by a later version of this program."""
