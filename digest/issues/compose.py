"""Composes the issue of every due subscription and writes its letter into the outbox, shard by shard."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import repeat
from threading import Event

from digest import process
from digest.issues.compose_window import ComposeWindow, sync_schedules
from digest.issues.composer import LEASE, Composer, LetterMaker
from digest.issues.draft import ComposeResult, SourceOutlook, draft_issue, known_papers, with_answers
from digest.issues.due_issue import OVERLAP
from digest.issues.manual import ManualIssue, compose_manual
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
    "compose",
    "compose_manual",
    "draft_issue",
    "known_papers",
    "sync_schedules",
    "with_answers",
]

SHARD = 1_000
"""Readers whose issues one process writes at a time."""


def compose(
    subscribers: Sequence[Subscriber],
    store: Store,
    letters: LetterMaker,
    *,
    now: datetime,
    window: ComposeWindow | None = None,
    outlook: Callable[[], SourceOutlook] = SourceOutlook,
    shards: int | None = None,
    in_transaction: TransactionHook | None = None,
    stop: Event | None = None,
    tell: Callable[[ComposeResult], None] = lambda _: None,
) -> list[ComposeResult]:
    """Write one issue for every subscription that is due; a reader whose letter fails stops no other and stays due.

    The work is taken shard by shard, at most so many `shards`, and each is claimed, so that processes that compose at
    the same time share it. `window` keeps the compiled rules of these readers between two calls.
    `outlook` is asked where something is due; `in_transaction` is written with the letters, in their transactions.
    """
    window = window or ComposeWindow()
    set_back = store.future_instants.set_back(now)
    if set_back:
        window.forget_schedules()
    active = window.active(subscribers, store, now=now)
    unscheduled = [
        ComposeResult(subscriber="", subscription="", set_aside=(each,)) for each in (*set_back, *window.unscheduled())
    ]
    for result in unscheduled:
        store.set_aside.record(result.set_aside, now=now)
        tell(result)
    waiting = store.leases.backlog(now, LEASE, process.is_gone)
    if not waiting.readers:
        window.release()
        return unscheduled
    composer = Composer(
        store=store,
        letters=letters,
        window=window,
        rule_set=window.rule_set(subscribers),
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
                window.release()
                break
            with _uncollected():
                composer.write([row for row in rows if (row.subscriber, row.name) in active], active, owner)
    finally:
        store.leases.release_due(owner)  # of what was not done; the rest is free already
    return [*unscheduled, *composer.results]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pauses the garbage collector: a pass over rules, papers and cards takes a second.

    A letter makes no reference cycles, so next to nothing is left uncollected while a shard is written.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()
