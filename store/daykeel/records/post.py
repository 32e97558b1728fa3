"""The letters of one installation: who is told when, and what becomes of it.

Like `Records`, every method is one transaction, from any thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from daykeel.alerting.alert import Alert
from daykeel.alerting.holding import Silence
from daykeel.alerting.nudging import SEND, STOP, step
from daykeel.alerting.routing import Desk, NewLetter, plan
from daykeel.records import (
    called_off,
    channels,
    clinic,
    desk,
    leaving,
    letters,
    quality,
    secrets,
    silences,
    stuck,
)
from daykeel.records.channels import Address, NoticeSettings
from daykeel.records.clinic import Clinic
from daykeel.records.database import Database
from daykeel.records.errors import Taken
from daykeel.records.letters import DELIVERIES, LETTERS, LOST, WAITS, Delivery, Outgoing
from daykeel.records.quality import Figures
from daykeel.records.secrets import Keys

TESTS, PERIOD = 10, timedelta(hours=1)
"""Letters that try the addresses of one owner out, at most, and in what time."""


class Post:
    """Letters, addresses, silences and the clinic's hours; every method as those of `Records`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    # What is due

    def has_due(self, *, now: datetime) -> bool:
        """Return whether letters have to be written at `now`, or notices are done with."""
        with self._database.reading() as connection:
            due = plan(desk.desk(connection, now), now)
            is_listened = any(step(one, now) for one in desk.listeners(connection, now))
        return bool(due.letters or due.settled) or is_listened

    def write_letters(self, *, now: datetime, wall: datetime) -> Sequence[str]:
        """Make the letters that are due at `now`, all or none, and return their links.

        Of workers that do so at once each letter is made by one.
        """
        if not self.has_due(now=now):
            return ()
        with self._database.writing() as connection:
            due = plan(desk.desk(connection, now), now)
            letters.settle(connection, due.settled, now=now)
            made = [*due.letters, *_to_clients(connection, now)]
            return [letters.make(connection, one, now=now, wall=wall) for one in made]

    def desk(self, *, now: datetime, alert: str | None = None) -> Desk:
        """Return what decides about the notices that wait, or about all of one alert."""
        with self._database.reading() as connection:
            if alert is None:
                return desk.desk(connection, now)
            return desk.desk(connection, now, desk.NOTICES.alert == alert)

    def holds(self, found: Sequence[Alert], *, now: datetime) -> Mapping[str, tuple[str, ...]]:
        """Return, by alert, why its notices are held back now; empty where they are not."""
        with self._database.reading() as connection:
            known = desk.about(connection, {one.client for one in found}, now)
        return {one.id: known.held(one, now) for one in found}

    # What is on its way

    def take_deliveries(
        self, limit: int, *, now: datetime, wall: datetime, lasts: timedelta
    ) -> Sequence[Outgoing]:
        """Return letters whose time has come, for one worker to deliver until `lasts` is over.

        What has not to be told any more is closed before, and what has waited goes together.
        """
        with self._database.reading() as connection:
            is_due = bool(leaving.leaving(connection, now=now, wall=wall))
            if not is_due and not called_off.over(connection, now=now, wall=wall):
                return ()
        with self._database.writing() as connection:
            called_off.call_off(connection, now=now, wall=wall)
            leaving.together(connection, now=now, wall=wall)
            rows = leaving.leaving(connection, now=now, wall=wall)[:limit]
            found = [letters.outgoing(connection, self._keys, row) for row in rows]
            letters.take(connection, found, until=wall + lasts)
        return found

    def delivered(self, delivery: int, *, now: datetime, wall: datetime) -> None:
        """Keep the receipt of an attempt that went well."""
        with self._database.writing() as connection:
            letters.sent(connection, delivery, now=now, wall=wall)

    def not_delivered(
        self,
        delivery: int,
        detail: str,
        *,
        now: datetime,
        wall: datetime,
        again: datetime | None,
    ) -> None:
        """Keep the receipt of another attempt; with no time for the next it is undeliverable."""
        with self._database.writing() as connection:
            letters.failed(connection, delivery, detail, now=now, wall=wall, again=again)

    def retry(self, *, now: datetime, wall: datetime) -> int:
        """Let what is undeliverable, and still to be told, be tried again, and return how much."""
        with self._database.writing() as connection:
            again = letters.retry(connection, wall=wall)
            called_off.call_off(connection, now=now, wall=wall)
            return len(letters.deliveries(connection, DELIVERIES.id.in_(again), WAITS))

    def deliveries(self, alert: str) -> Sequence[Delivery]:
        """Return what became of the letters that tell of an alert, the newest first."""
        with self._database.reading() as connection:
            return letters.deliveries(connection, letters.about(alert))

    def deliveries_to(self, recipient: str, limit: int = 5) -> Sequence[Delivery]:
        """Return what became of the newest letters to somebody."""
        with self._database.reading() as connection:
            return letters.deliveries(connection, LETTERS.recipient == recipient)[:limit]

    def undeliverable(self) -> Sequence[Delivery]:
        """Return the letters that reached nobody at one address, the newest first."""
        with self._database.reading() as connection:
            return letters.deliveries(connection, LOST)

    def waiting(self) -> Sequence[Delivery]:
        """Return the letters that have not left yet."""
        with self._database.reading() as connection:
            return letters.deliveries(connection, WAITS)

    def is_stuck(self, *, now: datetime, wall: datetime, since: datetime) -> bool:
        """Return whether a letter that has still to be told got nowhere from `since` on."""
        with self._database.reading() as connection:
            return stuck.has_stuck(connection, now=now, wall=wall, since=since)

    def behind(self, link: str) -> tuple[str, list[str]] | None:
        """Return recipient and alerts of the letter with this link, None if there is none."""
        with self._database.reading() as connection:
            return letters.behind(connection, link)

    # Where letters go

    def addresses(self, owner: str) -> Sequence[Address]:
        """Return the addresses of an account, of `clinic` or of `on_call`."""
        with self._database.reading() as connection:
            return channels.addresses(connection, self._keys, owner)

    def add_address(self, owner: str, kind: str, text: str, *, now: datetime) -> int:
        """Store an address and return its number.

        Raises
        ------
        Taken
            The owner has this one already, or as many as anybody may have.
        """
        with self._database.writing() as connection:
            return channels.add_address(connection, self._keys, owner, kind, text, now=now)

    def remove_address(self, owner: str, address: int, *, now: datetime) -> None:
        """Forget an address; what waits to go there is undeliverable.

        Raises
        ------
        Missing
            The owner has no such address.
        """
        with self._database.writing() as connection:
            channels.remove_address(connection, owner, address, now=now)

    def try_out(self, owner: str, *, now: datetime, wall: datetime) -> None:
        """Make a letter that tries the addresses of somebody out.

        Raises
        ------
        Taken
            There were enough of them lately.
        """
        with self._database.writing() as connection:
            if letters.count(connection, owner, desk.TEST, since=now - PERIOD) >= TESTS:
                raise Taken(f"{TESTS} tests an hour are enough")
            letters.make(connection, NewLetter(owner, desk.TEST, ()), now=now, wall=wall)

    def settings(self, account: str) -> NoticeSettings:
        """Return how somebody wants to be told."""
        with self._database.reading() as connection:
            return channels.settings(connection, account)

    def set_settings(self, account: str, told: NoticeSettings, *, now: datetime) -> None:
        """Store how somebody wants to be told; a client begins to listen anew."""
        with self._database.writing() as connection:
            channels.set_settings(connection, account, told, now=now)

    def looked(self, account: str, *, now: datetime) -> None:
        """Note that a client has looked at their page; to the minute, if they want letters."""
        with self._database.reading() as connection:
            if not channels.must_note_look(connection, account, now):
                return
        with self._database.writing() as connection:
            channels.looked(connection, account, now=now)

    # The clinic and silences

    def clinic(self) -> Clinic:
        """Return when people work."""
        with self._database.reading() as connection:
            return clinic.read(connection)

    def set_clinic(self, told: Clinic, *, only_first: bool = False) -> None:
        """Store when people work; with `only_first` only if nobody has."""
        with self._database.writing() as connection:
            if not only_first or not clinic.is_set(connection):
                clinic.store(connection, told)

    def silences(self, *, now: datetime, client: str | None = None) -> Sequence[Silence]:
        """Return the silences that are not over, the one that ends first in front."""
        with self._database.reading() as connection:
            return silences.running(connection, now, client)

    def silence(  # noqa: PLR0913  what a silence is
        self, client: str, kind: str, *, stop: datetime, reason: str, actor: str, now: datetime
    ) -> Silence:
        """Tell nobody of a client, or of one kind of alert about them, until `stop`.

        Raises
        ------
        Missing
            There is no such client.
        """
        made = Silence(secrets.random_id("s"), client, kind, now, stop, reason, actor)
        with self._database.writing() as connection:
            silences.add(connection, made)
        return made

    def end_silence(self, client: str, silence: str, *, now: datetime) -> None:
        """End a silence now.

        Raises
        ------
        Missing
            The client has no such silence, or it is over.
        """
        with self._database.writing() as connection:
            silences.end(connection, client, silence, now=now)

    # How well it works

    def figures(self, clients: Sequence[str], *, since: datetime, now: datetime) -> Figures:
        """Return how alerts about these clients fared since an instant."""
        with self._database.reading() as connection:
            return quality.figures(connection, clients, since, now)


def _to_clients(connection: Connection, now: datetime) -> Iterator[NewLetter]:
    """Yield the letters to clients that are due; who answers none gets no more of them."""
    for one in desk.listeners(connection, now):
        told = step(one, now)
        if told == STOP:
            channels.stop(connection, one.id, now=now)
        elif told == SEND:
            yield NewLetter(one.id, desk.CLIENT, ())
