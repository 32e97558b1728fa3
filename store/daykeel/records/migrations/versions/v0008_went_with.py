"""Letters that waited so long that they went with an earlier one."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the column; every letter of before went by itself."""
    op.add_column("letters", sa.Column("went_with", sa.Integer))


def downgrade() -> None:
    """Drop the column; what went with an earlier letter is one that never left."""
    op.drop_column("letters", "went_with")
