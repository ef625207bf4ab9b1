"""Every spelling of an id has one normal form, and records are one work only where they say so themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers import Ids, Paper
from digest.papers.ids import arxiv_id, code_repository, doi, same_work, title_key


@pytest.mark.parametrize(
    ("spelling", "found"),
    [
        ("2507.05197", ("2507.05197", None)),
        ("arXiv:2507.05197v2", ("2507.05197", 2)),
        ("ARXIV: 2507.05197V2", ("2507.05197", 2)),
        ("https://arxiv.org/abs/2507.05197", ("2507.05197", None)),
        ("http://arxiv.org/abs/2507.05197v12", ("2507.05197", 12)),
        ("https://arxiv.org/pdf/2507.05197v2.pdf", ("2507.05197", 2)),
        ("https://arxiv.org/html/2507.05197v1#S1", ("2507.05197", 1)),
        ("https://arxiv.org/abs/2507.05197?context=cs", ("2507.05197", None)),
        ("export.arxiv.org/abs/2507.05197", ("2507.05197", None)),
        ("https://www.alphaxiv.org/abs/2507.05197", ("2507.05197", None)),
        ("https://huggingface.co/papers/2507.05197", ("2507.05197", None)),
        ("oai:arXiv.org:2203.01250v3", ("2203.01250", 3)),
        ("10.48550/arXiv.2507.05197", ("2507.05197", None)),
        ("https://doi.org/10.48550/arXiv.2507.05197", ("2507.05197", None)),
        ("journals/corr/abs-2403-01234", ("2403.01234", None)),
        ("https://dblp.org/rec/journals/corr/abs-2403-01234", ("2403.01234", None)),
        ("math.CA/0611800v2", ("math/0611800", 2)),
        ("https://arxiv.org/abs/hep-th/9901001", ("hep-th/9901001", None)),
        ("oai:arXiv.org:cs/0001024", ("cs/0001024", None)),
        ("alg-geom/9202001", ("alg-geom/9202001", None)),
        ("0704.0001", ("0704.0001", None)),
    ],
)
def test_an_arxiv_id_has_one_normal_form(spelling: str, found: tuple[str, int | None]) -> None:
    assert arxiv_id(spelling) == found


@pytest.mark.parametrize(
    "other",
    ["1234.12345", "2513.00001", "1501.1234", "1412.12345", "0703.0001", "2507.00000", "9999.99999", "issues/1234567",
     "math/0813001", "hep-th/0704001", "10.1093/x", "2403-01234", "https://example.org/2507.05197", "", "v2"],
)  # fmt: skip
def test_what_is_no_arxiv_id(other: str) -> None:
    assert arxiv_id(other) is None


@given(st.sampled_from(["2507.05197", "hep-th/9901001", "1412.0001"]), st.one_of(st.none(), st.integers(1, 99)))
def test_spelling_an_id_and_reading_it_gives_it_back(name: str, version: int | None) -> None:
    tail = f"v{version}" if version else ""
    for form in ("{}", "arXiv:{}", "https://arxiv.org/abs/{}", "https://arxiv.org/pdf/{}.pdf", "oai:arXiv.org:{}"):
        assert arxiv_id(form.format(name + tail)) == (name, version)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("10.1016/S0140-6736(20)30183-5", "10.1016/s0140-6736(20)30183-5"),
        ("see 10.1103/PhysRevD.93.016005).", "10.1103/physrevd.93.016005"),
        ("https://dx.doi.org/10.4039/tce.2021.38?rft_dat=source%3Ddrss", "10.4039/tce.2021.38"),
        ("https://doi.org/10.1101/2020.01.01.123456v2.full", "10.1101/2020.01.01.123456"),
        ("https://www.tandfonline.com/doi/full/10.1080/09397140.2021.1992835?af=R", "10.1080/09397140.2021.1992835"),
        ("https://journal.example/10.1103/PhysRevD.1/full", "10.1103/physrevd.1"),
        ("doi:10.1016/j.parint.2021.102531", "10.1016/j.parint.2021.102531"),
        ("10.1000%2FABC", "10.1000/abc"),
        ("10.1063/1.3536454 10.1063/1.2", "10.1063/1.3536454"),
        ("10.48550/arXiv.2507.05197", "10.48550/arxiv.2507.05197"),
        ("10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID>3.0.CO;2-2",
         "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid>3.0.co;2-2"),
        ("no doi in here: 10.5 apples/pears", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_doi_has_one_normal_form(text: str, bare: str | None) -> None:
    assert doi(text) == bare


@given(st.text("abcXYZ0123456789.-_()", min_size=1, max_size=20))
def test_a_normal_doi_is_its_own_normal_form(tail: str) -> None:
    once = doi(f"https://doi.org/10.1234/{tail}")
    assert once is None or doi(once) == once


def test_a_title_key_forgets_how_a_title_was_spelled() -> None:
    assert title_key('A Na\\"ive {LLM}: CO$_2$ (withdrawn)') == title_key("a naïve LLM — CO2")
    assert title_key("Graphs - Extended Version") == title_key("<i>Graphs</i>")
    assert title_key("深度学习") == "深度学习"


def paper(title: str = "Sparse models for long books", **ids: str) -> Paper:
    return Paper(key="x", title=title, source="test", ids=Ids(**ids))


def test_an_equal_arxiv_id_is_one_work_and_a_different_one_is_not() -> None:
    assert same_work(paper(arxiv="2507.05197"), paper("Another title", arxiv="2507.05197"))
    assert not same_work(paper(arxiv="2507.05197", doi="10.1/x"), paper(arxiv="2507.05198", doi="10.1/x"))


def test_arxivs_own_doi_is_an_arxiv_id() -> None:
    assert same_work(paper(arxiv="2507.05197"), paper("Title of a copy", doi="10.48550/arxiv.2507.05197"))


def test_an_equal_doi_joins_two_articles() -> None:
    assert same_work(paper("One title", doi="10.1234/x"), paper("Quite another", doi="10.1234/x"))
    assert not same_work(paper(doi="10.1234/x"), paper(doi="10.1234/y"))


def test_a_doi_joins_preprint_and_article_only_where_the_titles_agree() -> None:
    preprint = paper(arxiv="2507.05197", doi="10.1234/x")
    assert same_work(preprint, paper("Sparse Models for Long Books: A Study", doi="10.1234/x"))
    assert same_work(preprint, paper("Sparse model for a long book", doi="10.1234/x"))
    assert not same_work(preprint, paper("Editorial", doi="10.1234/x"))
    assert not same_work(paper("Feeding habits of water beetles", doi="10.1234/x"), preprint)


def test_nothing_joins_two_papers_of_one_title() -> None:
    assert not same_work(paper("Editorial"), paper("Editorial"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Code: https://github.com/ada/kept-apart.", "https://github.com/ada/kept-apart"),
        ("(www.github.com/ada/kept.git)", "https://github.com/ada/kept"),
        ("at http://gitlab.com/Ada/x.y/tree/main, too", "https://gitlab.com/Ada/x.y"),
        ("https://codeberg.org/ada/kept/", "https://codeberg.org/ada/kept"),
        ("see https://github.com/ada and more", None),
        ("https://github.com/topics/llm https://github.com/ada/real", "https://github.com/ada/real"),
        ("https://notgithub.com/a/b github.community/a/b my.github.com/a/b", None),
        ("https://ada.github.io/kept", None),
        ("", None),
    ],
)
def test_a_repository_is_one_of_code_and_never_guessed(text: str, expected: str | None) -> None:
    assert code_repository(text) == expected
