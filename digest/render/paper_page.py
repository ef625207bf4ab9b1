"""What the page of one paper shows: all that is known of it, as words and addresses, nothing left to decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from babel.dates import format_date

from digest.papers import Author, Paper
from digest.render import links
from digest.render.math import readable
from digest.render.view import Action, actions
from digest.render.words import words
from digest.render.words.base import SERVICES
from digest.render.words.pages import spoken
from digest.render.words.pages.papers import PAPERS, Papers
from digest.text import one_line

FIRST = 40
"""Authors that are shown at once; the others unfold."""

FEW = 12
"""Affiliations that are shown at once; more unfold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """An author: the numbers are those of their affiliations, from 1."""

    text: str
    places: tuple[int, ...]
    orcid: str | None  # the address of their page


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of the table, with an address where there is one."""

    label: str
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another record of the same work."""

    text: str
    url: str | None  # where its service has it
    path: str  # of its own page here
    facts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that templates/site/paper.html.j2 can show."""

    title: str
    withdrawn: str  # a sentence, or empty
    names: tuple[Name, ...]
    places: tuple[str, ...]  # affiliations
    abstract: tuple[str, ...]  # paragraphs
    categories: tuple[str, ...]
    votes: str
    actions: tuple[Action, ...]
    facts: tuple[Fact, ...]
    versions: tuple[Fact, ...]  # the newest first
    others: tuple[Other, ...]
    history: tuple[Fact, ...]  # when we heard what


def sheet(
    paper: Paper,
    *,
    versions: Mapping[int, datetime | None],
    records: Iterable[Paper],
    events: Sequence[tuple[str, datetime, str]],
    language: str,
) -> Sheet:
    """The page of a record; `records` are all of its work, `events` what was told of it (see store.Work).

    Days are those of UTC: a page is the same for all. A record without an abstract lends one of its work's.
    """
    said, letters = spoken(PAPERS, language), words(language)
    others = [each for each in records if each.key != paper.key]
    names, places = _people(paper.authors)
    abstract = paper.abstract or next((each.abstract for each in others if each.abstract), "")
    return Sheet(
        title=readable(one_line(paper.title)) or letters.UNTITLED,
        withdrawn=_withdrawn(paper, events, said),
        names=names,
        places=places,
        abstract=tuple(readable(line) for each in abstract.split("\n") if (line := one_line(each))),
        categories=tuple(map(one_line, dict.fromkeys(filter(None, (paper.primary, *paper.categories))))),
        votes=letters.votes(paper.votes or 0, paper.comments_count or 0),
        actions=tuple(actions(paper, letters)),
        facts=tuple(_facts(paper, said)),
        versions=tuple(_versions(paper, versions, said)),
        others=tuple(_other(each, said) for each in others),
        history=tuple(_history(events, said)),
    )


def _withdrawn(paper: Paper, events: Sequence[tuple[str, datetime, str]], said: Papers) -> str:
    if not paper.withdrawn:
        return ""
    heard = next((at for event, at, key in reversed(events) if event == "withdrawn" and key == paper.key), None)
    return said.withdrawn_on.format(_day(heard, said)) if heard else said.withdrawn


def _people(authors: Sequence[Author]) -> tuple[tuple[Name, ...], tuple[str, ...]]:
    """The names with the numbers of their affiliations; one that all share needs no number."""
    affiliations = [one_line(author.affiliation or "") for author in authors]
    places = tuple(dict.fromkeys(filter(None, affiliations)))
    numbers = {place: number for number, place in enumerate(places, 1)}
    shared = len(places) == 1 and all(affiliations)
    names = tuple(
        Name(
            text=one_line(author.name),
            places=(numbers[place],) if place and not shared else (),
            orcid=links.orcid(author.orcid),
        )
        for author, place in zip(authors, affiliations, strict=True)
    )
    return names, places


def _facts(paper: Paper, said: Papers) -> Iterator[Fact]:
    for label, at in (
        (said.published, paper.published),
        (said.updated, paper.updated),
        (said.announced, paper.announced),
    ):
        if at:
            yield Fact(label=label, text=_day(at, said))
    if paper.journal and (journal := one_line(paper.journal)):
        yield Fact(label=said.journal, text=readable(journal))
    if paper.comment and (comment := one_line(paper.comment)):
        yield Fact(label=said.comment, text=readable(comment))
    ids = paper.ids
    named = (
        ("arXiv", ids.arxiv, "https://arxiv.org/abs/"),
        ("DOI", paper.doi or ids.doi, "https://doi.org/"),
        ("PubMed", ids.pmid, "https://pubmed.ncbi.nlm.nih.gov/"),
    )
    for label, value, home in named:
        if value:
            yield Fact(label=label, text=one_line(value), url=links.safe(home + quote(one_line(value), safe="/")))


def _versions(paper: Paper, versions: Mapping[int, datetime | None], said: Papers) -> Iterator[Fact]:
    for version, at in sorted(versions.items(), reverse=True):
        page = f"https://arxiv.org/abs/{paper.ids.arxiv}v{version}" if paper.ids.arxiv else None
        yield Fact(label=f"v{version}", text=_day(at, said) if at else "", url=links.safe(page))


def _other(paper: Paper, said: Papers) -> Other:
    service = one_line(paper.journal or "") or SERVICES.get(paper.source, "") or paper.source
    dated = _day(paper.dated, said) if paper.dated else ""
    return Other(
        text=readable(service),
        url=links.abstract_page(paper),
        path=links.page_of(paper.key),
        facts=" · ".join(filter(None, (one_line(paper.key), dated, said.is_withdrawn if paper.withdrawn else ""))),
    )


def _history(events: Iterable[tuple[str, datetime, str]], said: Papers) -> Iterator[Fact]:
    for event, at, _ in events:
        kind, _, version = event.partition(" ")
        yield Fact(label=_day(at, said), text=said.events.get(kind, kind).format(one_line(version)).strip())


def _day(at: datetime, said: Papers) -> str:
    return format_date(at, said.date, locale=said.code)
