"""Links made useless and sent anew, and everything deleted: no row is left that tells of who has gone."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from digest.app import House
from digest.links import CONFIRM, PAGE
from digest.links.token import sign
from digest.store import Evidence
from tests.support.site_data import HOSTILE, KEY, ada_of, changed, path_of, rows, served, told
from tests.support.store_samples import NOW, SLOT

LATER = NOW + timedelta(days=61)


def page_of(house: House, reader: str | None = None) -> str:
    owner = house.reader(reader) if reader else ada_of(house)
    assert owner
    return path_of(house.press.passes.page(owner, now=NOW))


def say_things(house: House) -> None:
    """A row in every table that can tell of a reader."""
    store, ada = house.store, ada_of(house)
    store.pause(ada.id, NOW.date(), now=NOW)
    store.mute(ada.id, "dense", now=NOW)
    store.answer(ada.id, "Yunhua Zhou", "arxiv:2611.00003", False, now=NOW)
    store.opine(ada.id, "arxiv:2611.00002", True, now=NOW)
    store.leave(ada.id, "At once", "so", now=NOW)
    store.renew_links(ada.id)
    house.enrolment.link("ADA@example.org", now=NOW)
    house.enrolment.move(ada_of(house), "ada@example.com", now=NOW)
    store.weigh([Evidence(address="ada@example.org", kind="soft", points=1.0, words="450 later")], now=NOW)


@pytest.mark.parametrize("reader", [None, "ben"])
def test_older_links_are_useless_and_the_page_has_a_new_one(
    house: House, web: httpx.Client, reader: str | None
) -> None:
    here, owner = page_of(house, reader), house.reader(reader) if reader else ada_of(house)
    assert owner
    name = owner.subscriptions[0].name
    passes = house.press.passes
    old = [here, path_of(passes.feed(owner, name)), path_of(passes.issue(owner, name, "scheduled", SLOT))]
    assert [web.get(path).status_code for path in old] == [200, 200, 200]
    before = rows(house.store)
    answer = web.post(f"{here}/renew")
    assert changed(house.store, before) == {"links": (0, 1)}
    assert [web.get(path).status_code for path in old] == [404, 404, 404]
    new = answer.headers["location"].removeprefix("/lists")
    page = web.get(new)
    assert "Older links are useless now" in page.text or "Ältere Verweise gelten nicht mehr" in page.text
    assert web.post(f"{new.partition('?')[0]}/renew").status_code == 303
    assert web.get(new).status_code == 404
    leave = path_of(passes.unsubscribe(owner.id, name))
    assert web.get(leave).status_code == 200  # for ever


def test_an_old_link_asks_whether_to_send_a_new_one(house: House) -> None:
    here, before = page_of(house), rows(house.store)
    with served(house, lambda: LATER) as web:
        for path in ("", "/settings", "/export.json", "/delete", "/subscription/0"):
            page = web.get(here + path)
            assert page.status_code == 410
            assert "This link has grown old" in page.text
            assert f'action="/lists{here}/again"' in page.text
            assert "example.org" not in told(page)
            assert page.headers["Cache-Control"] == "no-store"
        for path in ("/pause", "/renew", "/delete", "/leave"):
            assert web.post(here + path, data={"until": "2027-12-24", "subscription": HOSTILE}).status_code == 410
        assert rows(house.store) == before
        answer = web.post(f"{here}/again")
    assert "Look into your mailbox" in answer.text
    assert changed(house.store, before) == {"pending": (1, 1), "delivery": (0, 1), "letter": (0, 1)}  # one had expired
    assert len([letter for letter in house.store.outbox() if letter.recipient == "Ada@example.org"]) == 1


def test_the_answer_is_the_same_for_who_is_gone_and_who_asks_too_often(house: House) -> None:
    here = page_of(house)
    nobody = sign(PAGE, {"subscriber": "web-gone"}, [KEY], at=NOW)
    with served(house, lambda: LATER) as web:
        answers = [web.post(f"{here}/again").text for _ in range(4)] + [web.post(f"/me/{nobody}/again").text]
    assert len(set(answers)) == 1
    assert len([letter for letter in house.store.outbox() if letter.recipient == "Ada@example.org"]) == 3


def test_only_a_link_to_a_page_is_sent_anew(house: House) -> None:
    before = rows(house.store)
    with served(house, lambda: LATER) as web:
        for token in (
            sign(CONFIRM, {"subscriber": ada_of(house).id}, [KEY], at=NOW),
            sign(PAGE, {"subscriber": ada_of(house).id}, ["another key, as long as ours is"], at=NOW),
            sign(PAGE, {"subscriber": ada_of(house).id}, [KEY]),
            page_of(house).removeprefix("/me/")[:-1],
        ):
            assert web.get(f"/me/{token}").status_code == 404
            assert web.post(f"/me/{token}/again").status_code == 404
    assert rows(house.store) == before


@pytest.mark.parametrize("suppressed", [False, True])
def test_nothing_is_left_of_who_deletes_everything(house: House, web: httpx.Client, suppressed: bool) -> None:
    say_things(house)
    ada, here = ada_of(house), page_of(house)
    if suppressed:
        house.store.suppress("ada@example.org", "550 no", now=NOW)
    ben = [row for table in rows(house.store).values() for row in table if "ben" in row]
    assert "Nothing has been deleted yet" in web.get(f"{here}/delete").text
    assert ada_of(house) == ada
    answer = web.post(f"{here}/delete")
    assert "Everything is deleted" in answer.text
    left = rows(house.store)
    for name, table in left.items():
        for row in table:
            assert ada.id not in row, name
            if not (suppressed and name in ("suppression", "evidence", "score")):
                assert "ada@example" not in row.casefold(), name
    assert len(left["suppression"]) == suppressed
    assert [row for table in left.values() for row in table if "ben" in row] == ben
    assert web.get(here).status_code == 404
    assert web.post(f"{here}/delete").status_code == 404
    assert house.roll.at(house.store, "ada@example.org") is None


def test_what_waits_is_not_sent_to_who_has_gone(house: House, web: httpx.Client) -> None:
    web.post(f"{page_of(house)}/delete")
    assert [letter.recipient for letter in house.store.outbox()] == ["ben@example.org"]
