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


installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_check", String, nullable=False),
)
"""One row: what tells the right key from another one."""

clients = Table(
    "clients",
    metadata,
    Column("id", String, primary_key=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("zone", String, nullable=False),
    Column("enrolled", Date),
    Column("made_at", Instant, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("name_key", String, nullable=False, unique=True),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("client", ForeignKey("clients.id")),
    Column("password", String),
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
    Column("token_hash", String, primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index("ix_sessions_account", "account"),
)

login_links = Table(
    "login_links",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

credentials = Table(
    "credentials",
    metadata,
    Column("username", String, primary_key=True),
    Column("client", ForeignKey("clients.id"), nullable=False),
    Column("device", String, nullable=False),
    Column("adapter", String, nullable=False),
    Column("secret_hash", String, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client", ForeignKey("clients.id"), nullable=False),
    Column("source", String, nullable=False),
    Column("start", Instant, nullable=False),
    Column("stop", Instant),
    Index("ix_consents_client", "client"),
)

commands = Table(
    "commands",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("client", ForeignKey("clients.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("is_sent", Boolean, nullable=False),
    UniqueConstraint("client", "id", "version"),
    Index("ix_commands_is_sent_seq", "is_sent", "seq"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String, primary_key=True),
    Column("client", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("onset", Date, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("episode", LargeBinary, nullable=False),
    Column("evidence_at", Instant),
    Column("seen_at", Instant),
    Column("snoozed_until", Instant),
    Column("reason", String, nullable=False),
    Column("recurrence_of", String),
    Column("version", Integer, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_for", String, nullable=False),
    Column("told", String, nullable=False),
    Index("ix_alerts_client_kind", "client", "kind"),
    Index("ix_alerts_snoozed_until", "snoozed_until"),
)

alert_history = Table(
    "alert_history",
    metadata,
    Column("alert", ForeignKey("alerts.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("was", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert", ForeignKey("alerts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("channel", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("link", String, nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("sent_at", Instant),
    UniqueConstraint("alert", "version", "channel"),
    Index("ix_notices_sent_at", "sent_at"),
)

notice_attempts = Table(
    "notice_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice", ForeignKey("notices.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("detail", String, nullable=False),
    Index("ix_notice_attempts_notice", "notice"),
)

requests = Table(
    "requests",
    metadata,
    Column("actor", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_requests_at", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("digest", String, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("digest", String, nullable=False),
)
"""One row: the last line of the audit, so that a tail cut off is noticed."""

audit_references = Table(
    "audit_references",
    metadata,
    Column("resource", String, primary_key=True),
    Column("reference", String, nullable=False),
)
"""What the audit says instead of `client/…` and `alert/…`: once a row here is gone, its lines
speak of nobody, and the chain is still whole."""
