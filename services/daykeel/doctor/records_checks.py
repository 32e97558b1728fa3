"""Checks of the records: they answer, are of this release and this key, and can be written."""

from daykeel.doctor.checks import Checks
from daykeel.doctor.finding import Ailment, NothingToSee
from daykeel.doctor.urls import sqlite_path
from daykeel.records.errors import RecordsError
from daykeel.records.migrate import HEAD
from daykeel.records.open import open_records
from daykeel.records.records import Records
from daykeel.records.secrets import BadKey


class RecordsChecks(Checks[Records]):
    """The records of one installation, opened by the first check."""

    setting = "records"
    name = "the records"
    be = "are"
    if_lost = "put the folder back from a backup: they hold everything people decided"

    def answers(self) -> str:
        """Return that the records can be read."""
        self._has_to_be_there()
        try:
            key = self._premises.key_file.read_bytes()
            self._opened = open_records(self._url, key)
            self.opened.newest_migration()
        except (OSError, BadKey) as error:
            raise NothingToSee("without the installation's key nobody can look, see key") from error
        except RecordsError as error:
            raise Ailment(f"{self._where} cannot be read: {error}", self._reach) from error
        return f"{self._where} answer"

    @property
    def _reach(self) -> str:
        if sqlite_path(self._url) is None:
            return "see whether PostgreSQL runs, and address, database, role and passfile"
        return "see whose file it is and whether the disk is in order; restore it from a backup"

    def schema(self) -> str:
        """Return that the tables are those of this release."""
        found = self.opened.newest_migration()
        if found is not None and found > HEAD:
            raise Ailment(
                f"{self._where} are of a newer release: migration {found}, not {HEAD}",
                "install that release again, or put back a backup from before; to go back with "
                "what is there needs the newer release's `downgrade` of Alembic",
            )
        if found == HEAD:
            return f"the tables are those of migration {HEAD}"
        said = f"{self._where} are at migration {found or 'none'}, not at {HEAD}"
        if self._premises.is_running:
            raise Ailment(said, "the processes that run are of an older release: start them again")
        return f"{said}: the next start brings them up to date"

    def key(self) -> str:
        """Return that the records were made with the installation's key."""
        if not self.opened.is_key_right():
            raise Ailment(
                f"{self._where} were made with another key than {self._premises.key_file}",
                "put the key back that belongs to them; with this one nothing starts",
            )
        return "the key is that of the records"

    def written(self) -> str:
        """Return that the records could be changed; they are not."""
        try:
            self.opened.try_writing()
        except RecordsError as error:
            raise Ailment(
                f"{self._where} cannot be written: {error}",
                "nobody can decide anything until they can: see whose turn it is that does not "
                "end, whether the disk is full, and whether the role may write",
            ) from error
        return f"{self._where} could be written"
