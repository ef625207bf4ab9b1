"""How the sources are, and what is due: two pages to look at, where nothing can be pressed."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.ingest.health import Health, details
from digest.store import ScheduledSubscription
from digest.website.admin.base import PER_PAGE, Desk, reader_path, span, stamp


class Sources(Desk):
    """`/sources` and `/due`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/sources", self.sources, methods=["GET"]),
            Route("/due", self.due, methods=["GET"]),
        ]

    def sources(self, request: Request) -> Response:
        now = self.clock()
        rows = [_source(each, now) for each in self.app().health(now)]
        return self.show(request, "sources", "Sources", rows=rows)

    def due(self, request: Request) -> Response:
        now, store = self.clock(), self.app().store
        count, late = store.lists.overdue(now, limit=PER_PAGE)
        coming = store.lists.upcoming(now, limit=PER_PAGE)
        return self.show(
            request,
            "due",
            "Due",
            count=count,
            late=[_clock(each, now) for each in late],
            coming=[_clock(each, now) for each in coming],
        )


def _source(each: Health, now: datetime) -> dict[str, object]:
    return {
        "name": each.name,
        "word": each.word,
        "answered": stamp(each.last_ok) or "never",
        "today": "" if each.today is None else f"{each.today:,}",
        "usual": "" if each.usual is None else f"{each.usual:g}",
        "next": "now" if each.next_try <= now else stamp(each.next_try),
        "details": details(each),
    }


def _clock(each: ScheduledSubscription, now: datetime) -> dict[str, str]:
    away = "" if each.due_at is None else span(abs(now - each.due_at))
    return {
        "reader": each.subscriber,
        "path": reader_path(each.subscriber),
        "name": each.name,
        "at": stamp(each.due_at) or "at once",
        "away": away,
    }
