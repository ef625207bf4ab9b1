"""From the store into the outbox: what is due, what matched, one issue, one letter."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import repeat
from threading import Event

from digest import process
from digest.issues.compose_window import ComposeWindow, enrol
from digest.issues.composer import LEASE, Composer, LetterMaker
from digest.issues.draft import ComposeResult, SourceOutlook, answered, draw_up, items_of, known_papers
from digest.issues.due_issue import OVERLAP
from digest.issues.manual import ManualIssue, by_hand
from digest.store import Store, TransactionHook
from digest.subscriptions import Subscriber

__all__ = [
    "LEASE",
    "SHARD",
    "ComposeResult",
    "ComposeWindow",
    "LetterMaker",
    "ManualIssue",
    "SourceOutlook",
    "answered",
    "by_hand",
    "compose",
    "draw_up",
    "enrol",
    "items_of",
    "known_papers",
]

SHARD = 1_000
"""Readers whose issues one process writes at a time."""


def compose(
    subscribers: Sequence[Subscriber],
    store: Store,
    letters: LetterMaker,
    *,
    now: datetime,
    morning: ComposeWindow | None = None,
    outlook: Callable[[], SourceOutlook] = SourceOutlook,
    shards: int | None = None,
    in_transaction: TransactionHook | None = None,
    stop: Event | None = None,
    tell: Callable[[ComposeResult], None] = lambda _: None,
) -> list[ComposeResult]:
    """Write one issue for every subscription that is due; a reader whose letter fails stops no other and stays due.

    The work is taken shard by shard, at most so many `shards`, and each is claimed, so that processes that compose at
    the same time share it. `morning` keeps the rules of these readers ready between two rounds.
    `outlook` is asked where something is due; `in_transaction` is written with the letters, in their transactions.
    """
    morning = morning or ComposeWindow()
    desks = morning.desks(subscribers, store, now=now)
    waiting = store.leases.backlog(now, LEASE, process.is_gone)
    if not waiting.readers:
        morning.forget()
        return []
    desk = Composer(
        store=store,
        letters=letters,
        morning=morning,
        book=morning.book(subscribers),
        since=None if waiting.since is None else waiting.since - OVERLAP,
        outlook=cache(outlook),
        listed=cache(lambda since: store.papers.dated(since, now)),
        now=now,
        in_transaction=in_transaction,
        tell=tell,
    )
    owner = process.me()
    try:
        for _ in repeat(None) if shards is None else range(shards):
            if stop is not None and stop.is_set():
                break
            rows = store.leases.claim_due(now=now, owner=owner, limit=SHARD, lease=LEASE, is_gone=process.is_gone)
            if not rows:
                morning.forget()
                break
            with _uncollected():
                desk.write([row for row in rows if (row.subscriber, row.name) in desks], desks, owner)
    finally:
        store.leases.release_due(owner)  # of what was not done; the rest is free already
    return desk.results


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles, who takes a second each time that it looks through rules, papers and cards.

    A letter makes no cycles, so next to nothing waits for it until the shard is written.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()
