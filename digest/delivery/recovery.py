"""Recovery: takes over the letters of dead processes before a delivery run; refuses to send on a restored database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from digest.delivery import DOUBT, LEASE, Delivered
from digest.delivery import journal as journals
from digest.delivery.journal import Journal, OrphanedJournal
from digest.delivery.log_evidence import NO_LOGS, RelayLogs, search_logs
from digest.errors import DigestError, Exit, SetAside
from digest.mail.delivery_state import DeliveryState
from digest.store import HandedOver, Store

log = logging.getLogger("digest")

JOURNAL_RETENTION = timedelta(days=14)
"""How long closed journals are kept: that a database was restored to an older state than that is not noticed."""


class DatabaseRestored(DigestError):
    """The database is not the one that was used last: a backup, an empty one, another one, or a copy."""

    exit = Exit.FAILED

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}. Nothing is written or sent. If that was on purpose, run the command again with "
            "--confirm-restore: what the journals say was sent is not sent again"
        )


def recover(
    store: Store,
    folder: Path,
    *,
    clock: Callable[[], datetime],
    restored: bool = False,
    logs: RelayLogs = NO_LOGS,
    waiting: bool = False,
    tell: Callable[[Delivered], None] = lambda _: None,
) -> Callable[[], AbstractContextManager[Journal]]:
    """Take over the letters of dead processes and expire late ones; what opens the journal of the run that follows.

    Letters in doubt that the relays' `logs` know as taken are marked sent, before any of them is sent once more; with
    `waiting` also letters that wait, of which a database that was put back together with its journals does not know.
    Raises DatabaseRestored where the database is not the one that was used last, unless `restored` confirms that.
    """
    store.future_instants.set_back(clock())
    take_over(store, folder, now=clock(), restored=restored)
    store.outbox.expire_leases(
        lambda owner: _handed_over(store, folder, owner, clock()), now=clock(), retry_at=clock() + DOUBT
    )
    for each in search_logs(store, logs, now=clock(), lately=True, waiting=waiting):
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
    return lambda: _open_journal(store, folder, clock)


def take_over(store: Store, folder: Path, *, now: datetime, restored: bool = False) -> None:
    """Tell the store what the journals of dead processes say, and free the letters that they had leased.

    To be called before anything is composed. Raises DatabaseRestored as `recover` does.
    """
    apply_statements(store, now=now)
    journals.delete_closed(folder, now - JOURNAL_RETENTION)  # first: `prune` may have deleted what the store knew
    _check_place(store, restored=restored)
    mine, is_new = store.journals.database_id(), not store.journals.has_any()
    unknown = set(store.journals.not_closed(journals.closed_names(folder)))
    for record in journals.closed_journals(folder) if unknown else ():
        if record.name in unknown and (record.ledger == mine or (is_new and record.ledger)):
            if not restored:
                raise DatabaseRestored(_older(folder) if record.ledger == mine else _foreign(folder))
            store.journals.replay_after_restore(record, now=now)
    for orphan in journals.orphaned_journals(folder):
        try:
            _settle(store, folder, orphan, mine, is_new=is_new, now=now, restored=restored)
        except BaseException:
            orphan.release()
            raise


def apply_statements(store: Store, *, now: datetime, shorten: bool = False) -> None:
    """Apply again what people told us that the database does not know, and say so. Raises DigestError."""
    count, spoilt = store.replay.catch_up(now=now, shorten=shorten)
    if count:
        words = "1 statement" if count == 1 else f"{count:,} statements"
        log.warning("%s of readers or about addresses applied again: the database did not know of it", words)
    if spoilt:
        log.warning("%s", spoilt)
        store.set_aside.record([spoilt], now=now)


def _settle(
    store: Store, folder: Path, orphan: OrphanedJournal, mine: str, *, is_new: bool, now: datetime, restored: bool
) -> None:
    """Tell the store what the journal of a dead process says; one that is spoilt is kept under another name."""
    record = orphan.record
    if record.ledger not in ("", mine) and not is_new:  # another service's, which shares the folder
        orphan.release()
        return
    if record.ledger in ("", mine) and store.journals.replay(record, now=now, retry_at=now + DOUBT):
        if record.is_whole:
            orphan.close()
            return
        reason = f"lines are spoilt or missing; the file is kept as {orphan.set_aside().name}"
        store.set_aside.record([SetAside("journal", f"the journal {record.name}", reason)], now=now)
        return
    if not restored:
        raise DatabaseRestored(_older(folder) if record.ledger == mine else _foreign(folder))
    store.journals.replay_after_restore(record, now=now)
    orphan.close()


def _older(folder: Path) -> str:
    return f"{folder} tells of letters of which the database knows nothing: it was put back to an older state"


def _foreign(folder: Path) -> str:
    return f"{folder} has the journals of another database than this new one: that was lost or replaced"


def _check_place(store: Store, *, restored: bool) -> None:
    """Refuse a copy of the database beside the one that it was made of: each would send every letter."""
    here, last = store.place(), store.journals.last_place()
    if here is None or here == last:
        return
    if last and "-" in (here.partition(" ")[0], last.partition(" ")[0]) and _path(here) == _path(last):
        return  # a container has no id of its own, so nothing tells it from the one before
    if last is not None and not restored:
        elsewhere = " on another machine" if _path(here) == _path(last) else ""
        raise DatabaseRestored(
            f"the database was last used as {_path(last)}{elsewhere}, now it is {_path(here)}: a second copy of the "
            "service would send every letter twice"
        )
    store.journals.set_place(here)


@contextmanager
def _open_journal(store: Store, folder: Path, clock: Callable[[], datetime]) -> Iterator[Journal]:
    """A journal that is closed once the store knows all of it; after an error it is left to the next process."""
    journal = Journal.begin(folder, store.journals.database_id(), now=clock())
    try:
        store.journals.add(journal.name, now=clock())
        yield journal
        store.journals.mark_closed(journal.name, now=clock())
    except BaseException:
        journal.abandon()
        raise
    journal.close()


def _path(place: str) -> str:
    return place.partition(" ")[2]


def _handed_over(store: Store, folder: Path, owner: str, now: datetime) -> HandedOver:
    """The letters in doubt of an owner whose leases have lapsed; None while the owner is at work here.

    What its journal knows as taken is recorded in the store first, else another process would send that again. Only of
    a database on this machine is it known that the journal must be here.
    """
    found = journals.live_journal(folder, owner)
    if found is None:
        return () if store.is_shared else "unknown"
    if now - found.touched < LEASE:
        return None
    store.journals.record_taken(found.record, now=now)
    return [(entry.delivery, entry.epoch) for entry in found.record.entries if entry.mark in "DL"]
