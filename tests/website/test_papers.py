"""The page of a paper and its references: by every name it has, for people and for reference managers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import bibtexparser
import httpx
import lxml.html
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.app import App, load, open_app
from digest.papers import Author, Ids, Paper
from digest.render.links import page_of
from tests.support.config_files import folder
from tests.support.served_site import CONFIG, serve_app
from tests.support.store_samples import NOW, article, keep, preprint

KEY, JOURNAL = "arxiv:2611.00001", "doi:10.1038/s41586-026-1"
HOSTILE = '<script>alert(1)</script>"\r\nSet-Cookie: a=b\u202e\x00'
NAMES = (
    Author(name="Zoë Ångström", affiliation="Umeå", orcid="https://orcid.org/0000-0002-1825-0097"),
    Author(name="Yunhua Zhou"),
)


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    text = f"database: {store_url}\njournal: {tmp_path}/letters\n{CONFIG}"
    with open_app(load(folder(tmp_path, text), env={})) as opened:
        yield opened


@pytest.fixture
def web(app: App) -> Iterator[httpx.Client]:
    with serve_app(app) as client:
        yield client


def seen(page: httpx.Response) -> str:
    """What a reader sees of its content, on one line."""
    [main] = lxml.html.fromstring(page.text).xpath("//main")
    return " ".join(main.text_content().split())


def meta(page: httpx.Response) -> list[tuple[str, str]]:
    tags = lxml.html.fromstring(page.text).xpath("//head/meta[starts-with(@name, 'citation_')]")
    return [(str(tag.get("name")), str(tag.get("content"))) for tag in tags]


def test_all_that_is_known_of_a_paper_stands_on_its_page(app: App, web: httpx.Client) -> None:
    first = preprint(authors=NAMES, title=r"Kept apart: $\alpha$ routing", code="https://github.com/a/b")
    keep(app.store, first)
    keep(app.store, replace(first, version=2, updated=NOW, changed=NOW), now=NOW + timedelta(hours=1))
    page = web.get(page_of(KEY))
    assert page.status_code == 200
    text = seen(page)
    for said in (
        "Kept apart: α routing",
        "Zoë Ångström",
        "Yunhua Zhou",
        "Umeå",
        "We route.",
        "Then we count.",
        "cs.CL cs.LG",
        "9 pages",
        "18 November 2026",
        "v2 · 20 November 2026",
        "v1 · 18 November 2026",
        "revised: v2",
        "Abstract PDF HTML Code BibTeX RIS".replace(" ", ""),
    ):
        assert said in text
    assert "https://orcid.org/0000-0002-1825-0097" in page.text
    assert "https://arxiv.org/abs/2611.00001v1" in page.text


def test_a_reference_manager_reads_it(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint(authors=NAMES), article("10.1038/b", title="On time", authors=NAMES[:1], abstract="It."))
    assert meta(web.get(page_of(KEY))) == [
        ("citation_title", "Kept apart: routing tokens to experts"),
        ("citation_author", "Ångström, Zoë"),
        ("citation_author_institution", "Umeå"),
        ("citation_author_orcid", "https://orcid.org/0000-0002-1825-0097"),
        ("citation_author", "Zhou, Yunhua"),
        ("citation_publication_date", "2026/11/18"),
        ("citation_online_date", "2026/11/18"),
        ("citation_arxiv_id", "2611.00001"),
        ("citation_abstract", "We route. Then we count."),
        ("citation_abstract_html_url", "https://arxiv.org/abs/2611.00001"),
        ("citation_fulltext_html_url", "https://arxiv.org/html/2611.00001"),
        ("citation_pdf_url", "https://arxiv.org/pdf/2611.00001"),
        ("citation_public_url", "https://arxiv.org/abs/2611.00001"),
        ("citation_keywords", "cs.CL"),
        ("citation_keywords", "cs.LG"),
    ]
    of_article = dict(meta(web.get(page_of("doi:10.1038/b"))))
    assert (of_article["citation_doi"], of_article["citation_journal_title"]) == ("10.1038/b", "Nature")
    root = lxml.html.fromstring(web.get(page_of(KEY)).text)
    assert root.xpath("//link[@rel='canonical']/@href") == [f"https://papers.example.org/lists/paper/{KEY}"]
    assert root.xpath("//link[@rel='alternate']/@href") == [f"/lists/paper/{KEY}.bib", f"/lists/paper/{KEY}.ris"]


def test_other_records_of_the_work_are_named_and_lead_here_and_there(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint(authors=NAMES))
    keep(app.store, article(authors=NAMES), now=NOW + timedelta(hours=1))
    page = web.get(page_of(KEY))
    assert "Also at Nature · doi:10.1038/s41586-026-1 · 20 November 2026" in seen(page)
    assert "published in a journal" in seen(page)
    assert f'href="/lists/paper/{JOURNAL}"' in page.text
    other = web.get(page_of(JOURNAL))
    assert "Also at arXiv" in seen(other)
    assert "We route." in seen(other)  # a journal's feed has no abstracts; its preprint has


def test_every_name_of_a_paper_leads_to_it(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint(doi="10.1038/xyz"), Paper(key="pmid:7", title="Of the heart", source="pubmed"))
    assert "Kept apart" in seen(web.get(page_of("doi:10.1038/xyz")))  # nobody sent us the article
    assert "Of the heart" in seen(web.get(page_of("pmid:7")))
    for spelling in ("arXiv:2611.00001v3", "2611.00001", "https://doi.org/10.1038/XYZ", "PMID: 7"):
        answer = web.get(page_of(spelling), follow_redirects=False)
        assert answer.status_code == 303, spelling
        assert answer.headers["location"].startswith("/lists/paper/")
        assert web.get(answer.headers["location"]).status_code == 200
    assert web.get(page_of("2611.00001") + ".bib").headers["location"] == f"/lists/paper/{KEY}.bib"


def test_a_withdrawn_paper_says_so_first(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint())
    keep(app.store, preprint(withdrawn=True, version=2, updated=NOW, changed=NOW), now=NOW + timedelta(hours=1))
    text = seen(web.get(page_of(KEY)))
    assert text.index("was withdrawn; we heard of it on 20 November 2026") < text.index("Zoë")


def test_the_references_are_files(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint(authors=NAMES))
    bib, ris = web.get(page_of(KEY) + ".bib"), web.get(page_of(KEY) + ".ris")
    assert bib.headers["content-type"] == "application/x-bibtex; charset=utf-8"
    assert bib.headers["content-disposition"] == 'attachment; filename="angstrom2026kept.bib"'
    [entry] = bibtexparser.loads(bib.text).entries
    assert (entry["ID"], entry["eprint"]) == ("angstrom2026kept", "2611.00001")
    assert ris.headers["content-type"] == "application/x-research-info-systems; charset=utf-8"
    assert ris.headers["content-disposition"] == 'attachment; filename="angstrom2026kept.ris"'
    assert f"ID  - {KEY}" in ris.text


def test_who_has_it_already_gets_no_second_copy(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint())
    for ending in ("", ".bib", ".ris"):
        path = page_of(KEY) + ending
        first, head = web.get(path), web.head(path)
        assert (head.status_code, head.text) == (200, "")
        assert head.headers["etag"] == first.headers["etag"]
        assert first.headers["cache-control"] == "public, max-age=600"
        for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
            again = web.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.text) == (304, "")
            assert again.headers["etag"] == first.headers["etag"]
        assert web.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    before = web.get(page_of(KEY)).headers["etag"]
    keep(app.store, preprint(version=2, updated=NOW, changed=NOW), now=NOW + timedelta(hours=1))
    assert web.get(page_of(KEY), headers={"If-None-Match": before}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/paper/",
        "/paper/x",
        "/paper/..%2f",
        "/paper/..%2f..%2fetc%2fpasswd",
        "/paper/%00",
        "/paper/arxiv:2611.00001%00",
        "/paper/arxiv:2611.00001%0dSet-Cookie:%20a=b",
        "/paper/%ff%fe",
        "/paper/%ed%a0%80",
        "/paper/.bib",
        "/paper/x.ris",
        "/paper/" + "A" * 5_000,
        "/paper/doi:10.1/" + "%2f" * 900,
    ],
)
def test_what_is_no_paper_is_told_in_its_own_words(app: App, web: httpx.Client, path: str) -> None:
    keep(app.store, preprint())
    answer = web.get(path)
    assert answer.status_code == 404
    assert "We know no such paper" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_line_break_in_an_address_adds_no_header(web: httpx.Client) -> None:
    answer = web.get("/paper/x%0d%0aSet-Cookie:%20a=b.bib")
    assert (answer.status_code, answer.headers.get("set-cookie")) == (404, None)


@pytest.mark.parametrize(
    "key",
    [
        "doi:10.1002/(sici)1097-0258<1::aid>3.0.co;2-#?x=%41&y+z",
        "feed:https://example.org//a/../b?id=1&x#y",
        "doi:10.1/ü 漢字",
        "doi:10.1/x.bib",
        "doi:10.1/./x/",
        "feed:\"'><b>",
    ],
)
def test_odd_keys_have_pages_and_references_too(app: App, web: httpx.Client, key: str) -> None:
    keep(app.store, replace(article(title="Odd", authors=NAMES), key=key, ids=Ids(), doi=None))
    path = page_of(key)
    assert re.fullmatch(r"/paper/[A-Za-z0-9/:@!$()*,;=~%._-]+", path)
    assert str(httpx.URL("https://x" + path).path).removeprefix("/paper/") == key
    page = web.get(path)
    assert seen(page).startswith("Odd")
    assert f'href="/lists{path}.bib"' in page.text
    assert web.get(path + ".bib").headers["content-disposition"] == 'attachment; filename="angstrom2026odd.bib"'


def test_nothing_hostile_in_a_paper_gets_out(app: App, web: httpx.Client) -> None:
    keep(
        app.store,
        preprint(
            title=HOSTILE.replace("\x00", ""),
            authors=(Author(name=HOSTILE.replace("\x00", ""), affiliation="<b>x</b>", orcid="javascript:alert(1)"),),
            comment="<i>",
            journal='"><img src=x>',
            url="javascript:alert(1)",
            pdf="data:text/html,x",
            code="ftp://example.org/",
            doi='10.1/"><script>',
        ),
    )
    page = web.get(page_of(KEY))
    root = lxml.html.fromstring(page.text)
    assert not root.xpath("//script | //img | //main//i | //*[@onclick]")
    assert "\u202e" not in page.text
    addresses = root.xpath("//a/@href | //link/@href | //meta[contains(@name, '_url')]/@content")
    assert all(re.match(r"(https://|/lists/|#content)", address) for address in addresses), addresses
    for ending in ("bib", "ris"):
        answer = web.get(f"{page_of(KEY)}.{ending}")
        assert "set-cookie" not in answer.headers
        assert re.fullmatch(rf'attachment; filename="[a-z0-9]+\.{ending}"', answer.headers["content-disposition"])


def test_no_link_is_made_of_the_host_that_is_asked_for(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint())
    hostile = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    for path in (page_of(KEY), page_of(KEY) + ".bib", page_of("2611.00001"), "/paper/x"):
        answer = web.get(path, headers=hostile)
        assert answer.text == web.get(path).text
        assert "evil" not in answer.text + str(answer.headers)


def test_a_collaboration_unfolds(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint(authors=tuple(Author(name=f"Author {n}", affiliation="CERN") for n in range(300))))
    page = web.get(page_of(KEY))
    assert "and 260 more" in seen(page)
    assert "Author 299" in page.text
    assert page.text.count("<sup>") == 0  # one affiliation of all needs no number


def test_many_affiliations_unfold(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint(authors=tuple(Author(name=f"Author {n}", affiliation=f"At {n}") for n in range(13))))
    page = web.get(page_of(KEY))
    assert "13 affiliations" in seen(page)
    assert page.text.count("<sup>") == 13


def test_the_page_speaks_the_language_of_its_service(tmp_path: Path) -> None:
    with open_app(
        load(folder(tmp_path, f"database: sqlite:///{tmp_path}/digest.db\nlanguage: de\n{CONFIG}"), env={})
    ) as app:
        keep(app.store, preprint())
        with serve_app(app) as web:
            page = web.get(page_of(KEY))
            assert '<html lang="de">' in page.text
            assert "Zuerst erschienen" in page.text
            assert "18. November 2026" in page.text
            assert "Diese Arbeit kennen wir nicht" in web.get("/paper/x").text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_key_is_too_odd(web: httpx.Client, text: str) -> None:
    assert web.get(page_of(text)).status_code == 404
