"""The admin's readers: search, one reader, unsubscribe and suppress."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from digest.store import tables as t
from tests.support.admin_site import (
    NAME,
    AdminClient,
    admin_client,
    admin_state,
    open_admin_app,
    status_message,
)
from tests.support.store_samples import NOW, publication, subscribe


def test_readers_are_found_by_id_and_address_and_shown_fifty_at_a_time(tmp_path: Path, store_url: str) -> None:
    def shown(page: str) -> list[str]:
        return re.findall(r'<a href="/readers/([^"]+)"><bdi>', page)

    with open_admin_app(tmp_path, store_url, readers=120) as app, admin_client(app) as opened:
        everybody = [shown(opened.web.get(f"/readers?page={page}").text) for page in (1, 2, 3)]
        assert [len(page) for page in everybody] == [50, 50, 22]
        assert len({name for page in everybody for name in page}) == 122
        for beyond in ("4", "99999999", "-1", "0", "x", "٣", "9" * 5000):
            assert shown(opened.web.get("/readers", params={"page": beyond}).text) in everybody
        assert shown(opened.web.get("/readers?q=READER11").text) == [f"reader11{number}" for number in range(10)]
        assert shown(opened.web.get("/readers?q=ben@example").text) == ["ben"]
        assert shown(opened.web.get("/readers?q=nobody").text) == []
        second = opened.web.get("/readers?q=reader&page=2").text
        assert 'href="/readers?q=reader&amp;page=3"' in second
        assert 'href="/readers?q=reader&amp;page=1"' in second


def test_a_reader_s_page_says_what_digest_readers_says(opened: AdminClient) -> None:
    opened.store.issues.publish(publication(subscribe(opened.store, "ada")[0]))
    opened.app.sync_schedules(NOW)
    page = opened.web.get("/readers/ada").text
    assert re.search(r"<dt>From</dt><dd>[^<]*/subscribers/ada\.yaml</dd>", page)
    assert "daily 07:30; next: Fri 2026-11-20 07:30 UTC" in page
    assert "at once; next: as papers come" in page
    assert re.search(r"scheduled</td><td class=\"figure\">0</td>", page)
    assert opened.web.get("/readers/nobody").status_code == 404
    assert opened.web.get("/readers/..%2f..%2fetc").status_code == 404


def test_who_signed_up_is_there_too_and_what_is_not_understood_is_told(opened: AdminClient) -> None:
    document = {"email": "zoe@example.org", "subscriptions": [{"name": "Mine", "when": "at once", "rules": ["graph"]}]}
    with opened.store.writing() as connection:
        for name, more in (("s-zoe", {}), ("s-yan", {"email": "yan@example.org", "subscriptions": "<b>"})):
            row = {
                "id": name,
                "address": f"{name}@example.org",
                "document": document | more,
                "created": NOW,
                "serial": 9,
            }
            connection.execute(insert(t.reader), row)
        connection.execute(update(t.roll).values(serial=9))
    page = opened.web.get("/readers").text
    assert re.search(r's-zoe</bdi></a>.*?<td data-label="from">signed up</td>', page, re.DOTALL)
    assert "These signed up and get no letters" in page
    assert "<bdi>s-yan</bdi>: " in page
    assert "<dd>signed up</dd>" in opened.web.get("/readers/s-zoe").text
    opened.post("/readers/s-zoe/leave", subscription="Mine")
    assert list(opened.store.unsubscribes.list_all()) == [("s-zoe", "Mine")]


def test_a_reader_leaves_one_subscription_and_comes_back(opened: AdminClient) -> None:
    page = opened.post("/readers/ada/leave", subscription=NAME)
    assert status_message(page.text).startswith("Nothing of that is sent any more")
    assert opened.store.unsubscribes.list_all() == {("ada", NAME): "by hand"}
    assert page.text.count("not sent: by hand") == 1
    assert status_message(opened.post("/readers/ada/return", subscription=NAME).text).startswith("It is sent again")
    assert opened.store.unsubscribes.list_all() == {}
    assert status_message(opened.post("/readers/ada/return", subscription=NAME).text).startswith("Nothing to do")


def test_a_reader_leaves_all_and_comes_back(opened: AdminClient) -> None:
    page = opened.post("/readers/ada/leave", subscription="").text
    assert opened.store.unsubscribes.list_all() == {("ada", ""): "by hand"}
    assert page.count("not sent: by hand") == 2
    assert "has left" in opened.web.get("/readers").text
    opened.post("/readers/ada/return", subscription="")
    assert opened.store.unsubscribes.list_all() == {}


def test_a_reader_s_address_is_held_back_and_let_go(opened: AdminClient) -> None:
    opened.post("/readers/ada/suppress")
    assert [row.address for row in opened.store.suppressions.list_all()] == ["ada@example.org"]
    assert "gets no letters" in opened.web.get("/readers?q=ada").text
    assert status_message(opened.post("/readers/ada/suppress").text) == "That address gets no letters already."
    opened.post("/readers/ada/lift")
    assert opened.store.suppressions.list_all() == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/readers/nobody/leave", {"subscription": ""}),
        ("/readers/nobody/suppress", {}),
        ("/readers/ada/leave", {}),
        ("/readers/ada/leave", {"subscription": "Another"}),
        ("/readers/ada/return", {"subscription": "Another"}),
    ],
)
def test_what_is_not_there_is_not_left(opened: AdminClient, path: str, fields: dict[str, str]) -> None:
    before = admin_state(opened.store)
    assert opened.web.post(path, data={"form": opened.form(), **fields}).status_code == 404
    assert admin_state(opened.store) == before
