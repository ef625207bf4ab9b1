"""What most people vote for: as a page, day by day, as references and as a feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import feedparser  # type: ignore[import-untyped]
import httpx
import lxml.html
import pytest

from digest.app import App, load, open_app
from digest.papers import Paper
from digest.render.links import page_of
from tests.support.config_files import folder
from tests.support.served_site import CONFIG, serve_app
from tests.support.store_samples import NOW, keep, preprint

DAY = timedelta(days=1)


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    text = f"database: {store_url}\njournal: {tmp_path}/letters\n{CONFIG}"
    with open_app(load(folder(tmp_path, text), env={})) as opened:
        yield opened


@pytest.fixture
def web(app: App) -> Iterator[httpx.Client]:
    with serve_app(app) as client:
        yield client


def voted(number: int, votes: int | None, age: float = 1, **more: object) -> Paper:
    given: dict[str, object] = {"title": f"Paper {number}", "announced": NOW - age * DAY, "source": "huggingface"}
    return preprint(f"2611.{number:05}", votes=votes, **(given | more))


def titles(page: httpx.Response) -> list[str]:
    return [str(title.text_content()) for title in lxml.html.fromstring(page.text).xpath("//article/h2")]


def test_the_most_voted_for_of_a_week_come_first(app: App, web: httpx.Client) -> None:
    keep(app.store, voted(1, 3), voted(2, 40), voted(3, None), voted(4, 99, age=8), voted(5, 8, withdrawn=True))
    page = web.get("/trending")
    assert titles(page) == ["Paper 2", "Paper 1"]
    assert "of the papers of 14 November to 20 November 2026" in page.text
    assert "40 votes" in page.text
    assert f'<a href="/lists{page_of("arxiv:2611.00002")}">Paper 2</a>' in page.text
    assert f'href="/lists{page_of("arxiv:2611.00002")}.bib"' in page.text
    assert titles(web.get("/trending/2026-11-20")) == ["Paper 2", "Paper 1"]


def test_each_card_carries_its_reference(app: App, web: httpx.Client) -> None:
    keep(app.store, voted(1, 3))
    [coins] = lxml.html.fromstring(web.get("/trending").text).xpath("//span[@class='Z3988']/@title")
    assert parse_qs(str(coins)) == {
        "ctx_ver": ["Z39.88-2004"],
        "rft_val_fmt": ["info:ofi/fmt:kev:mtx:journal"],
        "rft.genre": ["preprint"],
        "rft.atitle": ["Paper 1"],
        "rft.date": ["2026-11-18"],
        "rft.aulast": ["Ångström"],
        "rft.aufirst": ["Zoë"],
        "rft.au": ["Ångström, Zoë", "Zhou, Yunhua"],
        "rft_id": ["info:arxiv/2611.00001", "https://arxiv.org/abs/2611.00001"],
    }


def test_one_walks_back_to_the_first_day_and_forth_to_today(app: App, web: httpx.Client) -> None:
    keep(app.store, voted(1, 3, age=2), voted(2, 5, age=0.1))
    ways = []
    path = "/trending"
    while path:
        page = web.get(path)
        ways.append((path, titles(page)))
        path = next(iter(lxml.html.fromstring(page.text).xpath("//a[@rel='prev']/@href")), "").removeprefix("/lists")
    assert ways == [
        ("/trending", ["Paper 2", "Paper 1"]),
        ("/trending/2026-11-19", ["Paper 1"]),
        ("/trending/2026-11-18", ["Paper 1"]),
    ]
    oldest = lxml.html.fromstring(web.get("/trending/2026-11-18").text)
    assert oldest.xpath("//a[@rel='next']/@href") == ["/lists/trending/2026-11-19"]
    assert lxml.html.fromstring(web.get("/trending/2026-11-19").text).xpath("//a[@rel='next']/@href") == [
        "/lists/trending"
    ]


def test_a_day_without_votes_and_a_service_without_them_say_so(app: App, web: httpx.Client) -> None:
    assert "There are no votes here yet" in web.get("/trending").text
    keep(app.store, voted(1, None))
    assert "There are no votes here yet" in web.get("/trending").text
    keep(app.store, voted(2, 3))
    empty = web.get("/trending/2026-01-02")
    assert empty.status_code == 200
    assert "Nobody has voted" in empty.text
    assert 'rel="prev"' not in empty.text


@pytest.mark.parametrize(
    "day",
    [
        "2026-11-21",
        "2026-02-30",
        "20261120",
        "2026-W47-5",
        "0001-01-01",
        "9999-12-31",
        "x",
        ".bib",
        "%00",
        "٢٠٢٦-١١-٢٠",
    ],
)
def test_what_is_no_day_that_has_begun_is_told(web: httpx.Client, day: str) -> None:
    answer = web.get(f"/trending/{day}")
    assert answer.status_code == 404
    assert "There is no such day here" in answer.text


def test_the_list_is_a_file_of_references(app: App, web: httpx.Client) -> None:
    keep(app.store, voted(1, 3), voted(2, 40))
    for path in ("/trending.bib", "/trending/2026-11-20.bib"):
        answer = web.get(path)
        assert answer.text.count("@misc") == 2
        assert answer.headers["content-disposition"] == 'attachment; filename="trending-2026-11-20.bib"'
    assert web.get("/trending.ris").text.count("TY  - ") == 2


def test_the_feed_can_be_followed(app: App, web: httpx.Client) -> None:
    keep(app.store, voted(1, 3, age=2), voted(2, 40))
    answer = web.get("/trending.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=900"
    assert answer.headers["last-modified"] == "Thu, 19 Nov 2026 07:30:00 GMT"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.feed.title == "Trending papers · Morning Papers"
    assert {link.rel: link.href for link in feed.feed.links} == {
        "self": "https://papers.example.org/lists/trending.atom",
        "alternate": "https://papers.example.org/lists/trending",
    }
    assert [entry.title for entry in feed.entries] == ["Paper 2", "Paper 1"]
    assert feed.entries[0].link == "https://papers.example.org/lists/paper/arxiv:2611.00002"
    assert feed.entries[1].updated == "2026-11-18T07:30:00Z"
    again = web.get("/trending.atom", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_entries_stay_themselves_while_votes_come_in(app: App, web: httpx.Client) -> None:
    keep(app.store, voted(1, 3), voted(2, 40))
    before = feedparser.parse(web.get("/trending.atom").content)
    keep(app.store, voted(1, 50))
    after = feedparser.parse(web.get("/trending.atom").content)
    assert [entry.title for entry in after.entries] == ["Paper 1", "Paper 2"]
    assert {entry.title: entry.id for entry in after.entries} == {entry.title: entry.id for entry in before.entries}
    assert after.feed.id == before.feed.id


def test_a_feed_without_papers_is_one(web: httpx.Client) -> None:
    feed = feedparser.parse(web.get("/trending.atom").content)
    assert not feed.bozo
    assert (feed.feed.updated, feed.entries) == ("2026-11-20T00:00:00Z", [])


def test_all_of_it_can_be_asked_for_with_head_and_from_any_host(app: App, web: httpx.Client) -> None:
    keep(app.store, voted(1, 3))
    for path in ("/trending", "/trending.atom", "/trending.bib", "/trending.ris", "/trending/2026-11-19"):
        head = web.head(path)
        assert (head.status_code, head.text) == (200, "")
        answer = web.get(path, headers={"Host": "evil.example"})
        assert answer.text == web.get(path).text
        assert "evil" not in answer.text
        assert web.get(f"/lists{path}").text == answer.text  # a proxy may leave the path of the site on
        assert web.post(path).status_code == 405


def test_it_speaks_the_language_of_its_service(tmp_path: Path) -> None:
    with open_app(
        load(folder(tmp_path, f"database: sqlite:///{tmp_path}/digest.db\nlanguage: de\n{CONFIG}"), env={})
    ) as app:
        keep(app.store, voted(1, 3))
        with serve_app(app) as web:
            page = web.get("/trending/2026-11-19").text
            assert "Viel beachtete Arbeiten am 19. November 2026" in page
            assert "unter den Arbeiten vom 13. November bis zum 19. November 2026" in page
            assert feedparser.parse(web.get("/trending.atom").content).feed.language == "de"
