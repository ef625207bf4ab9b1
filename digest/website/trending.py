"""/trending: the most voted papers of a week, as a page, BibTeX, RIS and Atom; ranked by issues.card_order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.issues import Item
from digest.issues.card_order import featured_section
from digest.papers import Paper
from digest.render import atom
from digest.render.cards import listed_papers
from digest.render.labels import formatted
from digest.subscriptions import TrendingSection as Wanted
from digest.text.translations import Translations, translations
from digest.website.http_caching import cacheable
from digest.website.papers import references_file, split_extension
from digest.website.view import View

_WEEK = timedelta(days=7)
_TOP_VOTED = Wanted(top=30)
_FEED_MAX_AGE = timedelta(minutes=15)
_ISO_DATE = re.compile(r"[12]\d{3}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _TrendingWeek:
    """The seven days that end with a day, or with this moment."""

    until: datetime
    last: date
    is_today: bool

    @property
    def since(self) -> datetime:
        return self.until - _WEEK

    @property
    def midnight(self) -> datetime:
        """The start of the last day, in UTC."""
        return datetime.combine(self.last, time(), UTC)

    @property
    def first(self) -> date:
        return self.last - timedelta(days=6)


class TrendingView(View):
    """`/trending`, `/trending/2026-11-20`, each also as `.bib` and `.ris`, and `/trending.atom`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/trending", self.show, methods=["GET"]),
            Route("/trending.atom", self.feed, methods=["GET"]),
            Route("/trending.bib", self.references, methods=["GET"]),
            Route("/trending.ris", self.references, methods=["GET"]),
            Route("/trending/{day}", self.show_day, methods=["GET"]),
        ]

    def show(self, request: Request) -> Response:
        return cacheable(request, self._page(self._current_week(), self.negotiated(request)))

    def show_day(self, request: Request) -> Response:
        """The list of an earlier day; the votes are those of today, since no source keeps earlier counts."""
        name, kind = split_extension(request.path_params["day"])
        week = self._week_of(name)
        if week is None:
            t = self.negotiated(request)
            return self.notice(t, t("trending.unknown"), t("trending.unknown_note"), status=404)
        if kind:
            return cacheable(request, references_file(self._papers(week), kind, f"trending-{name}"))
        return cacheable(request, self._page(week, self.negotiated(request)))

    def references(self, request: Request) -> Response:
        _, kind = split_extension(request.url.path)
        assert kind is not None
        week = self._current_week()
        return cacheable(request, references_file(self._papers(week), kind, f"trending-{week.last.isoformat()}"))

    def feed(self, request: Request) -> Response:
        """The Atom feed of today's list; an entry has the date of its paper, so new votes do not change it."""
        config, week = self.app().config, self._current_week()
        if config.site is None:
            raise HTTPException(404)  # an Atom feed needs absolute URLs
        ledger = self.app().store.journals.database_id()
        t = translations(config.language)
        items = self._items(week)
        title = t("trending.title")
        made = atom.AtomFeed(
            id=atom.lasting_id(ledger, "trending"),
            title=f"{title} · {self._service_name()}",
            author=self._service_name(),
            itself=f"{config.site}/trending.atom",
            page=f"{config.site}/trending",
            updated=week.midnight,
            language=t.tag,
            entries=[
                atom.entry_of(
                    item.paper,
                    item.event,
                    item.paper.dated or week.until,
                    database_id=ledger,
                    site=config.site,
                    t=t,
                )
                for item in items
            ],
        )
        response = Response(atom.atom(made), media_type=atom.MEDIA_TYPE)
        return cacheable(request, response, max_age=_FEED_MAX_AGE, modified=atom.updated(made))

    def _page(self, week: _TrendingWeek, t: Translations) -> Response:
        items, title = self._items(week), t("trending.title")
        span = self.app().store.papers.voted_span()
        last = formatted(t, week.last, t("date.long"))
        pattern = t("date.day") if week.first.year == week.last.year else t("date.long")
        first = formatted(t, week.first, pattern)
        return self.page(
            t,
            "trending",
            title if week.is_today else t("trending.title_on", day=last),
            cards=listed_papers(items, self.clock().astimezone(UTC), t),
            lede=t("trending.lede", first=first, last=last),
            empty=t("trending.unread") if span is None else t("trending.empty"),
            path="/trending" if week.is_today else f"/trending/{week.last.isoformat()}",
            earlier=_path(week.last - timedelta(days=1)) if span and span[0] <= week.midnight else None,
            later=None if week.is_today else self._next_path(week.last),
            feed=f"{title} · {self._service_name()}",
        )

    def _service_name(self) -> str:
        return self.app().config.sender.name or "Morning Papers"

    def _items(self, week: _TrendingWeek) -> Sequence[Item]:
        section = featured_section(_TOP_VOTED, self.app().store.papers.dated(week.since, week.until, voted=True), ())
        return section.items if section else ()

    def _papers(self, week: _TrendingWeek) -> list[Paper]:
        return [item.paper for item in self._items(week)]

    def _current_week(self) -> _TrendingWeek:
        now = self.clock().astimezone(UTC)
        return _TrendingWeek(now, now.date(), True)

    def _week_of(self, name: str) -> _TrendingWeek | None:
        """The week that ends with an ISO date; None for another text or a future day."""
        if not _ISO_DATE.fullmatch(name):
            return None
        try:
            day = date.fromisoformat(name)
        except ValueError:
            return None
        now = self._current_week()
        if day.year < 2000:  # before any service counted votes
            return None
        if day >= now.last:
            return now if day == now.last else None
        return _TrendingWeek(datetime.combine(day + timedelta(days=1), time(), UTC), day, False)

    def _next_path(self, day: date) -> str:
        after = day + timedelta(days=1)
        return "/trending" if after == self._current_week().last else _path(after)


def _path(day: date) -> str:
    return f"/trending/{day.isoformat()}"
