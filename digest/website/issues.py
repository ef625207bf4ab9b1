"""The web copy of each issue: all that its letter told, and what it had no room for; and the feed of a subscription."""

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
from digest.render.cards import Listed, listed
from digest.render.labels import full_day, other_authors
from digest.store import WebCopy
from digest.subscriptions import Subscription
from digest.text.translations import Translations, translations
from digest.website.copies import Copies, Opened
from digest.website.http_caching import kept
from digest.website.resubmit import MOST_BEHIND, Line, followed_on, lines_of, reread

_IN_A_FEED = 60  # entries
_LASTING = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chapter:
    """A section of the letter; `typed`: its title is a rule, whose capitals mean something."""

    title: str
    typed: bool
    entries: Sequence[tuple[Listed, int, bool, bool | None]]  # card, number, whether a followed name is on it, opinion
    rest: str = ""  # how many more there were


class Issues(Copies):
    """`/issue/TOKEN` and `/feed/TOKEN.atom`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/issue/{token}", self.show, methods=["GET"]),
            Route("/feed/{token}.atom", self.feed, methods=["GET"]),
        ]

    def show(self, request: Request) -> Response:
        opened = self.issue(request)
        if opened is None or opened.copy is None:
            t = translations(opened.reader.language) if opened else self.negotiated(request)
            return self.notice(t, t("issue.gone"), t("issue.gone_note"), status=404)
        # No way leads from here to the reader's page: letters are passed on, and these links never grow old.
        reader, copy = opened.reader, opened.copy
        t = translations(reader.language)
        return self.page(
            t,
            "issue",
            opened.name,
            day=full_day(t, copy.created.astimezone(reader.timezone).date()),
            number=t("letter.number", number=copy.number) if copy.number else "",
            chapters=list(self._chapters(opened, copy)),
            token=request.path_params["token"],
            before=self._neighbour(opened, copy.before),
            after=self._neighbour(opened, copy.after),
        )

    def feed(self, request: Request) -> Response:
        """What the last issues told, an entry a paper; it may be kept for a while by whoever reads it, not between."""
        token = request.path_params["token"]
        reader, payload = self.reader(FEED, token)
        app, name = self.app(), str(payload["subscription"])
        site = app.config.site
        if site is None:
            raise HTTPException(404)
        told = app.store.web_copies.recent_papers(reader.id, name, _IN_A_FEED)
        last = app.store.issues.latest(reader.id, 1, subscription=name, letters=True)
        once = {(each.paper, each.event): each for each in reversed(told)}  # what was sent again stands there once
        papers = app.store.papers.get_many({each.paper for each in told})
        ledger, sender = app.store.journals.database_id(), app.config.sender.name or "Morning Papers"
        t = translations(reader.language)
        made = atom.Feed(
            id=atom.lasting_id(ledger, "subscription", reader.id, name),
            title=f"{name} · {sender}",
            author=sender,
            itself=f"{site}/feed/{token}.atom",
            page=app.letters.links.issue(reader, name, last[0].kind, last[0].slot) if last else f"{site}/",
            updated=datetime.combine(self.clock().astimezone(UTC).date(), time(), UTC),
            language=t.tag,
            entries=[
                atom.entry_of(papers[each.paper], each.event, each.at, house=ledger, site=site, t=t)
                for each in reversed(once.values())
                if each.paper in papers
            ],
        )
        answer = Response(atom.atom(made), media_type=atom.MEDIA_TYPE)
        return kept(request, answer, lasting=_LASTING, modified=atom.updated(made), private=True)

    def _chapters(self, opened: Opened, copy: WebCopy) -> Iterator[_Chapter]:
        store, reader, subscription = self.app().store, opened.reader, opened.subscription
        lines = lines_of(copy, store)
        items = reread(reader, subscription, lines, store)
        opinions = {each.paper: each.more for each in store.preferences.opinions(reader.id)}
        now, t = copy.created.astimezone(reader.timezone), translations(reader.language)
        cards = dict(zip(items, listed(items.values(), now, t), strict=True))

        def entries(some: Sequence[Line]) -> list[tuple[Listed, int, bool, bool | None]]:
            return [
                (cards[line.number], line.number, bool(followed_on(reader, line.paper)), opinions.get(line.paper.key))
                for line in some
            ]

        shown = [line for line in lines if line.number <= len(copy.shown)]
        for title, some in groupby(shown, key=lambda line: line.told.section):
            yield _Chapter(title=_heading(title, t), typed=_is_typed(title, subscription), entries=entries([*some]))
        if behind := lines[len(shown) :]:
            over = len(copy.behind) - MOST_BEHIND
            rest = other_authors(t, over) if over > 0 else ""
            yield _Chapter(title=t("issue.behind"), typed=False, entries=entries(behind), rest=rest)

    def _neighbour(self, opened: Opened, which: tuple[str, str] | None) -> str | None:
        """The path of another issue's copy."""
        links = self.app().letters.links
        return self.path(links.issue(opened.reader, opened.name, *which)) if which else None


def _heading(title: str, t: Translations) -> str:
    return {"": t("letter.before"), TRENDING: t("letter.trending")}.get(title, title)


def _is_typed(title: str, subscription: Subscription | None) -> bool:
    rules = subscription.rules if subscription else ()
    return any(
        rule.title == title and rule.person is None and rule.query.text.split() == title.split() for rule in rules
    )
