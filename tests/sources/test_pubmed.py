"""PubMed: articles with all their traps, the two steps of a walk, and what is no answer."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.sources import read_saved
from digest.sources.base import ServiceResponse
from digest.sources.pubmed import PubMedSource

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
MICE = PubMedSource(query="mice[ti]", title="Mice")
_DTD = '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://dtd.nlm.nih.gov/x.dtd">'
_DATE = "<Year>2026</Year><Month>{}</Month><Day>{}</Day>"
_REFERENCE = '<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.1/other</ArticleId></ArticleIdList></Reference></ReferenceList>'  # noqa: E501
_IDS = '<ArticleIdList><ArticleId IdType="doi">10.1000/Mice</ArticleId></ArticleIdList>'
_ENTERED = f'<History><PubMedPubDate PubStatus="entrez">{_DATE.format(11, 19)}</PubMedPubDate></History>'
_PEOPLE = """
    <Author ValidYN="Y"><LastName>Lovelace</LastName><ForeName>Ada</ForeName><Initials>A</Initials>
      <Identifier Source="ORCID">https://orcid.org/0000-0002-1825-0097</Identifier>
      <AffiliationInfo><Affiliation>Analytical Institute.</Affiliation></AffiliationInfo></Author>
    <Author ValidYN="Y"><LastName>Babbage</LastName><Initials>C</Initials><Suffix>Jr</Suffix></Author>
    <Author ValidYN="N"><LastName>Babage</LastName></Author>
    <Author ValidYN="Y"><CollectiveName>The Mouse Consortium</CollectiveName></Author>"""


def article(
    pmid: str = "34929406",
    *,
    title: str = "Of <i>Mus</i> and H<sub>2</sub>O.",
    printed: str = "<MedlineDate>2026 Nov-Dec</MedlineDate>",
    kinds: str = "Journal Article",
    more: str = "",
    ids: str = _IDS,
) -> str:
    return f"""<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article>
      <Journal><JournalIssue><PubDate>{printed}</PubDate></JournalIssue><Title>Cell</Title></Journal>
      <ArticleTitle>{title}</ArticleTitle>{more}
      <Abstract><AbstractText Label="BACKGROUND">Mice  run.</AbstractText><AbstractText>And stop.</AbstractText>
        <CopyrightInformation>Ours.</CopyrightInformation></Abstract>
      <AuthorList>{_PEOPLE}</AuthorList>
      <PublicationTypeList><PublicationType>{kinds}</PublicationType></PublicationTypeList>
      </Article></MedlineCitation><PubmedData>{_ENTERED}{ids}{_REFERENCE}</PubmedData></PubmedArticle>"""


def listing(*records: str) -> bytes:
    return f'<?xml version="1.0"?>{_DTD}<PubmedArticleSet>{"".join(records)}</PubmedArticleSet>'.encode()


def read(*records: str) -> tuple[Paper, ...]:
    return read_saved("pubmed", listing(*records), "saved.xml").papers


def test_an_article() -> None:
    assert read(article()) == (
        Paper(
            key="doi:10.1000/mice",
            ids=Ids(doi="10.1000/mice", pmid="34929406"),
            title="Of Mus and H2O",
            abstract="Background: Mice run.\nAnd stop.",
            authors=(
                Author(name="Ada Lovelace", orcid="0000-0002-1825-0097", affiliation="Analytical Institute."),
                Author(name="C Babbage Jr"),
                Author(name="The Mouse Consortium"),
            ),
            published=datetime(2026, 11, 19, tzinfo=UTC),
            announced=datetime(2026, 11, 19, tzinfo=UTC),
            journal="Cell",
            doi="10.1000/mice",
            url="https://pubmed.ncbi.nlm.nih.gov/34929406/",
            source="pubmed",
        ),
    )


def test_the_best_date() -> None:
    dated = f'<ArticleDate DateType="Electronic">{_DATE.format("09", "28")}</ArticleDate>'
    assert [paper.published for paper in read(article(more=dated), article(printed=_DATE.format("Oct", 3)))] == [
        datetime(2026, 9, 28, tzinfo=UTC),
        datetime(2026, 10, 3, tzinfo=UTC),
    ]


def test_only_its_own_doi() -> None:
    place = '<ELocationID EIdType="pii">x</ELocationID><ELocationID EIdType="doi" ValidYN="Y">10.1000/Two</ELocationID>'
    wrong = '<ELocationID EIdType="doi" ValidYN="N">10.1000/wrong</ELocationID>'
    papers = read(article(ids=""), article(ids="", more=place), article(ids="", more=wrong))
    assert [paper.key for paper in papers] == ["pmid:34929406", "doi:10.1000/two", "pmid:34929406"]


def test_a_retraction_a_preprint_and_a_translated_title() -> None:
    gone, preprint, german = read(
        article(kinds="Retracted Publication"), article(kinds="Preprint"), article(title="[Of mice.].")
    )
    assert (gone.withdrawn, preprint.doi, preprint.ids.doi, german.title) == (True, None, "10.1000/mice", "Of mice")


def test_a_chapter_of_a_book() -> None:
    chapter = """<PubmedBookArticle><BookDocument><PMID>7</PMID><ArticleIdList/><Book><BookTitle>Mice</BookTitle>
      <PubDate><Year>2026</Year></PubDate></Book><ArticleTitle>Of tails</ArticleTitle>
      </BookDocument></PubmedBookArticle>"""
    [paper] = read(chapter)
    assert (paper.key, paper.title, paper.journal, paper.published) == ("pmid:7", "Of tails", "Mice", None)


def test_one_bad_record_stops_no_other() -> None:
    reading = read_saved("pubmed", listing("<PubmedArticle/>", article(title=""), article("7")), "saved.xml")
    assert [paper.ids.pmid for paper in reading.papers] == ["7"]
    assert reading.warnings == ("2 records could not be read: a record without MedlineCitation",)


def test_a_set_that_broke_off_gives_what_was_whole() -> None:
    body = listing(article("1"), article("2"))
    cut = body[: body.rindex(b"<AuthorList>")]
    reading = read_saved("pubmed", cut, "saved.xml")
    assert [paper.ids.pmid for paper in reading.papers] == ["1"]
    page = MICE.read(ServiceResponse(url="https://eutils.ncbi.nlm.nih.gov/efetch.fcgi?retstart=0#150", body=cut), NOW)
    assert (page.cut, page.cursor, page.next) == (True, None, None)


def found(count: int, more: str = "<QueryKey>1</QueryKey><WebEnv>MCID_1</WebEnv>") -> bytes:
    return f"<eSearchResult><Count>{count}</Count><RetMax>0</RetMax><IdList/>{more}</eSearchResult>".encode()


def test_a_search_then_a_hundred_at_a_time() -> None:
    first = MICE.first("2026-11-19", NOW, NOW)
    params = first.url.params
    assert (params["datetype"], params["mindate"], params["maxdate"]) == ("edat", "2026/11/17", "2026/11/20")
    page = MICE.read(ServiceResponse(url=str(first.url), body=found(250)), NOW)
    asked = []
    while page.next is not None:
        asked.append(page.next.url)
        page = MICE.read(
            ServiceResponse(url="https://else.example/", asked=str(page.next.url), body=listing(article())), NOW
        )
    assert [(url.params["retstart"], url.params["WebEnv"], url.fragment) for url in asked] == [
        ("0", "MCID_1", "250"),
        ("100", "MCID_1", "250"),
        ("200", "MCID_1", "250"),
    ]
    assert page.cursor == "2026-11-20"
    assert httpx.Request("GET", asked[0]).url.raw_path.endswith(b"retmax=100")


def test_nothing_new_and_far_too_much() -> None:
    assert MICE.read(ServiceResponse(url="x", body=found(0, "")), NOW).cursor == "2026-11-20"
    page = MICE.read(ServiceResponse(url="x", body=found(1_000_000)), NOW)
    assert page.warnings == ("1000000 records, of which 9999 can be had: narrow the query",)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>busy</body></html>", "no answer of PubMed"),
        (b'{"error":"API rate limit exceeded"}', "but JSON"),
        (b"<eSearchResult><ERROR>Invalid db name</ERROR></eSearchResult>", "Invalid db name"),
        (found(3, ""), "a search that was not kept"),
        (b"<eSearchResult/>", "a search without a count"),
    ],
)
def test_what_is_no_answer_is_told(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=f"pubmed Mice: .*{words}"):
        MICE.read(ServiceResponse(url="x", body=body), NOW)


def test_saved_answers_say_what_they_are() -> None:
    ids = b"<eSearchResult><Count>2</Count><IdList><Id>1</Id><Id>2</Id></IdList></eSearchResult>"
    assert read_saved("pubmed", ids, "saved").said == "a list of 2 identifiers"
    assert read_saved("pubmed", listing(), "saved").said == "an empty set"
    assert read_saved("pubmed", b"<eSearchResult><ERROR>x</ERROR></eSearchResult>", "s").said == "an error answer: x"
    with pytest.raises(SourceError, match="saved is no answer of pubmed: it looks like an HTML page"):
        read_saved("pubmed", b"<html></html>", "saved")
