"""What the stream writes on `nights` and `scores`; `docs/messages.md` has every topic.

Fields are only ever added, and never without a default.
"""

from datetime import datetime

import msgspec

from daykeel.alerting.knowledge import Known
from daykeel.rhythm.ledger import Baseline, Night, ScoreRow


class NightSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A night with its history, as it lies on `nights`."""

    night: Night
    version: int
    state: str
    """`provisional`, `final` or `revised`."""
    said_at: datetime
    """Clock instant of the score that said it."""


class ScoreSaid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of scores, a baseline that froze, or what became known, as it lies on `scores`."""

    row: ScoreRow | None = None
    baseline: Baseline | None = None
    client: str = ""
    """Of whom the baseline or what became known is."""
    known: Known | None = None
