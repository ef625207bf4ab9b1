"""Rules are tried out on the papers of the last days, which are made ready once and not for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest
from lxml import html
from sqlalchemy import Engine
from starlette.exceptions import HTTPException

from digest.app import App
from digest.papers import Author, Paper
from digest.store import PaperStore, Store
from digest.website.recent_papers import DAYS, RENEWED, Grounds
from tests.support.people import STARS, VISION
from tests.support.site_visit import Clock, house_of, visited
from tests.support.store_samples import NOW, keep, preprint


def dated(paper: Paper, days: float) -> Paper:
    return replace(paper, announced=None, published=NOW - timedelta(days=days), updated=None, version=None)


def fill(store: Store) -> None:
    papers = [
        preprint(
            f"2611.{number:05}",
            title=f"Sparse <b>autoencoders</b> {number} {'x' * number}",
            abstract="Dense" if number % 2 else "We train a mixture of experts.",
            authors=(Author(name=f"Ada Nr{number}son"),),
            published=NOW - timedelta(days=number % 30, hours=1),
        )
        for number in range(60)
    ]
    people = [dated(paper, 3 + number / 10) for number, paper in enumerate([*VISION, *STARS])]
    old = dated(preprint("2501.00001", title="Sparse but old", authors=(Author(name="Old Oldson"),)), 200)
    keep(store, *papers, *people, old)


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with house_of(tmp_path, store_url) as opened:
        fill(opened.store)
        yield opened


@pytest.fixture
def web(app: App) -> Iterator[httpx.Client]:
    with visited(app, Clock()) as client:
        yield client


def tried(web: httpx.Client, **given: str) -> str:
    answer = web.post("/try", data={name.replace("_", "-"): value for name, value in given.items()})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return " ".join(html.fromstring(f"<div>{answer.text}</div>").text_content().split())


def test_what_a_rule_would_have_brought(web: httpx.Client) -> None:
    said = tried(web, rule_0="sparse")
    assert "about 2 papers a day in the last 30 days (60 in all)" in said
    assert "Read as sparse" in said
    page = web.post("/try", data={"rule-4": "sparse"}).text
    links = html.fromstring(f"<div>{page}</div>").xpath("//a/@href")
    assert len(links) == 3
    assert all(link.startswith("/lists/paper/arxiv:2611.") for link in links)
    assert "<b>autoencoders" not in page
    assert web.get(links[0].removeprefix("/lists")).status_code == 200
    assert "one paper a day in the last 30 days (30 in all)" in tried(web, rule_0="sparse", exclude="dense")
    assert "(60 in all)" in tried(web, rule_0="sparse", exclude="ti:")  # that mistake is told elsewhere
    assert "nothing in the last 30 days" in tried(web, rule_0="sparse", categories="math.DS")
    assert "one paper in the last 30 days" in tried(web, rule_0="xxxxxxxxxx")
    assert "did you mean sparse?" in tried(web, rule_0="sparze")


def test_a_rule_that_is_none_is_told_at_once(web: httpx.Client) -> None:
    assert tried(web, rule_0='foo"bar').endswith("(at character 4)")
    assert tried(web, rule_0="?", rule_0_kind="author").startswith("`?` is no name") or "no name" in tried(
        web, rule_0="?", rule_0_kind="author"
    )
    assert tried(web, rule_0="") == ""
    assert "500 characters" in tried(web, rule_0="x" * 501)


def test_who_bears_a_name_can_be_chosen(web: httpx.Client) -> None:
    asked = {"rule-3": "Wei Zhang", "rule-3-kind": "author"}
    page = html.fromstring(f"<div>{web.post('/try', data=asked).text}</div>")
    assert "Wei Zhang seems to be" in page.text_content()
    keys = page.xpath("//input[@name='rule-3-choice']/@value")
    assert keys[-1] == ""
    assert set(keys[:-1]) <= {paper.key for paper in (*VISION, *STARS)}
    chosen = web.post("/try", data=asked | {"rule-3-known": keys[0]}).text
    assert "rule-3-choice" not in chosen
    assert "would have brought" in chosen
    # Without a script it is posted with the form, and stands in its field then.
    whole = {"email": "new@example.org", "try": "1", "rule-3-choice": keys[0]} | asked
    again = html.fromstring(web.post("/subscribe", data=whole).text)
    assert again.xpath("string(//textarea[@id='rule-3-known'])").strip() == keys[0]


def test_rules_are_tried_out_so_often(web: httpx.Client) -> None:
    codes = [web.post("/try", data={"rule-0": "sparse"}).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]


def test_the_papers_are_made_ready_once_and_anew_when_others_have_come(store: Store) -> None:
    grounds = Grounds()
    fill(store)
    first = grounds.ground(store, NOW)
    assert (first.last - first.first).days == DAYS - 1
    assert grounds.ground(store, NOW + RENEWED / 2) is first
    assert grounds.ground(store, NOW + RENEWED) is first  # nothing new has come
    keep(store, preprint("2611.77777", title="New"), now=NOW + RENEWED)
    assert grounds.ground(store, NOW + RENEWED * 1.5) is first
    second = grounds.ground(store, NOW + RENEWED * 2)
    assert len(second) == len(first) + 1
    assert grounds.ground(store, NOW + timedelta(days=1)).last > second.last  # another day


def test_of_very_many_papers_only_whole_days_are_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.website.recent_papers.MOST_PAPERS", 9)
    fill(store)
    ground = Grounds().ground(store, NOW)
    assert (ground.last - ground.first).days == 2
    assert len(ground) < 9


class _SlowPapers(PaperStore):
    begun = Event()
    go_on = Event()

    def archive(self, *args: object, **more: object) -> list[Paper]:
        self.begun.set()
        assert self.go_on.wait(10)
        return []


class _Slow(Store):
    """A store that takes its time."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.papers: _SlowPapers = _SlowPapers(self)


def test_while_one_thread_makes_them_ready_the_others_get_the_old_ones(store: Store) -> None:
    grounds = Grounds()
    old = grounds.ground(store, NOW)
    keep(store, preprint(), now=NOW)
    slow = _Slow(store.engine)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(grounds.ground, slow, NOW + RENEWED)
        assert slow.papers.begun.wait(10)
        assert grounds.ground(slow, NOW + RENEWED) is old
        slow.papers.go_on.set()
        assert coming.result() is not old


def test_two_may_try_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.website.recent_papers._PATIENCE", 0.05)
    grounds = Grounds()
    with grounds, grounds:
        with pytest.raises(HTTPException) as refused, grounds:
            pass
        assert refused.value.status_code == 429
    with grounds:
        pass
