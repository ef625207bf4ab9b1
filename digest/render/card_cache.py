"""Rendered cards, cached so that letters share them: once per paper, highlighted per reader, lines encoded once.

How this works. One morning renders the same papers into thousands of letters. A card differs between readers in three
things alone: what is highlighted in title and abstract (by each reader's rules), the number of the card in the letter,
and the start of the feedback links, which are signed for one reader.

- `CardSkeleton`: the templates render a paper once for each `CardOptions`, with placeholders (words of letters and
  digits, which no escaping changes) for title and abstract. Its HTML is split there into `HighlightLine`s.
- `RenderedCard`: one for each paper and set of highlights. Only the lines of title and abstract are new: escaped, with
  the tags of a highlight around its words. All others are the skeleton's own objects.
- `BodyLines` keep their quoted-printable encoding (mail/quoted_printable.py), so a shared object is encoded once.
- `LinkLines` hold a placeholder for the start of the links; each letter makes them anew with its own.
- The text, unlike the HTML, begins with the number, rendered as 88; one of three digits has the text rendered again.
- A folder of overriding templates may do anything with a card: there its HTML is one `LinkLines`, without a skeleton.

::

    item ── templates ──▶ CardSkeleton ──── highlights ───▶ RenderedCard ──── number, links ──▶ lines of a letter

    title                 HighlightLine                     new Lines, or its plain ones        same object
    authors, doubts       Lines                             same object                         same object
    abstract              HighlightLine                     new Lines, or its plain ones        same object
    facts, links          Lines                             same object                         same object
    more, less, author    LinkLines "zq…own…/more"          same object                         new: "https://…/7/more"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from markupsafe import escape

from digest.issues import Item
from digest.mail.quoted_printable import BodyLines
from digest.render.highlight import Pieces, TextPiece
from digest.render.letter_context import PaperCard, paper_card
from digest.render.links import safe
from digest.render.text_wrap import fill
from digest.text import strip_controls
from digest.text.translations import Translations

_NUMBER = 88  # stands for a card's number until its place is known: as wide as any of two figures
_NUMBERED = f"{_NUMBER}. "
_TITLE = 400  # characters of a title that stands for a whole card
_MOST_ABSTRACTS = 8  # of one paper: from its beginning, or a beginning and the sentence that was sought


@dataclass(frozen=True, slots=True, eq=False)
class CardOptions:
    """What a card depends on besides its paper: the day, the language, the length of abstracts, the links."""

    now: datetime
    t: Translations
    room: int
    site: str | None
    own: str | None  # the placeholder for the start of a reader's links to a paper

    @property
    def key(self) -> tuple[object, ...]:
        return (self.now.date(), self.now.tzinfo, self.t.tag, self.room, self.site, self.own)

    def card(self, item: Item) -> PaperCard:
        return paper_card(item, _NUMBER, self.now, self.t, self.room, site=self.site, own=self.own)

    def title_card(self, item: Item) -> PaperCard:
        """What stands for a card that could not be rendered: title and link, and a line that says so."""
        title = " ".join(strip_controls(item.paper.title).split())[:_TITLE] or self.t("letter.untitled")
        return PaperCard(
            number=_NUMBER,
            title=(TextPiece(title, hit=False),),
            url=safe(item.paper.url),
            authors=(),
            others="",
            also=(),
            doubts=(self.t("letter.title_alone"),),
            abstract=(),
            category="",
            label="",
            facts=(),
            actions=(),
            references=None,
            opinions=(),
        )


class LinkLines(BodyLines):
    """Lines with the placeholder for the start of a reader's links to a paper."""

    __slots__ = ()


NumberedText = tuple[str, str, tuple[BodyLines, ...]]
"""The text of a card: what stands before its number, the rest of that line, and the lines below."""


@dataclass(frozen=True, slots=True)
class RenderedCard:
    """A card in runs of whole lines; a run that all cards of a paper share is one object in all of them.

    The item is kept because the key of the cache holds `id(paper)`: a freed address would be used again.
    """

    item: Item
    link_placeholder: str
    html: tuple[BodyLines, ...]
    text: NumberedText | None  # None where the number is not found, or more than once

    def html_of(self, number: int, own: str) -> list[BodyLines]:
        """The HTML with the reader's links, whose start is `own`; without links where `own` is empty."""
        return self._owned(self.html, number, own)

    def text_of(self, number: int, own: str, again: Callable[[int], BodyLines]) -> list[BodyLines]:
        """The text with its number; where the number changes how lines break, `again` renders it."""
        if self.text and number < 100:
            before, after, rest = self.text
            return self._owned((BodyLines(f"{before}{number:>2}. {after}"), *rest), number, own)
        return self._owned((again(number),), number, own)

    def _owned(self, runs: Iterable[BodyLines], number: int, own: str) -> list[BodyLines]:
        if not own:
            return list(runs)
        begin = f"{own}/{number}"
        return [
            BodyLines(each.text.replace(self.link_placeholder, begin)) if isinstance(each, LinkLines) else each
            for each in runs
        ]


@dataclass(frozen=True, slots=True)
class HighlightLine:
    """The line of the HTML that holds the title or the abstract, and the whole lines before it."""

    lines: BodyLines
    before: str
    begin: str  # the tag before a highlight
    end: str  # the tag behind it
    after: str
    plain: BodyLines  # the line without highlights

    @classmethod
    def of(cls, lines: str, before: str, begin: str, end: str, after: str, pieces: Pieces) -> HighlightLine:
        return cls(
            BodyLines(lines), before, begin, end, after, BodyLines(before + str(escape(plain_text(pieces))) + after)
        )

    def with_highlights(self, pieces: Pieces) -> BodyLines:
        # one call of escape() for all pieces, which costs less; no text holds a NUL
        texts = str(escape("\0".join([piece.text for piece in pieces]))).split("\0")
        with_tags = [
            f"{self.begin}{text}{self.end}" if piece.hit else text for piece, text in zip(pieces, texts, strict=True)
        ]
        return BodyLines("".join((self.before, *with_tags, self.after)))


@dataclass(frozen=True, slots=True)
class CardSkeleton:
    """A rendered paper with placeholders for its title and its abstract."""

    item: Item
    card: PaperCard  # without highlights
    html: tuple[HighlightLine, ...]
    html_tail: tuple[BodyLines, ...]  # the lines below them
    text: NumberedText | None  # above the abstract; None where number or abstract do not stand as expected
    indent: int | None  # columns before the abstract; None without one
    text_tail: tuple[BodyLines, ...]  # the lines below it
    is_complete: bool  # each placeholder was found where it is filled in
    _abstracts: dict[str, BodyLines] = field(default_factory=dict)  # wrapped, by their text

    def html_with(self, *texts: Pieces) -> tuple[BodyLines, ...]:
        """The HTML of a card with the highlights of this title and abstract."""
        runs = list[BodyLines]()
        for line, pieces, plain in zip(self.html, texts, (self.card.title, self.card.abstract), strict=False):
            runs += (line.lines, line.plain if pieces is plain else line.with_highlights(pieces))
        return (*runs, *self.html_tail)

    def text_with(self, abstract: Pieces) -> NumberedText | None:
        """The text of a card with this abstract."""
        if self.text is None or self.indent is None:
            return self.text
        before, after, lines = self.text
        return before, after, (*lines, self._wrapped(plain_text(abstract), self.indent), *self.text_tail)

    def _wrapped(self, abstract: str, indent: int) -> BodyLines:
        """Highlights do not show in the text, so many cards share one."""
        known = self._abstracts.get(abstract)
        if known is None:
            known = BodyLines(fill(abstract, indent) + "\n")
            if len(self._abstracts) < _MOST_ABSTRACTS:
                self._abstracts[abstract] = known
        return known


def cache_key(item: Item) -> tuple[object, ...]:
    """The key of a paper in the cache, without its highlights."""
    return (id(item.paper), item.event, item.also, item.doubts, item.changes, tuple(map(id, item.figures)))


def with_one_newline(printed: str) -> str:
    return printed.rstrip("\n") + "\n"


def plain_text(pieces: Pieces) -> str:
    return "".join([piece.text for piece in pieces])


def split_at_number(text: str, placeholder: str) -> NumberedText | None:
    """The text of a card, split at its number."""
    before, found, after = text.partition(_NUMBERED)
    if not found or _NUMBERED in after:
        return None
    line, end, rest = after.partition("\n")
    return before, line + end, split_by_placeholder(rest, placeholder)


def skeleton_of(item: Item, made: PaperCard, page: str, text: str, *, word: str, placeholder: str) -> CardSkeleton:
    """The skeleton of a card that was rendered with placeholders for title and abstract."""
    lines, tail = _split_html(page, word, made)
    before, *behind = _split_at(text, f"{word}a0qz\n")
    indent = len(behind[0]) if behind else None
    is_alone = not behind or not behind[0].strip()
    parts = [part for line in lines for part in (line.lines.text, line.before, line.begin, line.end, line.after)]
    return CardSkeleton(
        item=item,
        card=made,
        html=lines,
        html_tail=split_by_placeholder(tail, placeholder),
        text=split_at_number(before, placeholder) if is_alone else None,
        indent=indent,
        text_tail=split_by_placeholder(behind[1], placeholder) if behind else (),
        is_complete=not any(word in part for part in (*parts, tail, before, *behind)),
    )


def _split_html(page: str, word: str, made: PaperCard) -> tuple[tuple[HighlightLine, ...], str]:
    """The HTML split at the placeholders of title and abstract, and what stands below."""
    found, rest = list[HighlightLine](), page
    for what, pieces in (("t", made.title), ("a", made.abstract)):
        lines, *line = _split_at(rest, f"{word}{what}0qz")
        if not line:
            break
        before, rest = line
        begin, _, rest = rest.partition(f"{word}{what}1qz")
        end, _, rest = rest.partition(f"{word}{what}2qz")
        after, newline, rest = rest.partition("\n")
        found.append(HighlightLine.of(lines, before, begin, end, after + newline, pieces))
    return tuple(found), rest


def _split_at(printed: str, word: str) -> tuple[str, ...]:
    """The whole lines before a placeholder, the start of its line, and all behind; the whole where there is none."""
    before, found, rest = printed.partition(word)
    if not found:
        return (printed,)
    lines, newline, line = before.rpartition("\n")
    return (lines + newline, line, rest)


def split_by_placeholder(text: str, placeholder: str) -> tuple[BodyLines, ...]:
    """Whole lines in runs: those that all letters share, those with the links' placeholder, and so on."""
    groups = groupby(text.splitlines(keepends=True), key=lambda line: placeholder in line)
    return tuple((LinkLines if has_link else BodyLines)("".join(lines)) for has_link, lines in groups) or (
        BodyLines(text),
    )
