"""Templates turned into subject, text and HTML, in a size that mail programs show whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import groupby, islice
from math import ceil
from pathlib import Path
from secrets import token_hex
from types import TracebackType

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    select_autoescape,
)
from markupsafe import escape

from digest.errors import ConfigError
from digest.issue import Issue, Item
from digest.render.fill import columns, fill
from digest.render.inline import inlined
from digest.render.marks import Piece, Pieces
from digest.render.shorten import shorten
from digest.render.view import SUBJECT, Card, Letter, Links, card, letter
from digest.render.words import Words, words
from digest.render.words.pages.notices import Notice
from digest.shipped import shipped

_ROOMS = (600, 320, 160, 0)  # characters of an abstract, tried in turn until the letter fits
_FEW, _WHOLE = 3, 3_000  # papers of an alert that has room for such an abstract
_LIMIT = 100_000  # bytes of HTML: Gmail clips at about 102 kB, and drops the style element with it
_STYLE = "letter/style.css"
_MOST_CARDS = 4_096  # kept; a morning of a thousand papers and their marks has fewer
_MOST_FRAMES = 16_384  # cards without what is marked in them
_NUMBER = 88  # stands for a card's number until its place is known: as wide as any of two figures
_NUMBERED = f"{_NUMBER}. "
_MISTAKES = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a letter says: the subject in one line, the text, and the HTML unless the reader wants text alone.

    `text_lines` and `html_lines` are the same in stretches of whole lines: a card is the same string in every letter.
    """

    subject: str
    text: str
    html: str | None
    text_lines: tuple[str, ...] = field(default=(), repr=False, compare=False)
    html_lines: tuple[str, ...] = field(default=(), repr=False, compare=False)


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
        self._cards: dict[tuple[object, ...], _Card] = {}
        self._frames: dict[tuple[str, Card], tuple[str, ...]] = {}
        self._word = f"zq{token_hex(8)}n"  # holds the place of a card; no paper can know it
        self._own = f"{self._word}own"  # and of what a reader's own links to a paper begin with

    def letter(self, issue: Issue, links: Links, *, title: str = "Morning Papers", postal: str = "") -> Parts:
        """The parts of an issue's letter; deterministic. As it grows abstracts shorten, then cards become lines, then
        papers are counted instead of shown. Raises ConfigError with the place of a mistake in a template."""
        language = words(issue.subscriber.language)
        for smaller, room in _sizes(issue):
            own = self._own.ljust(len(f"{links.web}/88"), "x") if links.web else None  # as wide as what it stands for
            made = partial(self._card, now=issue.date, language=language, room=room, site=links.site, own=own)
            slots = _Slots(self._word, made, links.web or "")
            view = letter(smaller, links, language, title=title, postal=postal, room=room, printed=slots.hold)
            parts = self._parts(view, slots, html=issue.subscriber.format == "html")
            if parts.html is None or _size(parts.html) < _LIMIT:
                return parts
        raise ConfigError(f"letter/html.html.j2 makes {_LIMIT} bytes and more even without papers")

    def notice(self, notice: Notice, why: str, url: str, *, language: str, house: str, postal: str = "") -> Parts:
        """The parts of a letter without papers: what it says, its one link, and why it comes."""
        subject = shorten(notice.subject.format(house), SUBJECT)
        view = {
            "language": words(language).CODE,
            "subject": subject,
            "title": house,
            "lines": notice.lines,
            "button": notice.button,
            "url": url,
            "after": notice.after,
            "why": why,
            "postal": postal,
        }
        html, text = (self._render(f"letter/notice.{kind}.j2", letter=view) for kind in ("html", "txt"))
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
        text = slots.filled(self._render("letter/text.txt.j2", letter=view), _Card.text_of)
        page = slots.filled(self._render("letter/html.html.j2", letter=view), _Card.html_of) if html else None
        return Parts(view.subject, "".join(text), "".join(page) if page else None, text, page or ())

    def _card(self, item: Item, now: datetime, language: Words, room: int, site: str | None, own: str | None) -> _Card:
        """The card of a paper as it matched, from the shelf where it was printed before."""
        paper = item.paper
        when = (now.date(), now.tzinfo, language.CODE, room, site, own)
        key = (
            id(paper),
            item.event,
            frozenset((hit.field, hit.start, hit.end, hit.author) for hit in item.hits),
            item.also,
            item.doubts,
            item.changes,
            tuple(map(id, item.figures)),
            *when,
        )
        known = self._cards.get(key)
        if known is None:
            if len(self._cards) >= _MOST_CARDS:
                for old in list(islice(self._cards, _MOST_CARDS // 4)):
                    self._cards.pop(old, None)
            known = self._cards[key] = self._print(item, now, language, room, site, own)
        return known

    def _print(self, item: Item, now: datetime, language: Words, room: int, site: str | None, own: str | None) -> _Card:
        made = card(item, _NUMBER, now, language, room, site=site, own=own)
        page = self._page(made, "letter/card.html.j2" if room else "letter/line.html.j2")
        text = self._text(made)
        before, found, after = text.partition(_NUMBERED)
        return _Card(
            item=item,
            held=own or self._own,
            html=self._stretches(page.rstrip("\n") + "\n"),
            text=(before, self._stretches(after)) if found and _NUMBERED not in after else None,
            again=lambda number: self._render("letter/card.txt.j2", card=replace(made, number=number)),
        )

    def _page(self, made: Card, name: str) -> str:
        """A card's HTML. Where our own templates print it, what is marked is put into a frame that others have too."""
        if self._is_overridden:
            return self._render(name, card=made)
        title, abstract = self._held("t", made.title), self._held("a", made.abstract)
        bare = replace(made, title=title, abstract=abstract)
        frame = self._frames.get((name, bare))
        if frame is None:
            frame = self._frame((name, bare), self._render(name, card=bare))
        texts = {
            held.text: piece.text
            for held, piece in zip((*title, *abstract), (*made.title, *made.abstract), strict=True)
        }
        return "".join(str(escape(texts[part])) if place % 2 else part for place, part in enumerate(frame))

    def _text(self, made: Card) -> str:
        """A card's text, in which nothing is marked but names."""
        if self._is_overridden:
            return self._render("letter/card.txt.j2", card=made).rstrip("\n") + "\n"
        bare = replace(made, title=_unmarked(made.title), abstract=_unmarked(made.abstract))
        known = self._frames.get(("", bare))
        if known is None:
            known = self._frame(("", bare), self._render("letter/card.txt.j2", card=bare).rstrip("\n") + "\n")
        return known[0]

    def _stretches(self, page: str) -> tuple[str, ...]:
        """Whole lines of a card: first what all its letters share, then what has a reader's own links, and so on."""
        if self._own not in page:
            return (page,)
        lines = groupby(page.splitlines(keepends=True), key=lambda line: self._own in line)
        stretches = [("".join(group), is_own) for is_own, group in lines]
        return ("", *(text for text, _ in stretches)) if stretches[0][1] else tuple(text for text, _ in stretches)

    def _held(self, what: str, pieces: Pieces) -> Pieces:
        """A word for each piece, which holds its place."""
        return tuple(Piece(f"{self._word}{what}{place}qz", piece.hit) for place, piece in enumerate(pieces))

    def _frame(self, key: tuple[str, Card], printed: str) -> tuple[str, ...]:
        if len(self._frames) >= _MOST_FRAMES:
            for old in list(islice(self._frames, _MOST_FRAMES // 4)):
                self._frames.pop(old, None)
        frame = self._frames[key] = tuple(re.split(f"({self._word}[ta]\\d+qz)", printed))
        return frame

    def _render(self, name: str, **given: object) -> str:
        try:
            return self._templates.get_template(name).render(given)
        except _MISTAKES as error:
            raise ConfigError(f"{self._place(name, given)}: {error}") from error

    def _place(self, name: str, given: Mapping[str, object]) -> str:
        """FILE:LINE of a mistake, by making it again with the templates as they are written."""
        try:
            self._as_written.get_template(name).render(given)
        except TemplateSyntaxError as error:
            return f"{error.filename or error.name}:{error.lineno}"
        except _MISTAKES as error:
            return _last_template_line(error.__traceback__) or name
        return name


@dataclass(frozen=True, slots=True)
class _Card:
    """A printed card; the item is kept so that nothing else can come to stand at its address."""

    item: Item
    held: str  # stands for what a reader's own links to the paper begin with
    html: tuple[str, ...]  # every second stretch has such links
    text: tuple[str, tuple[str, ...]] | None  # before and behind its number; None where it cannot be told from others
    again: Callable[[int], str]  # its text with another number

    def html_of(self, number: int, own: str) -> tuple[str, ...]:
        """With its reader's own links, which begin so."""
        return self._owned(self.html, number, own)

    def text_of(self, number: int, own: str) -> tuple[str, ...]:
        """With its own number, which must not change how lines break."""
        if self.text and number < 100:
            before, (first, *rest) = self.text
            return self._owned((f"{before}{number:>2}. {first}", *rest), number, own)
        return (self.again(number).rstrip("\n").replace(self.held, f"{own}/{number}") + "\n",)

    def _owned(self, stretches: tuple[str, ...], number: int, own: str) -> tuple[str, ...]:
        if len(stretches) == 1:
            return stretches
        begin = f"{own}/{number}"
        return tuple(text.replace(self.held, begin) if place % 2 else text for place, text in enumerate(stretches))


class _Slots:
    """The places of cards in a page: a word stands there until the page is printed."""

    def __init__(self, word: str, made: Callable[[Item], _Card], own: str) -> None:
        self._word, self._made, self._own = word, made, own
        self._cards: list[tuple[_Card, int]] = []

    def hold(self, item: Item, number: int) -> _Slot:
        self._cards.append((self._made(item), number))
        return _Slot(f"{self._word}{len(self._cards) - 1}qz")

    def filled(self, frame: str, form: Callable[[_Card, int, str], tuple[str, ...]]) -> tuple[str, ...]:
        """The page in stretches of whole lines; in one where a template puts cards within a line."""
        pieces = re.split(f"{self._word}(\\d+)qz", frame)
        stretches, whole = [pieces[0]], True
        for index, after in zip(pieces[1::2], pieces[2::2], strict=True):
            card_, number = self._cards[int(index)]
            whole = whole and stretches[-1].endswith("\n") and after.startswith("\n")
            stretches += [*form(card_, number, self._own), after.removeprefix("\n")]
        return tuple(stretches) if whole else ("".join(stretches),)


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


def _unmarked(pieces: Pieces) -> Pieces:
    return (Piece("".join(piece.text for piece in pieces)),) if pieces else ()


def _size(html: str) -> int:
    """Bytes of the decoded part, whose lines end in CRLF."""
    return len(html.encode("utf-8", "replace")) + html.count("\n")


def _last_template_line(trace: TracebackType | None) -> str:
    place = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
