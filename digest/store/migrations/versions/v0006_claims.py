"""Which process is writing the issue of a due subscription is kept, so that several share the work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("subscription", sa.Column("held_by", sa.Text(), nullable=True))
    op.add_column("subscription", sa.Column("held", sa.DateTime(timezone=True), nullable=True))
