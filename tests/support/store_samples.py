"""Papers, subscriptions, issues and sign-ups for the tests of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.mail.envelope import Envelope
from digest.papers import Author, Ids, Paper
from digest.store import DueSubscription, IssueEntry, NewIssue, PendingRequest, ReaderRow, Store, SubscriptionPlan

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
SINCE = NOW - WEEK
SLOT = "2026-11-20T07:30"


def preprint(number: str = "2611.00001", **more: object) -> Paper:
    """A paper as arXiv's OAI-PMH harvest brings it."""
    paper = Paper(
        key=f"arxiv:{number}",
        title="Kept apart: routing tokens to experts",
        source="arxiv",
        ids=Ids(arxiv=number),
        version=1,
        abstract="We route.\nThen we count.",
        authors=(Author(name="Zoë Ångström", affiliation="Umeå"), Author(name="Yunhua Zhou")),
        categories=("cs.CL", "cs.LG"),
        primary="cs.CL",
        published=NOW - timedelta(days=2),
        updated=NOW - timedelta(days=2),
        changed=NOW,
        comment="9 pages",
    )
    return replace(paper, **more)  # type: ignore[arg-type]


def announced(number: str = "2611.00001", **more: object) -> Paper:
    """A paper as arXiv's daily feed announces it."""
    bare = preprint(number, published=None, updated=None, changed=None, comment=None, announce="new", announced=NOW)
    return replace(bare, **more)  # type: ignore[arg-type]


def article(doi: str = "10.1038/s41586-026-1", **more: object) -> Paper:
    """A paper as a journal's feed brings it."""
    paper = Paper(
        key=f"doi:{doi}",
        title="Kept apart: routing tokens to experts",
        source="feeds",
        ids=Ids(doi=doi),
        doi=doi,
        journal="Nature",
        published=NOW,
    )
    return replace(paper, **more)  # type: ignore[arg-type]


def keep(store: Store, *papers: Paper, now: datetime = NOW, first: bool = False) -> dict[str, int]:
    """Add a page; its events by kind."""
    return dict(store.papers.add(papers, now=now, since=now - WEEK, first=first).events)


def events(store: Store, until: datetime = NOW) -> list[tuple[int, str]]:
    """All events, in order, as (work, event)."""
    return [(arrival.work, arrival.event) for arrival in store.papers.arrivals(SINCE - WEEK, until)]


def subscribe(store: Store, *readers: str) -> list[DueSubscription]:
    """A daily subscription for each reader, due now."""
    plans = [SubscriptionPlan(subscriber=reader, name="Sparse", timing="daily 07:30 UTC") for reader in readers]
    store.subscriptions.sync(plans, lambda *_: (NOW, SLOT), now=NOW)
    return store.subscriptions.due(NOW)


def contents_of(
    items: Sequence[tuple[int, str, str, str]] = (), told: Sequence[tuple[int, str]] = ()
) -> tuple[IssueEntry, ...]:
    """The contents of an issue: its cards (record, key, event, section), and all that it tells as (record, event)."""
    shown = {(record, event): section for record, _, event, section in items}
    known = {record for record, _ in shown}
    behind = [fact for fact in told if fact not in shown]
    last = dict(behind)  # of two events of a paper the later one is listed
    return (
        *(IssueEntry(record, event, section) for (record, event), section in shown.items()),
        *(
            IssueEntry(record, event, listed=record not in known and last[record] == event)
            for record, event in sorted(behind, key=lambda fact: -fact[0])
        ),
    )


def already_sent(store: Store, reader: str) -> set[tuple[int, str]]:
    """All that counts as sent to a reader, as (work, event)."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    return store.already_sent.since([reader], long_ago, given_back_since=long_ago)[reader].sent


def publication(
    row: DueSubscription,
    items: Any = (),
    told: Any = (),
    **more: object,
) -> NewIssue:
    """An issue of these papers (contents_of), with its letter."""
    whole = NewIssue(
        subscriber=row.subscriber,
        subscription=row.name,
        kind="scheduled",
        slot=SLOT,
        number=row.number,
        created=NOW,
        since=SINCE,
        until=NOW,
        envelope=envelope(row.subscriber),
        due=row.id,
        next_due=NOW + timedelta(days=1),
        next_slot="2026-11-21T07:30",
        fingerprint="rules 1",
        contents=contents_of(items, told),
    )
    return replace(whole, **more)  # type: ignore[arg-type]


def envelope(reader: str) -> Envelope:
    return Envelope(
        sender="digest@example.org",
        recipient=f"{reader}@example.org",
        message=b"Subject: 1 paper\r\n\r\n" + b"routing\r\n" * 500,
        message_id=f"<{reader}.1@example.org>",
    )


def queue(store: Store, *readers: str) -> None:
    """A letter in the outbox for each reader."""
    for due in subscribe(store, *readers):
        assert store.issues.publish(publication(due))


EVE: dict[str, Any] = {
    "email": "Eve@example.org",
    "subscriptions": [{"name": "Sparse", "when": "daily 07:30", "rules": ["sparse"], "exclude": "survey"}],
}
"""The document of a reader who signed up."""


def sign_up(store: Store, id_: str = "web-eve", document: Mapping[str, Any] = EVE, address: str = "") -> None:
    """Add a reader who signed up on the pages and confirmed."""
    asked = PendingRequest(
        id=f"{id_}-asked", kind="sign-up", address=address or document["email"].casefold(), at=NOW, expires=NOW + WEEK
    )
    assert store.readers.add_pending(asked, [], most=9, within=WEEK, now=NOW)

    def decide(asked: PendingRequest, row: ReaderRow | None, left: object) -> tuple[ReaderRow, list[str]]:
        return ReaderRow(id=id_, address=asked.address, document=dict(document), created=NOW), []

    assert store.readers.admit(asked.id, decide, now=NOW)
