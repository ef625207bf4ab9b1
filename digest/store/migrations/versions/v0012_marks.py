"""Letters know the marks of their papers, and the database the place where it was used last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("letter", sa.Column("papers", sa.Text(), nullable=True))
    op.add_column("ledger", sa.Column("place", sa.Text(), nullable=True))
    op.create_table(
        "posted_paper",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_posted_paper")),
    )
