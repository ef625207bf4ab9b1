"""Adds letters to the outbox, in the transaction of what they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import insert as plain_insert

from digest.mail.address import recipient_domain
from digest.mail.delivery_state import DeliveryState
from digest.mail.envelope import Envelope
from digest.mail.packing import pack_message
from digest.store import tables as t
from digest.store.engine import batches, insert
from digest.store.executemany import ExecuteMany

_COLUMN = t.delivery.c
MAIL = "mail"
"""The way of a delivery by mail; (issue, subscriber, way) is its key."""

SENT_BEFORE_RESTORE = "it had been sent before the database was put back"
_LETTERS = ExecuteMany(("delivery_id", "message", "papers"), lambda _: plain_insert(t.letter))
_UNTRIED = {"way": MAIL, "attempts": 0, "crashes": 0, "doubts": 0, "epoch": 0}


def add_letter(connection: Connection, envelope: Envelope, *, created: datetime, **more: Any) -> bool:
    """Add a letter, in the caller's transaction; False: a notice with this key was added before.

    A letter that was sent before a restore of the database is added as sent.
    """
    posted = connection.scalar(select(t.posted.c.message_id).where(t.posted.c.message_id == envelope.message_id))
    row = _row(envelope, created, posted=posted is not None) | more
    statement = insert(connection, t.delivery).values(row)
    if "notice" in more:
        statement = statement.on_conflict_do_nothing(index_elements=["notice"])
    number = connection.scalar(statement.returning(_COLUMN.id))
    if number is None:
        return False
    connection.execute(
        plain_insert(t.letter).values(delivery_id=number, message=pack_message(envelope.message, envelope.content))
    )
    return True


def _row(envelope: Envelope, created: datetime, *, posted: bool) -> dict[str, Any]:
    """The first values of a delivery."""
    return {
        "sender": envelope.sender,
        "recipient": envelope.recipient,
        "domain": recipient_domain(envelope.recipient),
        "message_id": envelope.message_id,
        "created": created,
        "state": DeliveryState.SENT if posted else DeliveryState.READY,
        "reason": SENT_BEFORE_RESTORE if posted else None,
        "next_at": None if posted else created,
        **_UNTRIED,
    }


def add_letters(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    envelopes: Sequence[Envelope],
    messages: Mapping[str, bytes],
    papers: Sequence[str],
) -> None:
    """Add many letters of issues, in the caller's transaction; `rows` are more columns of each, `papers` their marks.

    The messages come compressed, by Message-ID, since compressing takes time in which it would block other writers.
    """
    keys = [envelope.message_id for envelope in envelopes]
    posted = set[str]()
    for batch in batches(keys):
        posted.update(connection.scalars(select(t.posted.c.message_id).where(t.posted.c.message_id.in_(batch))))
    deliveries = [
        row | _row(envelope, row["created"], posted=envelope.message_id in posted)
        for row, envelope in zip(rows, envelopes, strict=True)
    ]
    statement = plain_insert(t.delivery).returning(_COLUMN.id, _COLUMN.message_id)
    numbers = {key: number for number, key in connection.execute(statement, deliveries)}
    _LETTERS(connection, [(numbers[key], messages[key], marks) for key, marks in zip(keys, papers, strict=True)])
