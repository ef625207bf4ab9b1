"""What reference managers find on pages: names as they take them apart, and whatever stands in a paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers import Author, Ids
from digest.render.citation import highwire, openurl
from digest.text import one_line, strip_controls
from tests.support.issues import paper

ARTICLE = replace(
    paper(names=["Jan Peter van der Berg", "ATLAS Collaboration", "Plato"], published=datetime(2026, 1, 2, tzinfo=UTC)),
    key="doi:10.1038/x",
    ids=Ids(doi="10.1038/x", pmid="7"),
    journal="Nature & Co",
    url="https://doi.org/10.1038/x",
    pdf=None,
    doi="10.1038/X",
)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Yunhua Zhou", "Zhou, Yunhua"),
        ("Jan van der Berg", "van der Berg, Jan"),
        # Zotero takes "van der Berg, Jan Peter" for two people
        ("Jan Peter van der Berg", "Jan Peter van der Berg"),
        ("ATLAS Collaboration", "ATLAS Collaboration"),
        ("Plato", "Plato"),
        ("  Zoë\n Ås ", "Ås, Zoë"),
    ],
)
def test_a_name_is_turned_where_that_is_understood(name: str, said: str) -> None:
    [found] = [value for tag, value in highwire(paper(names=[name])) if tag == "citation_author"]
    assert found == said


def test_an_article_is_told_from_a_preprint() -> None:
    tags = dict(highwire(ARTICLE))
    assert (tags["citation_journal_title"], tags["citation_doi"], tags["citation_pmid"]) == (
        "Nature & Co",
        "10.1038/X",
        "7",
    )
    assert "DC.type" not in tags
    assert "citation_arxiv_id" not in tags
    assert "citation_pdf_url" not in tags
    assert dict(highwire(paper()))["DC.type"] == "preprint"
    bare = paper(url="javascript:x", pdf="x")
    assert dict(highwire(bare, "https://x/paper/y"))["citation_public_url"] == "https://arxiv.org/abs/2402.12399"
    assert dict(highwire(replace(bare, ids=Ids()), "https://x/paper/y"))["citation_public_url"] == "https://x/paper/y"


def test_an_openurl_says_the_same() -> None:
    assert parse_qsl(openurl(ARTICLE)) == [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:journal"),
        ("rft.genre", "article"),
        ("rft.atitle", "Turn Waste into Worth: Rectifying Top-$k$ Router of MoE"),
        ("rft.jtitle", "Nature & Co"),
        ("rft.date", "2026-01-02"),
        ("rft.aulast", "van der Berg"),
        ("rft.aufirst", "Jan Peter"),
        ("rft.au", "van der Berg, Jan Peter"),
        ("rft.au", "ATLAS Collaboration"),
        ("rft.au", "Plato"),
        ("rft_id", "info:doi/10.1038/X"),
        ("rft_id", "info:pmid/7"),
        ("rft_id", "https://doi.org/10.1038/x"),
    ]


def test_a_collaboration_does_not_flood_a_list() -> None:
    assert len(openurl(paper(names=[f"Author {n}" for n in range(3_000)]))) < 3_000


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_whatever_stands_in_a_paper_is_said_without_controls(title: str, name: str) -> None:
    odd = replace(paper(title=title, names=[name]), doi=title, authors=(Author(name=name, orcid=title),))
    plain = one_line(title)
    assert dict(highwire(odd))["citation_title"] == plain
    assert dict(parse_qsl(openurl(odd), keep_blank_values=True))["rft.atitle"] == plain
    assert all(strip_controls(value) == value for _, value in highwire(odd))
