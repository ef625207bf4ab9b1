"""Links made useless and sent anew, and everything deleted: no row is left that tells of who has gone."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from digest.app import App
from digest.links import CONFIRM, PAGE
from digest.links.token import sign
from digest.store import BounceEvidence
from tests.support.site_data import HOSTILE, KEY, ada_of, all_rows, changed_rows, page_text, path_of, serve_site
from tests.support.store_samples import NOW, SLOT

LATER = NOW + timedelta(days=61)


def page_of(app: App, reader: str | None = None) -> str:
    owner = app.reader(reader) if reader else ada_of(app)
    assert owner
    return path_of(app.letters.links.page(owner, now=NOW))


def say_things(app: App) -> None:
    """A row in every table that can tell of a reader."""
    store, ada = app.store, ada_of(app)
    store.preferences.pause(ada.id, NOW.date(), now=NOW)
    store.preferences.mute(ada.id, "dense", now=NOW)
    store.answers.save(ada.id, "Yunhua Zhou", "arxiv:2611.00003", False, now=NOW)
    store.preferences.save_opinion(ada.id, "arxiv:2611.00002", True, now=NOW)
    store.unsubscribes.add(ada.id, "At once", "so", now=NOW)
    store.preferences.renew_links(ada.id)
    app.signup.link("ADA@example.org", now=NOW)
    app.signup.move(ada_of(app), "ada@example.com", now=NOW)
    store.bounces.add_evidence(
        [BounceEvidence(address="ada@example.org", kind="soft", points=1.0, words="450 later")], now=NOW
    )


@pytest.mark.parametrize("reader", [None, "ben"])
def test_older_links_are_useless_and_the_page_has_a_new_one(app: App, web: httpx.Client, reader: str | None) -> None:
    here, owner = page_of(app, reader), app.reader(reader) if reader else ada_of(app)
    assert owner
    name = owner.subscriptions[0].name
    links = app.letters.links
    old = [here, path_of(links.feed(owner, name)), path_of(links.issue(owner, name, "scheduled", SLOT))]
    assert [web.get(path).status_code for path in old] == [200, 200, 200]
    before = all_rows(app.store)
    answer = web.post(f"{here}/renew")
    assert changed_rows(app.store, before) == {"links": (0, 1)}
    assert [web.get(path).status_code for path in old] == [404, 404, 404]
    new = answer.headers["location"].removeprefix("/lists")
    page = web.get(new)
    assert "Older links are useless now" in page.text or "Ältere Verweise gelten nicht mehr" in page.text
    assert web.post(f"{new.partition('?')[0]}/renew").status_code == 303
    assert web.get(new).status_code == 404
    leave = path_of(links.unsubscribe(owner.id, name))
    assert web.get(leave).status_code == 200  # for ever


def test_an_old_link_asks_whether_to_send_a_new_one(app: App) -> None:
    here, before = page_of(app), all_rows(app.store)
    with serve_site(app, lambda: LATER) as web:
        for path in ("", "/settings", "/export.json", "/delete", "/subscription/0"):
            page = web.get(here + path)
            assert page.status_code == 410
            assert "This link has grown old" in page.text
            assert f'action="/lists{here}/again"' in page.text
            assert "example.org" not in page_text(page)
            assert page.headers["Cache-Control"] == "no-store"
        for path in ("/pause", "/renew", "/delete", "/leave"):
            assert web.post(here + path, data={"until": "2027-12-24", "subscription": HOSTILE}).status_code == 410
        assert all_rows(app.store) == before
        answer = web.post(f"{here}/again")
    assert "Look into your mailbox" in answer.text
    assert changed_rows(app.store, before) == {
        "pending": (1, 1),
        "delivery": (0, 1),
        "letter": (0, 1),
    }  # one had expired
    assert len([letter for letter in app.store.outbox.unsent() if letter.recipient == "Ada@example.org"]) == 1


def test_the_answer_is_the_same_for_who_is_gone_and_who_asks_too_often(app: App) -> None:
    here = page_of(app)
    nobody = sign(PAGE, {"subscriber": "web-gone"}, [KEY], at=NOW)
    with serve_site(app, lambda: LATER) as web:
        answers = [web.post(f"{here}/again").text for _ in range(4)] + [web.post(f"/me/{nobody}/again").text]
    assert len(set(answers)) == 1
    assert len([letter for letter in app.store.outbox.unsent() if letter.recipient == "Ada@example.org"]) == 3


def test_only_a_link_to_a_page_is_sent_anew(app: App) -> None:
    before = all_rows(app.store)
    with serve_site(app, lambda: LATER) as web:
        for token in (
            sign(CONFIRM, {"subscriber": ada_of(app).id}, [KEY], at=NOW),
            sign(PAGE, {"subscriber": ada_of(app).id}, ["another key, as long as ours is"], at=NOW),
            sign(PAGE, {"subscriber": ada_of(app).id}, [KEY]),
            page_of(app).removeprefix("/me/")[:-1],
        ):
            assert web.get(f"/me/{token}").status_code == 404
            assert web.post(f"/me/{token}/again").status_code == 404
    assert all_rows(app.store) == before


@pytest.mark.parametrize("suppressed", [False, True])
def test_nothing_is_left_of_who_deletes_everything(app: App, web: httpx.Client, suppressed: bool) -> None:
    say_things(app)
    ada, here = ada_of(app), page_of(app)
    if suppressed:
        app.store.suppressions.add("ada@example.org", "550 no", now=NOW)
    ben = [row for table in all_rows(app.store).values() for row in table if "ben" in row]
    assert "Nothing has been deleted yet" in web.get(f"{here}/delete").text
    assert ada_of(app) == ada
    answer = web.post(f"{here}/delete")
    assert "Everything is deleted" in answer.text
    left = all_rows(app.store)
    for name, table in left.items():
        for row in table:
            assert ada.id not in row, name
            if not (suppressed and name in ("suppression", "evidence", "score")):
                assert "ada@example" not in row.casefold(), name
    assert len(left["suppression"]) == suppressed
    assert [row for table in left.values() for row in table if "ben" in row] == ben
    assert web.get(here).status_code == 404
    assert web.post(f"{here}/delete").status_code == 404
    assert app.directory.at(app.store, "ada@example.org") is None


def test_what_waits_is_not_sent_to_who_has_gone(app: App, web: httpx.Client) -> None:
    web.post(f"{page_of(app)}/delete")
    assert [letter.recipient for letter in app.store.outbox.unsent()] == ["ben@example.org"]
