"""Addresses that a letter may carry."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers import Ids
from digest.render.links import abstract_page, orcid, page_of, pdf, safe
from tests.support.issues import paper


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://example.org/a b?q=ü&x=1#s", "https://example.org/a%20b?q=%C3%BC&x=1#s"),
        ("https://example.org/50%25/100%", "https://example.org/50%25/100%25"),
        ("http://arxiv.org/abs/2402.12399", "https://arxiv.org/abs/2402.12399"),
        ("http://export.arxiv.org/abs/x", "https://export.arxiv.org/abs/x"),
        ("http://notarxiv.org/x", "http://notarxiv.org/x"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://example.org:8080/x", "https://example.org:8080/x"),
        ("https://[::1]/x", "https://[::1]/x"),
        ("https://user:secret@example.org/x", "https://example.org/x"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("https://example.org/a\r\nBcc: x", "https://example.org/a%20%20Bcc:%20x"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://example.org/x", None),
        ("https://", None),
        ("https://exa mple.org/", None),
        ("https://[broken/", None),
        ("https://example.org:port/", None),
        (f"https://example.org/{'x' * 2_000}", None),
        ("", None),
        (None, None),
    ],
)
def test_only_web_addresses_pass_and_they_are_encoded(raw: str | None, url: str | None) -> None:
    assert safe(raw) == url


@given(st.text().map(lambda text: f"https://{text}") | st.text())
def test_whatever_comes_in_an_address_is_harmless(raw: str) -> None:
    url = safe(raw)
    assert url is None or re.fullmatch(r"https?://[a-z0-9._:\[\]-]+[A-Za-z0-9/:@!$&()*+,;=~%?._#-]*", url)


def test_a_paper_leads_to_its_own_page_then_arxiv_then_its_doi() -> None:
    assert abstract_page(paper(url="javascript:x")) == "https://arxiv.org/abs/2402.12399"
    article = paper(url=None, pdf=None, doi="10.1000/a<b>", abstract=None)
    assert abstract_page(article) == "https://arxiv.org/abs/2402.12399"
    assert pdf(article) == "https://arxiv.org/pdf/2402.12399"


def test_a_paper_without_any_address_has_none() -> None:
    bare = paper(url=None, pdf=None)
    object.__setattr__(bare, "ids", Ids(doi="10.1000/a<b>"))
    assert abstract_page(bare) == "https://doi.org/10.1000/a%3Cb%3E"
    assert pdf(bare) is None
    object.__setattr__(bare, "ids", Ids())
    assert abstract_page(bare) is None


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("arxiv:2507.05197", "/paper/arxiv:2507.05197"),
        ("arxiv:hep-th/9901001", "/paper/arxiv:hep-th/9901001"),
        ("doi:10.1101/2024.01.01.123456", "/paper/doi:10.1101/2024.01.01.123456"),
        ("doi:10.1002/(sici)1<1::aid>3.0;2-#", "/paper/doi:10.1002/(sici)1%3C1::aid%3E3.0;2-%23"),
        ("feed:https://x.example/?a=b&c", "/paper/feed:https:%2F%2Fx.example%2F%3Fa=b%26c"),
        ("doi:10.1/../x", "/paper/doi:10.1%2F..%2Fx"),
        ("doi:10.1/ü%", "/paper/doi:10.1/%C3%BC%25"),
    ],
)
def test_a_paper_has_a_page_of_its_own(key: str, path: str) -> None:
    assert page_of(key) == path


@given(st.text() | st.text("./:%;?#a"))
def test_the_way_to_a_page_stays_itself_in_a_browser_and_names_the_key(rest: str) -> None:
    path = page_of(f"doi:{rest}")
    assert path.isascii()
    assert not re.search(r"[\s\"'<>&?#]", path)
    assert not {"", ".", ".."} & set(path[1:].split("/"))  # what a browser or a proxy would take out
    assert unquote(path.removeprefix("/paper/")) == f"doi:{rest}"


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("http://orcid.org/0000-0002-1694-233x", "https://orcid.org/0000-0002-1694-233X"),
        ("javascript:alert(1)", None),
        ("", None),
        (None, None),
    ],
)
def test_a_person_has_a_page_at_orcid(raw: str | None, url: str | None) -> None:
    assert orcid(raw) == url
