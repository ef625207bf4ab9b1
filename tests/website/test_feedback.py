"""What a reader says of papers: GET changes nothing, POST does exactly what the button says, and can be undone."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from digest.app import App
from digest.website.feedback import MAX_MUTED_TERMS
from tests.support.site_data import HOSTILE, ada_of, all_rows, changed_rows, page_text, papers, path_of
from tests.support.store_samples import NOW, SLOT, keep, preprint

ZHOU = "Yunhua Zhou"


@pytest.fixture
def issue(app: App) -> str:
    """Ada's issue: 1 is the paper of key 3, 2 and 3 are 1 and 2, and 4 and 5 had no room."""
    return path_of(app.letters.links.issue(ada_of(app), HOSTILE, "scheduled", SLOT))


@pytest.mark.parametrize(("number", "key"), [(1, "00003"), (2, "00001"), (3, "00002"), (4, "00006"), (5, "00005")])
def test_numbers_are_those_of_the_letter(app: App, web: httpx.Client, issue: str, number: int, key: str) -> None:
    assert f"/paper/arxiv:2611.{key}" in web.get(f"{issue}/{number}/more").text
    assert web.post(f"{issue}/{number}/more").status_code == 303
    assert [each.paper for each in app.store.preferences.opinions(ada_of(app).id)] == [f"arxiv:2611.{key}"]


@pytest.mark.parametrize("what", ["more", "less", "author", "mute"])
def test_looking_changes_nothing(app: App, web: httpx.Client, issue: str, what: str) -> None:
    before = all_rows(app.store)
    for number in range(8):
        for method in ("GET", "HEAD", "OPTIONS", "PUT"):
            web.request(method, f"{issue}/{number}/{what}")
    page = web.get(f"{issue}/1/{what}")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert all_rows(app.store) == before


def test_more_and_less_replace_each_other_and_are_taken_back(app: App, web: httpx.Client, issue: str) -> None:
    ada, before = ada_of(app), all_rows(app.store)
    assert "Nothing has been kept yet" in web.get(f"{issue}/1/more").text
    for _ in range(2):
        answer = web.post(f"{issue}/1/more", data={"paper": "arxiv:2611.00003", "keep": "1"})
        assert answer.headers["location"] == f"/lists{issue}/1/more"
    assert changed_rows(app.store, before) == {"opinion": (0, 1)}
    assert "Kept: more like this" in web.get(f"{issue}/1/more").text
    assert "Before you said: more like this" in page_text(web.get(f"{issue}/1/less"))
    web.post(f"{issue}/1/less")
    assert [each.more for each in app.store.preferences.opinions(ada.id)] == [False]
    assert "You said: less like this" in web.get(issue).text
    for _ in range(2):
        web.post(f"{issue}/1/less", data={"undo": "1"})
    assert all_rows(app.store) == before


def test_a_number_that_means_another_paper_by_now_does_nothing(app: App, web: httpx.Client, issue: str) -> None:
    before = all_rows(app.store)
    for what, data in (("more", {}), ("author", {"name": ZHOU, "theirs": "yes"}), ("mute", {"term": "cat:cs.CL"})):
        answer = web.post(f"{issue}/1/{what}", data=data | {"paper": "arxiv:2611.00001"})
        assert answer.status_code == 409
        assert "Capability" in answer.text
    assert all_rows(app.store) == before


def test_an_answer_on_a_person_is_kept_changed_and_taken_back(app: App, web: httpx.Client, issue: str) -> None:
    ada, before = ada_of(app), all_rows(app.store)
    page = page_text(web.get(f"{issue}/1/author"))
    assert "This is Yunhua Zhou" in page
    assert "This is not Yunhua Zhou" in page
    for theirs in ("yes", "no", "no"):
        assert web.post(f"{issue}/1/author", data={"name": ZHOU, "theirs": theirs}).status_code == 303
    assert app.store.answers.of_readers([ada.id]) == {(ada.id, ZHOU): (("arxiv:2611.00003", False),)}
    assert changed_rows(app.store, before) == {"answer": (0, 1)}
    assert "You said: this is not Yunhua Zhou." in page_text(web.get(f"{issue}/1/author"))
    web.post(f"{issue}/1/author", data={"name": ZHOU, "undo": "1"})
    assert all_rows(app.store) == before


def test_an_answer_counts_from_now_on(app: App, web: httpx.Client, issue: str) -> None:
    """The very paper is not the person's any more, neither in the next letter nor in the copy of this one."""
    assert '<b class="hit">Yunhua Zhou</b>' in web.get(f"{issue}/1/more").text
    web.post(f"{issue}/1/author", data={"name": ZHOU, "theirs": "no"})
    assert '<b class="hit">Yunhua Zhou</b>' not in web.get(f"{issue}/1/more").text
    assert "This is Yunhua Zhou" in web.get(f"{issue}/1/author").text  # and can still be answered otherwise


def test_one_answers_only_on_people_that_one_follows_and_that_are_there(
    app: App, web: httpx.Client, issue: str
) -> None:
    before = all_rows(app.store)
    for number, data in (
        (1, {"name": "Nan Zhuang", "theirs": "yes"}),
        (3, {"name": ZHOU, "theirs": "yes"}),
        (1, {"name": ZHOU, "theirs": "perhaps"}),
        (1, {"theirs": "yes"}),
        (1, {"name": "\x00", "undo": "1"}),
    ):
        web.post(f"{issue}/{number}/author", data=data)
    assert all_rows(app.store) == before
    assert "nothing to answer" in web.get(f"{issue}/3/author").text


def test_what_is_muted_is_read_no_more_until_it_is_unmuted(app: App, web: httpx.Client, issue: str) -> None:
    before = all_rows(app.store)
    page = web.get(f"{issue}/2/mute").text
    for term in ("rout*", "&#34;mixture of experts&#34;", "cat:cs.CL", "au:&#34;Zoë Ångström&#34;"):
        assert f'value="{term}"' in page
    for _ in range(2):
        assert web.post(f"{issue}/2/mute", data={"term": "rout*"}).status_code == 303
    assert changed_rows(app.store, before) == {"mute": (0, 1)}
    assert all(not _reads(app, number) for number in (1, 2))
    page = page_text(web.get(f"{issue}/2/mute"))
    assert "You read nothing more with: rout*" in page
    assert "Unmute" in page
    for _ in range(2):
        web.post(f"{issue}/2/mute", data={"term": "rout*", "undo": "1"})
    assert changed_rows(app.store, before) == {}
    assert _reads(app, 2)


def _reads(app: App, number: int) -> bool:
    [paper] = [each for each in papers() if each.key.endswith(str(number))]
    return any(
        subscription.within(rule.query).matches(paper)
        for subscription in ada_of(app).subscriptions
        for rule in subscription.rules
    )


def test_any_rule_may_be_muted_and_nothing_else(app: App, web: httpx.Client, issue: str) -> None:
    ada, before = ada_of(app), all_rows(app.store)
    for other in ("titel:x", '"open', "x" * 501, "NOT x", "", "a\x00b", "ti:\u202e"):
        answer = web.post(f"{issue}/1/mute", data={"other": other})
        assert answer.status_code == 422, other
        assert 'aria-invalid="true"' in answer.text
    assert all_rows(app.store) == before
    web.post(f"{issue}/1/mute", data={"other": '  "federated   learning" AND  privacy ', "term": "cat:cs.CL"})
    web.post(f"{issue}/1/mute", data={"other": "<b>bold</b>"})
    assert set(app.store.preferences.get(ada.id).mutes[ada.id]) == {'"federated learning" AND privacy', "<b>bold</b>"}
    keep(app.store, preprint("2611.00003", title="<b>bold</b> words", version=2, updated=NOW + timedelta(hours=1)))
    page = web.get(f"{issue}/1/mute").text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold" not in page


def test_what_was_just_muted_is_told_whatever_it_matches(app: App, web: httpx.Client, issue: str) -> None:
    web.post(f"{issue}/1/mute", data={"other": "nowhere in this paper"})
    assert "You read nothing more with: nowhere in this paper" in page_text(web.get(f"{issue}/1/mute"))
    for number in range(3):
        web.post(f"{issue}/1/mute", data={"other": f"other{number}"})
    page = page_text(web.get(f"{issue}/1/mute"))
    assert "nowhere" not in page
    assert "other2" in page


def test_there_is_an_end_to_muting(app: App, web: httpx.Client, issue: str) -> None:
    ada = ada_of(app)
    for number in range(MAX_MUTED_TERMS):
        app.store.preferences.mute(ada.id, f"word{number}", now=NOW)
    answer = web.post(f"{issue}/1/mute", data={"term": "cat:cs.CL"})
    assert answer.status_code == 422
    assert "no room for more" in answer.text
    assert len(app.store.preferences.get(ada.id).mutes[ada.id]) == MAX_MUTED_TERMS


def test_readers_of_files_say_what_they_think_too(app: App, web: httpx.Client) -> None:
    ben = app.reader("ben")
    assert ben
    path = path_of(app.letters.links.issue(ben, "Dense", "scheduled", SLOT))
    assert "Mehr davon?" in web.get(f"{path}/1/more").text
    web.post(f"{path}/1/more")
    web.post(f"{path}/1/mute", data={"other": "sparse"})
    assert [each.more for each in app.store.preferences.opinions("ben")] == [True]
    assert app.store.preferences.get("ben").mutes == {"ben": ("sparse",)}
    assert app.store.preferences.opinions(ada_of(app).id) == []


def test_foreign_pages_cannot_submit_a_form(app: App, web: httpx.Client, issue: str) -> None:
    before = all_rows(app.store)
    answer = web.post(f"{issue}/1/more", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert all_rows(app.store) == before
