"""Letters that were written and need not leave any more."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the columns; every letter of before was meant to leave."""
    op.add_column("deliveries", sa.Column("closed_at", INSTANT))
    op.add_column("letter_notices", sa.Column("called_off_at", INSTANT))


def downgrade() -> None:
    """Drop the columns; what need not leave any more is undeliverable."""
    op.execute("UPDATE deliveries SET failed_at = closed_at WHERE closed_at IS NOT NULL")
    op.drop_column("letter_notices", "called_off_at")
    op.drop_column("deliveries", "closed_at")
