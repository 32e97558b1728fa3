"""Checks of the store of scores, and of the canary, whose messages must come out there."""

from datetime import timedelta
from sqlite3 import Error as SqliteError

from daykeel.doctor.checks import Checks
from daykeel.doctor.finding import Ailment, NothingToSee
from daykeel.doctor.log_checks import BUSY_S
from daykeel.doctor.urls import sqlite_path
from daykeel.scores.errors import ScoresError
from daykeel.scores.protocol import ScoreStore
from daykeel.scores.sqlite import SCHEMA, SqliteScores
from daykeel.web.lookout import Lookout

EVERY_S = 300.0
"""Pause between two messages of the canary, where no setting says another."""
PATIENCE_S = 1.0
"""How long InfluxDB is asked again."""


class ScoresChecks(Checks[ScoreStore]):
    """The store of one installation, opened by the first check."""

    setting = "scores"
    name = "the store of scores"
    if_lost = (
        "run {start}, which makes it, and then `daykeel rescore`, which fills it from what the log "
        "holds"
    )

    def answers(self) -> str:
        """Return that the store can be read."""
        self._has_to_be_there()
        try:
            self._open()
        except (ScoresError, SqliteError, ValueError) as error:
            raise Ailment(f"{self._where} cannot be read: {error}", self._reach) from error
        return f"{self._where} answers"

    def _open(self) -> None:
        path = sqlite_path(self._url)
        if path is not None:
            self._opened = store = SqliteScores.look_at(path, patience_s=BUSY_S)
            store.schema()
            return
        from daykeel.scores.influx_url import open_influx  # noqa: PLC0415  half a second

        self._opened = influx = open_influx(self._url, patience_s=PATIENCE_S)
        influx.lacking()

    @property
    def _reach(self) -> str:
        if sqlite_path(self._url) is None:
            return "see whether InfluxDB runs, and address, organisation, token and its rights"
        return "see whose file it is and whether the disk is in order; restore it from a backup"

    def schema(self) -> str:
        """Return that file or buckets are as this release needs them."""
        if isinstance(self.opened, SqliteScores):
            return self._of_file(self.opened.schema())
        from daykeel.scores.influx import InfluxScores  # noqa: PLC0415  half a second

        assert isinstance(self.opened, InfluxScores)  # noqa: S101  there are two kinds
        lacking = self.opened.lacking()
        if lacking:
            raise Ailment(
                "; ".join(lacking),
                "buckets that are missing are made by the sink, if its token may; "
                "what is there already is never changed",
            )
        return "all buckets are there, and keep points for as long as they should"

    def _of_file(self, found: int) -> str:
        if found > SCHEMA:
            raise Ailment(
                f"{self._where} is of schema {found}, newer than {SCHEMA}",
                "install the newer release again, or move the file away: the next start makes "
                "another one, and `daykeel rescore` fills it",
            )
        return f"it is of schema {found}"

    def written(self) -> str:
        """Return that the store would take a row; it gets none."""
        try:
            self.opened.try_writing()
        except (ScoresError, SqliteError) as error:
            raise Ailment(
                f"{self._where} takes nothing: {error}",
                "what is computed waits on the log until it does: "
                + (
                    "see what InfluxDB says, and what the token may write"
                    if sqlite_path(self._url) is None
                    else "make room on the disk, see whose file it is, and end what holds it locked"
                ),
            ) from error
        return f"{self._where} would take a row"

    def canary(self) -> str:
        """Return how old the newest test message is that came through the whole path."""
        if not self._premises.is_running:
            raise NothingToSee("the installation is stopped")
        if self._premises.is_stepped:
            raise NothingToSee("a demonstration has no canary")
        every = timedelta(seconds=float(self._premises.setting("canary_s") or EVERY_S))
        found = Lookout(self.opened, every).look(self._premises.now())
        if found.is_overdue:
            raise Ailment(
                found.told,
                "something on the path stands still: see first what else is wrong here, then what "
                "the canary says (`the canary was not heard`), then a lag that does not shrink",
            )
        return found.told
