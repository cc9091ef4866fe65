"""The hosts that a tenant's web links may lead to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenant", sa.Column("targets", sa.Text(), nullable=False, server_default=""))
