"""The tables of the records, as the newest migration leaves them."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC, also where the database forgets the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant as the database takes it; one without a zone is refused."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant, aware."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Text(TypeDecorator[str]):
    """Text, ordered by code point everywhere; NUL, which PostgreSQL cannot keep, is replaced."""

    impl = String().with_variant(String(collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as any database takes it."""
        del dialect
        return None if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")


installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_check", Text, nullable=False),
)
"""One row: what tells the right key from another one."""

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("zone", Text, nullable=False),
    Column("enrolled", Date),
    Column("made_at", Instant, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("client", ForeignKey("clients.id")),
    Column("password", Text),
    Column("made_at", Instant, nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("client", ForeignKey("clients.id"), nullable=False),
    Column("start", Instant, nullable=False),
    Column("stop", Instant),
    Index("ix_assignments_account", "account"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index("ix_sessions_account", "account"),
)

login_links = Table(
    "login_links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

credentials = Table(
    "credentials",
    metadata,
    Column("username", Text, primary_key=True),
    Column("client", ForeignKey("clients.id"), nullable=False),
    Column("device", Text, nullable=False),
    Column("adapter", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client", ForeignKey("clients.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("start", Instant, nullable=False),
    Column("stop", Instant),
    Index("ix_consents_client", "client"),
)

commands = Table(
    "commands",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("client", ForeignKey("clients.id"), nullable=False),
    Column("id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("is_sent", Boolean, nullable=False),
    Column("made_at", Instant),
    Column("made_by", Text),
    UniqueConstraint("client", "id", "version"),
    Index("ix_commands_is_sent_seq", "is_sent", "seq"),
)

clinic_rules = Table(
    "clinic_rules",
    metadata,
    Column("first", Date, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("value", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
)
"""What holds for everybody who has no own rules, from which night; each client has a copy."""

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("onset", Date, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("episode", LargeBinary, nullable=False),
    Column("evidence_at", Instant),
    Column("seen_at", Instant),
    Column("snoozed_until", Instant),
    Column("reason", Text, nullable=False),
    Column("recurrence_of", Text),
    Column("version", Integer, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_for", Text, nullable=False),
    Column("told", Text, nullable=False),
    Column("useful", Boolean),
    Index("ix_alerts_client_kind", "client", "kind"),
    Index("ix_alerts_snoozed_until", "snoozed_until"),
)

alert_history = Table(
    "alert_history",
    metadata,
    Column("alert", ForeignKey("alerts.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("was", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert", ForeignKey("alerts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("alert", "version", "channel"),
    Index("ix_notices_settled_at", "settled_at"),
)
"""What has to be told, written with the step that caused it, until that is done."""

letters = Table(
    "letters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    Column("link", Text, nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("went_with", Integer),
    Index("ix_letters_recipient_made_at", "recipient", "made_at"),
)
"""What somebody is told at one time: a link and a count.

`went_with` is the earlier letter that took over what this one says, since both waited.
"""

letter_notices = Table(
    "letter_notices",
    metadata,
    Column("notice", ForeignKey("notices.id"), primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("letter", ForeignKey("letters.id"), nullable=False),
    Column("called_off_at", Instant),
    Index("ix_letter_notices_letter", "letter"),
)
"""Which notices are in which letter: nobody is told of one twice but in another turn.

Of one that was called off before the letter left nobody was told.
"""

addresses = Table(
    "addresses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Index("ix_addresses_owner", "owner"),
)
"""Where letters go; of one that was removed nothing is left but that it was there."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("letter", ForeignKey("letters.id"), nullable=False),
    Column("address", ForeignKey("addresses.id")),
    Column("channel", Text, nullable=False),
    Column("sent_at", Instant),
    Column("failed_at", Instant),
    Column("tries", Integer, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("taken_until", Instant),
    Column("closed_at", Instant),
    UniqueConstraint("letter", "address"),
    Index("ix_deliveries_sent_at_failed_at", "sent_at", "failed_at"),
)
"""One letter to one address: sent, undeliverable, closed without being sent, or on its way.

`next_at` and `taken_until` go by the system's clock.
"""

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery", ForeignKey("deliveries.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_delivery_attempts_delivery", "delivery"),
)

notice_settings = Table(
    "notice_settings",
    metadata,
    Column("account", ForeignKey("accounts.id"), primary_key=True),
    Column("zone", Text, nullable=False),
    Column("digest_at", Text, nullable=False),
    Column("deputy", ForeignKey("accounts.id")),
    Column("away_until", Instant),
    Column("remind_at", Text, nullable=False),
    Column("listens_since", Instant),
    Column("looked_at", Instant),
    Column("stopped_at", Instant),
)
"""How somebody wants to be told: staff the first columns, clients the last."""

clinic = Table(
    "clinic",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("zone", Text, nullable=False),
    Column("hours", Text, nullable=False),
    Column("closed", JSON, nullable=False),
)
"""One row: when people work."""

silences = Table(
    "silences",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client", ForeignKey("clients.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("start", Instant, nullable=False),
    Column("stop", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Index("ix_silences_client", "client"),
)

outages = Table(
    "outages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("start", Instant, nullable=False),
    Column("stop", Instant),
)
"""How long the canary was not heard, each time; the row without an end begins with the last
message that was, and ends with the next one."""

requests = Table(
    "requests",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_requests_at", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("digest", Text, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("digest", Text, nullable=False),
)
"""One row: the last line of the audit, so that a tail cut off is noticed."""

audit_references = Table(
    "audit_references",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("reference", Text, nullable=False),
)
"""What the audit says instead of `client/…` and `alert/…`: once a row here is gone, its lines
speak of nobody, and the chain is still whole."""
