"""The account page, /me/TOKEN: subscriptions, schedule, pause, feedback and history of one reader, with buttons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.config.fields import calendar_day
from digest.mail.message import mailto
from digest.render.labels import full_day, joined, short_day
from digest.render.links import page_of
from digest.render.math import readable
from digest.store import IssueRow, Suppression
from digest.subscriptions import Rule, Schedule, Subscriber
from digest.text import one_line
from digest.text.translations import Translations, translations
from digest.website.account_base import AccountView, suppression_key_of
from digest.website.forms import DAYS
from digest.website.view import Form, form_endpoint

_MAX_HISTORY = 50  # issues
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
class _SubscriptionSummary:
    """One subscription in the list of the page."""

    number: int  # index in the list, from 0
    name: str
    rules: Sequence[str]
    exclude: str
    when: str
    next: str
    left: bool
    latest: str | None  # the path of its latest issue
    feed: str  # a URL


@dataclass(frozen=True, slots=True, kw_only=True)
class _SentIssue:
    """One row of the history."""

    path: str
    day: str
    name: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _GivenFeedback:
    """An answer or an opinion on a paper, with a button that removes it."""

    title: str
    key: str
    what: str
    name: str = ""  # of a followed person

    @property
    def path(self) -> str:
        """Path of the paper's page."""
        return page_of(self.key)


class AccountPage(AccountView):
    """`/me/TOKEN`, and a POST route for each of its buttons."""

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
            *(Route(f"/me/{{token}}/{name}", form_endpoint(act), methods=["POST"]) for name, act in acts.items()),
        ]

    def show(self, request: Request) -> Response:
        return self._page(request, self.account_reader(request), done=request.query_params.get("said", ""))

    def _page(
        self, request: Request, reader: Subscriber, *, done: str = "", fault: str = "", until: str = ""
    ) -> Response:
        app, t = self.app(), translations(reader.language)
        store, today = app.store, self.clock().astimezone(reader.timezone).date()
        paused = reader.pause_until if reader.pause_until and reader.pause_until > today else None
        left = store.unsubscribes.list_all(reader.id)
        return self.account_page(
            request,
            "me",
            t("account.title"),
            reader,
            status=422 if fault else 200,
            done=t(_DONE[done]) if done in _DONE else "",
            who=reader,
            suppressed=self._suppression_notice(reader, t),
            file=self.config_file(reader),
            owner=mailto(app.config.owner.wire),
            lines=list(self._subscriptions(reader, t, {name for _, name in left})),
            left_all=(reader.id, "") in left,
            paused=t("account.paused", day=full_day(t, paused)) if paused else "",
            today=today.isoformat(),
            fault=fault,
            until=until,
            muted=store.preferences.get(reader.id).mutes.get(reader.id, ()),
            answers=self._answers(reader, t),
            opinions=self._opinions(reader, t),
            history=[
                self._sent_issue(reader, each, t) for each in store.issues.latest(reader.id, _MAX_HISTORY, letters=True)
            ],
        )

    def _suppression_notice(self, reader: Subscriber, t: Translations) -> Sequence[str]:
        """Sentences that say since when and why the address is suppressed; empty if it is not."""
        why = self.suppression(reader)
        if why is None:
            return ()
        day = full_day(t, why.since.astimezone(reader.timezone).date())
        return [t("account.suppressed", day=day), *_suppression_reasons(why, t), t("account.suppressed_note")]

    def _subscriptions(self, reader: Subscriber, t: Translations, left: set[str]) -> Iterator[_SubscriptionSummary]:
        store, links = self.app().store, self.app().letters.links
        due, now = store.subscriptions.next_due(reader.id), self.clock()
        for number, each in enumerate(self.reader_as_written(reader).subscriptions):
            latest = store.issues.latest(reader.id, 1, subscription=each.name, letters=True)
            gone = bool(left & {"", each.name})
            planned = (reader.id, each.name) in due
            yield _SubscriptionSummary(
                number=number,
                name=each.name,
                rules=[
                    *(_rule_text(rule, t) for rule in each.rules),
                    *([t("account.trending")] if each.trending else []),
                ],
                exclude=t("account.exclude", rule=each.exclude.text) if each.exclude else "",
                when=_schedule_text(each.when, t),
                next=_next_letter_text(due[reader.id, each.name], reader, now, t)
                if planned
                else t("account.next_none"),
                left=gone,
                latest=self._issue(reader, latest[0]) if latest else None,
                feed=links.feed(reader, each.name),
            )

    def _issue(self, reader: Subscriber, issue: IssueRow) -> str:
        return self.local_path(self.app().letters.links.issue(reader, issue.subscription, issue.kind, issue.slot))

    def _sent_issue(self, reader: Subscriber, issue: IssueRow, t: Translations) -> _SentIssue:
        count = len(issue.papers)
        today, day = (at.astimezone(reader.timezone).date() for at in (self.clock(), issue.created))
        return _SentIssue(
            path=self._issue(reader, issue),
            day=short_day(t, day, today),
            name=issue.subscription,
            count=t("account.papers", count, count=count),
        )

    def _answers(self, reader: Subscriber, t: Translations) -> list[_GivenFeedback]:
        said = [
            (name, key, theirs)
            for (_, name), answers in self.app().store.answers.of_readers([reader.id]).items()
            for key, theirs in answers
        ]
        titles = self._titles([key for _, key, _ in said])
        return [
            _GivenFeedback(
                title=titles[key],
                key=key,
                what=t("account.is_theirs" if theirs else "account.is_not", name=name),
                name=name,
            )
            for name, key, theirs in said
        ]

    def _opinions(self, reader: Subscriber, t: Translations) -> list[_GivenFeedback]:
        said = self.app().store.preferences.opinions(reader.id)
        titles = self._titles([each.paper for each in said])
        return [
            _GivenFeedback(
                title=titles[each.paper],
                key=each.paper,
                what=t("account.more" if each.more else "account.less"),
            )
            for each in said
        ]

    def _titles(self, keys: Sequence[str]) -> dict[str, str]:
        """Titles by key; a paper that is not in the database has its key for a title."""
        found = self.app().store.papers.get_many(keys)
        return {key: readable(one_line(found[key].title)) if key in found else key for key in keys}

    # Handlers of the buttons

    def _pause(self, request: Request, form: Form) -> Response:
        """Pauses until a day; the button `end` ends a pause, also one that the config file sets."""
        reader = self.account_reader(request)
        until, today = form.value("until"), self.clock().astimezone(reader.timezone).date()
        if "end" in form:
            if reader.pause_until:
                self.app().store.preferences.pause(reader.id, None, now=self.clock())
            return self.back_to_account(request, "unpaused")
        day = calendar_day(until)
        if day is None or day <= today:
            return self._page(request, reader, fault=translations(reader.language)("account.bad_day"), until=until)
        self.app().store.preferences.pause(reader.id, day, now=self.clock())
        return self.back_to_account(request, "paused")

    def _leave(self, request: Request, form: Form) -> Response:
        reader, name = self.account_reader(request), form.value("subscription")
        if name not in {each.name for each in reader.subscriptions}:
            return self.back_to_account(request)
        self.app().store.unsubscribes.add(reader.id, name, "the reader asked to", now=self.clock())
        return self.back_to_account(request, "left")

    def _come_back(self, request: Request, form: Form) -> Response:
        """Resubscribes to one subscription; an empty name means all, after an unsubscribe from all."""
        reader, name = self.account_reader(request), form.value("subscription")
        was = (reader.id, name) in self.app().store.unsubscribes.list_all(reader.id)
        if was:
            self.app().store.unsubscribes.remove(reader.id, name)
        return self.back_to_account(request, "back" if was else "")

    def _unmute(self, request: Request, form: Form) -> Response:
        reader, term = self.account_reader(request), form.value("term")
        if term in self.app().store.preferences.get(reader.id).mutes.get(reader.id, ()):
            self.app().store.preferences.unmute(reader.id, term)
        return self.back_to_account(request, "unmuted")

    def _unanswer(self, request: Request, form: Form) -> Response:
        reader, name, key = self.account_reader(request), form.value("name"), form.value("paper")
        said = self.app().store.answers.of_readers([reader.id]).get((reader.id, name), ())
        if key in dict(said):
            self.app().store.answers.save(reader.id, name, key, None, now=self.clock())
        return self.back_to_account(request, "untold")

    def _unopine(self, request: Request, form: Form) -> Response:
        reader, key = self.account_reader(request), form.value("paper")
        if key in {each.paper for each in self.app().store.preferences.opinions(reader.id)}:
            self.app().store.preferences.save_opinion(reader.id, key, None, now=self.clock())
        return self.back_to_account(request, "untold")

    def _lift(self, request: Request, form: Form) -> Response:
        reader = self.account_reader(request)
        self.app().store.suppressions.remove(suppression_key_of(reader))
        return self.back_to_account(request, "lifted")


def _suppression_reasons(why: Suppression, t: Translations) -> Iterator[str]:
    yield t(_SUPPRESSED.get(why.kind, "account.suppressed_by.default"))
    if why.reason:
        yield t("account.suppressed_words", words=why.reason)


def _rule_text(rule: Rule, t: Translations) -> str:
    return t("account.person", name=rule.person.name) if rule.person else " ".join(rule.query.text.split())


def _schedule_text(when: Schedule, t: Translations) -> str:
    """The schedule as text: "Monday to Friday, 07:30"."""
    if when.at_once:
        return t("form.rhythms.once")
    whole = {7: "daily", 5: "weekdays"}.get(len(when.days)) if when.days in (set(range(7)), set(range(5))) else None
    names = [t(f"form.day_names.{DAYS[day]}") for day in sorted(when.days)]
    days = t(f"form.rhythms.{whole}") if whole else joined(t, names)
    return t("account.when", days=days, time=f"{when.hour:02}:{when.minute:02}")


def _next_letter_text(due: datetime | None, reader: Subscriber, now: datetime, t: Translations) -> str:
    if due is None:
        return t("account.next_once")
    at = due.astimezone(reader.timezone)
    return t("account.next", day=short_day(t, at.date(), now.date()), time=f"{at:%H:%M}")
