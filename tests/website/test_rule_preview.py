"""Previews of rules: how many recent papers match, samples, advice, and the choice among namesakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from digest.app import App
from tests.support.people import STARS, VISION
from tests.support.recent_papers import add_recent_papers
from tests.support.site_visit import ManualClock, open_app_with_readers, site_client


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with open_app_with_readers(tmp_path, store_url) as opened:
        add_recent_papers(opened.store)
        yield opened


@pytest.fixture
def web(app: App) -> Iterator[httpx.Client]:
    with site_client(app, ManualClock()) as client:
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
