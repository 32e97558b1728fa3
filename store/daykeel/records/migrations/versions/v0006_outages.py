"""Outages of ours: when the canary was last heard, and each time it was not."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table; the canary begins to note when it is heard."""
    op.create_table(
        "outages",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stop", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_outages"),
    )


def downgrade() -> None:
    """Drop the table; the stream keeps what it was told of outages."""
    op.drop_table("outages")
