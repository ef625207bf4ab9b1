"""The language of a page: what the browser asks for on public pages, the reader's own on theirs."""

from __future__ import annotations

import httpx
import pytest

from digest.app import App
from tests.support.site_data import ada_of, path_of
from tests.support.store_samples import NOW, keep, preprint

GERMAN = {"Accept-Language": "tlh;q=0.9, de-AT;q=0.8, en;q=0.1"}


@pytest.mark.parametrize(
    "path", ["/", "/link", "/trending", "/trending/2026-11-20", "/trending/x", "/paper/x", "/gone"]
)
def test_a_public_page_answers_in_the_language_of_the_browser(web: httpx.Client, path: str) -> None:
    english, german = web.get(path), web.get(path, headers=GERMAN)
    assert english.status_code == german.status_code
    assert '<html lang="en">' in english.text
    assert '<html lang="de">' in german.text
    assert english.headers["vary"] == german.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize("header", ["", "*", "tlh", "de;q=0", "de;q=nan", "\x80", "x," * 3_000, "-" * 6_000])
def test_a_header_that_names_none_of_ours_gets_the_language_of_the_service(web: httpx.Client, header: str) -> None:
    answer = web.get("/", headers=[(b"Accept-Language", header.encode("latin-1"))])
    assert answer.status_code == 200
    assert '<html lang="en">' in answer.text


def test_what_is_kept_is_kept_by_its_language(app: App, web: httpx.Client) -> None:
    keep(app.store, preprint("2611.00001"))
    path = "/paper/arxiv:2611.00001"
    english, german = web.get(path), web.get(path, headers=GERMAN)
    assert english.headers["etag"] != german.headers["etag"]
    again = web.get(path, headers=GERMAN | {"If-None-Match": german.headers["etag"]})
    assert (again.status_code, again.headers["vary"]) == (304, "Accept-Language")
    assert web.get(path, headers=GERMAN | {"If-None-Match": english.headers["etag"]}).status_code == 200


@pytest.mark.parametrize("path", ["/trending.atom", "/trending.bib", "/style.css", "/healthz"])
def test_what_is_no_page_is_the_same_for_all(web: httpx.Client, path: str) -> None:
    one, other = web.get(path), web.get(path, headers=GERMAN)
    assert one.content == other.content
    assert "vary" not in one.headers


def test_a_readers_own_page_keeps_the_readers_language(app: App, web: httpx.Client) -> None:
    page = path_of(app.letters.links.page(ada_of(app), now=NOW))
    answer = web.get(page, headers=GERMAN)
    assert '<html lang="en">' in answer.text
    assert "vary" not in answer.headers
