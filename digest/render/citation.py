"""A paper as reference managers find it on a page: Highwire's meta tags on its own page, COinS in lists."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from digest.papers import Author, Paper
from digest.papers.bibtex import family_and_given
from digest.render import links
from digest.text import one_line

_LISTED = 50  # authors of a paper in a list: a collaboration has thousands


def highwire(paper: Paper, public: str | None = None) -> tuple[tuple[str, str], ...]:
    """The meta tags of a page, as (name, content), in order; `public` is the page's own address.

    The names are those of https://scholar.google.com/intl/en/scholar/inclusion.html#indexing and of Zotero's
    translator "Embedded Metadata", which takes what has no journal for an article unless DC.type says otherwise.
    """
    return tuple(_tags(paper, public))


def _tags(paper: Paper, public: str | None) -> Iterator[tuple[str, str]]:
    yield "citation_title", one_line(paper.title)
    for author in paper.authors:
        yield "citation_author", _name(author)
        if author.affiliation:
            yield "citation_author_institution", one_line(author.affiliation)
        if orcid := links.orcid(author.orcid):
            yield "citation_author_orcid", orcid
    if when := paper.published or paper.announced or paper.updated:
        yield "citation_publication_date", f"{when:%Y/%m/%d}"
    if paper.updated:
        yield "citation_online_date", f"{paper.updated:%Y/%m/%d}"
    said = (
        ("citation_journal_title", paper.journal),
        ("DC.type", None if paper.journal else "preprint"),
        ("citation_doi", paper.doi or paper.ids.doi),
        ("citation_arxiv_id", paper.ids.arxiv),
        ("citation_pmid", paper.ids.pmid),
        ("citation_abstract", paper.abstract),
        ("citation_abstract_html_url", links.abstract_page(paper)),
        ("citation_fulltext_html_url", links.safe(paper.html)),
        ("citation_pdf_url", links.pdf(paper)),
        ("citation_public_url", links.abstract_page(paper) or public),
    )
    yield from ((name, one_line(value)) for name, value in said if value)
    yield from (("citation_keywords", one_line(category)) for category in paper.categories)


def _name(author: Author) -> str:
    """Family name first; as printed where Zotero would take the two sides of the comma for two people."""
    family, given = family_and_given(author.name)
    return f"{family}, {given}" if given and not (" " in family and " " in given) else one_line(author.name)


def openurl(paper: Paper) -> str:
    """The title of a COinS span (class Z3988): an OpenURL in keys and values (ANSI/NISO Z39.88-2004, mtx:journal)."""
    return urlencode(list(_context(paper)), quote_via=quote, errors="replace")


def _context(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "ctx_ver", "Z39.88-2004"
    yield "rft_val_fmt", "info:ofi/fmt:kev:mtx:journal"
    yield "rft.genre", "article" if paper.journal else "preprint"
    yield "rft.atitle", one_line(paper.title)
    if paper.journal:
        yield "rft.jtitle", one_line(paper.journal)
    if when := paper.published or paper.announced or paper.updated:
        yield "rft.date", f"{when:%Y-%m-%d}"
    for place, author in enumerate(paper.authors[:_LISTED]):
        family, given = family_and_given(author.name)
        if place == 0:
            yield "rft.aulast", family
            if given:
                yield "rft.aufirst", given
        yield "rft.au", f"{family}, {given}" if given else family
    named = (("doi", paper.doi or paper.ids.doi), ("pmid", paper.ids.pmid), ("arxiv", paper.ids.arxiv))
    yield from (("rft_id", f"info:{kind}/{one_line(value)}") for kind, value in named if value)
    if url := links.abstract_page(paper):
        yield "rft_id", url
