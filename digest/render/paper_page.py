"""The values that the page of one paper shows: all that the store knows of it, as texts and links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from digest.papers import Author, Paper
from digest.render import links
from digest.render.labels import SERVICES, formatted, votes
from digest.render.letter_context import LabelledLink, actions
from digest.render.math import readable
from digest.text import one_line
from digest.text.translations import Translations

AUTHORS_SHOWN = 40
"""Authors that are shown at once; the others unfold."""

AFFILIATIONS_SHOWN = 12
"""Affiliations that are shown at once; more unfold."""

_EVENTS = {
    "new": "paper.events.new",
    "revised": "paper.events.revised",
    "published": "paper.events.published",
    "withdrawn": "paper.events.withdrawn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAuthor:
    """An author: the numbers are those of their affiliations, from 1."""

    text: str
    places: tuple[int, ...]
    orcid: str | None  # the address of their page


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFact:
    """A line of the table, with an address where there is one."""

    label: str
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRecord:
    """Another record of the same work."""

    text: str
    url: str | None  # where its service has it
    path: str  # of its own page here
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPage:
    """All that templates/site/paper.html.j2 can show, as `paper`."""

    title: str
    withdrawn: str  # a sentence, or empty
    names: tuple[PageAuthor, ...]
    places: tuple[str, ...]  # affiliations
    abstract: tuple[str, ...]  # paragraphs
    categories: tuple[str, ...]
    votes: str
    actions: tuple[LabelledLink, ...]
    facts: tuple[PageFact, ...]
    versions: tuple[PageFact, ...]  # the newest first
    others: tuple[OtherRecord, ...]
    history: tuple[PageFact, ...]  # when we heard what


def paper_page(
    paper: Paper,
    *,
    versions: Mapping[int, datetime | None],
    records: Iterable[Paper],
    events: Sequence[tuple[str, datetime, str]],
    t: Translations,
) -> PaperPage:
    """The page of a record; `records` are all of its work, `events` what was told of it (see store.Work).

    Days are those of UTC: a page is the same for all. A record without an abstract lends one of its work's.
    """
    others = [each for each in records if each.key != paper.key]
    names, places = _people(paper.authors)
    abstract = paper.abstract or next((each.abstract for each in others if each.abstract), "")
    return PaperPage(
        title=readable(one_line(paper.title)) or t("letter.untitled"),
        withdrawn=_withdrawn(paper, events, t),
        names=names,
        places=places,
        abstract=tuple(readable(line) for each in abstract.split("\n") if (line := one_line(each))),
        categories=tuple(map(one_line, dict.fromkeys(filter(None, (paper.primary, *paper.categories))))),
        votes=votes(t, paper.votes or 0, paper.comments_count or 0),
        actions=tuple(actions(paper, t)),
        facts=tuple(_facts(paper, t)),
        versions=tuple(_versions(paper, versions, t)),
        others=tuple(_other(each, t) for each in others),
        history=tuple(_history(events, t)),
    )


def _withdrawn(paper: Paper, events: Sequence[tuple[str, datetime, str]], t: Translations) -> str:
    if not paper.withdrawn:
        return ""
    heard = next((at for event, at, key in reversed(events) if event == "withdrawn" and key == paper.key), None)
    return t("paper.withdrawn_on", day=_day(heard, t)) if heard else t("paper.withdrawn")


def _people(authors: Sequence[Author]) -> tuple[tuple[PageAuthor, ...], tuple[str, ...]]:
    """The names with the numbers of their affiliations; one that all share needs no number."""
    affiliations = [one_line(author.affiliation or "") for author in authors]
    places = tuple(dict.fromkeys(filter(None, affiliations)))
    numbers = {place: number for number, place in enumerate(places, 1)}
    shared = len(places) == 1 and all(affiliations)
    names = tuple(
        PageAuthor(
            text=one_line(author.name),
            places=(numbers[place],) if place and not shared else (),
            orcid=links.orcid(author.orcid),
        )
        for author, place in zip(authors, affiliations, strict=True)
    )
    return names, places


def _facts(paper: Paper, t: Translations) -> Iterator[PageFact]:
    for label, at in (
        (t("paper.published"), paper.published),
        (t("paper.updated"), paper.updated),
        (t("paper.announced"), paper.announced),
    ):
        if at:
            yield PageFact(label=label, text=_day(at, t))
    if paper.journal and (journal := one_line(paper.journal)):
        yield PageFact(label=t("paper.journal"), text=readable(journal))
    if paper.comment and (comment := one_line(paper.comment)):
        yield PageFact(label=t("paper.comment"), text=readable(comment))
    ids = paper.ids
    named = (
        ("arXiv", ids.arxiv, "https://arxiv.org/abs/"),
        ("DOI", paper.doi or ids.doi, "https://doi.org/"),
        ("PubMed", ids.pmid, "https://pubmed.ncbi.nlm.nih.gov/"),
    )
    for label, value, home in named:
        if value:
            yield PageFact(label=label, text=one_line(value), url=links.safe(home + quote(one_line(value), safe="/")))


def _versions(paper: Paper, versions: Mapping[int, datetime | None], t: Translations) -> Iterator[PageFact]:
    for version, at in sorted(versions.items(), reverse=True):
        page = f"https://arxiv.org/abs/{paper.ids.arxiv}v{version}" if paper.ids.arxiv else None
        yield PageFact(label=f"v{version}", text=_day(at, t) if at else "", url=links.safe(page))


def _other(paper: Paper, t: Translations) -> OtherRecord:
    service = one_line(paper.journal or "") or SERVICES.get(paper.source, "") or paper.source
    dated = _day(paper.dated, t) if paper.dated else ""
    withdrawn = t("paper.is_withdrawn") if paper.withdrawn else ""
    return OtherRecord(
        text=readable(service),
        url=links.abstract_page(paper),
        path=links.page_of(paper.key),
        facts=" · ".join(filter(None, (one_line(paper.key), dated, withdrawn))),
    )


def _history(events: Iterable[tuple[str, datetime, str]], t: Translations) -> Iterator[PageFact]:
    for event, at, _ in events:
        kind, _, version = event.partition(" ")
        yield PageFact(
            label=_day(at, t), text=t(_EVENTS[kind], version=one_line(version)).strip() if kind in _EVENTS else kind
        )


def _day(at: datetime, t: Translations) -> str:
    return formatted(t, at, t("date.long"))
