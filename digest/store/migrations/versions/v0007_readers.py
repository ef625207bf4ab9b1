"""Where issues are read on the web; who signs up, what is pending; pauses, muted terms, opinions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("issue", sa.Column("page", sa.Text(), nullable=True))
    op.create_index("ix_issue_page", "issue", ["page"])
    roll = op.create_table(
        "roll",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        _key("roll", "id"),
    )
    op.bulk_insert(roll, [{"id": 1, "serial": 0}])
    op.create_table(
        "reader",
        _text("id"),
        _text("address"),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        _key("reader", "id"),
        sa.UniqueConstraint("address", name="uq_reader_address"),
    )
    op.create_index("ix_reader_serial", "reader", ["serial"])
    op.create_table(
        "pending",
        _text("id"),
        _text("kind"),
        _text("address"),
        sa.Column("subscriber", sa.Text(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        _text("said"),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.Column("done", _MOMENT, nullable=True),
        _key("pending", "id"),
    )
    op.create_index("ix_pending_address", "pending", ["address"])
    op.create_index("ix_pending_expires", "pending", ["expires"])
    op.create_table(
        "pause",
        _text("subscriber"),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        _key("pause", "subscriber"),
    )
    op.create_table(
        "links",
        _text("subscriber"),
        sa.Column("version", sa.Integer(), nullable=False),
        _key("links", "subscriber"),
    )
    op.create_table(
        "mute",
        _text("subscriber"),
        _text("term"),
        sa.Column("at", _MOMENT, nullable=False),
        _key("mute", "subscriber", "term"),
    )
    op.create_table(
        "opinion",
        _text("subscriber"),
        _text("paper"),
        sa.Column("more", sa.Boolean(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _key("opinion", "subscriber", "paper"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")
