"""What a reader says of a paper in an issue: more or less like it, theirs or not, and terms to mute.

The links of a letter lead here. Looking changes nothing; each button acts, its page then says what is kept, and takes
it back as easily.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.issues import Item
from digest.render.cards import listed
from digest.rules import QueryError, parse
from digest.subscriptions import Subscriber
from digest.text import strip_controls
from digest.text.translations import Translations, translations
from digest.website.copies import Copies
from digest.website.resubmit import followed_on, lines_of, reread
from digest.website.view import Form, posted

MOST_MUTED = 200
"""Terms of one reader."""

_LONGEST = 500  # characters of a term
_TERMS, _AUTHORS, _CATEGORIES = 8, 3, 4  # choices of each kind
_LAST = 3  # terms that were muted last

Fields = Sequence[tuple[str, str]]
"""Names and values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A paper in an issue, and whose issue that is."""

    path: str  # of this page
    issue: str  # the path of the issue
    reader: Subscriber
    item: Item

    @property
    def key(self) -> str:
        return self.item.paper.key


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a page asks."""

    title: str
    lines: Sequence[str] = ()
    said: Sequence[tuple[str, Fields]] = ()  # what is kept, and the fields that take it back
    forms: Sequence[tuple[Fields, Sequence[tuple[str, str, str, bool]]]] = ()  # hidden fields; buttons
    choices: Sequence[str] | None = None
    chosen: str = ""
    typed: str = ""
    fault: str = ""


class Feedback(Copies):
    """`/issue/TOKEN/N/more`, `less`, `author` and `mute`: of the paper with that number."""

    def routes(self) -> list[BaseRoute]:
        rooms = {
            "more": (self._opinion(True), self._opine(True)),
            "less": (self._opinion(False), self._opine(False)),
            "author": (self._author, self._answer),
            "mute": (self._mute, self._muting),
        }
        return [
            route
            for name, (ask, act) in rooms.items()
            for path in [f"/issue/{{token}}/{{number:int}}/{name}"]
            for route in (
                Route(path, self._asking(ask), methods=["GET"]),
                Route(path, posted(self._acting(ask, act)), methods=["POST"]),
            )
        ]

    def _asking(self, ask: Callable[[_Spot, Translations], _Asked]) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            spot = self._spot(request)
            return self._page(spot, ask(spot, translations(spot.reader.language)))

        return endpoint

    def _acting(
        self, ask: Callable[[_Spot, Translations], _Asked], act: Callable[[_Spot, Form, Translations], _Asked | None]
    ) -> Callable[[Request, Form], Response]:
        def handler(request: Request, form: Form) -> Response:
            spot = self._spot(request)
            t = translations(spot.reader.language)
            if form.text("paper") not in ("", spot.key):  # another one has that number by now
                return self._page(spot, ask(spot, t), status=409)
            again = act(spot, form, t)
            return self._page(spot, again, status=422) if again else self.see(spot.path)

        return handler

    # More, less

    def _opinion(self, more: bool) -> Callable[[_Spot, Translations], _Asked]:
        def ask(spot: _Spot, t: Translations) -> _Asked:
            said = {each.paper: each.more for each in self.app().store.preferences.opinions(spot.reader.id)}.get(
                spot.key
            )
            if said is more:
                kept = t("feedback.more_kept") if more else t("feedback.less_kept")
                return _Asked(title=kept, said=[(kept, ())])
            button = ("keep", "1", t("feedback.more_button" if more else "feedback.less_button"), True)
            before = [] if said is None else [t("feedback.replaces_more" if said else "feedback.replaces_less")]
            return _Asked(
                title=t("feedback.more") if more else t("feedback.less"),
                lines=[t("feedback.more_note") if more else t("feedback.less_note"), *before],
                forms=[((), [button])],
            )

        return ask

    def _opine(self, more: bool) -> Callable[[_Spot, Form, Translations], None]:
        def act(spot: _Spot, form: Form, t: Translations) -> None:
            kept = None if "undo" in form else more
            self.app().store.preferences.save_opinion(spot.reader.id, spot.key, kept, now=self.clock())

        return act

    # Theirs or not

    def _author(self, spot: _Spot, t: Translations) -> _Asked:
        people = followed_on(spot.reader, spot.item.paper)
        if not people:
            return _Asked(title=t("feedback.author"), lines=[t("feedback.nobody")])
        said = self._answers(spot)
        return _Asked(
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

    def _answers(self, spot: _Spot) -> dict[str, bool]:
        """What was answered on this paper, by name."""
        answers = self.app().store.answers.of_readers([spot.reader.id])
        return {name: dict(said)[spot.key] for (_, name), said in answers.items() if spot.key in dict(said)}

    def _answer(self, spot: _Spot, form: Form, t: Translations) -> None:
        name = form.text("name")
        names = {person.name for person in followed_on(spot.reader, spot.item.paper)}
        theirs = None if "undo" in form else {"yes": True, "no": False}.get(form.text("theirs"))
        if name in (names if theirs is not None else self._answers(spot)):
            self.app().store.answers.save(spot.reader.id, name, spot.key, theirs, now=self.clock())

    # Mute

    def _mute(self, spot: _Spot, t: Translations, **typed: str) -> _Asked:
        muted = self._muted(spot.reader)
        last = muted[-_LAST:]  # so that who has just muted one sees it, whatever it matches
        said = [term for term in muted if term in last or (_is_rule(term) and parse(term).matches(spot.item.paper))]
        return _Asked(
            title=t("feedback.mute"),
            lines=[t("feedback.mute_note")],
            said=[(t("feedback.muted", term=term), [("term", term)]) for term in reversed(said)],
            forms=[((), [("keep", "1", t("feedback.mute_button"), True)])],
            choices=[term for term in dict.fromkeys(_terms(spot.item)) if term not in muted],
            **typed,
        )

    def _muting(self, spot: _Spot, form: Form, t: Translations) -> _Asked | None:
        store, reader = self.app().store, spot.reader
        chosen, other = form.text("term"), " ".join(form.text("other").split())
        term = other or chosen
        if "undo" in form:
            if chosen in self._muted(reader):
                store.preferences.unmute(reader.id, chosen)
            return None
        if not term:
            return self._mute(spot, t, fault=t("feedback.mute_nothing"))
        if fault := _wrong(term, t):
            return self._mute(spot, t, fault=fault, typed=other, chosen=chosen)
        muted = self._muted(reader)
        if term not in muted and len(muted) >= MOST_MUTED:
            return self._mute(spot, t, fault=t("feedback.mute_full"), typed=other, chosen=chosen)
        store.preferences.mute(reader.id, term, now=self.clock())
        return None

    def _muted(self, reader: Subscriber) -> tuple[str, ...]:
        return self.app().store.preferences.get(reader.id).mutes.get(reader.id, ())

    # What all have in common

    def _spot(self, request: Request) -> _Spot:
        """The paper with that number. Raises TokenError, and HTTPException where there is none."""
        opened, number = self.issue(request), request.path_params["number"]
        store = self.app().store
        chosen = lines_of(opened.copy, store, number) if opened and opened.copy else []
        if opened is None or not chosen:
            raise HTTPException(404)
        [item] = reread(opened.reader, opened.subscription, chosen, store).values()
        issue = f"/issue/{request.path_params['token']}"
        what = request.url.path.rpartition("/")[2]
        return _Spot(path=f"{issue}/{number}/{what}", issue=issue, reader=opened.reader, item=item)

    def _page(self, spot: _Spot, asked: _Asked, status: int = 200) -> Response:
        now = self.clock().astimezone(spot.reader.timezone)
        [entry] = listed([spot.item], now, translations(spot.reader.language))
        return self.page(
            translations(spot.reader.language),
            "feedback",
            asked.title,
            status=status,
            entry=entry,
            key=spot.key,
            issue=spot.issue,
            mute="" if asked.choices is not None else f"{spot.path.rpartition('/')[0]}/mute",
            lines=asked.lines,
            said=asked.said,
            forms=asked.forms,
            choices=asked.choices,
            chosen=asked.chosen,
            typed=asked.typed,
            fault=asked.fault,
        )


def _terms(item: Item) -> Iterator[str]:
    """What of a paper may be muted: terms of the rules that found it, its categories, its first authors."""
    paper = item.paper
    words = [hit.rule for hit in item.hits if hit.author is None]
    codes = [f"cat:{code}" for code in paper.categories]
    names = [f'au:"{author.name}"' for author in paper.authors]
    for terms, most in ((words, _TERMS), (codes, _CATEGORIES), (names, _AUTHORS)):
        yield from [term for term in dict.fromkeys(terms) if _is_rule(term)][:most]


def _is_rule(term: str) -> bool:
    try:
        return len(term) <= _LONGEST and bool(parse(term).root)
    except QueryError:
        return False


def _wrong(term: str, t: Translations) -> str:
    """What is wrong with a term; empty where nothing is."""
    if len(term) > _LONGEST or strip_controls(term) != term:
        return t("feedback.mute_wrong", mistake=f"{strip_controls(term)[:20]}…")
    try:
        parse(term)
    except QueryError as error:
        return t("feedback.mute_wrong", mistake=f"{error.what}: {error.mend}")
    return ""
