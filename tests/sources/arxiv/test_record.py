"""One record in each of arXiv's formats, checked field by field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from digest.papers import Author, Ids, Paper
from digest.sources.arxiv.record import moment, read_record
from tests.support.arxiv_records import RAW, WITHDRAWN, record, simple


def read(text: str) -> Paper:
    paper = read_record(etree.fromstring(text))
    assert paper is not None
    return paper


def test_raw_keeps_everything() -> None:
    assert read(record("2507.05197", RAW)) == Paper(
        key="arxiv:2507.05197",
        ids=Ids(arxiv="2507.05197", doi="10.1234/jcw.2026.17"),
        version=3,
        title="Sparse Kähler Models & $\\alpha$-Routing: A Study of 100% Coined Words",
        abstract="We route words sparsely, at $O(n^{2})$ cost, for 50% of all books.\nThe rest is left to readers.",
        authors=(
            Author(name="René Dołski", affiliation="Alder Institute"),
            Author(name="Mia Sønder", affiliation="Alder Institute; Birch College"),
            Author(name="G. David Fenn Jr."),
            Author(name="Ada Quill", affiliation="Birch College"),
        ),
        categories=("cs.LG", "stat.ML", "math.DG"),
        primary="cs.LG",
        published=datetime(2025, 7, 7, 16, 59, 21, tzinfo=UTC),
        updated=datetime(2026, 11, 18, 18, 36, 20, tzinfo=UTC),
        changed=datetime(2026, 11, 19, tzinfo=UTC),
        comment="17 pages; accepted at a venue",
        journal="J. Coined Words 12 (2026) 3--19",
        doi="10.1234/JCW.2026.17",
        url="https://arxiv.org/abs/2507.05197",
        pdf="https://arxiv.org/pdf/2507.05197",
        source="arxiv",
    )


def test_a_last_version_of_type_i_is_withdrawn() -> None:
    paper = read(record("hep-th/9901001", WITHDRAWN))
    assert (paper.key, paper.version, paper.withdrawn) == ("arxiv:hep-th/9901001", 2, True)
    assert not read(record("2507.05197", RAW)).withdrawn


@pytest.mark.parametrize(
    ("field", "text"),
    [("comments", "This paper has been WITHDRAWN by the author"), ("abstract", "This paper has been withdrawn.")],
)
def test_authors_who_say_withdrawn_mean_it(field: str, text: str) -> None:
    body = simple("2507.05197").replace("<abstract>Words.</abstract>", "")
    assert read(record("2507.05197", body.replace("</arXivRaw>", f"<{field}>{text}</{field}></arXivRaw>"))).withdrawn


PARSED = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://arxiv.org/OAI/arXiv/ {schema}"><id>2507.05197</id><created>2026-11-18</created>
  <updated>2026-11-19</updated><authors><author><keyname>Dołski</keyname><forenames>René</forenames>
  <affiliation>Alder Institute</affiliation></author><author><keyname>Fenn</keyname><forenames>G. David</forenames>
  <suffix>Jr</suffix></author><author><keyname>COIN Collaboration</keyname></author></authors><title>Sparse
  Models</title><categories>cs.LG stat.ML</categories><abstract>We route.</abstract></arXiv>"""


def test_created_is_the_day_of_the_current_version_at_the_new_server() -> None:
    paper = read(record("2507.05197", PARSED.format(schema="https://oaipmh.arxiv.org/OAI/arXiv.xsd")))
    assert (paper.published, paper.updated) == (None, datetime(2026, 11, 18, tzinfo=UTC))
    assert (paper.version, paper.title, paper.primary) == (None, "Sparse Models", "cs.LG")
    assert [author.name for author in paper.authors] == ["René Dołski", "G. David Fenn Jr", "COIN Collaboration"]
    assert paper.authors[0].affiliation == "Alder Institute"


def test_created_is_the_day_of_the_first_version_at_the_old_server() -> None:
    paper = read(record("2507.05197", PARSED.format(schema="http://arxiv.org/OAI/arXiv.xsd")))
    assert paper.published == datetime(2026, 11, 18, tzinfo=UTC)
    assert paper.updated == datetime(2026, 11, 19, tzinfo=UTC)


def test_the_oldest_format_has_no_dates_at_all() -> None:
    paper = read(
        record(
            "1008.3222",
            """<arXivOld xmlns="http://arxiv.org/OAI/arXivOld/"><id>1008.3222</id><title>Proofs</title>
            <authors>Ada Quill and Bo Rye (Alder)</authors><categories>cs.SY</categories>
            <abstract>We prove.</abstract></arXivOld>""",
        )
    )
    assert (paper.published, paper.updated, paper.version) == (None, None, None)
    assert paper.authors == (Author(name="Ada Quill"), Author(name="Bo Rye", affiliation="Alder"))


DUBLIN = """<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Gauge
  Words</dc:title><dc:creator>da Rovere, Ada</dc:creator><dc:creator>Fenn Jr, G. David</dc:creator>
  <dc:subject>{subject}</dc:subject><dc:subject>15A66</dc:subject><dc:description>We gauge. </dc:description>
  <dc:description>{comment}</dc:description><dc:date>2008-06-25</dc:date><dc:date>2014-12-12</dc:date>
  <dc:identifier>http://arxiv.org/abs/0806.4129</dc:identifier><dc:identifier>J. Words 1316:466</dc:identifier>
  <dc:identifier>doi:10.1063/1.3536454</dc:identifier></oai_dc:dc>"""


def test_dublin_core_has_both_dates_and_names_turned_round() -> None:
    body = DUBLIN.format(subject="Mathematical Physics", comment="15 pages")
    paper = read(record("0806.4129", body, sets="physics:math-ph math:math:MP"))
    assert paper.published == datetime(2008, 6, 25, tzinfo=UTC)
    assert paper.updated == datetime(2014, 12, 12, tzinfo=UTC)
    assert [author.name for author in paper.authors] == ["Ada da Rovere", "G. David Fenn Jr"]
    assert (paper.categories, paper.primary) == (("math-ph", "math.MP"), "math-ph")
    assert (paper.comment, paper.journal, paper.doi) == ("15 pages", "J. Words 1316:466", "10.1063/1.3536454")


def test_dublin_core_of_the_old_server_names_categories_by_subject() -> None:
    body = DUBLIN.format(subject="Mathematics - Logic", comment="Comment: 15 pages")
    paper = read(record("0806.4129", body, sets="math"))
    assert (paper.categories, paper.comment) == (("math.LO",), "15 pages")


def test_arxivs_own_doi_is_no_doi_of_an_article() -> None:
    body = simple("2507.05197").replace("</arXivRaw>", "<doi>10.48550/arXiv.2507.05197</doi></arXivRaw>")
    paper = read(record("2507.05197", body))
    assert (paper.doi, paper.ids.doi) == (None, None)


@pytest.mark.parametrize("bad", [simple("1234.99999"), simple("2507.05197", title=" "), "<unknown/>", ""])
def test_what_is_no_paper_is_said(bad: str) -> None:
    with pytest.raises(ValueError, match=r"no |unknown"):
        read_record(etree.fromstring(record("2507.05197", bad)))


def test_times_come_in_two_forms_and_some_in_none() -> None:
    assert moment("Wed, 18 Nov 2026 18:36:20 GMT") == moment("2026-11-18T18:36:20Z")
    assert moment("2003-07-07T13:46:39-04:00") == datetime(2003, 7, 7, 17, 46, 39, tzinfo=UTC)
    assert moment("yesterday") is None
    assert moment("") is None
