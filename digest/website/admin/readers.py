"""The admin's readers: list and search, one reader's subscriptions and letters, unsubscribe, suppress and lift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from urllib.parse import quote_plus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.mail.address import address_key
from digest.rules import Query
from digest.subscriptions import Rule, Subscriber, Subscription, TrendingSection
from digest.website.admin.base import (
    PER_PAGE,
    AdminView,
    format_utc,
    outbox_path,
    page_count,
    page_number,
    reader_path,
    suppression_key,
)
from digest.website.view import Form

_MAX_QUERY_LENGTH = 254  # characters
_LATEST = 20  # issues and letters of one reader


class ReadersView(AdminView):
    """`/readers` and `/readers/ID`."""

    def routes(self) -> list[BaseRoute]:
        one = "/readers/{reader}"
        return [
            Route("/readers", self.show, methods=["GET"]),
            Route(one, self.one, methods=["GET"]),
            Route(f"{one}/leave", self.signed_form(self.unsubscribe), methods=["POST"]),
            Route(f"{one}/return", self.signed_form(self.resubscribe), methods=["POST"]),
            Route(f"{one}/suppress", self.signed_form(self.suppress), methods=["POST"]),
            Route(f"{one}/lift", self.signed_form(self.lift), methods=["POST"]),
        ]

    def show(self, request: Request) -> Response:
        asked = request.query_params.get("q", "").strip()[:_MAX_QUERY_LENGTH]
        wanted = asked.casefold()
        app = self.app()
        everybody = app.readers()
        found = [reader for reader in everybody if _matches_query(reader, wanted)] if wanted else everybody
        pages = page_count(len(found))
        page = min(page_number(request), pages)
        some = found[(page - 1) * PER_PAGE : page * PER_PAGE]
        return self.admin_page(
            request,
            "readers",
            "Readers",
            asked=asked,
            count=len(found),
            page=page,
            pages=pages,
            base=f"/readers?q={quote_plus(asked)}&",
            rows=self._rows(some),
            faults=sorted(app.directory.faults(app.store).items())[:PER_PAGE],
        )

    def one(self, request: Request) -> Response:
        reader, store = self._reader(request), self.app().store
        letters = store.lists.letters(subscriber=reader.id, limit=_LATEST)
        [row] = self._rows([reader])
        return self.admin_page(
            request,
            "reader",
            f"Reader {reader.id}",
            row=row,
            reader=reader,
            settings=[_setting_rows(each) for each in reader.subscriptions],
            issues=[(each, format_utc(each.created)) for each in store.issues.latest(reader.id, limit=_LATEST)],
            letters=[(each, format_utc(each.created), outbox_path(each.state)) for each in letters],
        )

    def unsubscribe(self, request: Request, form: Form) -> Response:
        reader, name = self._subscription(request, form)
        self.app().store.unsubscribes.add(reader.id, name, "by hand", now=self.clock())
        return self._redirect(request, reader, "left", subscription=name or "all")

    def resubscribe(self, request: Request, form: Form) -> Response:
        reader, name = self._subscription(request, form)
        there = self.app().store.unsubscribes.remove(reader.id, name)
        return self._redirect(request, reader, "back" if there else "was-there", subscription=name or "all")

    def suppress(self, request: Request, form: Form) -> Response:
        reader = self._reader(request)
        fresh = self.app().store.suppressions.add(_suppression_key(reader), "by hand", now=self.clock())
        return self._redirect(request, reader, "suppressed" if fresh else "was-suppressed")

    def lift(self, request: Request, form: Form) -> Response:
        reader = self._reader(request)
        there = self.app().store.suppressions.remove(_suppression_key(reader))
        return self._redirect(request, reader, "lifted" if there else "was-free")

    def _redirect(self, request: Request, reader: Subscriber, what: str, **log: str) -> Response:
        return self.redirect_with_message(request, reader_path(reader.id), what, log={"reader": reader.id, **log})

    def _reader(self, request: Request) -> Subscriber:
        found = self.app().reader(request.path_params["reader"])
        if found is None:
            raise HTTPException(404, "no such reader")
        return found

    def _subscription(self, request: Request, form: Form) -> tuple[Subscriber, str]:
        """The reader of the path and the subscription of the form; empty: all subscriptions."""
        reader, name = self._reader(request), form.value("subscription")
        if "subscription" not in form or name not in ("", *(each.name for each in reader.subscriptions)):
            raise HTTPException(404, "no such subscription")
        return reader, name

    def _rows(self, readers: Sequence[Subscriber]) -> list[dict[str, object]]:
        """Rows of the table of readers."""
        store, ids, now = self.app().store, {reader.id for reader in readers}, self.clock()
        due, left = store.lists.next_due(ids), store.lists.unsubscribed(ids)
        barred, filed = store.lists.suppressed([_suppression_key(reader) for reader in readers]), self.reader_files(ids)
        return [
            {
                "id": reader.id,
                "path": reader_path(reader.id),
                "name": reader.name or "",
                "address": reader.email,
                "origin": filed.get(reader.id, "signed up"),
                "paused": str(reader.pause_until) if _is_paused(reader, now) else "",
                "left": left.get((reader.id, "")),
                "barred": barred.get(_suppression_key(reader)),
                "subscriptions": [_subscription_row(reader, each, due, left) for each in reader.subscriptions],
            }
            for reader in readers
        ]


def _matches_query(reader: Subscriber, wanted: str) -> bool:
    return any(wanted in text.casefold() for text in (reader.id, reader.email, reader.name or ""))


def _is_paused(reader: Subscriber, now: datetime) -> bool:
    return reader.pause_until is not None and now.astimezone(reader.timezone).date() < reader.pause_until


def _suppression_key(reader: Subscriber) -> str:
    """The reader's address in the form under which suppressions store it."""
    return suppression_key(reader.email) or address_key(reader.email)


def _subscription_row(
    reader: Subscriber,
    subscription: Subscription,
    due: Mapping[tuple[str, str], datetime | None],
    left: Mapping[tuple[str, str], str],
) -> dict[str, object]:
    key = (reader.id, subscription.name)
    if key not in due:
        coming = "not begun"
    elif (at := due[key]) is None:
        coming = "as papers come"
    else:
        coming = f"{at.astimezone(reader.timezone):%a %Y-%m-%d %H:%M %Z}"
    return {"name": subscription.name, "when": str(subscription.when), "next": coming, "left": left.get(key)}


def _setting_rows(each: Subscription) -> list[tuple[str, list[str]]]:
    """By key, what the subscription sets besides its name and its schedule, which stand above."""
    values = ((field.name, getattr(each, field.name)) for field in fields(each) if field.name not in ("name", "when"))
    return [(name, texts) for name, value in values if (texts := list(_texts(value)))]


def _texts(value: object) -> Iterator[str]:
    """A value as a file would have it; a list gives a text for each entry."""
    match value:
        case None:
            return
        case tuple():
            for each in value:
                yield from _texts(each)
        case Rule():
            yield f"author: {value.author}" if value.author else value.query.text
        case Query():
            yield value.text
        case TrendingSection():
            yield f"{value.source}, {value.top} papers"
        case _:
            yield str(value)
