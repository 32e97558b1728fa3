"""Until when a notice that waits is in the hands of one worker."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the column; no notice is in anybody's hands."""
    op.add_column("notices", sa.Column("taken_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Drop the column; a notice that is in somebody's hands may be taken by another one too."""
    op.drop_column("notices", "taken_until")
