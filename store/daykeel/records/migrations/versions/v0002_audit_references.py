"""What the audit calls the clients and alerts it speaks of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table; lines that are there already keep the ids they name."""
    op.create_table(
        "audit_references",
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("resource", name="pk_audit_references"),
    )


def downgrade() -> None:
    """Drop the table; lines that use references keep them, and speak of nobody from then on."""
    op.drop_table("audit_references")
