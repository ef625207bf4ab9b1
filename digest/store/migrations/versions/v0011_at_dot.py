"""The lease under which a letter was handed over, for machines that cannot read its sender's journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("at_dot", sa.Integer(), nullable=True))
