"""The records of one installation: every method is one transaction, from any thread."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from daykeel.alerting.lifecycle import Alert, Notice, Transition
from daykeel.pipeline.state import Command
from daykeel.records import (
    accounts,
    alerts,
    auditing,
    clients,
    outbox,
    repeats,
    secrets,
)
from daykeel.records.database import Database
from daykeel.records.migrate import migrate
from daykeel.records.people import (
    Account,
    AuditEntry,
    Client,
    Consent,
    Credential,
    OutgoingNotice,
)
from daykeel.records.secrets import Keys

LINK_LASTS = timedelta(days=1)


class Records:
    """People, consent, alerts, accounts, audit and the two outboxes."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def migrate(self) -> None:
        """Bring the tables up to date; several processes may do so at once.

        Raises
        ------
        BadKey
            The records were made with another key.
        """
        migrate(self._database, self._keys)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    # Clients, devices and consent

    def add_client(
        self,
        display_name: str,
        zone: str,
        *,
        now: datetime,
        enrolled: date | None = None,
        id: str | None = None,  # noqa: A002  what it is
    ) -> Client:
        """Store a new client and the command that tells the stream of it.

        Parameters
        ----------
        display_name
            Kept sealed, and only here.
        zone
            IANA name.
        now
            The instant of the clock.
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
            clients.add(connection, self._keys, client, now=now)
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
        """Return every client, by id: for the command line, not for pages."""
        with self._database.reading() as connection:
            return clients.find(connection, self._keys, None)

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

    def grant(
        self, client: str, source: str, *, now: datetime, since: datetime | None = None
    ) -> None:
        """Allow events of a source from `since` on, which is now if left out.

        Where it is allowed already, an earlier `since` moves the begin, a later one nothing.

        Raises
        ------
        Missing
            There is no such client.
        """
        with self._database.writing() as connection:
            clients.grant(connection, client, source, start=since or now)

    def withdraw(self, client: str, source: str, *, now: datetime) -> None:
        """Allow events of a source no longer; `*` withdraws everything."""
        with self._database.writing() as connection:
            clients.withdraw(connection, client, source, now=now)

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

    def send_commands_again(self) -> None:
        """Let every command be sent once more, to a log that does not have them."""
        with self._database.writing() as connection:
            outbox.send_again(connection)

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
            return alerts.history(connection, alert)

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

    def pending_notices(self, limit: int) -> Sequence[OutgoingNotice]:
        """Return the oldest notices that have not left."""
        with self._database.reading() as connection:
            return alerts.pending_notices(connection, limit)

    def notice_sent(
        self,
        id: int,  # noqa: A002  what it is
        now: datetime,
        ok: bool,
        detail: str = "",
    ) -> None:
        """Keep the receipt of one attempt; after a good one the notice waits no longer."""
        with self._database.writing() as connection:
            alerts.notice_sent(connection, id, now, ok=ok, detail=detail)

    def alert_of_link(self, link: str) -> str | None:
        """Return the id of the alert that the link in a notice leads to."""
        with self._database.reading() as connection:
            return alerts.alert_of_link(connection, link)

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
