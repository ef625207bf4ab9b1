"""What an issue holds moves into its own row; what counts as sent is derived from issues and their deliveries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from digest.store.engine import batches
from digest.store.issue_contents import IssueEntry, pack_contents

revision = "0010"
down_revision = "0009"

_ISSUES = 500  # of one batch
_FACTS = 500  # of an issue that stands for deleted ones
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_PACKED = ("contents", "lowest", "highest", "recorded")

_ROW = (
    *("subscription_id", "subscriber", "subscription", "kind", "slot", "number"),
    *("state", "contents", "lowest", "highest", "recorded", "outcome"),
)
_MOMENT = sa.DateTime(timezone=True)
_issue = sa.table(
    "issue",
    sa.column("id", sa.Integer),
    *map(sa.column, _ROW),
    *(sa.column(name, _MOMENT) for name in ("created", "since", "until")),
)
_item = sa.table("item", *map(sa.column, ("issue_id", "position", "paper", "event", "section")))
_memory = sa.table("memory", *map(sa.column, ("subscriber", "work", "event", "issue")))
_paper = sa.table("paper", *map(sa.column, ("id", "work", "key")))
_event = sa.table("event", *map(sa.column, ("serial", "work", "event", "paper_id")), sa.column("at", _MOMENT))
_delivery = sa.table("delivery", *map(sa.column, ("issue_id", "state", "reason")))


def upgrade() -> None:
    with op.batch_alter_table("issue") as table:
        table.add_column(sa.Column("contents", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("lowest", sa.Integer(), nullable=True))
        table.add_column(sa.Column("highest", sa.Integer(), nullable=True))
        table.add_column(sa.Column("recorded", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("outcome", sa.Text(), nullable=True))
    with op.batch_alter_table("issue") as table:
        table.alter_column("recorded", server_default=None)
        table.create_index(op.f("ix_issue_subscriber_highest_lowest"), ["subscriber", "highest", "lowest"])
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("way", sa.Text(), nullable=False, server_default="mail"))
        table.drop_constraint(op.f("uq_delivery_issue_id_subscriber"), type_="unique")
        table.create_unique_constraint(op.f("uq_delivery_issue_id_subscriber_way"), ["issue_id", "subscriber", "way"])
    with op.batch_alter_table("delivery") as table:
        table.alter_column("way", server_default=None)
    _move_contents(op.get_bind())
    op.drop_table("item")
    op.drop_table("memory")


def _move_contents(connection: sa.Connection) -> None:
    op.create_index("ix_memory_issue", "memory", ["issue"])
    last = connection.scalar(sa.select(sa.func.max(_issue.c.id))) or 0
    for first in range(0, last + 1, _ISSUES):
        rows = list(_packed_issues(connection, first, first + _ISSUES - 1))
        if rows:
            values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in _PACKED}
            connection.execute(sa.update(_issue).where(_issue.c.id == sa.bindparam("old_id")).values(values), rows)
    for some in batches(_issues_of_the_rest(connection)):
        connection.execute(sa.insert(_issue), some)
    # The papers of letters that an operator had cancelled count as sent: so the command promised until now.
    cancelled = sa.select(_delivery.c.issue_id).where(
        _delivery.c.state == "cancelled", _delivery.c.reason == "cancel, by hand"
    )
    connection.execute(sa.update(_issue).where(_issue.c.id.in_(cancelled)).values(outcome="told"))


def _packed_issues(connection: sa.Connection, first: int, last: int) -> Iterator[dict[str, Any]]:
    """The new columns of these issues: the cards of each, then what it told besides, the latest arrival first."""
    cards = defaultdict[int, list[tuple[IssueEntry, int]]](list)
    shown = sa.select(_item, _paper.c.id, _paper.c.work).join_from(_item, _paper, _paper.c.key == _item.c.paper)
    shown = shown.where(_item.c.issue_id.between(first, last)).order_by(_item.c.issue_id, _item.c.position)
    for row in connection.execute(shown):
        cards[row.issue_id].append((IssueEntry(row.id, row.event, row.section), row.work))
    behind = defaultdict[int, list[Any]](list)
    told = _told().where(_memory.c.issue.between(first, last))
    for row in connection.execute(told.order_by(_memory.c.work.desc(), _event.c.serial.desc())):
        behind[row.issue].append(row)
    known = sa.select(_issue.c.id, _issue.c.kind).where(_issue.c.id.between(first, last))
    for row in connection.execute(known).all():
        entries = [entry for entry, _ in cards[row.id]]
        listed = {work for _, work in cards[row.id]}
        facts = {(work, entry.event) for entry, work in cards[row.id]}
        for each in behind[row.id]:
            if (each.work, each.event) not in facts:
                entries.append(IssueEntry(each.record, each.event, listed=each.work not in listed))
                listed.add(each.work)
        if entries:
            # Of a letter by hand it was kept what it told only where that was asked for.
            recorded = row.kind != "manual" or bool(behind[row.id])
            yield {"old_id": row.id} | {
                f"new_{name}": value for name, value in _values(entries, recorded=recorded).items()
            }


def _issues_of_the_rest(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Issues that stand for those that `digest prune` deleted, and for what was told before issues were noted."""
    rest = _told().join(_issue, _issue.c.id == _memory.c.issue, isouter=True).where(_issue.c.id.is_(None))
    rows = connection.execute(rest.order_by(_memory.c.subscriber, _memory.c.work)).all()
    for subscriber, theirs in groupby(rows, key=lambda row: row.subscriber):
        for number, some in enumerate(batches(theirs, _FACTS), 1):
            at = max((_aware(row.at) for row in some if row.at), default=_LONG_AGO)
            entries = [IssueEntry(row.record, row.event, listed=False) for row in some]
            yield {
                "subscription_id": None,
                "subscriber": subscriber,
                "subscription": "",
                "kind": "pruned",
                "slot": str(number),
                "number": 0,
                "created": at,
                "since": at,
                "until": at,
                "state": "quiet",
                "outcome": None,
                **_values(entries, recorded=True),
            }


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)  # SQLite keeps UTC without a zone


def _told() -> sa.Select[Any]:
    """What was told, each with the record of its event, else that of the work."""
    told = sa.select(
        _memory, sa.func.coalesce(_event.c.paper_id, _memory.c.work).label("record"), _event.c.serial, _event.c.at
    )
    same = sa.and_(_event.c.work == _memory.c.work, _event.c.event == _memory.c.event)
    return told.join_from(_memory, _event, same, isouter=True)


def _values(entries: Sequence[IssueEntry], *, recorded: bool) -> dict[str, Any]:
    records = [entry.record for entry in entries]
    return {
        "contents": pack_contents(entries),
        "lowest": min(records),
        "highest": max(records),
        "recorded": recorded,
    }
