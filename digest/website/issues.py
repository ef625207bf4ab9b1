"""Web copies of issues, /issue/TOKEN, with the papers the letter omitted; and each subscription's Atom feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.issues import TRENDING
from digest.links import FEED
from digest.render import atom
from digest.render.cards import ListedPaper, listed_papers
from digest.render.labels import full_day, other_authors
from digest.store import WebCopy
from digest.subscriptions import Subscription
from digest.text.translations import Translations, translations
from digest.website.http_caching import cacheable
from digest.website.rematch import MAX_OMITTED, NumberedPaper, followed_authors_on, papers_of_copy, rematch
from digest.website.web_copy import RequestedIssue, WebCopyView

_MAX_FEED_ENTRIES = 60  # entries
_FEED_MAX_AGE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class _CopySection:
    """A section of the issue; `typed`: the title is a rule as typed, so its capitals stay."""

    title: str
    typed: bool
    entries: Sequence[
        tuple[ListedPaper, int, bool, bool | None]
    ]  # card, number, whether a followed name is on it, opinion
    rest: str = ""  # number of papers beyond MAX_OMITTED, as text


class IssueView(WebCopyView):
    """`/issue/TOKEN` and `/feed/TOKEN.atom`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/issue/{token}", self.show, methods=["GET"]),
            Route("/feed/{token}.atom", self.feed, methods=["GET"]),
        ]

    def show(self, request: Request) -> Response:
        opened = self.requested_issue(request)
        if opened is None or opened.copy is None:
            t = translations(opened.reader.language) if opened else self.negotiated(request)
            return self.notice(t, t("issue.gone"), t("issue.gone_note"), status=404)
        # No link to the account here: letters are forwarded, and these links never expire.
        reader, copy = opened.reader, opened.copy
        t = translations(reader.language)
        return self.page(
            t,
            "issue",
            opened.name,
            day=full_day(t, copy.created.astimezone(reader.timezone).date()),
            number=t("letter.number", number=copy.number) if copy.number else "",
            chapters=list(self._sections(opened, copy)),
            token=request.path_params["token"],
            before=self._neighbour(opened, copy.before),
            after=self._neighbour(opened, copy.after),
        )

    def feed(self, request: Request) -> Response:
        """The Atom feed of a subscription: the papers of its latest issues, one entry each; private to the client."""
        token = request.path_params["token"]
        reader, payload = self.reader_of_token(FEED, token)
        app, name = self.app(), str(payload["subscription"])
        site = app.config.site
        if site is None:
            raise HTTPException(404)
        told = app.store.web_copies.recent_papers(reader.id, name, _MAX_FEED_ENTRIES)
        last = app.store.issues.latest(reader.id, 1, subscription=name, letters=True)
        once = {(each.paper, each.event): each for each in reversed(told)}  # a paper that was sent twice has one entry
        papers = app.store.papers.get_many({each.paper for each in told})
        ledger, sender = app.store.journals.database_id(), app.config.sender.name or "Morning Papers"
        t = translations(reader.language)
        made = atom.AtomFeed(
            id=atom.lasting_id(ledger, "subscription", reader.id, name),
            title=f"{name} · {sender}",
            author=sender,
            itself=f"{site}/feed/{token}.atom",
            page=app.letters.links.issue(reader, name, last[0].kind, last[0].slot) if last else f"{site}/",
            updated=datetime.combine(self.clock().astimezone(UTC).date(), time(), UTC),
            language=t.tag,
            entries=[
                atom.entry_of(papers[each.paper], each.event, each.at, database_id=ledger, site=site, t=t)
                for each in reversed(once.values())
                if each.paper in papers
            ],
        )
        response = Response(atom.atom(made), media_type=atom.MEDIA_TYPE)
        return cacheable(request, response, max_age=_FEED_MAX_AGE, modified=atom.updated(made), private=True)

    def _sections(self, opened: RequestedIssue, copy: WebCopy) -> Iterator[_CopySection]:
        store, reader, subscription = self.app().store, opened.reader, opened.subscription
        lines = papers_of_copy(copy, store)
        items = rematch(reader, subscription, lines, store)
        opinions = {each.paper: each.more for each in store.preferences.opinions(reader.id)}
        now, t = copy.created.astimezone(reader.timezone), translations(reader.language)
        cards = dict(zip(items, listed_papers(items.values(), now, t), strict=True))

        def entries(some: Sequence[NumberedPaper]) -> list[tuple[ListedPaper, int, bool, bool | None]]:
            return [
                (
                    cards[line.number],
                    line.number,
                    bool(followed_authors_on(reader, line.paper)),
                    opinions.get(line.paper.key),
                )
                for line in some
            ]

        shown = [line for line in lines if line.number <= len(copy.shown)]
        for title, some in groupby(shown, key=lambda line: line.told.section):
            yield _CopySection(title=_heading(title, t), typed=_is_typed(title, subscription), entries=entries([*some]))
        if behind := lines[len(shown) :]:
            over = len(copy.behind) - MAX_OMITTED
            rest = other_authors(t, over) if over > 0 else ""
            yield _CopySection(title=t("issue.behind"), typed=False, entries=entries(behind), rest=rest)

    def _neighbour(self, opened: RequestedIssue, which: tuple[str, str] | None) -> str | None:
        """The path of another issue's copy."""
        links = self.app().letters.links
        return self.local_path(links.issue(opened.reader, opened.name, *which)) if which else None


def _heading(title: str, t: Translations) -> str:
    return {"": t("letter.before"), TRENDING: t("letter.trending")}.get(title, title)


def _is_typed(title: str, subscription: Subscription | None) -> bool:
    rules = subscription.rules if subscription else ()
    return any(
        rule.title == title and rule.person is None and rule.query.text.split() == title.split() for rule in rules
    )
