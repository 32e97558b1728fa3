"""What the audit calls the clients and alerts it speaks of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; lines that are there already keep the ids they name."""
    op.create_table(
        "audit_references",
        sa.Column("resource", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("resource", name="pk_audit_references"),
    )
