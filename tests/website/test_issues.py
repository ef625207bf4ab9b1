"""Web copies of issues and feeds of subscriptions: all that was told, for whoever has the link, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from lxml import etree
from sqlalchemy import select

from digest.app import App
from digest.links import FEED, ISSUE, PAGE
from digest.links.token import sign
from digest.mail.delivery_state import DeliveryState
from digest.store import tables
from digest.website.rematch import MAX_OMITTED
from tests.support.site_data import HOSTILE, KEY, ada_of, add_issue, all_rows, page_text, path_of
from tests.support.store_samples import NOW, SLOT, keep, preprint

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def copy_of(app: App, slot: str = SLOT, name: str = HOSTILE, reader: str | None = None, kind: str = "scheduled") -> str:
    owner = app.reader(reader) if reader else ada_of(app)
    assert owner
    return path_of(app.letters.links.issue(owner, name, kind, slot))


def feed_of(app: App, name: str = HOSTILE) -> str:
    return path_of(app.letters.links.feed(ada_of(app), name))


def test_a_copy_has_the_letter_s_papers_in_order_and_those_it_had_no_room_for(app: App, web: httpx.Client) -> None:
    page = web.get(copy_of(app))
    said = page_text(page)
    assert page.status_code == 200
    order = ["Friday, 20 November 2026 · No. 214", "Yunhua Zhou", "Capability Salience", "AND rout*", "Turn Waste"]
    order += ["Harder", "Told too, without room in the letter", "Tokens on Their Way", "What Overflows"]
    places = [said.index(words) for words in order]
    assert places == sorted(places)
    assert 'href="/lists/paper/arxiv:2611.00003"' in page.text
    assert '<span class="hit">mixture of experts</span>' in page.text
    assert '<b class="hit">Yunhua Zhou</b>' in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_what_is_hostile_is_shown_as_it_is(app: App, web: httpx.Client) -> None:
    page = web.get(copy_of(app)).text
    assert "Sparse &lt;b&gt;models&lt;/b&gt; &amp;" in page
    assert "Harder &lt;b&gt;Tasks&lt;/b&gt;" in page
    assert "<b>models" not in page
    assert "ada@example.org" not in page.casefold()


def test_one_goes_from_issue_to_issue(app: App, web: httpx.Client) -> None:
    first, second = copy_of(app, "2026-11-19T07:30"), copy_of(app)
    assert f'rel="prev" href="/lists{first}"' in web.get(second).text
    page = web.get(first).text
    assert f'rel="next" href="/lists{second}"' in page
    assert 'rel="prev"' not in page


def test_the_short_link_of_a_letter_opens_the_same_until_older_links_are_made_useless(
    app: App, web: httpx.Client
) -> None:
    ada = ada_of(app)
    link = app.letters.links.letter(ada, HOSTILE, "scheduled", "2026-11-23T07:30")
    add_issue(app.store, ada.id, HOSTILE, "2026-11-23T07:30", [5], [5], page=link.rpartition("/")[2])
    page = web.get(path_of(link))
    assert "What Overflows" in page.text
    assert f'{path_of(link)}/1/more"' in page.text
    assert web.post(f"{path_of(link)}/1/more").status_code == 303
    assert [each.paper for each in app.store.preferences.opinions(ada.id)] == ["arxiv:2611.00005"]
    app.store.preferences.renew_links(ada.id)
    assert web.get(path_of(link)).status_code == 404
    assert web.post(f"{path_of(link)}/1/less").status_code == 404
    assert [each.more for each in app.store.preferences.opinions(ada.id)] == [True]


def test_a_copy_is_there_without_its_letter(app: App, web: httpx.Client) -> None:
    ids = [letter.id for letter in app.store.outbox.unsent()]
    app.store.outbox.decide(ids, DeliveryState.CANCELLED, now=NOW, words="for good")
    app.store.retention.prune(before=NOW + timedelta(days=400))
    assert app.store.outbox.unsent() == []
    assert "Turn Waste" in web.get(copy_of(app)).text


@pytest.mark.parametrize("slot", ["2026-11-21T07:30", "x😀", ""])
def test_a_preview_and_what_was_dropped_say_so(app: App, web: httpx.Client, slot: str) -> None:
    for kind in ("manual", "scheduled"):
        page = web.get(copy_of(app, slot, kind=kind))
        assert page.status_code == 404
        assert "a preview" in page.text
    assert "a preview" in web.get("/issue/abcdefghijklmnop").text


def test_a_subscription_that_is_gone_leaves_its_issues(app: App, web: httpx.Client) -> None:
    ada = ada_of(app)
    app.signup.rewrite(ada.id, lambda document: document | {"subscriptions": document["subscriptions"][1:]})
    page = web.get(copy_of(app)).text
    assert "Turn Waste" in page
    assert 'class="hit"' not in page


def test_readers_are_spoken_to_in_their_language(app: App, web: httpx.Client) -> None:
    page = web.get(copy_of(app, name="Dense", reader="ben")).text
    assert '<html lang="de">' in page
    assert "Mehr davon" in page


@pytest.mark.parametrize("purpose", [ISSUE, FEED])
def test_only_links_of_ours_open_anything(app: App, web: httpx.Client, purpose: str) -> None:
    ada = ada_of(app)
    what = {"subscriber": ada.id, "subscription": HOSTILE, "kind": "scheduled", "slot": SLOT}
    form = "/issue/{}" if purpose == ISSUE else "/feed/{}.atom"
    good = sign(purpose, what, [KEY])
    assert web.get(form.format(good)).status_code == 200
    bad = [
        good[:-1],
        good + "A",
        good.replace(".", "", 1),
        sign(PAGE, what, [KEY]),
        sign(purpose, what, ["another key, as long as ours is"]),
        sign(purpose, what | {"subscriber": "nobody"}, [KEY]),
        sign(purpose, what | {"v": 1}, [KEY]),
        "x",
        "%00",
        "A" * 3000,
    ]
    for token in bad:
        for method in ("GET", "HEAD", "POST"):
            assert web.request(method, form.format(token)).status_code in (404, 405), token
    app.store.preferences.renew_links(ada.id)
    assert web.get(form.format(good)).status_code == 404
    app.store.readers.delete(ada.id)
    assert web.get(form.format(good)).status_code == 404


def test_looking_changes_nothing(app: App, web: httpx.Client) -> None:
    before = all_rows(app.store)
    for path in (copy_of(app), feed_of(app), f"{copy_of(app)}/1/more", copy_of(app, "gone")):
        for method in ("GET", "HEAD", "OPTIONS", "DELETE", "PUT"):
            web.request(method, path)
    assert all_rows(app.store) == before


def test_a_feed_has_what_was_told_the_newest_issue_first(app: App, web: httpx.Client) -> None:
    answer = web.get(feed_of(app))
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = etree.fromstring(answer.content)
    links = [str(each.get("href")).rpartition(":")[2] for each in feed.findall("a:entry/a:link", ATOM)]
    assert links == [f"2611.0000{number}" for number in (3, 1, 2, 6, 5, 4)]
    assert all(
        str(each.get("href")).startswith("https://papers.example.org/lists/")
        for each in feed.findall(".//a:link", ATOM)
    )
    assert feed.findtext("a:title", namespaces=ATOM) == f"{HOSTILE} · Morning Papers"
    ids = [each.text for each in feed.findall(".//a:id", ATOM)]
    assert len(set(ids)) == len(ids)
    empty = etree.fromstring(web.get(feed_of(app, "At once")).content)
    assert empty.findall("a:entry", ATOM) == []


def test_a_feed_is_not_sent_again_to_who_has_it(app: App, web: httpx.Client) -> None:
    first = web.get(feed_of(app))
    assert first.headers["Cache-Control"].startswith("private")
    assert first.headers["Last-Modified"] == "Fri, 20 Nov 2026 07:30:00 GMT"
    tag = {"If-None-Match": first.headers["ETag"]}
    again = web.get(feed_of(app), headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    ada = ada_of(app)
    add_issue(app.store, ada.id, HOSTILE, "2026-11-23T07:30", [5], [5], at=NOW + timedelta(days=3), number=215)
    assert web.get(feed_of(app), headers=tag).status_code == 200


def test_a_feed_has_sixty_entries_at_most_and_each_once(app: App, web: httpx.Client) -> None:
    ada = ada_of(app)
    for number in range(20):
        add_issue(
            app.store, ada.id, HOSTILE, f"by hand {number}", [1, 2, 3, 4, 5], [], at=NOW + timedelta(hours=number)
        )
    feed = etree.fromstring(web.get(feed_of(app)).content)
    assert len(feed.findall("a:entry", ATOM)) == 5


def test_what_a_copy_cannot_hold_is_counted(app: App, web: httpx.Client) -> None:
    ada = ada_of(app)
    keep(app.store, *(preprint(f"2612.{number:05}", title=f"Paper {number}") for number in range(MAX_OMITTED + 7)))
    with app.store.reading() as connection:
        works = list(connection.scalars(select(tables.paper.c.work).where(tables.paper.c.title.like("Paper %"))))
    add_issue(app.store, ada.id, HOSTILE, "large", [1], works)
    page = web.get(copy_of(app, "large"))
    assert page.text.count('<article class="paper">') == MAX_OMITTED + 1
    assert "+ 7 more" in page.text
