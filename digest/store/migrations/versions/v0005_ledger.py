"""The ledger: waits, brakes, journals and their tries told whole; suppressions, leavings, and what came back."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _deliveries()
    for column in ("phase", "relay", "queue_id"):
        op.add_column("attempt", sa.Column(column, sa.Text(), nullable=True))
    op.add_column("attempt", sa.Column("began", _MOMENT, nullable=True))
    op.add_column("memory", sa.Column("issue", sa.Integer(), nullable=True))
    ledger = op.create_table("ledger", sa.Column("id", sa.Text(), nullable=False), _key("ledger", "id"))
    op.bulk_insert(ledger, [{"id": uuid.uuid4().hex}])
    op.create_table(
        "journal",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opened", _MOMENT, nullable=False),
        sa.Column("closed", _MOMENT, nullable=True),
        _key("journal", "name"),
    )
    op.create_table(
        "posted",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _key("posted", "message_id"),
    )
    op.create_table(
        "brake",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("until", _MOMENT, nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _key("brake", "kind", "name"),
    )
    op.create_table(
        "pace",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_at", _MOMENT, nullable=False),
        _key("pace", "name"),
    )
    op.create_table(
        "allowance",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        _key("allowance", "name", "day"),
    )
    _what_comes_back()


def _deliveries() -> None:
    op.execute("UPDATE delivery SET state = 'in doubt', owner = NULL, until = NULL WHERE state = 'leased' AND dot")
    op.execute("UPDATE delivery SET next_at = created WHERE state = 'ready'")
    with op.batch_alter_table("delivery") as table:
        table.drop_index(op.f("ix_delivery_state_next_at"))
        table.drop_column("dot")
        table.alter_column("issue_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("notice", sa.Text(), nullable=True))
        table.add_column(sa.Column("domain", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("expires", _MOMENT, nullable=True))
        table.add_column(sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("doubts", sa.Integer(), nullable=False, server_default="0"))
    place = "position('@' in recipient)" if op.get_context().dialect.name == "postgresql" else "instr(recipient, '@')"
    op.execute(f"UPDATE delivery SET domain = lower(substr(recipient, {place} + 1))")  # noqa: S608, two fixed texts
    with op.batch_alter_table("delivery") as table:
        for column in ("domain", "crashes", "doubts"):
            table.alter_column(column, server_default=None)
        table.create_unique_constraint(op.f("uq_delivery_notice"), ["notice"])
        for column in ("state", "next_at", "until", "expires"):
            table.create_index(op.f(f"ix_delivery_{column}"), [column])


def _what_comes_back() -> None:
    op.create_table(
        "suppression",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        _key("suppression", "address"),
    )
    op.create_table(
        "score",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _key("score", "address"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=True),
        _key("evidence", "id"),
    )
    op.create_index(op.f("ix_evidence_address"), "evidence", ["address"])
    op.create_table(
        "heard",
        sa.Column("piece", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _key("heard", "piece"),
    )
    op.create_table(
        "departure",
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        _key("departure", "subscriber", "subscription"),
    )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))
