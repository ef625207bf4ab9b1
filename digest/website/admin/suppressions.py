"""The admin's suppression list: search, add and lift suppressed addresses."""

from __future__ import annotations

from urllib.parse import quote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.website.admin.base import PER_PAGE, AdminView, format_utc, page_count, page_number, suppression_key
from digest.website.view import Form

MAX_LENGTH = 254  # characters of an address or of a query


class SuppressionsView(AdminView):
    """`/suppressions`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/suppressions", self.show, methods=["GET"]),
            Route("/suppressions/add", self.signed_form(self.add), methods=["POST"]),
            Route("/suppressions/lift", self.signed_form(self.lift), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        asked = request.query_params.get("q", "").strip()[:MAX_LENGTH]
        page, store = page_number(request), self.app().store
        count, rows = store.lists.suppressions(like=asked.casefold(), limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        return self.admin_page(
            request,
            "suppressions",
            "Suppressions",
            asked=asked,
            count=count,
            page=page,
            pages=page_count(count),
            base=f"/suppressions?q={quote_plus(asked)}&",
            rows=[(row, format_utc(row.since)) for row in rows],
        )

    def add(self, request: Request, form: Form) -> Response:
        key = suppression_key(form.value("address")[: 2 * MAX_LENGTH])
        if key is None:
            return self.redirect("/suppressions?told=no-address")
        why = " ".join(form.value("why").split())[:MAX_LENGTH] or "by hand"
        fresh = self.app().store.suppressions.add(key, why, now=self.clock())
        return self.redirect_with_message(request, "/suppressions", "suppressed" if fresh else "was-suppressed", log={})

    def lift(self, request: Request, form: Form) -> Response:
        there = self.app().store.suppressions.remove(form.value("address"))
        return self.redirect_with_message(request, "/suppressions", "lifted" if there else "was-free", log={})
