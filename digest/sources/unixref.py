"""Parses Crossref's XML (unixref): one record for each DOI, of preprints, articles, proceedings and chapters.

https://www.crossref.org/documentation/schema-library/: `doi_records` and `crossref_result` hold the same elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from digest.papers import Author, Ids, Paper
from digest.papers.ids import doi
from digest.papers.ranges import midnight
from digest.sources.xml import child, everywhere, local, parse, text_of
from digest.text import clean_html, clean_line, clean_name

_KINDS = ("posted_content", "journal_article", "conference_paper", "content_item", "dissertation", "report-paper")
_TITLES = ("full_title", "proceedings_title", "title")
_DATES = ("posted_date", "publication_date", "approval_date")


def papers_in(body: bytes) -> tuple[tuple[Paper, ...], tuple[str, ...]] | None:
    """(papers, warnings) of a document; None if it is no XML of Crossref."""
    tree = parse(body)
    if tree is None or not any(True for _ in everywhere(tree.root, "crossref")):
        return None
    papers, unread = list[Paper](), list[str]()
    for element in tree.root.iter():
        if local(element) not in _KINDS:
            continue
        try:
            papers.append(_paper(element))
        except ValueError as error:
            unread.append(str(error))
    warnings = (f"{len(unread)} record{'s' * (len(unread) > 1)} could not be read: {unread[0]}",) if unread else ()
    return tuple(papers), warnings


def _paper(record: etree._Element) -> Paper:
    name = doi(text_of(next(everywhere(record, "doi"), None)))
    title = clean_line(clean_html(_inside(next(everywhere(record, "title"), None))))
    if name is None or not title:
        raise ValueError(f"a work without {'a title' if name else 'a DOI'}")
    preprint = local(record) == "posted_content"
    return Paper(
        key=f"doi:{name}",
        ids=Ids(doi=name),
        title=title,
        abstract=clean_html(_inside(next(everywhere(record, "abstract"), None))) or None,
        authors=tuple(_authors(record)),
        published=_published(record),
        journal=_venue(record),
        doi=_article(record) or (None if preprint else name),
        url=f"https://doi.org/{name}",
        withdrawn=title.startswith("WITHDRAWN:"),
        source="crossref",
    )


def _inside(element: etree._Element | None) -> str:
    """The inner markup of an element: face markup and MathML in titles, JATS in abstracts."""
    if element is None:
        return ""
    return (element.text or "") + "".join(etree.tostring(inner, encoding="unicode") for inner in element)


def _authors(record: etree._Element) -> Iterator[Author]:
    people = child(record, "contributors")
    for person in people if people is not None else ():
        if person.get("contributor_role", "author") != "author":
            continue
        parts = (text_of(child(person, part)) for part in ("given_name", "surname", "suffix"))
        whole = text_of(person) if local(person) == "organization" else " ".join(parts)
        if name := clean_name(whole):
            orcid = text_of(next(everywhere(person, "ORCID"), None)).strip().rpartition("/")[2]
            places = [*everywhere(person, "affiliation"), *everywhere(person, "institution_name")]
            place = clean_line(text_of(places[0])) if places else ""
            yield Author(name=name, orcid=orcid or None, affiliation=place or None)


def _published(record: etree._Element) -> datetime | None:
    """The first date with a day."""
    for name in _DATES:
        for dated in everywhere(record, name):
            year, month, day = (text_of(child(dated, part)) for part in ("year", "month", "day"))
            if found := midnight(year, month, day):
                return found
    return None


def _venue(record: etree._Element) -> str | None:
    """The journal or the conference proceedings of the record."""
    for outer in record.iterancestors():
        for name in ("journal_metadata", "proceedings_metadata", "book_metadata", "book_series_metadata"):
            if (metadata := child(outer, name)) is not None:
                titles = [each for title in _TITLES for each in everywhere(metadata, title)]
                return clean_line(text_of(titles[0])) or None if titles else None
    return None


def _article(record: etree._Element) -> str | None:
    """The DOI of the article that this preprint was published as."""
    for relation in everywhere(record, "intra_work_relation"):
        if relation.get("relationship-type") == "isPreprintOf" and (name := doi(text_of(relation))):
            return name
    return None
