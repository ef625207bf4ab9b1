"""The database in parts (store.outbox, store.readers, …): values in, values out; each method is one transaction.

It runs on SQLite and PostgreSQL alike. Each part is a class in a module of its own that needs the Database alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from digest.store.admin_lists import AdminLists, ScheduledSubscription
from digest.store.already_sent import AlreadySentStore, SentPapers
from digest.store.answers import Answers, AnswerStore
from digest.store.attention import AttentionStore
from digest.store.bibliometrics import BibliometricsStore
from digest.store.bounces import BouncedDelivery, BounceEvidence, BounceStore
from digest.store.circuit_breakers import BreakerStore, CircuitBreaker
from digest.store.engine import Database, TransactionHook, connect
from digest.store.future_instants import FutureInstants
from digest.store.in_doubt import InDoubtLetter, InDoubtStore
from digest.store.issue_contents import IssueEntry
from digest.store.issues import IssueRow, IssueStore, NewIssue
from digest.store.journal_replay import JournalStore
from digest.store.leases import Backlog, LeaseStore
from digest.store.merging import LetterMerging, MergedLetter
from digest.store.migrations import migrate
from digest.store.outbox import DeliveryLease, HandedOver, OutboxRow, OutboxStore
from digest.store.papers import AddedPapers, PaperStore
from digest.store.preferences import Opinion, Preferences, PreferenceStore
from digest.store.rate_limits import RateLimitStore
from digest.store.readers import NOTICE, AddressChangeStatus, PendingRequest, ReaderDocument, ReaderRow, ReaderStore
from digest.store.retention import Pruned, RetentionStore
from digest.store.send_guard import SendGuard, SendStatus
from digest.store.set_aside import SetAsideRow, SetAsideStore
from digest.store.sources import SourceProgress, SourceState, SourceStore
from digest.store.statement_replay import StatementReplay
from digest.store.statements import AppendedStatements, NotedStatements, Statement, StatementKind
from digest.store.stats import ServiceStats, StatsStore
from digest.store.subscriptions import DueSubscription, NextSlot, ScheduleUpdate, SubscriptionPlan, SubscriptionStore
from digest.store.suppressions import Suppression, SuppressionStore
from digest.store.unsubscribes import UnsubscribeStore
from digest.store.web_copies import IssuePaper, WebCopy, WebCopyStore
from digest.store.works import Work, WorkLink, WorkStore

__all__ = [
    "NOTICE",
    "AddedPapers",
    "AddressChangeStatus",
    "AdminLists",
    "AlreadySentStore",
    "AnswerStore",
    "Answers",
    "AppendedStatements",
    "AttentionStore",
    "Backlog",
    "BibliometricsStore",
    "BounceEvidence",
    "BounceStore",
    "BouncedDelivery",
    "BreakerStore",
    "CircuitBreaker",
    "DeliveryLease",
    "DueSubscription",
    "HandedOver",
    "InDoubtLetter",
    "InDoubtStore",
    "IssueEntry",
    "IssuePaper",
    "IssueRow",
    "IssueStore",
    "JournalStore",
    "LeaseStore",
    "LetterMerging",
    "MergedLetter",
    "NewIssue",
    "NextSlot",
    "NotedStatements",
    "Opinion",
    "OutboxRow",
    "OutboxStore",
    "PaperStore",
    "PendingRequest",
    "PreferenceStore",
    "Preferences",
    "Pruned",
    "RateLimitStore",
    "ReaderDocument",
    "ReaderRow",
    "ReaderStore",
    "RetentionStore",
    "ScheduleUpdate",
    "ScheduledSubscription",
    "SendGuard",
    "SendStatus",
    "SentPapers",
    "ServiceStats",
    "SetAsideRow",
    "SetAsideStore",
    "SourceProgress",
    "SourceState",
    "SourceStore",
    "Statement",
    "StatementKind",
    "StatementReplay",
    "StatsStore",
    "Store",
    "SubscriptionPlan",
    "SubscriptionStore",
    "Suppression",
    "SuppressionStore",
    "TransactionHook",
    "UnsubscribeStore",
    "WebCopy",
    "WebCopyStore",
    "Work",
    "WorkLink",
    "WorkStore",
]


class Store(Database):
    """All parts of one database. A context manager; threads may share it."""

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
        self.set_aside = SetAsideStore(self)
        self.replay = StatementReplay(self)
        self.future_instants = FutureInstants(self)
        self.attention = AttentionStore(self)
        self.stats = StatsStore(self)
        self.retention = RetentionStore(self)

    @classmethod
    def open(cls, url: str, *, trust: Mapping[str, int] | None = None) -> Self:
        """Open the database of a `database:` URL; create it or migrate it to the current schema where needed.

        `trust` says of each source how good its values are, where two tell of one paper.
        Raises ConfigError where the URL names no database, DigestError where it cannot be used.
        """
        store = cls(connect(url))
        store.papers = PaperStore(store, trust or {})
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
