"""The admin's health of sources, /sources, and due subscriptions, /due; both read-only."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.ingest.health import SourceHealth, health_details
from digest.store import ScheduledSubscription
from digest.website.admin.base import PER_PAGE, AdminView, format_duration, format_utc, reader_path


class SourcesView(AdminView):
    """`/sources` and `/due`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/sources", self.sources, methods=["GET"]),
            Route("/due", self.due, methods=["GET"]),
        ]

    def sources(self, request: Request) -> Response:
        now = self.clock()
        rows = [_source_row(each, now) for each in self.app().health(now)]
        return self.admin_page(request, "sources", "Sources", rows=rows)

    def due(self, request: Request) -> Response:
        now, store = self.clock(), self.app().store
        count, late = store.lists.overdue(now, limit=PER_PAGE)
        coming = store.lists.upcoming(now, limit=PER_PAGE)
        return self.admin_page(
            request,
            "due",
            "Due",
            count=count,
            late=[_due_row(each, now) for each in late],
            coming=[_due_row(each, now) for each in coming],
        )


def _source_row(each: SourceHealth, now: datetime) -> dict[str, object]:
    return {
        "name": each.name,
        "word": each.word,
        "answered": format_utc(each.last_ok) or "never",
        "today": "" if each.today is None else f"{each.today:,}",
        "usual": "" if each.usual is None else f"{each.usual:g}",
        "next": "now" if each.next_try <= now else format_utc(each.next_try),
        "details": health_details(each),
    }


def _due_row(each: ScheduledSubscription, now: datetime) -> dict[str, str]:
    away = "" if each.due_at is None else format_duration(abs(now - each.due_at))
    return {
        "reader": each.subscriber,
        "path": reader_path(each.subscriber),
        "name": each.name,
        "at": format_utc(each.due_at) or "at once",
        "away": away,
    }
