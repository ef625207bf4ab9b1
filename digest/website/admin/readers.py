"""The readers: who gets what and when, who has left, and what is done about one of them."""

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
from digest.website.admin.base import PER_PAGE, Desk, key_of, outbox_path, page_of, pages_of, reader_path, stamp
from digest.website.view import Form

_LONGEST = 254  # characters of what is searched for
_LATEST = 20  # issues and letters of one reader


class Readers(Desk):
    """`/readers` and `/readers/ID`."""

    def routes(self) -> list[BaseRoute]:
        one = "/readers/{reader}"
        return [
            Route("/readers", self.look, methods=["GET"]),
            Route(one, self.one, methods=["GET"]),
            Route(f"{one}/leave", self.acting(self.leave), methods=["POST"]),
            Route(f"{one}/return", self.acting(self.come_back), methods=["POST"]),
            Route(f"{one}/suppress", self.acting(self.suppress), methods=["POST"]),
            Route(f"{one}/lift", self.acting(self.lift), methods=["POST"]),
        ]

    def look(self, request: Request) -> Response:
        asked = request.query_params.get("q", "").strip()[:_LONGEST]
        wanted = asked.casefold()
        app = self.app()
        everybody = app.readers()
        found = [reader for reader in everybody if _is_meant(reader, wanted)] if wanted else everybody
        pages = pages_of(len(found))
        page = min(page_of(request), pages)
        some = found[(page - 1) * PER_PAGE : page * PER_PAGE]
        return self.show(
            request,
            "readers",
            "Readers",
            asked=asked,
            count=len(found),
            page=page,
            pages=pages,
            base=f"/readers?q={quote_plus(asked)}&",
            rows=self._described(some),
            faults=sorted(app.directory.faults(app.store).items())[:PER_PAGE],
        )

    def one(self, request: Request) -> Response:
        reader, store = self._named(request), self.app().store
        letters = store.lists.letters(subscriber=reader.id, limit=_LATEST)
        [row] = self._described([reader])
        return self.show(
            request,
            "reader",
            f"Reader {reader.id}",
            row=row,
            reader=reader,
            settings=[_settings(each) for each in reader.subscriptions],
            issues=[(each, stamp(each.created)) for each in store.issues.latest(reader.id, limit=_LATEST)],
            letters=[(each, stamp(each.created), outbox_path(each.state)) for each in letters],
        )

    def leave(self, request: Request, form: Form) -> Response:
        reader, name = self._meant(request, form)
        self.app().store.unsubscribes.add(reader.id, name, "by hand", now=self.clock())
        return self._done(request, reader, "left", subscription=name or "all")

    def come_back(self, request: Request, form: Form) -> Response:
        reader, name = self._meant(request, form)
        there = self.app().store.unsubscribes.remove(reader.id, name)
        return self._done(request, reader, "back" if there else "was-there", subscription=name or "all")

    def suppress(self, request: Request, form: Form) -> Response:
        reader = self._named(request)
        fresh = self.app().store.suppressions.add(_key(reader), "by hand", now=self.clock())
        return self._done(request, reader, "suppressed" if fresh else "was-suppressed")

    def lift(self, request: Request, form: Form) -> Response:
        reader = self._named(request)
        there = self.app().store.suppressions.remove(_key(reader))
        return self._done(request, reader, "lifted" if there else "was-free")

    def _done(self, request: Request, reader: Subscriber, what: str, **log: str) -> Response:
        return self.done(request, reader_path(reader.id), what, log={"reader": reader.id, **log})

    def _named(self, request: Request) -> Subscriber:
        found = self.app().reader(request.path_params["reader"])
        if found is None:
            raise HTTPException(404, "no such reader")
        return found

    def _meant(self, request: Request, form: Form) -> tuple[Subscriber, str]:
        """The reader and the name of a subscription; empty: all of theirs."""
        reader, name = self._named(request), form.text("subscription")
        if "subscription" not in form or name not in ("", *(each.name for each in reader.subscriptions)):
            raise HTTPException(404, "no such subscription")
        return reader, name

    def _described(self, readers: Sequence[Subscriber]) -> list[dict[str, object]]:
        """What a table says of each."""
        store, ids, now = self.app().store, {reader.id for reader in readers}, self.clock()
        due, left = store.lists.next_due(ids), store.lists.unsubscribed(ids)
        barred, filed = store.lists.suppressed([_key(reader) for reader in readers]), self.filed(ids)
        return [
            {
                "id": reader.id,
                "path": reader_path(reader.id),
                "name": reader.name or "",
                "address": reader.email,
                "origin": filed.get(reader.id, "signed up"),
                "paused": str(reader.pause_until) if _pauses(reader, now) else "",
                "left": left.get((reader.id, "")),
                "barred": barred.get(_key(reader)),
                "subscriptions": [_subscribed(reader, each, due, left) for each in reader.subscriptions],
            }
            for reader in readers
        ]


def _is_meant(reader: Subscriber, wanted: str) -> bool:
    return any(wanted in text.casefold() for text in (reader.id, reader.email, reader.name or ""))


def _pauses(reader: Subscriber, now: datetime) -> bool:
    return reader.pause_until is not None and now.astimezone(reader.timezone).date() < reader.pause_until


def _key(reader: Subscriber) -> str:
    """As letters know the address."""
    return key_of(reader.email) or address_key(reader.email)


def _subscribed(
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


def _settings(each: Subscription) -> list[tuple[str, list[str]]]:
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
