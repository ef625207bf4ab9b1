"""The papers that most people vote for, day by day: as a page, as references and as a feed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.issues import Item, featured
from digest.papers import Paper
from digest.render import atom
from digest.render.cards import listed
from digest.render.labels import formatted
from digest.subscriptions import TrendingSection as Wanted
from digest.text.translations import Translations, translations
from digest.website.http_caching import kept
from digest.website.papers import file, parted
from digest.website.view import Room

_WEEK = timedelta(days=7)
_TOP = Wanted(top=30)
_QUARTER = timedelta(minutes=15)
_DAY = re.compile(r"[12]\d{3}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Window:
    """The week that ends with a day, or with this moment."""

    until: datetime
    last: date
    is_today: bool

    @property
    def since(self) -> datetime:
        return self.until - _WEEK

    @property
    def midnight(self) -> datetime:
        """With which its last day began."""
        return datetime.combine(self.last, time(), UTC)

    @property
    def first(self) -> date:
        return self.last - timedelta(days=6)


class Trending(Room):
    """`/trending`, `/trending/2026-11-20`, each also as `.bib` and `.ris`, and `/trending.atom`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/trending", self.show, methods=["GET"]),
            Route("/trending.atom", self.feed, methods=["GET"]),
            Route("/trending.bib", self.references, methods=["GET"]),
            Route("/trending.ris", self.references, methods=["GET"]),
            Route("/trending/{day}", self.on, methods=["GET"]),
        ]

    def show(self, request: Request) -> Response:
        return kept(request, self._page(self._now(), self.negotiated(request)))

    def on(self, request: Request) -> Response:
        """The list as it was on a day: with the votes of today, since nobody tells those of then."""
        name, kind = parted(request.path_params["day"])
        window = self._window(name)
        if window is None:
            t = self.negotiated(request)
            return self.notice(t, t("trending.unknown"), t("trending.unknown_note"), status=404)
        if kind:
            return kept(request, file(self._papers(window), kind, f"trending-{name}"))
        return kept(request, self._page(window, self.negotiated(request)))

    def references(self, request: Request) -> Response:
        _, kind = parted(request.url.path)
        assert kind is not None
        window = self._now()
        return kept(request, file(self._papers(window), kind, f"trending-{window.last.isoformat()}"))

    def feed(self, request: Request) -> Response:
        """The list of today as a feed; a paper's entry has its date, and stays the same while votes come in."""
        config, window = self.app().config, self._now()
        if config.site is None:
            raise HTTPException(404)  # a feed's links are whole addresses
        ledger = self.app().store.journals.database_id()
        t = translations(config.language)
        items = self._items(window)
        title = t("trending.title")
        made = atom.Feed(
            id=atom.lasting_id(ledger, "trending"),
            title=f"{title} · {self._house_name()}",
            author=self._house_name(),
            itself=f"{config.site}/trending.atom",
            page=f"{config.site}/trending",
            updated=window.midnight,
            language=t.tag,
            entries=[
                atom.entry_of(
                    item.paper,
                    item.event,
                    item.paper.dated or window.until,
                    house=ledger,
                    site=config.site,
                    t=t,
                )
                for item in items
            ],
        )
        answer = Response(atom.atom(made), media_type=atom.MEDIA_TYPE)
        return kept(request, answer, lasting=_QUARTER, modified=atom.updated(made))

    def _page(self, window: _Window, t: Translations) -> Response:
        items, title = self._items(window), t("trending.title")
        span = self.app().store.papers.voted_span()
        last = formatted(t, window.last, t("date.long"))
        pattern = t("date.day") if window.first.year == window.last.year else t("date.long")
        first = formatted(t, window.first, pattern)
        return self.page(
            t,
            "trending",
            title if window.is_today else t("trending.title_on", day=last),
            cards=listed(items, self.clock().astimezone(UTC), t),
            lede=t("trending.lede", first=first, last=last),
            empty=t("trending.unread") if span is None else t("trending.empty"),
            path="/trending" if window.is_today else f"/trending/{window.last.isoformat()}",
            earlier=_path(window.last - timedelta(days=1)) if span and span[0] <= window.midnight else None,
            later=None if window.is_today else self._following(window.last),
            feed=f"{title} · {self._house_name()}",
        )

    def _house_name(self) -> str:
        return self.app().config.sender.name or "Morning Papers"

    def _items(self, window: _Window) -> Sequence[Item]:
        section = featured(_TOP, self.app().store.papers.dated(window.since, window.until, voted=True), ())
        return section.items if section else ()

    def _papers(self, window: _Window) -> list[Paper]:
        return [item.paper for item in self._items(window)]

    def _now(self) -> _Window:
        now = self.clock().astimezone(UTC)
        return _Window(now, now.date(), True)

    def _window(self, name: str) -> _Window | None:
        """The week that ends with the day of this name; None where it is none, or one to come."""
        if not _DAY.fullmatch(name):
            return None
        try:
            day = date.fromisoformat(name)
        except ValueError:
            return None
        now = self._now()
        if day >= now.last:
            return now if day == now.last else None
        return _Window(datetime.combine(day + timedelta(days=1), time(), UTC), day, False)

    def _following(self, day: date) -> str:
        after = day + timedelta(days=1)
        return "/trending" if after == self._now().last else _path(after)


def _path(day: date) -> str:
    return f"/trending/{day.isoformat()}"
