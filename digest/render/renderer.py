"""Renders a letter from its templates: subject, text and HTML, small enough that no mail program clips it."""

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

from digest.errors import ConfigError, SetAside
from digest.issues import Issue, Item
from digest.mail.quoted_printable import BodyLines, FrameLines, join_text
from digest.render.card_cache import (
    CardOptions,
    CardSkeleton,
    LinkLines,
    RenderedCard,
    cache_key,
    plain_text,
    skeleton_of,
    split_at_number,
    with_one_newline,
)
from digest.render.highlight import Pieces, TextPiece
from digest.render.inline import inlined
from digest.render.letter_context import (
    SUBJECT,
    LetterContext,
    LetterLinks,
    highlighted_texts,
    letter_context,
)
from digest.render.notices import NoticeKeys
from digest.render.shorten import shorten
from digest.render.text_wrap import columns, fill
from digest.resources import shipped
from digest.text.translations import Translations, translations

_ROOMS = (600, 320, 160, 0)  # characters of an abstract, tried in turn until the letter fits
_FEW, _WHOLE = 3, 3_000  # papers of an alert that has room for such an abstract
_LIMIT = 100_000  # bytes of HTML: Gmail clips at about 102 kB, and drops the style element with it
_STYLE = "letter/style.css"
_MOST_CARDS = 16_384  # cached; most highlights are one reader's alone, so more would not be asked for again
_MOST_SKELETONS = 8_192  # cached
_MOST_OPTIONS = 1_024  # cached: one for each day, time zone, language and length of a reader's links
_K = TypeVar("_K")
_V = TypeVar("_V")
_PLACE = attrgetter("field", "start", "end", "author")  # of a hit
_MISTAKES = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, eq=False)
class LetterParts:
    """A rendered letter: the subject in one line, the text, and the HTML unless the reader wants text alone.

    Text and HTML are runs of whole lines; those of a card are shared by all letters (card_cache.py).
    """

    subject: str
    text_lines: Sequence[BodyLines]
    html_lines: Sequence[BodyLines] | None
    set_aside: tuple[SetAside, ...] = ()  # cards and templates that failed

    @cached_property
    def text(self) -> str:
        return join_text(self.text_lines)

    @cached_property
    def html(self) -> str | None:
        return None if self.html_lines is None else join_text(self.html_lines)


class Renderer:
    """Renders letters by templates/letter; files of the same name in the folder `overrides` win.

    A card is rendered once for all readers with the same highlights in it (card_cache.py), and put into the page by a
    placeholder. Threads may share a renderer.
    """

    def __init__(self, overrides: Path | None = None) -> None:
        files = FileSystemLoader([*([overrides] if overrides else ()), shipped("templates")])
        self._templates = environment(_StylesheetLoader(files))
        self._as_written = environment(files)  # its lines are those of the files: for errors
        self._is_overridden = overrides is not None
        self._cards: dict[tuple[object, ...], RenderedCard] = {}
        self._skeletons: dict[tuple[object, ...], CardSkeleton] = {}
        self._options: dict[tuple[object, ...], CardOptions] = {}
        self._known: dict[str, Template] = {}
        self._word = f"zq{token_hex(8)}n"  # begins placeholders of cards and texts; no paper can know it
        self._own = f"zq{token_hex(8)}own"  # the placeholder for the start of a reader's links

    def letter(
        self, issue: Issue, links: LetterLinks, *, title: str = "Morning Papers", postal: str = ""
    ) -> LetterParts:
        """The parts of an issue's letter; deterministic. As it grows abstracts shorten, then cards become lines, then
        papers are counted instead of shown. Raises ConfigError with the place of a mistake in a template."""
        t = translations(issue.subscriber.language)
        for smaller, room in _sizes(issue):
            own = self._own.ljust(len(f"{links.web}/88"), "x") if links.web else None  # as wide as what it stands for
            options = self._shared_options(CardOptions(issue.date, t, room, links.site, own))
            faults = dict[str, SetAside]()
            made = partial(self._card_or_title, options=options, faults=faults)
            again = partial(self._numbered, options=options)
            slots = _CardSlots(self._word, made, again, links.web or "")
            view = letter_context(smaller, links, t, title=title, postal=postal, room=room, printed=slots.hold)
            parts = self._parts(view, slots, html=issue.subscriber.format == "html")
            if sum(each.size for each in parts.html_lines or ()) < _LIMIT:
                return replace(parts, set_aside=tuple(faults.values()))
        raise ConfigError(f"letter/html.html.j2 makes {_LIMIT} bytes and more even without papers")

    def notice(self, notice: NoticeKeys, t: Translations, url: str, *, service: str, postal: str = "") -> LetterParts:
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
        html, text = ([BodyLines(self._render(f"letter/notice.{kind}.j2", letter=view))] for kind in ("html", "txt"))
        return LetterParts(subject, text, html)

    def beside(self, parts: LetterParts) -> str:
        """A page that shows a letter as desktop, phone, dark phone and text, side by side."""
        page = parts.html or ""
        dark = page.replace("@media (prefers-color-scheme: dark)", "@media all")
        views = (("Desktop", 720, page), ("Phone", 375, page), ("Dark", 375, dark)) if page else ()
        return self._render("preview/page.html.j2", subject=parts.subject, views=views, text=parts.text)

    def _parts(self, view: LetterContext, slots: _CardSlots, *, html: bool) -> LetterParts:
        subject = " ".join(self._render("letter/subject.txt.j2", letter=view).split())
        if not subject:
            raise ConfigError("letter/subject.txt.j2 says nothing: a letter needs a subject")
        view = replace(view, subject=shorten(subject, SUBJECT))
        text = slots.text(self._render("letter/text.txt.j2", letter=view))
        page = slots.html(self._render("letter/html.html.j2", letter=view)) if html else None
        return LetterParts(view.subject, text, page)

    def _shared_options(self, options: CardOptions) -> CardOptions:
        """The same object for all letters with these options: a key that holds it is compared at no cost."""
        known = self._options.get(options.key)
        if known is None:
            known = options
            _cache_put(self._options, options.key, known, _MOST_OPTIONS)
        return known

    def _card_or_title(self, item: Item, options: CardOptions, faults: dict[str, SetAside]) -> RenderedCard:
        """The card of a paper; where it fails, its title with its link, and why in `faults`.

        A mistake in an overriding template is raised: it is the same in every letter, and its owner's to correct.
        """
        try:
            return self._card(item, options)
        except Exception as error:
            if isinstance(error, ConfigError) and self._is_overridden:
                raise
            faults[item.paper.key] = SetAside.of("card", item.paper.key, error)
            made = options.title_card(item)
            page, text = self._render("letter/line.html.j2", card=made), self._render("letter/card.txt.j2", card=made)
            lines = (BodyLines(with_one_newline(page)),)
            return RenderedCard(item, self._own, lines, split_at_number(with_one_newline(text), self._own))

    def _card(self, item: Item, options: CardOptions) -> RenderedCard:
        """The card of a paper with its highlights, from the cache where it was rendered before."""
        paper = (*cache_key(item), options)
        key = (*paper, frozenset(map(_PLACE, item.hits)))
        known = self._cards.get(key)
        if known is None:
            known = self._render_card(item, options, paper)
            _cache_put(self._cards, key, known, _MOST_CARDS)
        return known

    def _render_card(self, item: Item, options: CardOptions, paper: tuple[object, ...]) -> RenderedCard:
        name = "letter/card.html.j2" if options.room else "letter/line.html.j2"
        placeholder = options.own or self._own
        if not self._is_overridden:
            skeleton = self._skeleton(item, options, name, paper)
            card = skeleton.card
            title, abstract = highlighted_texts(card, item, options.room, options.t)
            # a highlight within a formula may change how the title reads, and a template may show a text twice
            if skeleton.is_complete and (title is card.title or plain_text(title) == plain_text(card.title)):
                return RenderedCard(
                    skeleton.item, placeholder, skeleton.html_with(title, abstract), skeleton.text_with(abstract)
                )
        made = options.card(item)
        page, text = self._render(name, card=made), self._render("letter/card.txt.j2", card=made)
        return RenderedCard(
            item, placeholder, (LinkLines(with_one_newline(page)),), split_at_number(with_one_newline(text), self._own)
        )

    def _numbered(self, item: Item, number: int, options: CardOptions) -> LinkLines:
        """The text of a card whose number changes how its lines break."""
        try:
            card = replace(options.card(item), number=number)
            return LinkLines(with_one_newline(self._render("letter/card.txt.j2", card=card)))
        except Exception as error:
            if isinstance(error, ConfigError) and self._is_overridden:
                raise
            card = replace(options.title_card(item), number=number)
            return LinkLines(with_one_newline(self._render("letter/card.txt.j2", card=card)))

    def _skeleton(self, item: Item, options: CardOptions, name: str, paper: tuple[object, ...]) -> CardSkeleton:
        """A paper as the shipped templates render it, with placeholders for what may be highlighted."""
        key = (*paper, frozenset([hit.author for hit in item.hits if hit.author is not None]))
        known = self._skeletons.get(key)
        if known is None:
            bare = replace(item, hits=tuple(hit for hit in item.hits if hit.author is not None))
            made = options.card(bare)
            abstract = self._placeholder("a") if made.abstract else ()
            page = self._render(name, card=replace(made, title=self._placeholder("t"), abstract=abstract))
            text = self._render("letter/card.txt.j2", card=replace(made, abstract=abstract[:1]))
            known = skeleton_of(
                bare, made, with_one_newline(page), with_one_newline(text), word=self._word, placeholder=self._own
            )
            _cache_put(self._skeletons, key, known, _MOST_SKELETONS)
        return known

    def _placeholder(self, what: str) -> Pieces:
        """Three placeholders for a text: before a highlight, for it, and behind it; the tags stand between them."""
        return tuple(TextPiece(f"{self._word}{what}{place}qz", hit=place == 1) for place in range(3))

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
        """FILE:LINE of a mistake, found by rendering again with the templates as they are written."""
        try:
            self._as_written.get_template(name).render(given)
        except TemplateSyntaxError as error:
            return f"{error.filename or error.name}:{error.lineno}"
        except _MISTAKES as error:
            return _last_template_line(error.__traceback__) or name
        return name


class _CardSlots:
    """Placeholders for the cards of a page, which take the place of their HTML and text until the page is rendered."""

    def __init__(
        self, word: str, made: Callable[[Item], RenderedCard], again: Callable[[Item, int], BodyLines], own: str
    ) -> None:
        self._word, self._made, self._again, self._own = word, made, again, own
        self._cards: list[tuple[RenderedCard, Item, int]] = []

    def hold(self, item: Item, number: int) -> _CardSlot:
        self._cards.append((self._made(item), item, number))
        return _CardSlot(f"{self._word}{len(self._cards) - 1}qz")

    def html(self, frame: str) -> list[BodyLines]:
        return self._filled(frame, [card.html_of(number, self._own) for card, _, number in self._cards])

    def text(self, frame: str) -> list[BodyLines]:
        return self._filled(
            frame, [card.text_of(number, self._own, partial(self._again, item)) for card, item, number in self._cards]
        )

    def _filled(self, frame: str, cards: Sequence[Sequence[BodyLines]]) -> list[BodyLines]:
        """The page as runs of whole lines; as one run where a template puts a card within a line."""
        pieces = re.split(f"{self._word}(\\d+)qz", frame)
        before = pieces[0]
        runs, whole = list[BodyLines]([FrameLines(before)]), True
        for index, after in zip(pieces[1::2], pieces[2::2], strict=True):
            whole = whole and before.endswith("\n") and after.startswith("\n")
            runs += cards[int(index)]
            runs.append(_between(after.removeprefix("\n")))
            before = after
        return runs if whole else [BodyLines(join_text(runs))]


@lru_cache(maxsize=256)
def _between(lines: str) -> BodyLines:
    """The lines between two cards, which are mostly the same in all letters."""
    return FrameLines(lines)


@dataclass(frozen=True, slots=True)
class _CardSlot:
    html: str  # letters and digits, which no escaping changes

    @property
    def text(self) -> str:
        return self.html


class _StylesheetLoader(BaseLoader):
    """Loads the HTML templates of a letter with the stylesheet written into them."""

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


def _cache_put(cache: dict[_K, _V], key: _K, made: _V, most: int) -> None:
    """Puts a value into a cache of `most` entries; when the cache is full, its oldest quarter goes."""
    if len(cache) >= most:
        for old in list(islice(cache, most // 4)):
            cache.pop(old, None)
    cache[key] = made


def _last_template_line(trace: TracebackType | None) -> str:
    place = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
