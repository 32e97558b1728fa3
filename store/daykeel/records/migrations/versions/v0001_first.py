"""People, sessions, devices, consents, commands, alerts, notices and the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
TABLES = (
    "installation",
    "clients",
    "accounts",
    "assignments",
    "sessions",
    "login_links",
    "credentials",
    "consents",
    "commands",
    "alerts",
    "alert_history",
    "notices",
    "notice_attempts",
    "requests",
    "audit",
    "audit_head",
)
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the first tables."""
    _people()
    _devices()
    _alerts()
    _audit()


def downgrade() -> None:
    """Drop all of them, those that others refer to last."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("key_check", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
    )
    op.create_table(
        "clients",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.Column("enrolled", sa.Date),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("name_sealed", sa.LargeBinary, nullable=False),
        sa.Column("client", TEXT),
        sa.Column("password", TEXT),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("name_key", name="uq_accounts_name_key"),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name="fk_accounts_client"),
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("stop", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_assignments_account"),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name="fk_assignments_client"),
    )
    op.create_index("ix_assignments_account", "assignments", ["account"])
    op.create_table(
        "sessions",
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_sessions_account"),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_table(
        "login_links",
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.PrimaryKeyConstraint("token_hash", name="pk_login_links"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_login_links_account"),
    )


def _devices() -> None:
    op.create_table(
        "credentials",
        sa.Column("username", TEXT, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("adapter", TEXT, nullable=False),
        sa.Column("secret_hash", TEXT, nullable=False),
        sa.Column("topics", sa.JSON, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("username", name="pk_credentials"),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name="fk_credentials_client"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("stop", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name="fk_consents_client"),
    )
    op.create_index("ix_consents_client", "consents", ["client"])
    op.create_table(
        "commands",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("is_sent", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_commands"),
        sa.UniqueConstraint("client", "id", "version", name="uq_commands_client_id_version"),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name="fk_commands_client"),
    )
    op.create_index("ix_commands_is_sent_seq", "commands", ["is_sent", "seq"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("onset", sa.Date, nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("episode", sa.LargeBinary, nullable=False),
        sa.Column("evidence_at", INSTANT),
        sa.Column("seen_at", INSTANT),
        sa.Column("snoozed_until", INSTANT),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("recurrence_of", TEXT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("resolved_at", INSTANT),
        sa.Column("resolved_for", TEXT, nullable=False),
        sa.Column("told", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_client_kind", "alerts", ["client", "kind"])
    op.create_index("ix_alerts_snoozed_until", "alerts", ["snoozed_until"])
    op.create_table(
        "alert_history",
        sa.Column("alert", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("was", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("alert", "version", name="pk_alert_history"),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name="fk_alert_history_alert"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("alert", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("link", TEXT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("link", name="uq_notices_link"),
        sa.UniqueConstraint("alert", "version", "channel", name="uq_notices_alert_version_channel"),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name="fk_notices_alert"),
    )
    op.create_index("ix_notices_sent_at", "notices", ["sent_at"])
    op.create_table(
        "notice_attempts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("notice", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice_attempts"),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name="fk_notice_attempts_notice"),
    )
    op.create_index("ix_notice_attempts_notice", "notice_attempts", ["notice"])


def _audit() -> None:
    op.create_table(
        "requests",
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_requests"),
    )
    op.create_index("ix_requests_at", "requests", ["at"])
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.execute("INSERT INTO audit_head (id, seq, digest) VALUES (1, 0, '')")
