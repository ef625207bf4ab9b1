"""The database: values in, values out; each method is one transaction, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from digest.store.admin_lists import AdminLists, Clock
from digest.store.already_sent import AlreadySentStore
from digest.store.answers import Answers, AnswerStore
from digest.store.bounces import BounceStore, Evidence, Known
from digest.store.circuit_breakers import Brake, BreakerStore
from digest.store.copies import Copy, Told, WebCopyStore
from digest.store.engine import Along, Database, connect
from digest.store.figures import BibliometricsStore
from digest.store.in_doubt import Doubt, InDoubtStore
from digest.store.issues import IssueRow, IssueStore, Publication
from digest.store.journal_replay import JournalStore
from digest.store.leases import LeaseStore, Waiting
from digest.store.migrations import migrate
from digest.store.outbox import Lease, OutboxRow, OutboxStore
from digest.store.outbox_write import LetterMerging, Merged
from digest.store.papers import Added, PaperStore
from digest.store.preferences import Opinion, PreferenceStore, Wishes
from digest.store.rate_limits import RateLimitStore
from digest.store.readers import NOTICE, Agreed, Document, Pending, ReaderRow, ReaderStore
from digest.store.retention import Pruned, RetentionStore
from digest.store.send_guard import Standing, Watch
from digest.store.sources import Progress, SourceState, SourceStore
from digest.store.stats import Figures, StatsStore
from digest.store.subscriptions import Due, Plan, Schedule, Step, SubscriptionStore
from digest.store.suppressions import Suppression, SuppressionStore
from digest.store.unsubscribes import UnsubscribeStore
from digest.store.works import Bond, Work, WorkStore

__all__ = [
    "NOTICE",
    "Added",
    "AdminLists",
    "Agreed",
    "Along",
    "AlreadySentStore",
    "AnswerStore",
    "Answers",
    "BibliometricsStore",
    "Bond",
    "BounceStore",
    "Brake",
    "BreakerStore",
    "Clock",
    "Copy",
    "Document",
    "Doubt",
    "Due",
    "Evidence",
    "Figures",
    "InDoubtStore",
    "IssueRow",
    "IssueStore",
    "JournalStore",
    "Known",
    "Lease",
    "LeaseStore",
    "LetterMerging",
    "Merged",
    "Opinion",
    "OutboxRow",
    "OutboxStore",
    "PaperStore",
    "Pending",
    "Plan",
    "PreferenceStore",
    "Progress",
    "Pruned",
    "Publication",
    "RateLimitStore",
    "ReaderRow",
    "ReaderStore",
    "RetentionStore",
    "Schedule",
    "SourceState",
    "SourceStore",
    "Standing",
    "StatsStore",
    "Step",
    "Store",
    "SubscriptionStore",
    "Suppression",
    "SuppressionStore",
    "Told",
    "UnsubscribeStore",
    "Waiting",
    "Watch",
    "WebCopyStore",
    "Wishes",
    "Work",
    "WorkStore",
]


class Store(Database):
    """All that is remembered. A context manager; threads may share it."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.papers = PaperStore(self)
        self.works = WorkStore(self)
        self.bibliometrics = BibliometricsStore(self)
        self.answers = AnswerStore(self)
        self.sources = SourceStore(self)
        self.readers = ReaderStore(self)
        self.preferences = PreferenceStore(self)
        self.subscriptions = SubscriptionStore(self)
        self.already_sent = AlreadySentStore(self)
        self.leases = LeaseStore(self)
        self.issues = IssueStore(self)
        self.web_copies = WebCopyStore(self)
        self.outbox = OutboxStore(self)
        self.merging = LetterMerging(self)
        self.in_doubt = InDoubtStore(self)
        self.lists = AdminLists(self)
        self.journals = JournalStore(self)
        self.breakers = BreakerStore(self)
        self.rate_limits = RateLimitStore(self)
        self.bounces = BounceStore(self)
        self.suppressions = SuppressionStore(self)
        self.unsubscribes = UnsubscribeStore(self)
        self.stats = StatsStore(self)
        self.retention = RetentionStore(self)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database of a `database:` URL, make it if it is not there, and bring it to this version's form.

        Raises ConfigError where the URL names no database, DigestError where it cannot be used.
        """
        store = cls(connect(url))
        try:
            migrate(store)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
