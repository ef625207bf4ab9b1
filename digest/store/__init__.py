"""The database: values in, values out; each method is one transaction, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from digest.store import admin_lists as _lists
from digest.store import answers as _answers
from digest.store import bounces as _comebacks
from digest.store import circuit_breakers as _brakes
from digest.store import copies as _copies
from digest.store import figures as _figures
from digest.store import in_doubt as _doubts
from digest.store import issues as _issues
from digest.store import journal_replay as _journals
from digest.store import leases as _claims
from digest.store import outbox as _outbox
from digest.store import outbox_write as _post
from digest.store import papers, sources, subscriptions, works
from digest.store import preferences as _wishes
from digest.store import readers as _readers
from digest.store import send_guard as _watch
from digest.store import stats as _standing
from digest.store.admin_lists import Clock
from digest.store.answers import Answers
from digest.store.bounces import Evidence, Known, Suppression
from digest.store.circuit_breakers import Brake
from digest.store.copies import Copy, Told
from digest.store.engine import Along, Database, connect
from digest.store.in_doubt import Doubt
from digest.store.issues import IssueRow, Publication
from digest.store.leases import Waiting
from digest.store.migrations import migrate
from digest.store.outbox import Lease, OutboxRow
from digest.store.outbox_write import Merged
from digest.store.papers import Added
from digest.store.preferences import Opinion, Wishes
from digest.store.readers import NOTICE, Agreed, Document, Pending, ReaderRow
from digest.store.send_guard import Standing, Watch
from digest.store.sources import Progress, SourceState
from digest.store.stats import Figures, Pruned
from digest.store.subscriptions import Due, Plan, Schedule, Step
from digest.store.works import Bond, Work

__all__ = [
    "NOTICE",
    "Added",
    "Agreed",
    "Along",
    "Answers",
    "Bond",
    "Brake",
    "Clock",
    "Copy",
    "Document",
    "Doubt",
    "Due",
    "Evidence",
    "Figures",
    "IssueRow",
    "Known",
    "Lease",
    "Merged",
    "Opinion",
    "OutboxRow",
    "Pending",
    "Plan",
    "Progress",
    "Pruned",
    "Publication",
    "ReaderRow",
    "Schedule",
    "SourceState",
    "Standing",
    "Step",
    "Store",
    "Suppression",
    "Told",
    "Waiting",
    "Watch",
    "Wishes",
    "Work",
]


class Store(Database):
    """All that is remembered. A context manager; threads may share it."""

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

    # Papers
    add = papers.add
    paper = papers.paper
    versions = papers.versions
    arrivals = papers.arrivals
    announced_only = papers.announced_only
    dated = papers.dated
    voted_span = papers.voted_span
    called = papers.called
    archive = papers.archive
    newest = papers.newest
    by_author = papers.by_author
    days_by_source = papers.days_by_source

    # Works
    work = works.work
    split = works.split
    merge = works.merge

    # Figures
    keep_figures = _figures.keep_figures
    figures = _figures.figures
    researchers = _figures.researchers
    unasked = _figures.unasked
    stale = _figures.stale

    # Answers
    answer = _answers.answer
    answers = _answers.answers

    # Sources
    source = sources.source
    failed = sources.failed

    # Readers
    roll = _readers.roll
    readers = _readers.readers
    reader_ids = _readers.reader_ids
    reader = _readers.reader
    ask = _readers.ask
    pending = _readers.pending
    admit = _readers.admit
    agree = _readers.agree
    rewrite = _readers.rewrite
    forget = _readers.forget

    # Wishes
    wishes = _wishes.wishes
    pause = _wishes.pause
    mute = _wishes.mute
    unmute = _wishes.unmute
    renew_links = _wishes.renew_links
    opine = _wishes.opine
    opinions = _wishes.opinions

    # Subscriptions
    sync = subscriptions.sync
    due = subscriptions.due
    next_due = subscriptions.next_due
    advance = subscriptions.advance
    told = subscriptions.told
    told_many = subscriptions.told_many
    told_of = subscriptions.told_of

    # Claims
    claim_due = _claims.claim_due
    keep_due = _claims.keep_due
    let_go = _claims.let_go
    to_do = _claims.to_do
    hold = _claims.hold
    release = _claims.release

    # Issues
    publish = _issues.publish
    publish_all = _issues.publish_all
    issues = _issues.issues
    copy = _copies.copy
    called_in_letter = _copies.called_in_letter
    told_lately = _copies.told_lately

    # Outbox
    notify = _post.notify
    supersede = _post.supersede
    expire = _post.expire
    withdraw = _post.withdraw
    waiting = _outbox.waiting
    claim = _outbox.claim
    renew = _outbox.renew
    give_back = _outbox.give_back
    close_tries = _outbox.close_tries
    lapse = _outbox.lapse
    watch = _watch.watch
    outbox = _outbox.outbox
    counts = _outbox.counts
    decide = _outbox.decide

    # Doubts
    doubts = _doubts.doubts
    vouch = _doubts.vouch

    # How things stand
    standing = _standing.standing
    prune = _standing.prune

    # Lists, a page at a time
    letters = _lists.letters
    story = _lists.story
    clocks = _lists.clocks
    gone = _lists.gone
    late = _lists.late
    coming = _lists.coming
    barred = _lists.barred
    some_suppressions = _lists.some_suppressions

    # Journals
    ledger_id = _journals.ledger_id
    opened = _journals.opened
    closed = _journals.closed
    unknown = _journals.unknown
    replay = _journals.replay
    believe = _journals.believe
    catch_up = _journals.catch_up

    # Brakes
    strike = _brakes.strike
    relieve = _brakes.relieve
    brakes = _brakes.brakes
    turn = _brakes.turn
    allow = _brakes.allow
    unused = _brakes.unused

    # What came back
    delivered = _comebacks.delivered
    has_heard = _comebacks.has_heard
    hear = _comebacks.hear
    weigh = _comebacks.weigh
    suppress = _comebacks.suppress
    lift = _comebacks.lift
    suppressions = _comebacks.suppressions
    leave = _comebacks.leave
    come_back = _comebacks.come_back
    departures = _comebacks.departures
