"""What services say of papers and people is kept, with its day, and what has changed in a paper with the news of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "figure",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_figure")),
    )
    op.add_column("event", sa.Column("changes", sa.Text(), nullable=True))
    op.create_index(op.f("ix_figure_key"), "figure", ["key"], unique=False)
