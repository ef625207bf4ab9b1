"""Subscriptions changed, tried, added and removed by their reader: nothing else changes, and nothing is lost."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from lxml import html

from digest.app import App
from digest.website.editing import MAX_SUBSCRIPTIONS
from tests.support.site_data import ADA, HOSTILE, ada_of, all_rows, changed_rows, page_text, path_of
from tests.support.store_samples import NOW


@pytest.fixture
def here(app: App) -> str:
    return path_of(app.letters.links.page(ada_of(app), now=NOW))


def document(app: App) -> dict[str, Any]:
    row = app.store.readers.get(id=ada_of(app).id)
    assert row
    return row.document


def fields(web: httpx.Client, path: str) -> dict[str, Any]:
    """What a browser posts of the form of a page."""
    page = html.fromstring(web.get(path).text)
    for template in page.xpath("//template"):
        template.drop_tree()
    form = page.xpath("//form")[0]
    found: dict[str, Any] = {}
    for name, value in form.form_values():
        found.setdefault(name, []).append(value)
    return found


def test_what_comes_back_untouched_changes_nothing(app: App, web: httpx.Client, here: str) -> None:
    before = document(app)
    for number in (0, 1):
        answer = web.post(f"{here}/subscription/{number}", data=fields(web, f"{here}/subscription/{number}"))
        assert answer.headers["location"] == f"/lists{here}?said=kept"
    assert document(app) == before == ADA | {"email": before["email"]}


def test_a_change_is_kept_and_all_else_stays(app: App, web: httpx.Client, here: str) -> None:
    ada, before = ada_of(app), all_rows(app.store)
    posted = fields(web, f"{here}/subscription/0")
    posted |= {"rule-0": "quantum AND error", "rhythm": "chosen", "day": ["monday", "friday"], "hour": "18:00"}
    assert web.post(f"{here}/subscription/0", data=posted).status_code == 303
    assert changed_rows(app.store, before) == {"reader": (1, 1)}
    first, second = document(app)["subscriptions"]
    assert second == ADA["subscriptions"][1]
    assert first == ADA["subscriptions"][0] | {
        "when": "monday,friday 18:00",
        "rules": ["quantum AND error", *ADA["subscriptions"][0]["rules"][1:]],
    }
    assert ada_of(app).subscriptions[0].rules[0].query.text == "quantum AND error"
    assert ada_of(app).id == ada.id
    assert "quantum AND error" in web.get(here).text


def test_mistakes_are_told_beside_their_fields_and_nothing_is_kept(app: App, web: httpx.Client, here: str) -> None:
    before = all_rows(app.store)
    posted = fields(web, f"{here}/subscription/0")
    for field, wrong in (("rule-0", "titel:x"), ("exclude", '"open'), ("hour", "99:00"), ("limit", "0")):
        answer = web.post(f"{here}/subscription/0", data=posted | {field: wrong, "rhythm": "daily"})
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert wrong.replace('"', "&#34;") in answer.text
    answer = web.post(f"{here}/subscription/0", data=posted | {f"rule-{n}": "" for n in range(3)})
    assert answer.status_code == 422
    assert all_rows(app.store) == before


def test_its_name_stays_since_letters_have_links_to_leave_it(app: App, web: httpx.Client, here: str) -> None:
    assert 'name="name"' not in web.get(f"{here}/subscription/0").text
    posted = fields(web, f"{here}/subscription/0") | {"name": ""}
    web.post(f"{here}/subscription/0", data=posted | {"name": "Another", "called": "Another"})
    assert document(app)["subscriptions"][0]["name"] == HOSTILE


def test_a_form_of_a_subscription_that_has_moved_is_not_taken_for_another(
    app: App, web: httpx.Client, here: str
) -> None:
    first = fields(web, f"{here}/subscription/0")
    before = all_rows(app.store)
    answer = web.post(f"{here}/subscription/1", data=first | {"rule-0": "changed"})
    assert answer.status_code == 409
    assert "in another window" in answer.text
    assert "quantum" in answer.text
    assert web.post(f"{here}/subscription/1/remove", data={"called": HOSTILE}).status_code == 409
    for number in ("2", "99999999999999999999"):
        assert web.post(f"{here}/subscription/{number}", data=first).status_code == 404
    assert all_rows(app.store) == before


def test_rules_are_tried_out_and_rows_added_without_being_kept(app: App, web: httpx.Client, here: str) -> None:
    before = all_rows(app.store)
    assert "This rule would have brought" in web.get(f"{here}/subscription/0").text
    posted = fields(web, f"{here}/subscription/0")
    page = page_text(web.post(f"{here}/subscription/0", data=posted | {"try": "1"}))
    assert "This rule would have brought" in page
    assert "Tokens on Their Way" in page
    assert "Tokens on" not in page_text(
        web.post(f"{here}/subscription/1", data=fields(web, f"{here}/subscription/1") | {"try": "1"})
    )
    page = web.post(f"{here}/subscription/0", data=posted | {"add": "1"}).text
    assert 'name="rule-5"' in page
    assert all_rows(app.store) == before


def test_one_more_is_added_and_has_a_name_of_its_own(app: App, web: httpx.Client, here: str) -> None:
    before = document(app)
    posted = fields(web, f"{here}/new") | {"rule-0": "routing <b>", "name": "at ONCE"}
    answer = web.post(f"{here}/new", data=posted)
    assert answer.headers["location"] == f"/lists{here}?said=added"
    *kept, new = document(app)["subscriptions"]
    assert kept == before["subscriptions"]
    assert (new["name"], new["rules"], new["when"]) == ("at ONCE 2", ["routing <b>"], "weekdays 07:30")
    page = page_text(web.get(here))
    assert "at ONCE 2" in page
    assert "Its first letter is being planned." in page
    assert web.post(f"{here}/new", data=fields(web, f"{here}/new")).status_code == 422
    assert web.post(f"{here}/new", data=posted | {"try": "1"}).status_code == 200
    assert len(document(app)["subscriptions"]) == 3


def test_there_is_an_end_to_adding(app: App, web: httpx.Client, here: str) -> None:
    posted = fields(web, f"{here}/new") | {"rule-0": "routing"}
    for _ in range(MAX_SUBSCRIPTIONS + 2):
        web.post(f"{here}/new", data=posted)
    assert len(document(app)["subscriptions"]) == MAX_SUBSCRIPTIONS
    assert web.post(f"{here}/new", data=posted).status_code == 409
    assert f"{MAX_SUBSCRIPTIONS} subscriptions" in web.get(f"{here}/new").text


def test_one_is_removed_and_what_waits_of_it_is_not_sent(app: App, web: httpx.Client, here: str) -> None:
    ada = ada_of(app)
    assert "Nothing has changed yet" in web.get(f"{here}/subscription/0/remove").text
    answer = web.post(f"{here}/subscription/0/remove", data={"called": HOSTILE})
    assert answer.headers["location"] == f"/lists{here}?said=removed"
    assert document(app)["subscriptions"] == ADA["subscriptions"][1:]
    assert list(app.store.unsubscribes.list_all()) == [(ada.id, HOSTILE)]
    page = web.get(f"{here}/subscription/0/remove")
    assert "your only subscription" in page.text
    web.post(f"{here}/subscription/0/remove", data={"called": "At once"})
    assert document(app)["subscriptions"] == ADA["subscriptions"][1:]


def test_what_was_removed_can_be_added_again(app: App, web: httpx.Client, here: str) -> None:
    web.post(f"{here}/subscription/0/remove", data={"called": HOSTILE})
    web.post(f"{here}/new", data=fields(web, f"{here}/new") | {"rule-0": "routing", "name": HOSTILE})
    assert [each["name"] for each in document(app)["subscriptions"]] == ["At once", HOSTILE]
    assert app.store.unsubscribes.list_all() == {}


def test_hostile_rules_are_shown_as_they_are(app: App, web: httpx.Client, here: str) -> None:
    for path in ("", "/subscription/0", "/subscription/0/remove"):
        page = web.get(here + path).text
        assert "<script>alert" not in page
        assert "<b>models" not in page
