"""A reader's own page: what they get and when, what they have said, what they were sent; and the small changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.mail.message import mailto
from digest.render.labels import full_day, joined, short_day
from digest.render.links import page_of
from digest.render.math import readable
from digest.store import IssueRow, Suppression
from digest.subscriptions import Rule, Schedule, Subscriber
from digest.text import one_line
from digest.text.translations import Translations, translations
from digest.website.account_base import Mine, address_of
from digest.website.forms import DAYS
from digest.website.view import Form, posted

_HISTORY = 50  # issues
_DONE = {  # what a button did, by its name in the address of the page
    "paused": "account.done.paused",
    "unpaused": "account.done.unpaused",
    "left": "account.done.left",
    "back": "account.done.back",
    "unmuted": "account.done.unmuted",
    "untold": "account.done.untold",
    "lifted": "account.done.lifted",
    "kept": "account.done.kept",
    "added": "account.done.added",
    "removed": "account.done.removed",
    "renewed": "account.done.renewed",
}
_SUPPRESSED = {  # by the kind of evidence; by hand where there is none
    "hard": "account.suppressed_by.hard",
    "soft": "account.suppressed_by.soft",
    "complaint": "account.suppressed_by.complaint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A subscription as the page shows it."""

    number: int  # its place, from 0
    name: str
    rules: Sequence[str]
    exclude: str
    when: str
    next: str
    left: bool
    latest: str | None  # the path of its latest issue
    feed: str  # an address


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """An issue that was sent."""

    path: str
    day: str
    name: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What was said of a paper."""

    title: str
    key: str
    what: str
    name: str = ""  # of a followed person

    @property
    def path(self) -> str:
        """Of the paper's page."""
        return page_of(self.key)


class Me(Mine):
    """`/me/TOKEN`, and what its buttons do."""

    def routes(self) -> list[BaseRoute]:
        acts = {
            "pause": self._pause,
            "leave": self._leave,
            "back": self._come_back,
            "unmute": self._unmute,
            "unanswer": self._unanswer,
            "unopine": self._unopine,
            "lift": self._lift,
        }
        return [
            Route("/me/{token}", self.show, methods=["GET"]),
            *(Route(f"/me/{{token}}/{name}", posted(act), methods=["POST"]) for name, act in acts.items()),
        ]

    def show(self, request: Request) -> Response:
        return self._page(request, self.whose(request), done=request.query_params.get("said", ""))

    def _page(
        self, request: Request, reader: Subscriber, *, done: str = "", fault: str = "", until: str = ""
    ) -> Response:
        app, t = self.app(), translations(reader.language)
        store, today = app.store, self.clock().astimezone(reader.timezone).date()
        paused = reader.pause_until if reader.pause_until and reader.pause_until > today else None
        left = store.unsubscribes.list_all(reader.id)
        return self.mine(
            request,
            "me",
            t("account.title"),
            reader,
            status=422 if fault else 200,
            done=t(_DONE[done]) if done in _DONE else "",
            who=reader,
            suppressed=self._silence(reader, t),
            file=self.file(reader),
            owner=mailto(app.config.owner.wire),
            lines=list(self._lines(reader, t, {name for _, name in left})),
            left_all=(reader.id, "") in left,
            paused=t("account.paused", day=full_day(t, paused)) if paused else "",
            today=today.isoformat(),
            fault=fault,
            until=until,
            muted=store.preferences.get(reader.id).mutes.get(reader.id, ()),
            answers=self._answers(reader, t),
            opinions=self._opinions(reader, t),
            history=[self._past(reader, each, t) for each in store.issues.latest(reader.id, _HISTORY, letters=True)],
        )

    def _silence(self, reader: Subscriber, t: Translations) -> Sequence[str]:
        """Since when no letters go there, and why; empty where they go."""
        why = self.suppressed(reader)
        if why is None:
            return ()
        day = full_day(t, why.since.astimezone(reader.timezone).date())
        return [t("account.suppressed", day=day), *_why(why, t), t("account.suppressed_note")]

    def _lines(self, reader: Subscriber, t: Translations, left: set[str]) -> Iterator[_Line]:
        store, links = self.app().store, self.app().letters.links
        due, now = store.subscriptions.next_due(reader.id), self.clock()
        for number, each in enumerate(self.own(reader).subscriptions):
            latest = store.issues.latest(reader.id, 1, subscription=each.name, letters=True)
            gone = bool(left & {"", each.name})
            planned = (reader.id, each.name) in due
            yield _Line(
                number=number,
                name=each.name,
                rules=[*(_rule(rule, t) for rule in each.rules), *([t("account.trending")] if each.trending else [])],
                exclude=t("account.exclude", rule=each.exclude.text) if each.exclude else "",
                when=_when(each.when, t),
                next=_next(due[reader.id, each.name], reader, now, t) if planned else t("account.next_none"),
                left=gone,
                latest=self._issue(reader, latest[0]) if latest else None,
                feed=links.feed(reader, each.name),
            )

    def _issue(self, reader: Subscriber, issue: IssueRow) -> str:
        return self.path(self.app().letters.links.issue(reader, issue.subscription, issue.kind, issue.slot))

    def _past(self, reader: Subscriber, issue: IssueRow, t: Translations) -> _Past:
        count = len(issue.papers)
        today, day = (at.astimezone(reader.timezone).date() for at in (self.clock(), issue.created))
        return _Past(
            path=self._issue(reader, issue),
            day=short_day(t, day, today),
            name=issue.subscription,
            count=t("account.papers", count, count=count),
        )

    def _answers(self, reader: Subscriber, t: Translations) -> list[_Said]:
        said = [
            (name, key, theirs)
            for (_, name), answers in self.app().store.answers.of_readers([reader.id]).items()
            for key, theirs in answers
        ]
        titles = self._titles([key for _, key, _ in said])
        return [
            _Said(
                title=titles[key],
                key=key,
                what=t("account.is_theirs" if theirs else "account.is_not", name=name),
                name=name,
            )
            for name, key, theirs in said
        ]

    def _opinions(self, reader: Subscriber, t: Translations) -> list[_Said]:
        said = self.app().store.preferences.opinions(reader.id)
        titles = self._titles([each.paper for each in said])
        return [
            _Said(
                title=titles[each.paper],
                key=each.paper,
                what=t("account.more" if each.more else "account.less"),
            )
            for each in said
        ]

    def _titles(self, keys: Sequence[str]) -> dict[str, str]:
        """What papers are called; one that is not there by its key."""
        found = self.app().store.papers.get_many(keys)
        return {key: readable(one_line(found[key].title)) if key in found else key for key in keys}

    # What the buttons do

    def _pause(self, request: Request, form: Form) -> Response:
        """No letters until a day; without one: letters, whatever the file says."""
        reader = self.whose(request)
        until, today = form.text("until"), self.clock().astimezone(reader.timezone).date()
        if "end" in form:
            if reader.pause_until:
                self.app().store.preferences.pause(reader.id, None, now=self.clock())
            return self.home(request, "unpaused")
        day = _day(until)
        if day is None or day <= today:
            return self._page(request, reader, fault=translations(reader.language)("account.bad_day"), until=until)
        self.app().store.preferences.pause(reader.id, day, now=self.clock())
        return self.home(request, "paused")

    def _leave(self, request: Request, form: Form) -> Response:
        reader, name = self.whose(request), form.text("subscription")
        if name not in {each.name for each in reader.subscriptions}:
            return self.home(request)
        self.app().store.unsubscribes.add(reader.id, name, "the reader asked to", now=self.clock())
        return self.home(request, "left")

    def _come_back(self, request: Request, form: Form) -> Response:
        """To one subscription, or (an empty name) to all that were left together."""
        reader, name = self.whose(request), form.text("subscription")
        was = (reader.id, name) in self.app().store.unsubscribes.list_all(reader.id)
        if was:
            self.app().store.unsubscribes.remove(reader.id, name)
        return self.home(request, "back" if was else "")

    def _unmute(self, request: Request, form: Form) -> Response:
        reader, term = self.whose(request), form.text("term")
        if term in self.app().store.preferences.get(reader.id).mutes.get(reader.id, ()):
            self.app().store.preferences.unmute(reader.id, term)
        return self.home(request, "unmuted")

    def _unanswer(self, request: Request, form: Form) -> Response:
        reader, name, key = self.whose(request), form.text("name"), form.text("paper")
        said = self.app().store.answers.of_readers([reader.id]).get((reader.id, name), ())
        if key in dict(said):
            self.app().store.answers.save(reader.id, name, key, None, now=self.clock())
        return self.home(request, "untold")

    def _unopine(self, request: Request, form: Form) -> Response:
        reader, key = self.whose(request), form.text("paper")
        if key in {each.paper for each in self.app().store.preferences.opinions(reader.id)}:
            self.app().store.preferences.save_opinion(reader.id, key, None, now=self.clock())
        return self.home(request, "untold")

    def _lift(self, request: Request, form: Form) -> Response:
        reader = self.whose(request)
        self.app().store.suppressions.remove(address_of(reader))
        return self.home(request, "lifted")


def _why(why: Suppression, t: Translations) -> Iterator[str]:
    yield t(_SUPPRESSED.get(why.kind, "account.suppressed_by.default"))
    if why.reason:
        yield t("account.suppressed_words", words=why.reason)


def _rule(rule: Rule, t: Translations) -> str:
    return t("account.person", name=rule.person.name) if rule.person else " ".join(rule.query.text.split())


def _when(when: Schedule, t: Translations) -> str:
    """Monday to Friday, 07:30."""
    if when.at_once:
        return t("form.rhythms.once")
    whole = {7: "daily", 5: "weekdays"}.get(len(when.days)) if when.days in (set(range(7)), set(range(5))) else None
    names = [t(f"form.day_names.{DAYS[day]}") for day in sorted(when.days)]
    days = t(f"form.rhythms.{whole}") if whole else joined(t, names)
    return t("account.when", days=days, time=f"{when.hour:02}:{when.minute:02}")


def _next(due: datetime | None, reader: Subscriber, now: datetime, t: Translations) -> str:
    if due is None:
        return t("account.next_once")
    at = due.astimezone(reader.timezone)
    return t("account.next", day=short_day(t, at.date(), now.date()), time=f"{at:%H:%M}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
