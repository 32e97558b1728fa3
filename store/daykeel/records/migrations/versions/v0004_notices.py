"""Letters, where they go and when: addresses, settings, working hours and silences."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True)
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MADE = (
    "delivery_attempts",
    "deliveries",
    "letter_notices",
    "letters",
    "addresses",
    "notice_settings",
    "clinic",
    "silences",
)
"""In the order in which they can be dropped."""


def upgrade() -> None:
    """Make the tables; a notice that had left is settled, one that waits still waits."""
    op.drop_table("notice_attempts")
    op.drop_index("ix_notices_sent_at", "notices")
    with op.batch_alter_table("notices") as notices:
        notices.drop_constraint("uq_notices_link", type_="unique")
        notices.drop_column("link")
        notices.drop_column("taken_until")
        notices.alter_column("sent_at", new_column_name="settled_at")
    op.create_index("ix_notices_settled_at", "notices", ["settled_at"])
    _letters()
    _deliveries()
    _settings()


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("occasion", TEXT, nullable=False),
        sa.Column("link", TEXT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sa.UniqueConstraint("link", name="uq_letters_link"),
    )
    op.create_index("ix_letters_recipient_made_at", "letters", ["recipient", "made_at"])
    op.create_table(
        "letter_notices",
        sa.Column("notice", sa.Integer, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("letter", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("notice", "recipient", "turn", name="pk_letter_notices"),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name="fk_letter_notices_notice"),
        sa.ForeignKeyConstraint(["letter"], ["letters.id"], name="fk_letter_notices_letter"),
    )
    op.create_index("ix_letter_notices_letter", "letter_notices", ["letter"])


def _deliveries() -> None:
    op.create_table(
        "addresses",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_addresses"),
    )
    op.create_index("ix_addresses_owner", "addresses", ["owner"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("letter", sa.Integer, nullable=False),
        sa.Column("address", sa.Integer),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.Column("failed_at", INSTANT),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("taken_until", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("letter", "address", name="uq_deliveries_letter_address"),
        sa.ForeignKeyConstraint(["letter"], ["letters.id"], name="fk_deliveries_letter"),
        sa.ForeignKeyConstraint(["address"], ["addresses.id"], name="fk_deliveries_address"),
    )
    op.create_index("ix_deliveries_sent_at_failed_at", "deliveries", ["sent_at", "failed_at"])
    op.create_table(
        "delivery_attempts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("delivery", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_attempts"),
        sa.ForeignKeyConstraint(
            ["delivery"], ["deliveries.id"], name="fk_delivery_attempts_delivery"
        ),
    )
    op.create_index("ix_delivery_attempts_delivery", "delivery_attempts", ["delivery"])


def _settings() -> None:
    op.create_table(
        "notice_settings",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.Column("digest_at", TEXT, nullable=False),
        sa.Column("deputy", TEXT),
        sa.Column("away_until", INSTANT),
        sa.Column("remind_at", TEXT, nullable=False),
        sa.Column("listens_since", INSTANT),
        sa.Column("looked_at", INSTANT),
        sa.Column("stopped_at", INSTANT),
        sa.PrimaryKeyConstraint("account", name="pk_notice_settings"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_notice_settings_account"),
        sa.ForeignKeyConstraint(["deputy"], ["accounts.id"], name="fk_notice_settings_deputy"),
    )
    op.create_table(
        "clinic",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("zone", TEXT, nullable=False),
        sa.Column("hours", TEXT, nullable=False),
        sa.Column("closed", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clinic"),
    )
    op.create_table(
        "silences",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("stop", INSTANT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name="fk_silences_client"),
    )
    op.create_index("ix_silences_client", "silences", ["client"])


def downgrade() -> None:
    """Drop the tables; a settled notice counts as one that has left, and each gets a new link."""
    for name in MADE:
        op.drop_table(name)
    op.drop_index("ix_notices_settled_at", "notices")
    with op.batch_alter_table("notices") as notices:
        notices.alter_column("settled_at", new_column_name="sent_at")
        notices.add_column(sa.Column("link", TEXT))
        notices.add_column(sa.Column("taken_until", INSTANT))
    _link_anew()
    with op.batch_alter_table("notices") as notices:
        notices.alter_column("link", existing_type=sa.String(), nullable=False)
        notices.create_unique_constraint("uq_notices_link", ["link"])
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


def _link_anew() -> None:
    connection = op.get_bind()
    for (notice,) in connection.execute(sa.text("SELECT id FROM notices")).all():
        told = {"link": secrets.token_urlsafe(32), "id": notice}
        connection.execute(sa.text("UPDATE notices SET link = :link WHERE id = :id"), told)
