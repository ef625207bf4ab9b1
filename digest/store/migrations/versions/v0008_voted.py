"""The papers that people vote for are found without reading all the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    voted = sa.text("votes IS NOT NULL")
    op.create_index("ix_paper_voted", "paper", ["announced"], sqlite_where=voted, postgresql_where=voted)
