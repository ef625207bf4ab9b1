"""Feedback on a paper of an issue: more or less like it, confirm or deny an author, mute a term.

Letters link here. A GET changes nothing, since mail scanners follow links; a POST saves, and its page offers to undo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.issues import Item
from digest.render.cards import listed_papers
from digest.rules import QueryError, parse
from digest.subscriptions import Subscriber
from digest.text import strip_controls
from digest.text.translations import Translations, translations
from digest.website.rematch import followed_authors_on, papers_of_copy, rematch
from digest.website.view import Form, form_endpoint
from digest.website.web_copy import WebCopyView

MAX_MUTED_TERMS = 200
"""Maximum of muted terms per reader."""

_MAX_TERM_LENGTH = 500  # characters of a term
_MAX_TERM_CHOICES, _MAX_AUTHOR_CHOICES, _MAX_CATEGORY_CHOICES = 8, 3, 4  # choices of each kind
_LATEST_MUTED = 3  # latest muted terms that the page lists whether they match or not

Fields = Sequence[tuple[str, str]]
"""Names and values of hidden fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _FeedbackTarget:
    """The paper of the request, its issue and the issue's reader."""

    path: str  # of this page
    issue: str  # the path of the issue
    reader: Subscriber
    item: Item

    @property
    def key(self) -> str:
        return self.item.paper.key


@dataclass(frozen=True, slots=True, kw_only=True)
class _FeedbackQuestion:
    """The content of a feedback page: texts, saved feedback, forms and errors."""

    title: str
    lines: Sequence[str] = ()
    said: Sequence[tuple[str, Fields]] = ()  # saved feedback, and the fields of the form that undoes it
    forms: Sequence[tuple[Fields, Sequence[tuple[str, str, str, bool]]]] = ()  # hidden fields; buttons
    choices: Sequence[str] | None = None
    chosen: str = ""
    typed: str = ""
    fault: str = ""


class FeedbackView(WebCopyView):
    """`/issue/TOKEN/N/more`, `less`, `author` and `mute`: of the paper with that number."""

    def routes(self) -> list[BaseRoute]:
        questions = {
            "more": (self._opinion_question(True), self._record_opinion(True)),
            "less": (self._opinion_question(False), self._record_opinion(False)),
            "author": (self._author_question, self._record_answer),
            "mute": (self._mute_question, self._record_mute),
        }
        return [
            route
            for name, (ask, act) in questions.items()
            for path in [f"/issue/{{token}}/{{number:int}}/{name}"]
            for route in (
                Route(path, self._question_endpoint(ask), methods=["GET"]),
                Route(path, form_endpoint(self._answer_handler(ask, act)), methods=["POST"]),
            )
        ]

    def _question_endpoint(
        self, ask: Callable[[_FeedbackTarget, Translations], _FeedbackQuestion]
    ) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            target = self._target(request)
            return self._page(target, ask(target, translations(target.reader.language)))

        return endpoint

    def _answer_handler(
        self,
        ask: Callable[[_FeedbackTarget, Translations], _FeedbackQuestion],
        act: Callable[[_FeedbackTarget, Form, Translations], _FeedbackQuestion | None],
    ) -> Callable[[Request, Form], Response]:
        def handler(request: Request, form: Form) -> Response:
            target = self._target(request)
            t = translations(target.reader.language)
            if form.value("paper") not in ("", target.key):  # the number belongs to another paper by now
                return self._page(target, ask(target, t), status=409)
            again = act(target, form, t)
            return self._page(target, again, status=422) if again else self.redirect(target.path)

        return handler

    # More, less

    def _opinion_question(self, more: bool) -> Callable[[_FeedbackTarget, Translations], _FeedbackQuestion]:
        def ask(target: _FeedbackTarget, t: Translations) -> _FeedbackQuestion:
            said = {each.paper: each.more for each in self.app().store.preferences.opinions(target.reader.id)}.get(
                target.key
            )
            if said is more:
                kept = t("feedback.more_kept") if more else t("feedback.less_kept")
                return _FeedbackQuestion(title=kept, said=[(kept, ())])
            button = ("keep", "1", t("feedback.more_button" if more else "feedback.less_button"), True)
            before = [] if said is None else [t("feedback.replaces_more" if said else "feedback.replaces_less")]
            return _FeedbackQuestion(
                title=t("feedback.more") if more else t("feedback.less"),
                lines=[t("feedback.more_note") if more else t("feedback.less_note"), *before],
                forms=[((), [button])],
            )

        return ask

    def _record_opinion(self, more: bool) -> Callable[[_FeedbackTarget, Form, Translations], None]:
        def act(target: _FeedbackTarget, form: Form, t: Translations) -> None:
            kept = None if "undo" in form else more
            self.app().store.preferences.save_opinion(target.reader.id, target.key, kept, now=self.clock())

        return act

    # Author: confirm or deny

    def _author_question(self, target: _FeedbackTarget, t: Translations) -> _FeedbackQuestion:
        people = followed_authors_on(target.reader, target.item.paper)
        if not people:
            return _FeedbackQuestion(title=t("feedback.author"), lines=[t("feedback.nobody")])
        said = self._answers(target)
        return _FeedbackQuestion(
            title=t("feedback.author"),
            lines=[t("feedback.author_note")],
            said=[
                (
                    t("feedback.said_theirs" if said[person.name] else "feedback.said_not", name=person.name),
                    [("name", person.name)],
                )
                for person in people
                if person.name in said
            ],
            forms=[
                (
                    [("name", person.name)],
                    [
                        ("theirs", value, t(key, name=person.name), value == "yes")
                        for value, key in (("yes", "feedback.is_theirs"), ("no", "feedback.is_not"))
                        if said.get(person.name) is not (value == "yes")
                    ],
                )
                for person in people
            ],
        )

    def _answers(self, target: _FeedbackTarget) -> dict[str, bool]:
        """The saved answers on this paper, by the author's name."""
        answers = self.app().store.answers.of_readers([target.reader.id])
        return {name: dict(said)[target.key] for (_, name), said in answers.items() if target.key in dict(said)}

    def _record_answer(self, target: _FeedbackTarget, form: Form, t: Translations) -> None:
        name = form.value("name")
        names = {person.name for person in followed_authors_on(target.reader, target.item.paper)}
        theirs = None if "undo" in form else {"yes": True, "no": False}.get(form.value("theirs"))
        if name in (names if theirs is not None else self._answers(target)):
            self.app().store.answers.save(target.reader.id, name, target.key, theirs, now=self.clock())

    # Mute

    def _mute_question(self, target: _FeedbackTarget, t: Translations, **typed: str) -> _FeedbackQuestion:
        muted = self._muted_terms(target.reader)
        last = muted[-_LATEST_MUTED:]  # a reader who has just muted a term sees it here
        said = [term for term in muted if term in last or (_is_rule(term) and parse(term).matches(target.item.paper))]
        return _FeedbackQuestion(
            title=t("feedback.mute"),
            lines=[t("feedback.mute_note")],
            said=[(t("feedback.muted", term=term), [("term", term)]) for term in reversed(said)],
            forms=[((), [("keep", "1", t("feedback.mute_button"), True)])],
            choices=[term for term in dict.fromkeys(_mutable_terms(target.item)) if term not in muted],
            **typed,
        )

    def _record_mute(self, target: _FeedbackTarget, form: Form, t: Translations) -> _FeedbackQuestion | None:
        store, reader = self.app().store, target.reader
        chosen, other = form.value("term"), " ".join(form.value("other").split())
        term = other or chosen
        if "undo" in form:
            if chosen in self._muted_terms(reader):
                store.preferences.unmute(reader.id, chosen)
            return None
        if not term:
            return self._mute_question(target, t, fault=t("feedback.mute_nothing"))
        if fault := _term_error(term, t):
            return self._mute_question(target, t, fault=fault, typed=other, chosen=chosen)
        muted = self._muted_terms(reader)
        if term not in muted and len(muted) >= MAX_MUTED_TERMS:
            return self._mute_question(target, t, fault=t("feedback.mute_full"), typed=other, chosen=chosen)
        store.preferences.mute(reader.id, term, now=self.clock())
        return None

    def _muted_terms(self, reader: Subscriber) -> tuple[str, ...]:
        return self.app().store.preferences.get(reader.id).mutes.get(reader.id, ())

    # Shared by all of them

    def _target(self, request: Request) -> _FeedbackTarget:
        """The paper with the number of the request. Raises TokenError, and HTTPException (404) without such a paper."""
        opened, number = self.requested_issue(request), request.path_params["number"]
        store = self.app().store
        chosen = papers_of_copy(opened.copy, store, number) if opened and opened.copy else []
        if opened is None or not chosen:
            raise HTTPException(404)
        [item] = rematch(opened.reader, opened.subscription, chosen, store).values()
        issue = f"/issue/{request.path_params['token']}"
        what = request.url.path.rpartition("/")[2]
        return _FeedbackTarget(path=f"{issue}/{number}/{what}", issue=issue, reader=opened.reader, item=item)

    def _page(self, target: _FeedbackTarget, asked: _FeedbackQuestion, status: int = 200) -> Response:
        now = self.clock().astimezone(target.reader.timezone)
        [entry] = listed_papers([target.item], now, translations(target.reader.language))
        return self.page(
            translations(target.reader.language),
            "feedback",
            asked.title,
            status=status,
            entry=entry,
            key=target.key,
            issue=target.issue,
            mute="" if asked.choices is not None else f"{target.path.rpartition('/')[0]}/mute",
            lines=asked.lines,
            said=asked.said,
            forms=asked.forms,
            choices=asked.choices,
            chosen=asked.chosen,
            typed=asked.typed,
            fault=asked.fault,
        )


def _mutable_terms(item: Item) -> Iterator[str]:
    """Terms that the page offers to mute: matching rules, categories and first authors of the paper."""
    paper = item.paper
    words = [hit.rule for hit in item.hits if hit.author is None]
    codes = [f"cat:{code}" for code in paper.categories]
    names = [f'au:"{author.name}"' for author in paper.authors]
    for terms, most in ((words, _MAX_TERM_CHOICES), (codes, _MAX_CATEGORY_CHOICES), (names, _MAX_AUTHOR_CHOICES)):
        yield from [term for term in dict.fromkeys(terms) if _is_rule(term)][:most]


def _is_rule(term: str) -> bool:
    try:
        return len(term) <= _MAX_TERM_LENGTH and bool(parse(term).root)
    except QueryError:
        return False


def _term_error(term: str, t: Translations) -> str:
    """The error of a term, as text; empty for a valid term."""
    if len(term) > _MAX_TERM_LENGTH or strip_controls(term) != term:
        return t("feedback.mute_wrong", mistake=f"{strip_controls(term)[:20]}…")
    try:
        parse(term)
    except QueryError as error:
        return t("feedback.mute_wrong", mistake=f"{error.what}: {error.mend}")
    return ""
