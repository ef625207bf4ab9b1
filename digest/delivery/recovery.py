"""The ledger's book-keeping around a round: what dead processes left is taken over first, and nothing is begun on a
database that has forgotten what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from digest.delivery import DOUBT, LEASE, Delivered
from digest.delivery import journal as journals
from digest.delivery.journal import Journal
from digest.delivery.log_evidence import NO_LOGS, Logs, look
from digest.errors import DigestError, Exit
from digest.mail.outcome import State
from digest.store import Lease, Store

KEPT = timedelta(days=14)
"""How long closed journals stay: a database that is put back to an older state than that has no witness."""


class Restored(DigestError):
    """The database is older than the journals."""

    exit = Exit.FAILED

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} tells of letters of which the database knows nothing: it was put back to an older state. "
            "Nothing is sent. If that was on purpose, run the command again with --confirm-restore: what the journals "
            "say was sent is not sent again"
        )


@contextmanager
def ledger(
    store: Store,
    folder: Path,
    *,
    clock: Callable[[], datetime],
    restored: bool = False,
    logs: Logs = NO_LOGS,
    tell: Callable[[Delivered], None] = lambda _: None,
) -> Iterator[Callable[[], AbstractContextManager[Journal]]]:
    """What a round stands on: a maker of its journal, once the letters of dead processes are taken over.

    What the relays' `logs` know of letters in doubt is told before any of them is sent once more. Raises Restored where
    the database is older than the journals, unless that is confirmed.
    """
    name = store.journals.database_id()
    take_over(store, folder, name, now=clock(), restored=restored)
    store.outbox.expire_leases(
        lambda owner: _handed_over(store, folder, owner, clock()), now=clock(), retry_at=clock() + DOUBT
    )
    for word in look(store, logs, now=clock(), lately=True):
        if word.sent:
            tell(
                Delivered(subscriber=word.subscriber, message_id=word.message_id, outcome=State.SENT, words=word.words)
            )
    store.merging.expire(now=clock())
    yield lambda: _begun(store, folder, name, clock)


def take_over(store: Store, folder: Path, name: str, *, now: datetime, restored: bool = False) -> None:
    """Tell the store what the journals of dead processes say; free their letters at once."""
    journals.forget(folder, now - KEPT)  # first: `prune` may have dropped what the store knew of these
    unknown = set(store.journals.not_closed(journals.names(folder)))
    if unknown:
        forgotten = [record for record in journals.closed(folder, name) if record.name in unknown]
        if forgotten and not restored:
            raise Restored(folder)
        for record in forgotten:
            store.journals.replay_after_restore(record, now=now)
    for left in journals.left_behind(folder, name):
        try:
            if store.journals.replay(left.record, now=now, retry_at=now + DOUBT):
                left.settle()
                continue
            if not restored:
                raise Restored(folder)
            store.journals.replay_after_restore(left.record, now=now)
            left.settle()
        except BaseException:
            left.leave()
            raise


@contextmanager
def _begun(store: Store, folder: Path, name: str, clock: Callable[[], datetime]) -> Iterator[Journal]:
    """A journal that is closed once the store knows all of it; else its next reader tells the store."""
    journal = Journal.begin(folder, name, now=clock())
    try:
        store.journals.add(journal.name, now=clock())
        yield journal
        store.journals.mark_closed(journal.name, now=clock())
    except BaseException:
        journal.abandon()
        raise
    journal.close()


def _handed_over(store: Store, folder: Path, owner: str, now: datetime) -> Collection[Lease] | None:
    """Of an owner on this machine, what it had handed over when it stood still; None while it is at work.

    What it knows as taken and has not told yet, the store is told here, else another would send it again.
    """
    record = journals.alive(folder, owner)
    if record is None:
        return ()
    if now - record.touched < LEASE:
        return None
    store.journals.record_taken(record.record, now=now)
    return [(entry.delivery, entry.epoch) for entry in record.record.entries if entry.mark in "DL"]
