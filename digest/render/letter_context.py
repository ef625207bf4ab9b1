"""The values that the templates of a letter show (`letter.…`, `card.…`): an issue as texts, highlights and links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from digest.authors.summary import AuthorSummary
from digest.issues import TRENDING, Issue, Item, Section
from digest.papers import Paper
from digest.papers.scholarly_metrics import SERVICES
from digest.render import labels, sentences
from digest.render import links as addresses
from digest.render.byline import byline
from digest.render.highlight import Pieces, TextPiece, highlighted
from digest.render.math import readable
from digest.render.sentences import IssueSummary, SectionCount, SubscriptionSummary
from digest.render.shorten import excerpt, shorten
from digest.text import one_line
from digest.text.translations import Translations

SUBJECT = 150  # characters; more is cut by every mail program
LEDE = 90  # what an inbox shows beside the subject
_TITLE = 400  # of a paper; the longest real ones have about 350
_FACT = 120  # a comment, a journal
_RULE = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLinks:
    """The links of a letter; without a site there is only a mailto address to unsubscribe by."""

    unsubscribe: str
    manage: str | None = None  # the reader's own page
    pause: str | None = None
    web: str | None = None  # the web copy of this issue; `/N/more` and the like behind it are about its Nth paper
    site: str | None = None  # the base of papers' pages


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledLink:
    """A link with its label."""

    words: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCard:
    """One paper. Where a letter is crowded, abstract, facts and actions are empty and it becomes a line."""

    number: int  # from 1, through the whole letter
    title: Pieces
    url: str | None
    authors: Pieces  # one piece a name
    others: str  # "+ 9 more", or empty
    also: Pieces  # "also matched …", the titles as hits; or empty
    doubts: tuple[str, ...]  # "possibly by …" and why
    abstract: Pieces
    category: str  # or empty
    label: str  # "revised: v2", or empty
    facts: tuple[str, ...]
    actions: tuple[LabelledLink, ...]
    references: LabelledLink | None  # the paper for a reference manager
    opinions: tuple[
        LabelledLink, ...
    ]  # what the reader may say of the paper; their addresses are its own in each letter


class CardMarkup(Protocol):
    """A rendered card, in both forms."""

    @property
    def html(self) -> str: ...

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierPaper:
    """An earlier paper of a followed person, in two lines."""

    title: str
    url: str | None
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorHeader:
    """The head of a followed person's section."""

    facts: str  # fields and numbers, or empty
    latest: str  # the heading of the papers, or empty
    papers: tuple[EarlierPaper, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSection:
    """The section of one rule: its heading and its cards."""

    heading: str
    typed: bool  # the heading is a rule as typed: its capitals mean something
    voted: bool  # others brought these papers here, the most voted for first
    rule: str  # as typed; empty for an author, and where the heading says it already
    cards: tuple[CardMarkup, ...]
    more: str  # "+ 3 more on …", or empty
    all_of_it: LabelledLink | None  # where these are read
    person: AuthorHeader | None  # where it is a followed person's and something is known of them


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterContext:
    """All that letter/html.html.j2 and letter/text.txt.j2 can show."""

    language: str
    direction: str
    title: str
    subject: str
    lede: str
    day: str
    number: str
    reader: str
    chapters: tuple[LetterSection, ...]
    note: str  # about the letter as a whole, or empty
    missing: tuple[str, ...]  # what it had to do without, a sentence each
    why: str
    links: tuple[LabelledLink, ...]
    postal: str
    crowded: bool  # titles alone


def letter_context(
    issue: Issue,
    links: LetterLinks,
    t: Translations,
    *,
    title: str,
    postal: str,
    room: int,
    printed: Callable[[Item, int], CardMarkup],
) -> LetterContext:
    """The issue with about `room` characters of each abstract (0: titles alone), cards `printed` with their numbers."""
    summary = _summary(issue, t)
    return LetterContext(
        language=t.tag,
        direction=t.direction,
        title=title,
        subject=sentences.subject(t, summary, SUBJECT),
        lede=sentences.lede(t, summary, LEDE),
        day=labels.full_day(t, issue.date.date()),
        number=t("letter.number", number=issue.number) if issue.number else "",
        reader=t("letter.reader", name=one_line(issue.subscriber.name)) if issue.subscriber.name else "",
        chapters=tuple(_chapters(issue, links, t, room, printed)),
        note=_note(issue, t, room),
        missing=tuple(_missing(issue, t)),
        why=sentences.why(t, _reason(issue)),
        links=tuple(_footer(links, t)),
        postal=postal,
        crowded=room == 0,
    )


def _note(issue: Issue, t: Translations, room: int) -> str:
    if issue.kind == "test":
        return t("letter.test.note")
    if not issue.count:
        return t("letter.quiet")
    return "" if room else t("letter.crowded")


def _missing(issue: Issue, t: Translations) -> Iterator[str]:
    """What was late or out; in a letter without papers also which service rests today."""
    names = labels.SERVICES | dict(issue.services)
    for kind in ("late", "fault"):
        if absences := [replace(each, part=one_line(each.part)) for each in issue.absences if each.why == kind]:
            yield sentences.absence(t, absences, issue.date, issue.next_on, names)
    if not issue.count:
        yield from (sentences.rest(t, service, day, names) for service, day in issue.rests)


def _summary(issue: Issue, t: Translations) -> IssueSummary:
    counts = [_section_count(issue, section, len(section.items) + section.more) for section in issue.sections]
    only = next(issue.items) if issue.count == 1 and not issue.more else None
    return IssueSummary(
        kind=issue.kind,
        sections=[section for section in counts if section.count],
        since=issue.since.astimezone(issue.date.tzinfo).date(),
        today=issue.date.date(),
        title=readable(one_line(only.paper.title)) or t("letter.untitled") if only else "",
        event=only.event if only else "new",
    )


def _section_count(issue: Issue, section: Section, count: int) -> SectionCount:
    return SectionCount(
        count=count,
        name=one_line(section.author or "") or _name(issue, section),
        author=section.author is not None,
        voted=_is_voted(section),
    )


def _is_voted(section: Section) -> bool:
    return section.title == TRENDING and not section.query and section.author is None


def heading(issue: Issue, section: Section, t: Translations) -> str:
    """Under which the papers of a section stand: the rule, the person, or why they come."""
    name = t("letter.trending") if _is_voted(section) else _name(issue, section)
    return shorten(name, _RULE) or t("letter.before")


def _name(issue: Issue, section: Section) -> str:
    """A rule without a title goes by its text, but the only rule of a subscription by the subscription's name."""
    title = one_line(section.title)
    unnamed = title and title == one_line(section.query)
    return one_line(issue.subscription) or title if unnamed and issue.rules_count == 1 else title


def _reason(issue: Issue) -> SubscriptionSummary:
    zone = issue.subscriber.timezone.key
    return SubscriptionSummary(
        kind=issue.kind, when=issue.when, zone=zone, authors=issue.authors_count, rules=issue.rules_count
    )


def _footer(links: LetterLinks, t: Translations) -> Iterator[LabelledLink]:
    footer = (
        (t("letter.change"), links.manage),
        (t("letter.pause"), links.pause),
        (t("letter.web"), links.web),
        (t("letter.unsubscribe"), links.unsubscribe),
    )
    for label, url in footer:
        if url:
            yield LabelledLink(words=label, url=url)


def _chapters(
    issue: Issue, links: LetterLinks, t: Translations, room: int, printed: Callable[[Item, int], CardMarkup]
) -> Iterator[LetterSection]:
    number = 0
    for section in issue.sections:
        name = t("letter.trending") if _is_voted(section) else _name(issue, section)
        rule = one_line(section.query)
        yield LetterSection(
            heading=heading(issue, section, t),
            typed=name == rule,
            voted=_is_voted(section),
            rule=shorten(rule, _RULE) if rule != name else "",
            cards=tuple(printed(item, number + i) for i, item in enumerate(section.items, 1)),
            more=sentences.more(t, _section_count(issue, section, section.more)) if section.more else "",
            all_of_it=LabelledLink(words=t("letter.see_all"), url=links.web) if section.more and links.web else None,
            person=_person(section.portrait, issue.date, t, room) if section.portrait else None,
        )
        number += len(section.items)


def _person(portrait: AuthorSummary, now: datetime, t: Translations, room: int) -> AuthorHeader | None:
    papers = tuple(_earlier(paper, now, t) for paper in portrait.latest) if room else ()
    facts = [labels.joined(t, map(one_line, portrait.fields))] if portrait.fields else []
    if numbers := portrait.numbers:
        day = labels.short_day(t, numbers.at.astimezone(now.tzinfo).date(), now.date()) if numbers.at else ""
        facts.append(labels.researcher(t, numbers, SERVICES[numbers.service], day))
        facts += [shorten(one_line(numbers.affiliation), _FACT)] if numbers.affiliation else []
    if not facts and not papers:
        return None
    return AuthorHeader(facts=" · ".join(facts), latest=t("letter.latest") if papers else "", papers=papers)


def _earlier(paper: Paper, now: datetime, t: Translations) -> EarlierPaper:
    names = [one_line(author.name) for author in paper.authors[:3]]
    listed = labels.joined(t, names)
    if len(paper.authors) > 3:
        listed = t("letter.et_al", authors=listed)
    dated = labels.short_day(t, paper.dated.astimezone(now.tzinfo).date(), now.date()) if paper.dated else ""
    category = one_line(paper.primary or next(iter(paper.categories), ""))
    code = t("letter.code") if addresses.safe(paper.code) else ""
    return EarlierPaper(
        title=shorten(readable(one_line(paper.title)), _FACT),
        url=addresses.abstract_page(paper),
        facts=" · ".join(filter(None, (listed, category, dated, code))),
    )


def paper_card(
    item: Item,
    number: int,
    now: datetime,
    t: Translations,
    room: int,
    *,
    site: str | None = None,
    own: str | None = None,
) -> PaperCard:
    """One paper, with about `room` characters of its abstract; `now` is in the reader's zone.

    `site` is the base of papers' pages; below `own` are the pages on which a reader says what they think of this one.
    """
    paper = item.paper
    authors, others = byline(paper.authors, item.hits)
    return PaperCard(
        number=number,
        title=_title(item, t),
        url=addresses.abstract_page(paper),
        authors=authors,
        others=labels.other_authors(t, others) if others else "",
        also=_also(item, t) if item.also else (),
        doubts=tuple(labels.doubt(t, one_line(name), verdict) for name, verdict in item.doubts),
        abstract=_abstract(item, room) if room else (),
        category=one_line(paper.primary or next(iter(paper.categories), "")),
        label=labels.event_label(t, item.event, item.changes),
        facts=tuple(_facts(item, now, t)) if room else (),
        actions=tuple(actions(paper, t)) if room else (),
        references=LabelledLink(words="BibTeX", url=f"{site}{addresses.page_of(paper.key)}.bib")
        if room and site
        else None,
        opinions=tuple(_opinions(item, own, t)) if room and own else (),
    )


def _opinions(item: Item, own: str, t: Translations) -> Iterator[LabelledLink]:
    yield LabelledLink(words=t("letter.more_like_this"), url=f"{own}/more")
    yield LabelledLink(words=t("letter.less_like_this"), url=f"{own}/less")
    if item.doubts:
        yield LabelledLink(words=t("letter.is_it_them"), url=f"{own}/author")
    elif any(hit.author is not None for hit in item.hits):
        yield LabelledLink(words=t("letter.wrong_person"), url=f"{own}/author")


def highlighted_texts(bare: PaperCard, item: Item, room: int, t: Translations) -> tuple[Pieces, Pieces]:
    """Title and abstract with the highlights of an item, given the card of its paper without them."""
    fields = {hit.field for hit in item.hits}
    title = _title(item, t) if "title" in fields else bare.title
    return title, _abstract(item, room) if room and "abstract" in fields else bare.abstract


def _title(item: Item, t: Translations) -> Pieces:
    title = item.paper.title
    if not one_line(title):
        return highlighted(t("letter.untitled"), ())
    return highlighted(title, _spans(item, "title"), excerpt(title, _TITLE))


def _abstract(item: Item, room: int) -> Pieces:
    abstract = item.paper.abstract or ""
    spans = list(_spans(item, "abstract"))
    if abstract:
        return highlighted(abstract, spans, excerpt(abstract, room, spans))
    summary = next((each for each in item.figures if each.summary), None)
    if summary is None or not summary.summary:
        return ()
    return highlighted(f"{one_line(summary.summary)} ({SERVICES[summary.service]})", ())


def _also(item: Item, t: Translations) -> Pieces:
    before, _, after = t("letter.also_matched", titles="\0").partition("\0")  # no text holds a NUL
    titles = TextPiece(labels.joined(t, (shorten(one_line(title), _FACT) for title in item.also)), hit=True)
    return tuple(piece for piece in (TextPiece(before), titles, TextPiece(after)) if piece.text)


def _spans(item: Item, field: str) -> Iterator[tuple[int, int]]:
    return ((hit.start, hit.end) for hit in item.hits if hit.field == field)


def _facts(item: Item, now: datetime, t: Translations) -> Iterator[str]:
    paper = item.paper
    if paper.announce == "cross" and (others := [name for name in paper.categories if name != paper.primary]):
        yield labels.cross_listed(t, [one_line(name) for name in others])
    for fact in (paper.comment, paper.journal):
        if fact and (line := one_line(fact)):
            yield shorten(readable(line), _FACT)
    if paper.votes or paper.comments_count:
        yield labels.votes(t, paper.votes or 0, paper.comments_count or 0, len(paper.authors))
    if cited := max((each.citations or 0 for each in item.figures), default=0):
        yield labels.citations(t, cited)
    dated = paper.updated if item.event.startswith("revised") and paper.updated else paper.dated
    if dated:
        yield labels.short_day(t, dated.astimezone(now.tzinfo).date(), now.date())


def actions(paper: Paper, t: Translations) -> Iterator[LabelledLink]:
    """Where a paper can be read, each place once."""
    seen = set[str]()
    pages: Iterable[tuple[str, str | None]] = (
        (t("letter.abstract"), addresses.abstract_page(paper)),
        (t("letter.pdf"), addresses.pdf(paper)),
        (t("letter.html"), addresses.safe(paper.html)),
        (t("letter.code"), addresses.safe(paper.code)),
    )
    for label, url in pages:
        if url and url not in seen:
            seen.add(url)
            yield LabelledLink(words=label, url=url)
