"""DBLP: XML turned into JSON and XML itself, homonyms with their numbers, and the ids of a known paper's authors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.errors import SourceError
from digest.papers import Author, Ids, Paper
from digest.papers.scholarly_metrics import Researcher
from digest.sources import dblp, read_saved
from digest.sources.base import ServiceResponse
from digest.sources.dblp import DblpEnricher

SEARCH = DblpEnricher()
WEI = {"@pid": "10/4661-3", "text": "Wei Zhang 0003"}
INFO: dict[str, Any] = {
    "authors": {"author": [WEI, {"@pid": "l/AdaLovelace", "text": "Ada Lovelace"}]},
    "title": "Routes &amp; words.",
    "venue": "DAC",
    "year": "2021",
    "key": "conf/dac/ZhangL21",
    "doi": "10.1000/DAC.7",
    "ee": "https://doi.org/10.1000/DAC.7",
}
CORR = INFO | {"key": "journals/corr/abs-2611-00001", "venue": "CoRR", "doi": "10.48550/ARXIV.2611.00001", "ee": ["x"]}
XML = b"""<?xml version="1.0"?><dblp><inproceedings key="conf/dac/ZhangL21" mdate="2026-01-01">
<author pid="10/4661-3" orcid="0000-0002-1825-0097">Wei Zhang 0003</author><author>Ada Lovelace</author>
<title>Routes <i>of</i> words.</title><year>2021</year><booktitle>DAC</booktitle>
<ee type="oa">https://doi.org/10.1000/DAC.7</ee></inproceedings></dblp>"""


def search(*infos: object) -> bytes:
    hits: object = [{"info": info} for info in infos]
    if len(infos) == 1:
        hits = {"info": infos[0]}  # one alone is no list
    return json.dumps({"result": {"hits": {"@total": str(len(infos)), "hit": hits}}}).encode()


def test_a_hit_field_by_field() -> None:
    [paper] = read_saved("dblp", search(INFO), "x.json").papers
    assert (paper.key, paper.ids, paper.doi) == ("doi:10.1000/dac.7", Ids(doi="10.1000/dac.7"), "10.1000/dac.7")
    assert (paper.title, paper.journal) == ("Routes & words", "DAC")
    assert paper.published == datetime(2021, 1, 1, tzinfo=UTC)
    assert paper.authors == (Author(name="Wei Zhang"), Author(name="Ada Lovelace"))
    assert paper.url == "https://dblp.org/rec/conf/dac/ZhangL21"


def test_mirrors_of_arxiv_are_that_paper() -> None:
    papers = read_saved("dblp", search(CORR, INFO | {"authors": {"author": WEI}, "doi": None, "ee": None}), "x").papers
    assert (papers[0].key, papers[0].doi, papers[0].journal) == ("arxiv:2611.00001", None, None)
    assert (papers[1].key, papers[1].authors) == ("dblp:conf/dac/ZhangL21", (Author(name="Wei Zhang"),))


def test_xml_has_orcids() -> None:
    [paper] = read_saved("dblp", XML, "x.xml").papers
    assert (paper.key, paper.title, paper.journal) == ("doi:10.1000/dac.7", "Routes of words", "DAC")
    assert paper.authors == (Author(name="Wei Zhang", orcid="0000-0002-1825-0097"), Author(name="Ada Lovelace"))


def test_known_papers_lead_to_the_ids_of_their_authors() -> None:
    key = "arxiv:2611.00001"
    known = {key: Paper(key=key, title="Routes & Words", source="arxiv")}
    request = SEARCH.ask([key], known)
    assert request is not None
    assert request.url.params["q"] == "Routes Words"
    assert SEARCH.ask([key], {}) is None
    other = INFO | {"title": "Roots & words."}
    found = SEARCH.read(ServiceResponse(url=SEARCH.url, body=search(other, INFO)), [key], known)
    assert found.papers == ()
    assert found.figures[key].authors == (
        Researcher(service="dblp", id="10/4661-3", name="Wei Zhang"),
        Researcher(service="dblp", id="l/AdaLovelace", name="Ada Lovelace"),
    )
    assert SEARCH.read(ServiceResponse(url=SEARCH.url, body=search(other)), [key], known).figures == {}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"hits": []}', "JSON of another kind"),
        (b"<rss><channel/></rss>", "XML of another kind"),
        (b"<", "broken XML"),
        (b"", "nothing"),
        (search({"author": "Wei Zhang 0003", "url": "https://dblp.org/pid/10/4661-3"}), "a list of 1 authors"),
    ],
)
def test_what_is_no_search_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=rf"x\.json is no answer of dblp: it looks like {said}"):
        read_saved("dblp", body, "x.json")


def test_a_search_that_finds_nothing() -> None:
    empty = b'{"result": {"hits": {"@total": "0"}}}'
    assert read_saved("dblp", empty, "x.json").said == "a search without publications"
    assert dblp.sources(dblp.DblpSettings()) == []
