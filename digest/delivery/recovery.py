"""Recovery: takes over the letters of dead processes before a delivery run; refuses to send on a restored database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from digest.delivery import DOUBT, LEASE, Delivered
from digest.delivery import journal as journals
from digest.delivery.journal import Journal
from digest.delivery.log_evidence import NO_LOGS, RelayLogs, search_logs
from digest.errors import DigestError, Exit
from digest.mail.delivery_state import DeliveryState
from digest.store import DeliveryLease, Store

JOURNAL_RETENTION = timedelta(days=14)
"""How long closed journals are kept: that a database was restored to an older state than that is not noticed."""


class DatabaseRestored(DigestError):
    """The database is older than the journals: somebody restored a backup."""

    exit = Exit.FAILED

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} tells of letters of which the database knows nothing: it was put back to an older state. "
            "Nothing is sent. If that was on purpose, run the command again with --confirm-restore: what the journals "
            "say was sent is not sent again"
        )


def recover(
    store: Store,
    folder: Path,
    *,
    clock: Callable[[], datetime],
    restored: bool = False,
    logs: RelayLogs = NO_LOGS,
    tell: Callable[[Delivered], None] = lambda _: None,
) -> Callable[[], AbstractContextManager[Journal]]:
    """Take over the letters of dead processes and expire late ones; what opens the journal of the run that follows.

    Letters in doubt that the relays' `logs` know as taken are marked sent, before any of them is sent once more. Raises
    DatabaseRestored where the database is older than the journals, unless that is confirmed by `restored`.
    """
    store.future_instants.set_back(clock())
    name = store.journals.database_id()
    take_over(store, folder, name, now=clock(), restored=restored)
    store.outbox.expire_leases(
        lambda owner: _handed_over(store, folder, owner, clock()), now=clock(), retry_at=clock() + DOUBT
    )
    for each in search_logs(store, logs, now=clock(), lately=True):
        if each.sent:
            tell(
                Delivered(
                    subscriber=each.subscriber, message_id=each.message_id, outcome=DeliveryState.SENT, words=each.words
                )
            )
    for merged in store.merging.expire(now=clock()):
        words = "it could not go out in its time; its papers come with the next issue"
        key = merged.message_id
        tell(Delivered(subscriber=merged.subscriber, message_id=key, outcome=DeliveryState.MERGED, words=words))
    return lambda: _open_journal(store, folder, name, clock)


def take_over(store: Store, folder: Path, name: str, *, now: datetime, restored: bool = False) -> None:
    """Tell the store what the journals of dead processes say, and free the letters that they had leased."""
    journals.delete_closed(folder, now - JOURNAL_RETENTION)  # first: `prune` may have deleted what the store knew
    unknown = set(store.journals.not_closed(journals.closed_names(folder)))
    if unknown:
        forgotten = [record for record in journals.closed_journals(folder, name) if record.name in unknown]
        if forgotten and not restored:
            raise DatabaseRestored(folder)
        for record in forgotten:
            store.journals.replay_after_restore(record, now=now)
    for orphan in journals.orphaned_journals(folder, name):
        try:
            if store.journals.replay(orphan.record, now=now, retry_at=now + DOUBT):
                orphan.close()
                continue
            if not restored:
                raise DatabaseRestored(folder)
            store.journals.replay_after_restore(orphan.record, now=now)
            orphan.close()
        except BaseException:
            orphan.release()
            raise


@contextmanager
def _open_journal(store: Store, folder: Path, name: str, clock: Callable[[], datetime]) -> Iterator[Journal]:
    """A journal that is closed once the store knows all of it; after an error it is left to the next process."""
    journal = Journal.begin(folder, name, now=clock())
    try:
        store.journals.add(journal.name, now=clock())
        yield journal
        store.journals.mark_closed(journal.name, now=clock())
    except BaseException:
        journal.abandon()
        raise
    journal.close()


def _handed_over(store: Store, folder: Path, owner: str, now: datetime) -> Collection[DeliveryLease] | None:
    """The letters in doubt of an owner on this machine whose leases have lapsed; None while the owner is at work.

    What its journal knows as taken is recorded in the store first, else another process would send that again.
    """
    found = journals.live_journal(folder, owner)
    if found is None:
        return ()
    if now - found.touched < LEASE:
        return None
    store.journals.record_taken(found.record, now=now)
    return [(entry.delivery, entry.epoch) for entry in found.record.entries if entry.mark in "DL"]
