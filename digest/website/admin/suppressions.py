"""Addresses that get no letters: why, since when, and whether that is to end."""

from __future__ import annotations

from urllib.parse import quote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.website.admin.base import PER_PAGE, Desk, key_of, page_of, pages_of, stamp
from digest.website.view import Form

LONGEST = 254  # characters of an address, and of what is searched for


class Suppressions(Desk):
    """`/suppressions`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/suppressions", self.look, methods=["GET"]),
            Route("/suppressions/add", self.acting(self.add), methods=["POST"]),
            Route("/suppressions/lift", self.acting(self.lift), methods=["POST"]),
        ]

    def look(self, request: Request) -> Response:
        asked = request.query_params.get("q", "").strip()[:LONGEST]
        page, store = page_of(request), self.app().store
        count, rows = store.lists.suppressions(like=asked.casefold(), limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        return self.show(
            request,
            "suppressions",
            "Suppressions",
            asked=asked,
            count=count,
            page=page,
            pages=pages_of(count),
            base=f"/suppressions?q={quote_plus(asked)}&",
            rows=[(row, stamp(row.since)) for row in rows],
        )

    def add(self, request: Request, form: Form) -> Response:
        key = key_of(form.text("address")[: 2 * LONGEST])
        if key is None:
            return self.see("/suppressions?told=no-address")
        why = " ".join(form.text("why").split())[:LONGEST] or "by hand"
        fresh = self.app().store.suppressions.add(key, why, now=self.clock())
        return self.done(request, "/suppressions", "suppressed" if fresh else "was-suppressed", log={})

    def lift(self, request: Request, form: Form) -> Response:
        there = self.app().store.suppressions.remove(form.text("address"))
        return self.done(request, "/suppressions", "lifted" if there else "was-free", log={})
