"""Templates turned into subject, text and HTML, in a size that mail programs show whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import islice
from math import ceil
from operator import attrgetter
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import TypeVar

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    select_autoescape,
)

from digest.errors import ConfigError
from digest.issues import Issue, Item
from digest.mail.quoted_printable import Common, Lines, joined
from digest.render.card_cache import Frame, Held, Manner, PrintedCard, at_number, ended, framed, key_of, said
from digest.render.highlight import Piece, Pieces
from digest.render.inline import inlined
from digest.render.notices import NoticeKeys
from digest.render.shorten import shorten
from digest.render.text_wrap import columns, fill
from digest.render.view import SUBJECT, Letter, Links, letter, marks
from digest.resources import shipped
from digest.text.translations import Translations, translations

_ROOMS = (600, 320, 160, 0)  # characters of an abstract, tried in turn until the letter fits
_FEW, _WHOLE = 3, 3_000  # papers of an alert that has room for such an abstract
_LIMIT = 100_000  # bytes of HTML: Gmail clips at about 102 kB, and drops the style element with it
_STYLE = "letter/style.css"
_MOST_CARDS = 16_384  # kept; most marks are one reader's alone, so more would not be asked for again
_MOST_FRAMES = 8_192  # papers, as they are printed but for what is marked in them
_MOST_MANNERS = 1_024  # kept: one for each zone, language and length of a reader's links
_K = TypeVar("_K")
_V = TypeVar("_V")
_PLACE = attrgetter("field", "start", "end", "author")  # of a hit
_MISTAKES = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, eq=False)
class Parts:
    """What a letter says: the subject in one line, the text, and the HTML unless the reader wants text alone.

    Both in stretches of whole lines: a card is the same stretches in every letter.
    """

    subject: str
    text_lines: Sequence[Lines]
    html_lines: Sequence[Lines] | None

    @cached_property
    def text(self) -> str:
        return joined(self.text_lines)

    @cached_property
    def html(self) -> str | None:
        return None if self.html_lines is None else joined(self.html_lines)


class Renderer:
    """Renders letters by templates/letter; files of the same name in the folder `overrides` win.

    A card is printed once for all readers whose rules marked the same words in it, and its place is held in the page
    meanwhile. Threads may share a renderer.
    """

    def __init__(self, overrides: Path | None = None) -> None:
        files = FileSystemLoader([*([overrides] if overrides else ()), shipped("templates")])
        self._templates = environment(_Inlining(files))
        self._as_written = environment(files)  # its lines are those of the files: for errors
        self._is_overridden = overrides is not None
        self._cards: dict[tuple[object, ...], PrintedCard] = {}
        self._frames: dict[tuple[object, ...], Frame] = {}
        self._manners: dict[tuple[object, ...], Manner] = {}
        self._known: dict[str, Template] = {}
        self._word = f"zq{token_hex(8)}n"  # holds the place of a card; no paper can know it
        self._own = f"zq{token_hex(8)}own"  # and of what a reader's own links to a paper begin with

    def letter(self, issue: Issue, links: Links, *, title: str = "Morning Papers", postal: str = "") -> Parts:
        """The parts of an issue's letter; deterministic. As it grows abstracts shorten, then cards become lines, then
        papers are counted instead of shown. Raises ConfigError with the place of a mistake in a template."""
        t = translations(issue.subscriber.language)
        for smaller, room in _sizes(issue):
            own = self._own.ljust(len(f"{links.web}/88"), "x") if links.web else None  # as wide as what it stands for
            manner = self._manner(Manner(issue.date, t, room, links.site, own))
            made, again = partial(self._card, manner=manner), partial(self._numbered, manner=manner)
            slots = _Slots(self._word, made, again, links.web or "")
            view = letter(smaller, links, t, title=title, postal=postal, room=room, printed=slots.hold)
            parts = self._parts(view, slots, html=issue.subscriber.format == "html")
            if sum(each.size for each in parts.html_lines or ()) < _LIMIT:
                return parts
        raise ConfigError(f"letter/html.html.j2 makes {_LIMIT} bytes and more even without papers")

    def notice(self, notice: NoticeKeys, t: Translations, url: str, *, service: str, postal: str = "") -> Parts:
        """The parts of a letter without papers: what it says, its one link, and why it comes."""
        subject = shorten(t(notice.subject, name=service), SUBJECT)
        view = {
            "language": t.tag,
            "direction": t.direction,
            "subject": subject,
            "title": service,
            "lines": [t(key) for key in notice.lines],
            "button": t(notice.button),
            "url": url,
            "after": [t(key) for key in notice.after],
            "why": t("notice.why"),
            "postal": postal,
        }
        html, text = ([Lines(self._render(f"letter/notice.{kind}.j2", letter=view))] for kind in ("html", "txt"))
        return Parts(subject, text, html)

    def beside(self, parts: Parts) -> str:
        """A page that shows a letter as desktop, phone, dark phone and text, side by side."""
        page = parts.html or ""
        dark = page.replace("@media (prefers-color-scheme: dark)", "@media all")
        views = (("Desktop", 720, page), ("Phone", 375, page), ("Dark", 375, dark)) if page else ()
        return self._render("preview/page.html.j2", subject=parts.subject, views=views, text=parts.text)

    def _parts(self, view: Letter, slots: _Slots, *, html: bool) -> Parts:
        subject = " ".join(self._render("letter/subject.txt.j2", letter=view).split())
        if not subject:
            raise ConfigError("letter/subject.txt.j2 says nothing: a letter needs a subject")
        view = replace(view, subject=shorten(subject, SUBJECT))
        text = slots.text(self._render("letter/text.txt.j2", letter=view))
        page = slots.html(self._render("letter/html.html.j2", letter=view)) if html else None
        return Parts(view.subject, text, page)

    def _manner(self, manner: Manner) -> Manner:
        """The same one for all letters that print their cards alike: to compare it costs nothing then."""
        known = self._manners.get(manner.key)
        if known is None:
            known = manner
            _keep(self._manners, manner.key, known, _MOST_MANNERS)
        return known

    def _card(self, item: Item, manner: Manner) -> PrintedCard:
        """The card of a paper as it matched, from the shelf where it was printed before."""
        paper = (*key_of(item), manner)
        key = (*paper, frozenset(map(_PLACE, item.hits)))
        known = self._cards.get(key)
        if known is None:
            known = self._print(item, manner, paper)
            _keep(self._cards, key, known, _MOST_CARDS)
        return known

    def _print(self, item: Item, manner: Manner, paper: tuple[object, ...]) -> PrintedCard:
        name = "letter/card.html.j2" if manner.room else "letter/line.html.j2"
        held = manner.own or self._own
        if not self._is_overridden:
            frame = self._frame(item, manner, name, paper)
            card = frame.card
            title, abstract = marks(card, item, manner.room, manner.t)
            # else it has another title by a mark in what is one sign, or a template shows something twice
            if frame.is_whole and (title is card.title or said(title) == said(card.title)):
                return PrintedCard(frame.item, held, frame.html_with(title, abstract), frame.text_with(abstract))
        made = manner.card(item)
        page, text = self._render(name, card=made), self._render("letter/card.txt.j2", card=made)
        return PrintedCard(item, held, (Held(ended(page)),), at_number(ended(text), self._own))

    def _numbered(self, item: Item, number: int, manner: Manner) -> Held:
        """The text of a card whose number changes more than itself."""
        return Held(ended(self._render("letter/card.txt.j2", card=replace(manner.card(item), number=number))))

    def _frame(self, item: Item, manner: Manner, name: str, paper: tuple[object, ...]) -> Frame:
        """A paper as our own templates print it, whatever is marked in it."""
        key = (*paper, frozenset([hit.author for hit in item.hits if hit.author is not None]))
        known = self._frames.get(key)
        if known is None:
            bare = replace(item, hits=tuple(hit for hit in item.hits if hit.author is not None))
            made = manner.card(bare)
            abstract = self._held("a") if made.abstract else ()
            page = self._render(name, card=replace(made, title=self._held("t"), abstract=abstract))
            text = self._render("letter/card.txt.j2", card=replace(made, abstract=abstract[:1]))
            known = framed(bare, made, ended(page), ended(text), word=self._word, held=self._own)
            _keep(self._frames, key, known, _MOST_FRAMES)
        return known

    def _held(self, what: str) -> Pieces:
        """Words that hold the places of a text: before what is marked, for what is, and behind it."""
        return tuple(Piece(f"{self._word}{what}{place}qz", hit=place == 1) for place in range(3))

    def _render(self, name: str, **given: object) -> str:
        try:
            return self._template(name).render(given)
        except _MISTAKES as error:
            raise ConfigError(f"{self._place(name, given)}: {error}") from error

    def _template(self, name: str) -> Template:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._templates.get_template(name)
            known.globals = dict(known.globals)  # of one piece: it is copied for each letter
        return known

    def _place(self, name: str, given: Mapping[str, object]) -> str:
        """FILE:LINE of a mistake, by making it again with the templates as they are written."""
        try:
            self._as_written.get_template(name).render(given)
        except TemplateSyntaxError as error:
            return f"{error.filename or error.name}:{error.lineno}"
        except _MISTAKES as error:
            return _last_template_line(error.__traceback__) or name
        return name


class _Slots:
    """The places of cards in a page: a word stands there until the page is printed."""

    def __init__(
        self, word: str, made: Callable[[Item], PrintedCard], again: Callable[[Item, int], Lines], own: str
    ) -> None:
        self._word, self._made, self._again, self._own = word, made, again, own
        self._cards: list[tuple[PrintedCard, Item, int]] = []

    def hold(self, item: Item, number: int) -> _Slot:
        self._cards.append((self._made(item), item, number))
        return _Slot(f"{self._word}{len(self._cards) - 1}qz")

    def html(self, frame: str) -> list[Lines]:
        return self._filled(frame, [card.html_of(number, self._own) for card, _, number in self._cards])

    def text(self, frame: str) -> list[Lines]:
        return self._filled(
            frame, [card.text_of(number, self._own, partial(self._again, item)) for card, item, number in self._cards]
        )

    def _filled(self, frame: str, cards: Sequence[Sequence[Lines]]) -> list[Lines]:
        """The page in stretches of whole lines; in one where a template puts cards within a line."""
        pieces = re.split(f"{self._word}(\\d+)qz", frame)
        before = pieces[0]
        stretches, whole = list[Lines]([Common(before)]), True
        for index, after in zip(pieces[1::2], pieces[2::2], strict=True):
            whole = whole and before.endswith("\n") and after.startswith("\n")
            stretches += cards[int(index)]
            stretches.append(_between(after.removeprefix("\n")))
            before = after
        return stretches if whole else [Lines(joined(stretches))]


@lru_cache(maxsize=256)
def _between(lines: str) -> Lines:
    """What stands between two cards, which is mostly the same in all letters."""
    return Common(lines)


@dataclass(frozen=True, slots=True)
class _Slot:
    html: str  # letters and digits, which no escaping changes

    @property
    def text(self) -> str:
        return self.html


class _Inlining(BaseLoader):
    """HTML templates of a letter with the stylesheet in them."""

    def __init__(self, files: BaseLoader) -> None:
        self._files = files

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, file, up_to_date = self._files.get_source(environment, template)
        if not template.endswith(".html.j2"):
            return source, file, up_to_date
        environment.parse(source, template, file)  # a mistake is told with the line of the file
        return inlined(source, self._files.get_source(environment, _STYLE)[0]), file, up_to_date


def environment(loader: BaseLoader) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=select_autoescape(("html.j2",), default_for_string=True),
        undefined=StrictUndefined,
        auto_reload=False,  # a reload of the config makes a new renderer
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"fill": fill, "columns": columns}
    return environment


def _sizes(issue: Issue) -> Iterator[tuple[Issue, int]]:
    """Ever smaller letters of one issue; an alert of a few papers begins with their whole abstracts."""
    if issue.kind == "alert" and issue.count <= _FEW:
        yield issue, _WHOLE
    yield from ((issue, room) for room in _ROOMS)
    share = 1.0
    while share * issue.count > 1:
        share *= 0.9
        yield _fewer(issue, share), 0
    yield _fewer(issue, 0), 0


def _fewer(issue: Issue, share: float) -> Issue:
    """The same share of each section; what goes is counted in `more`."""
    sections = []
    for section in issue.sections:
        kept = ceil(len(section.items) * share)
        sections.append(replace(section, items=section.items[:kept], more=section.more + len(section.items) - kept))
    return replace(issue, sections=tuple(sections))


def _keep(shelf: dict[_K, _V], key: _K, made: _V, most: int) -> None:
    """On a shelf that holds so many; a quarter of them goes, the oldest, when it is full."""
    if len(shelf) >= most:
        for old in list(islice(shelf, most // 4)):
            shelf.pop(old, None)
    shelf[key] = made


def _last_template_line(trace: TracebackType | None) -> str:
    place = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
