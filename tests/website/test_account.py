"""A reader's own page: what stands there, and that each button does what it says and no more."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from digest.app import App
from digest.links import AGES, ISSUE, PAGE
from digest.links.token import sign
from digest.store import BounceEvidence
from tests.support.site_data import HOSTILE, KEY, ada_of, all_rows, changed_rows, page_text, path_of, serve_site
from tests.support.store_samples import NOW, SLOT

ZHOU = "Yunhua Zhou"


def page_of(app: App, reader: str | None = None) -> str:
    owner = app.reader(reader) if reader else ada_of(app)
    assert owner
    return path_of(app.letters.links.page(owner, now=NOW))


def submit(web: httpx.Client, here: str, act: str, **data: str) -> httpx.Response:
    """Submit a form of the page, and follow the redirect."""
    answer = web.post(f"{here}/{act}", data=data)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/lists{here}")
    return web.get(answer.headers["location"].removeprefix("/lists"))


def test_it_says_what_one_gets_and_when(app: App, web: httpx.Client) -> None:
    page = web.get(page_of(app))
    said = page_text(page)
    assert "Letters go to Ada@example.org." in said
    for words in (
        "Monday to Friday, 07:30",
        "&#34;mixture of experts&#34; AND rout*",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "Papers by Yunhua Zhou",
        "without ti:survey",
        "Next letter: 21 Nov, 07:30",
        "A letter comes whenever something new arrives.",
        "Europe/London",
    ):
        assert words in said
    assert "<script>" not in page.text
    assert "<i>Lovelace" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    ada = ada_of(app)
    assert f'href="{app.letters.links.feed(ada, "At once")}"' in page.text
    latest = app.letters.links.issue(ada, HOSTILE, "scheduled", SLOT)
    assert page.text.count(f'href="/lists{path_of(latest)}"') == 2  # once there, and once in the history


def test_looking_changes_nothing(app: App, web: httpx.Client) -> None:
    before, here = all_rows(app.store), page_of(app)
    below = ("", "/settings", "/new", "/subscription/0", "/subscription/0/remove", "/delete", "/export.yaml")
    acts = ("/pause", "/leave", "/back", "/unmute", "/lift", "/renew", "/again", "/address", "/export.json")
    for path in (*below, *acts):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            web.request(method, here + path)
    assert all_rows(app.store) == before
    assert [web.get(here + path).status_code for path in below] == [200] * len(below)
    assert {web.get(here + path).headers["Cache-Control"] for path in below} == {"no-store"}


def test_a_pause_is_made_longer_and_ended(app: App, web: httpx.Client) -> None:
    here, before = page_of(app), all_rows(app.store)
    for day in ("2026-12-01", "2026-12-24"):
        page = submit(web, here, "pause", until=day)
    assert "the first letters come again on Thursday, 24 December 2026" in page_text(page)
    assert "Next letter" not in page.text
    assert changed_rows(app.store, before) == {"pause": (0, 1)}
    assert ada_of(app).pause_until == date(2026, 12, 24)
    assert "Letters come again." in page_text(submit(web, here, "pause", end="1"))
    assert ada_of(app).pause_until is None


@pytest.mark.parametrize(
    "day", ["", "tomorrow", "2026-11-20", "2026-11-19", "20261201x", "2026-13-01", "\x00", "9" * 9]
)
def test_a_pause_is_until_a_day_to_come(app: App, web: httpx.Client, day: str) -> None:
    before = all_rows(app.store)
    answer = web.post(f"{page_of(app)}/pause", data={"until": day})
    assert answer.status_code == 422
    assert "This is no day to come" in answer.text
    assert all_rows(app.store) == before


def test_the_pause_of_a_file_is_lifted_and_set_anew(app: App, web: httpx.Client) -> None:
    here = page_of(app, "ben")
    assert "Donnerstag, 24. Dezember 2026" in web.get(here).text
    submit(web, here, "pause", end="1")
    ben = app.reader("ben")
    assert ben
    assert ben.pause_until is None
    submit(web, here, "pause", until="2027-01-07")
    ben = app.reader("ben")
    assert ben
    assert ben.pause_until == date(2027, 1, 7)


def test_one_of_two_subscriptions_is_left_and_comes_back(app: App, web: httpx.Client) -> None:
    here, before, ada = page_of(app), all_rows(app.store), ada_of(app)
    for _ in range(2):
        page = submit(web, here, "leave", subscription=HOSTILE)
    assert "You have left this one." in page_text(page)
    assert changed_rows(app.store, before) == {"departure": (0, 1)}
    assert list(app.store.unsubscribes.list_all()) == [(ada.id, HOSTILE)]
    for _ in range(2):
        submit(web, here, "back", subscription=HOSTILE)
    assert all_rows(app.store) == before


def test_what_is_no_subscription_is_not_left(app: App, web: httpx.Client) -> None:
    before = all_rows(app.store)
    for name in ("", "Dense", "\x00", HOSTILE.upper()):
        submit(web, page_of(app), "leave", subscription=name)
        submit(web, page_of(app), "back", subscription=name)
    assert all_rows(app.store) == before


def test_who_has_left_everything_comes_back_with_one_click(app: App, web: httpx.Client) -> None:
    here, ada = page_of(app), ada_of(app)
    app.store.unsubscribes.add(ada.id, "", "a mail", now=NOW)
    assert "You have left all of your subscriptions" in page_text(web.get(here))
    submit(web, here, "back", subscription="")
    assert app.store.unsubscribes.list_all() == {}


def test_what_was_said_is_listed_and_taken_back_one_by_one(app: App, web: httpx.Client) -> None:
    here, ada, before = page_of(app), ada_of(app), all_rows(app.store)
    assert "Nothing yet" in web.get(here).text
    app.store.preferences.mute(ada.id, "<b>dense</b>", now=NOW)
    app.store.answers.save(ada.id, ZHOU, "arxiv:2611.00003", False, now=NOW)
    app.store.preferences.save_opinion(ada.id, "arxiv:2611.00002", True, now=NOW)
    app.store.preferences.save_opinion(ada.id, "arxiv:2611.09999", False, now=NOW)  # of which we know the key alone
    page = web.get(here)
    said = page_text(page)
    assert "&lt;b&gt;dense&lt;/b&gt;" in said
    assert "Capability Salience Vector: Fine-grained Alignment of Loss and Capabilities is not by Yunhua Zhou" in said
    assert "Harder &lt;b&gt;Tasks&lt;/b&gt;" in said
    assert "arxiv:2611.09999 : less like this" in said
    for act, table, data in (
        ("unmute", "mute", {"term": "<b>dense</b>"}),
        ("unanswer", "answer", {"name": ZHOU, "paper": "arxiv:2611.00003"}),
        ("unopine", "opinion", {"paper": "arxiv:2611.00002"}),
    ):
        now = all_rows(app.store)
        submit(web, here, act, **data)
        assert changed_rows(app.store, now) == {table: (1, 0)}
        submit(web, here, act, **data)
    submit(web, here, "unopine", paper="arxiv:2611.09999")
    assert changed_rows(app.store, before) == {}


def test_nothing_of_others_is_taken_back(app: App, web: httpx.Client) -> None:
    app.store.preferences.mute("ben", "dense", now=NOW)
    app.store.answers.save("ben", ZHOU, "arxiv:2611.00003", True, now=NOW)
    app.store.preferences.save_opinion("ben", "arxiv:2611.00002", True, now=NOW)
    before = all_rows(app.store)
    for act, data in (
        ("unmute", {"term": "dense"}),
        ("unanswer", {"name": ZHOU, "paper": "arxiv:2611.00003", "subscriber": "ben"}),
        ("unopine", {"paper": "arxiv:2611.00002"}),
        ("lift", {"address": "ben@example.org"}),
    ):
        submit(web, page_of(app), act, **data)
    assert all_rows(app.store) == before


@pytest.mark.parametrize(
    ("kind", "words"),
    [("hard", "there is no such mailbox"), ("complaint", "marked as spam"), ("soft", "For days"), ("", "who run this")],
)
def test_a_suppressed_address_is_told_and_lifted(app: App, web: httpx.Client, kind: str, words: str) -> None:
    here = page_of(app)
    reason = "550 <ada@example.org> unknown" if kind else "asked on the phone"
    if kind:
        bounce = BounceEvidence(address="ada@example.org", kind=kind, points=5.0, words=reason)
        app.store.bounces.add_evidence([bounce], now=NOW - timedelta(days=2))
    else:
        app.store.suppressions.add("ada@example.org", reason, now=NOW - timedelta(days=2))
    app.store.suppressions.add("ben@example.org", "so", now=NOW)
    page = page_text(web.get(here))
    assert "No letters go to your address since Wednesday, 18 November 2026." in page
    assert words in page
    assert reason.replace("<", "&lt;").replace(">", "&gt;") in page
    before = all_rows(app.store)
    assert "Letters go to your address again." in page_text(submit(web, here, "lift"))
    assert changed_rows(app.store, before) == {"suppression": (1, 0)} | ({"score": (1, 0)} if kind else {})
    assert [each.address for each in app.store.suppressions.list_all()] == ["ben@example.org"]
    assert "No letters go" not in page_text(web.get(here))


def test_who_stands_in_a_file_sees_it_and_changes_nothing_of_it(app: App, web: httpx.Client) -> None:
    here = page_of(app, "ben")
    page = web.get(here).text
    assert "subscribers/ben.yaml" in page
    assert 'href="mailto:desk@example.org"' in page
    assert "dense OR sparse" in page
    for path in ("/new", "/settings", "/subscription/0", "/delete", "/address"):
        assert f'"/lists{here}{path}"' not in page
    before = all_rows(app.store)
    for path in ("/new", "/settings", "/subscription/0", "/subscription/0/remove"):
        assert web.get(here + path).status_code == 404
    for path in ("/new", "/settings", "/address", "/subscription/0", "/subscription/0/remove", "/delete"):
        assert web.post(here + path, data={"email": "x@example.org", "called": "Dense"}).status_code == 404
    assert all_rows(app.store) == before
    assert "subscribers/ben.yaml" in web.get(f"{here}/delete").text
    submit(web, here, "leave", subscription="Dense")
    assert list(app.store.unsubscribes.list_all()) == [("ben", "Dense")]


def test_a_muted_term_is_not_shown_as_the_file_s_own(app: App, web: httpx.Client) -> None:
    app.store.preferences.mute("ben", "quantum", now=NOW)
    assert "ohne" not in page_text(web.get(page_of(app, "ben"))).split("Pause")[0]


def _tokens(app: App) -> dict[str, str]:
    ada = ada_of(app)
    mine: dict[str, str | int] = {"subscriber": ada.id}
    good = sign(PAGE, mine, [KEY], at=NOW)
    return {
        "cut": good[:-1],
        "longer": good + "x",
        "forged": sign(PAGE, mine, ["another key, as long as ours is"], at=NOW),
        "of another purpose": sign(ISSUE, mine, [KEY], at=NOW),
        "without a time": sign(PAGE, mine, [KEY]),
        "of tomorrow": sign(PAGE, mine, [KEY], at=NOW + timedelta(days=1)),
        "of nobody": sign(PAGE, {"subscriber": "nobody"}, [KEY], at=NOW),
        "of another version": sign(PAGE, mine | {"v": 1}, [KEY], at=NOW),
        "nothing": "x",
        "odd": "%00%ff",
    }


def test_no_other_link_opens_it(app: App, web: httpx.Client) -> None:
    before = all_rows(app.store)
    acts: dict[str, dict[str, Any]] = {
        "": {},
        "/pause": {"until": "2026-12-24"},
        "/leave": {"subscription": HOSTILE},
        "/renew": {},
        "/delete": {},
        "/settings": {"name": "x"},
        "/export.json": {},
    }
    for why, token in _tokens(app).items():
        for path, data in acts.items():
            for answer in (web.get(f"/me/{token}{path}"), web.post(f"/me/{token}{path}", data=data)):
                assert answer.status_code in (404, 405), why
                assert "Lovelace" not in answer.text
    assert all_rows(app.store) == before


def test_an_old_key_still_opens_it(app: App, web: httpx.Client) -> None:
    token = sign(PAGE, {"subscriber": ada_of(app).id}, ["an old secret and long enough"], at=NOW)
    assert web.get(f"/me/{token}").status_code == 200


def test_it_opens_for_sixty_days(app: App) -> None:
    here = page_of(app)
    with serve_site(app, lambda: NOW + AGES[PAGE]) as web:
        assert web.get(here).status_code == 200
    with serve_site(app, lambda: NOW + AGES[PAGE] + timedelta(seconds=1)) as web:
        assert web.get(here).status_code == 410


def test_odd_addresses_of_a_page_say_nothing_they_should_not(app: App, web: httpx.Client) -> None:
    page = web.get(page_of(app), params={"said": "<script>"})
    assert page.status_code == 200
    assert "<script>" not in page.text
