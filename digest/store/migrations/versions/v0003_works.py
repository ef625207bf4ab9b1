"""Records without a common id find each other, why they are one work is kept, and which batch a source brought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("title_mark", "people_mark"):
        op.add_column("paper", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_index(op.f(f"ix_paper_{name}"), "paper", [name], unique=False)
    op.add_column("source", sa.Column("batch", sa.Text(), nullable=True))
    op.create_table(
        "bond",
        sa.Column("paper_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("other_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_bond_paper_id_paper")),
        sa.ForeignKeyConstraint(["other_id"], ["paper.id"], name=op.f("fk_bond_other_id_paper")),
        sa.PrimaryKeyConstraint("paper_id", "other_id", name=op.f("pk_bond")),
    )
    op.create_index(op.f("ix_bond_other_id"), "bond", ["other_id"], unique=False)
