"""The records of one installation: every method is one transaction, from any thread."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from daykeel.alerting.lifecycle import Alert, Notice, Transition
from daykeel.pipeline.state import Command
from daykeel.records import (
    accounts,
    alerts,
    auditing,
    canary,
    clients,
    decisions,
    outages,
    outbox,
    repeats,
    secrets,
)
from daykeel.records.canary import CanaryLogin
from daykeel.records.database import Database
from daykeel.records.decisions import Decided, Made, MadeCommand
from daykeel.records.errors import Missing
from daykeel.records.migrate import is_key_right, migrate, server_instant, touch, version
from daykeel.records.people import (
    Account,
    AuditEntry,
    Client,
    Consent,
    Credential,
)
from daykeel.records.post import Post
from daykeel.records.secrets import Keys
from daykeel.rhythm.context import Outage

LINK_LASTS = timedelta(days=1)


class _TakenBack(Exception):  # noqa: N818  no fault: it ends a transaction that stores nothing
    """Nothing of the transaction is to be stored."""


class Records:
    """People, consent, alerts, accounts, audit and the two outboxes; the letters are in `post`.

    Every method may raise `RecordsUnavailable`.
    """

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self.post = Post(database, keys)

    def migrate(self) -> None:
        """Bring the tables up to date; several processes may do so at once.

        Raises
        ------
        BadKey
            The records were made with another key.
        RecordsError
            They were made by a newer release.
        """
        migrate(self._database, self._keys)

    def try_writing(self) -> None:
        """Raise if nothing could be stored now; nothing is.

        Raises
        ------
        RecordsError
            It could not.
        """
        with suppress(_TakenBack), self._database.writing() as connection:
            touch(connection)
            raise _TakenBack

    def newest_migration(self) -> str | None:
        """Return the newest migration that has run; None where there are no tables."""
        with self._database.reading() as connection:
            return version(connection)

    def is_key_right(self) -> bool:
        """Return whether the tables were made with the key that is given."""
        with self._database.reading() as connection:
            return is_key_right(connection, self._keys)

    def instant(self) -> datetime | None:
        """Return what a server of records takes for now; None where there is no server."""
        with self._database.reading() as connection:
            return server_instant(connection)

    def canary_login(self) -> CanaryLogin | None:
        """Return the login of the canary, None where it has not enrolled itself yet."""
        with self._database.reading() as connection:
            return canary.login(connection, self._keys)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    # Clients, devices and consent

    def add_client(  # noqa: PLR0913  what is known of somebody who is new
        self,
        display_name: str,
        zone: str,
        *,
        now: datetime,
        allowed: Mapping[str, datetime] | None = None,
        enrolled: date | None = None,
        id: str | None = None,  # noqa: A002  what it is
    ) -> Client:
        """Store a new client with its first consents, and the commands that tell of both.

        Parameters
        ----------
        display_name
            Kept sealed, and only here.
        zone
            IANA name.
        now
            The instant of the clock.
        allowed
            From when on each source is allowed; nothing is if left out.
        enrolled
            First date on which silence counts; the local date of `now` if left out.
        id
            Only for synthetic clients; real ones get a random id.

        Raises
        ------
        Taken
            There is a client of that id.
        """
        local = now.astimezone(ZoneInfo(zone)).date()
        client = Client(id or secrets.random_id("c"), display_name, zone, enrolled or local)
        with self._database.writing() as connection:
            clients.add(connection, self._keys, client, allowed or {}, now=now)
        return client

    def client(self, client: str) -> Client | None:
        """Return a client by id."""
        with self._database.reading() as connection:
            found = clients.find(connection, self._keys, [client])
        return found[0] if found else None

    def clients(self, actor: accounts.Signed) -> Sequence[Client]:
        """Return the clients of the actor's caseload, by id."""
        with self._database.reading() as connection:
            own = accounts.clients_of(connection, actor.id, actor.role)
            return clients.find(connection, self._keys, own)

    def all_clients(self) -> Sequence[Client]:
        """Return everybody, by id: for the command line, not for pages."""
        with self._database.reading() as connection:
            return clients.find(connection, self._keys, None)

    def client_ids(self) -> Sequence[str]:
        """Return the id of everybody, in order: to count by, not to show."""
        with self._database.reading() as connection:
            return clients.people(connection)

    def add_credential(
        self, client: str, device: str, adapter: str, topics: Sequence[str], *, now: datetime
    ) -> tuple[Credential, str]:
        """Return a new device's credential and its password, which is not kept.

        `{client}`, `{device}` and `{username}` in topic filters stand for what they are here.

        Raises
        ------
        Missing
            There is no such client.
        """
        made, password = clients.new_credential(client, device, adapter, topics)
        with self._database.writing() as connection:
            clients.add_credential(connection, made, now=now)
        return made, password

    def credential(self, username: str) -> Credential | None:
        """Return a device's credential."""
        with self._database.reading() as connection:
            found = clients.credentials(connection, username)
        return found[0] if found else None

    def credentials(self) -> Sequence[Credential]:
        """Return the credentials of all devices, by user name."""
        with self._database.reading() as connection:
            return clients.credentials(connection)

    def disable_credential(self, username: str) -> None:
        """Let a device send no more."""
        with self._database.writing() as connection:
            clients.disable(connection, username)

    def consents(self, client: str) -> Sequence[Consent]:
        """Return what the client has consented to, withdrawn intervals included."""
        with self._database.reading() as connection:
            return clients.consents(connection, client)

    def all_consents(self) -> Mapping[str, Sequence[Consent]]:
        """Return what each client has consented to, withdrawn intervals included."""
        with self._database.reading() as connection:
            return clients.all_consents(connection)

    def grant(
        self, client: str, source: str, *, now: datetime, since: datetime | None = None
    ) -> None:
        """Allow events of a source from `since` on, which is now if left out.

        Where it is allowed already, an earlier `since` moves the begin, a later one nothing. Once
        the source, or everything, was withdrawn it begins now at the earliest.

        Raises
        ------
        Missing
            There is no such client.
        """
        with self._database.writing() as connection:
            clients.grant(connection, client, source, start=since or now, now=now)

    def withdraw(self, client: str, source: str, *, now: datetime) -> Sequence[str]:
        """Allow events of a source no longer; `*` withdraws everything.

        Returns
        -------
        Sequence of str
            The sources that were allowed until now; empty if nothing was.
        """
        with self._database.writing() as connection:
            return clients.withdraw(connection, client, source, now=now)

    def renew(self, client: str, source: str, *, now: datetime) -> Sequence[str]:
        """Allow events of a source that was withdrawn from now on; `*` renews all there was.

        That is also what was withdrawn by itself before. What lies between stays absent.

        Returns
        -------
        Sequence of str
            The sources that are allowed anew; empty if none of them was withdrawn.
        """
        with self._database.writing() as connection:
            return clients.renew(connection, client, source, now=now)

    def enrol_canary(self, *, now: datetime) -> CanaryLogin:
        """Make the canary, its consent and its credential, where they are not there yet.

        Returns
        -------
        CanaryLogin
            The same one each time.
        """
        with self._database.writing() as connection:
            return canary.enrol(connection, self._keys, now=now)

    def canary_heard(self, *, now: datetime, longest: timedelta) -> Outage | None:
        """Note that the canary was heard; return the outage of ours that ended with it, if any.

        Parameters
        ----------
        longest
            For which it may be silent without that being an outage.
        """
        with self._database.writing() as connection:
            return outages.heard(connection, now=now, longest=longest)

    def outages(self, since: datetime) -> Sequence[Outage]:
        """Return the outages of ours that ended after an instant, oldest first."""
        with self._database.reading() as connection:
            return outages.since(connection, since)

    # Commands

    def put_command(self, command: Command) -> None:
        """Store a command to be sent; the same one again is the same one.

        Raises
        ------
        Conflict
            There is another command of that id and version, or no such client.
        """
        with self._database.writing() as connection:
            outbox.put(connection, command)

    def commands(self, client: str) -> Sequence[Command]:
        """Return a client's commands, of each id the highest version."""
        with self._database.reading() as connection:
            return outbox.current(connection, client)

    def pending_commands(self, limit: int) -> Sequence[tuple[int, Command]]:
        """Return the oldest commands that are not on the log yet, numbered."""
        with self._database.reading() as connection:
            return outbox.pending(connection, limit)

    def commands_sent(self, seqs: Sequence[int]) -> None:
        """Note that the commands of these numbers are on the log."""
        with self._database.writing() as connection:
            outbox.sent(connection, seqs)

    def rescore(self, clients_: Sequence[str] | None = None) -> tuple[int, int]:
        """Have the stream compute some clients anew, or everybody, and say it again.

        Returns
        -------
        tuple[int, int]
            How many clients these are, and the number of the last command that says so.

        Raises
        ------
        Missing
            One of them does not exist.
        """
        with self._database.writing() as connection:
            known = clients.ids(connection)
            wanted = known if clients_ is None else sorted(set(clients_))
            if not set(wanted) <= set(known):
                raise Missing("no such client")
            for client in wanted:
                outbox.rescore(connection, client)
            return len(wanted), outbox.last(connection)

    def send_commands_again(self) -> None:
        """Let every command be sent once more, to a log that does not have them."""
        with self._database.writing() as connection:
            outbox.send_again(connection)

    def decide(
        self,
        client: str,
        decided: Sequence[Decided],
        *,
        expected: str,
        made: Made,
    ) -> None:
        """Store decisions of therapy with their commands, all or nothing.

        Parameters
        ----------
        expected
            `decisions.tag` of the commands they were made upon.

        Raises
        ------
        Conflict
            Somebody has decided something else since.
        """
        with self._database.writing() as connection:
            decisions.decide(connection, client, decided, expected=expected, made=made)

    def decision_history(self, client: str) -> Sequence[MadeCommand]:
        """Return every version of a client's decisions with who made it, oldest first."""
        with self._database.reading() as connection:
            return decisions.history(connection, client)

    def set_clinic_rules(self, first: date, value: dict[str, Any], made: Made) -> None:
        """Let rules hold from a night on for everybody who has no own ones, new clients too."""
        with self._database.writing() as connection:
            decisions.set_clinic_rules(connection, first, value, made)

    # Accounts and sessions

    def add_account(
        self, role: str, name: str, *, client: str | None = None, now: datetime
    ) -> Account:
        """Return a new account; until a password is set only a link signs in.

        Raises
        ------
        Taken
            Somebody signs in by that name.
        Missing
            There is no such client.
        """
        account = Account(secrets.random_id("a"), role, name, client)
        with self._database.writing() as connection:
            accounts.add(connection, self._keys, account, now=now)
        return account

    def account(self, account: str) -> Account | None:
        """Return an account by id."""
        with self._database.reading() as connection:
            return accounts.find(connection, self._keys, account)

    def account_named(self, name: str) -> Account | None:
        """Return the account that signs in by `name`."""
        with self._database.reading() as connection:
            found, _ = accounts.password_of(connection, self._keys, name)
            return accounts.find(connection, self._keys, found) if found else None

    def assign(self, account: str, client: str, *, now: datetime) -> None:
        """Let a therapist see a client.

        Raises
        ------
        Missing
            There is no such therapist or client.
        """
        with self._database.writing() as connection:
            accounts.assign(connection, account, client, now=now)

    def unassign(self, account: str, client: str, *, now: datetime) -> None:
        """Let a therapist see a client no longer."""
        with self._database.writing() as connection:
            accounts.unassign(connection, account, client, now=now)

    def sign_in(self, name: str, password: str, *, now: datetime) -> str | None:
        """Return the token of a new session if name and password belong together."""
        with self._database.reading() as connection:
            account, kept = accounts.password_of(connection, self._keys, name)
        if not secrets.is_password(kept, password) or account is None:
            return None
        with self._database.writing() as connection:
            return accounts.begin_session(connection, account, now=now)

    def login_link(self, account: str, *, now: datetime, ttl: timedelta = LINK_LASTS) -> str:
        """Return the token of a link that signs in once, and only for a while.

        Raises
        ------
        Missing
            There is no such account.
        """
        with self._database.writing() as connection:
            return accounts.login_link(connection, account, now=now, ttl=ttl)

    def redeem(self, token: str, *, now: datetime) -> str | None:
        """Use a login link up and return the token of a new session."""
        with self._database.writing() as connection:
            return accounts.redeem(connection, token, now=now)

    def session(self, token: str, *, now: datetime) -> Account | None:
        """Return whose session it is, while it lasts."""
        with self._database.reading() as connection:
            account, is_due = accounts.session(connection, self._keys, token, now=now)
        if is_due:
            with self._database.writing() as connection:
                accounts.touch(connection, token, now=now)
        return account

    def end_session(self, token: str, *, now: datetime) -> None:
        """End a session, if there is such a one, and forget those that are over."""
        with self._database.writing() as connection:
            accounts.end_session(connection, token)
            accounts.forget_old(connection, now=now)

    def set_password(self, account: str, password: str, *, now: datetime) -> str:
        """Set the password, end all sessions, and return the token of a new one.

        Raises
        ------
        Missing
            There is no such account.
        """
        kept = secrets.password_hash(password)
        with self._database.writing() as connection:
            accounts.set_password(connection, account, kept)
            return accounts.begin_session(connection, account, now=now)

    # Alerts and notices

    def alerts(self, client: str | None = None, kind: str | None = None) -> Sequence[Alert]:
        """Return all alerts, or those of one client, or of one kind; the oldest first."""
        where = [alerts.ALERTS.client == client] if client is not None else []
        where += [alerts.ALERTS.kind == kind] if kind is not None else []
        with self._database.reading() as connection:
            return alerts.found(connection, *where)

    def alert(self, alert: str) -> Alert | None:
        """Return an alert by id."""
        with self._database.reading() as connection:
            found = alerts.found(connection, alerts.ALERTS.id == alert)
        return found[0] if found else None

    def snoozed_until(self, now: datetime) -> Sequence[Alert]:
        """Return the alerts whose snooze is over."""
        with self._database.reading() as connection:
            return alerts.found(connection, alerts.ALERTS.snoozed_until <= now)

    def history(self, alert: str) -> Sequence[Transition]:
        """Return the steps of an alert, oldest first."""
        with self._database.reading() as connection:
            return alerts.history(connection, alerts.HISTORY.alert == alert)

    def histories(self, client: str) -> Sequence[Transition]:
        """Return the steps of all alerts of a client, alert by alert, each oldest first."""
        with self._database.reading() as connection:
            return alerts.history(connection, alerts.ALERTS.client == client)

    def save_transition(
        self, expected_version: int, alert: Alert, entry: Transition, notices: Sequence[Notice]
    ) -> None:
        """Store a step with its history and notices, all or nothing.

        Raises
        ------
        Conflict
            The alert is not at `expected_version`, 0 for one that must not be there yet.
        """
        with self._database.writing() as connection:
            alerts.save(connection, expected_version, alert, entry, notices)

    # Repeated requests and the audit

    def remembered(self, actor: str, key: str) -> str | None:
        """Return the fingerprint of the request that came with an idempotency key."""
        with self._database.reading() as connection:
            return repeats.remembered(connection, actor, key)

    def remember(self, actor: str, key: str, fingerprint: str, *, now: datetime) -> None:
        """Keep for a week what request came with an idempotency key; the first one holds."""
        with self._database.writing() as connection:
            repeats.remember(connection, actor, key, fingerprint, now=now)

    def audit(self, actor: str, action: str, resource: str, *, now: datetime) -> None:
        """Append to the audit, which keeps a random reference to `client/…` or `alert/…`."""
        with self._database.writing() as connection:
            auditing.append(connection, self._keys, AuditEntry(0, now, actor, action, resource))

    def audit_reference(self, resource: str) -> str | None:
        """Return what the audit calls `client/…` or `alert/…`; None if it never spoke of it."""
        with self._database.reading() as connection:
            return auditing.reference(connection, resource)

    def audited(self, first: int = 1, limit: int = 1000) -> Sequence[AuditEntry]:
        """Return lines of the audit from number `first` on."""
        with self._database.reading() as connection:
            return auditing.entries(connection, first, limit)

    def audit_broken_at(self) -> int | None:
        """Return the number of the first line that is missing or changed; None if all is well."""
        with self._database.reading() as connection:
            return auditing.broken_at(connection, self._keys)
