"""Who decided what a command says, the rules of the clinic, and what was said of alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.DateTime(timezone=True)
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the columns and the table; of commands that are there nobody knows who made them."""
    op.add_column("commands", sa.Column("made_at", INSTANT))
    op.add_column("commands", sa.Column("made_by", TEXT))
    op.add_column("alerts", sa.Column("useful", sa.Boolean))
    op.create_table(
        "clinic_rules",
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("first", "version", name="pk_clinic_rules"),
    )


def downgrade() -> None:
    """Drop them; rules of the clinic that are with the clients stay there."""
    op.drop_table("clinic_rules")
    op.drop_column("alerts", "useful")
    op.drop_column("commands", "made_by")
    op.drop_column("commands", "made_at")
