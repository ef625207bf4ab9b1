"""The admin's outbox: states, and decisions on single and ticked letters."""

from __future__ import annotations

import re

import pytest

from digest.mail.delivery_state import DeliveryState
from tests.support.admin_site import (
    AdminClient,
    add_letters,
    letter_states,
    status_message,
)

ALL = {str(state).replace(" ", "-"): state for state in DeliveryState}
AFTER = {
    "retry": (DeliveryState.READY, {"deferred", "in doubt", "failed", "suppressed", "cancelled", "poison"}),
    "cancel": (DeliveryState.CANCELLED, {"ready", "deferred", "in doubt", "failed", "suppressed", "poison"}),
    "presume-sent": (DeliveryState.SENT, {"in doubt", "poison"}),
}


def test_the_outbox_shows_what_is_in_doubt_first_and_by_state(opened: AdminClient) -> None:
    ids = add_letters(opened.store, ada=DeliveryState.FAILED, ben=DeliveryState.IN_DOUBT, chen=DeliveryState.SENT)
    page = opened.web.get("/outbox").text
    assert page.index(f"letter {ids['ben']}<") < page.index(f"letter {ids['ada']}<")
    assert "chen" not in page
    assert "ada@example.org" in page
    assert "&lt;ben.1@example.org&gt;" in page  # what to look for in the relay's log
    failed = opened.web.get("/outbox", params={"state": "failed"}).text
    assert "was refused for good. Mend what the reason says" in failed
    assert "ben@example.org" not in failed
    assert opened.web.get("/outbox?state=<b>").text.count("ada@example.org") == page.count("ada@example.org")


@pytest.mark.parametrize("verb", AFTER)
def test_a_decision_changes_the_ticked_letters_that_may_be_changed_and_no_other(opened: AdminClient, verb: str) -> None:
    both = {f"{name}{number}": state for name, state in ALL.items() for number in (1, 2)}
    ids = add_letters(opened.store, **both)
    ticked = [ids[name] for name in ids if name.endswith("1")]
    before = letter_states(opened.store)
    page = opened.post("/outbox", do=verb, letter=[*map(str, ticked), "99"])
    after = letter_states(opened.store)
    wanted, among = AFTER[verb]
    for name, state in before.items():
        assert after[name] == (wanted if name.endswith("1") and state in among else state)
    said = status_message(page.text)
    assert said.startswith(f"{len(among)} letters ")
    assert "stays so: only what is" in said
    assert "1 letter: no such letter" in said


def test_a_letter_s_own_button_is_about_that_letter_alone(opened: AdminClient) -> None:
    ids = add_letters(opened.store, ada=DeliveryState.FAILED, ben=DeliveryState.FAILED)
    page = opened.web.get("/outbox?state=failed").text
    assert f'name="retry" value="{ids["ada"]}"' in page
    assert f'name="presume-sent" value="{ids["ada"]}"' not in page  # it was refused
    answer = opened.post("/outbox", state="failed", page="1", retry=str(ids["ada"]), letter=str(ids["ben"]))
    assert letter_states(opened.store) == {"ada": "ready", "ben": "failed"}
    assert status_message(answer.text) == "1 letter goes out with the next round, the same bytes."
    assert str(answer.url).count("state=failed") == 1


def test_what_was_cancelled_can_be_found_and_sent_after_all(opened: AdminClient) -> None:
    ids = add_letters(opened.store, ada=DeliveryState.READY)
    opened.post("/outbox", cancel=str(ids["ada"]))
    assert "ada" not in opened.web.get("/outbox").text.replace("/readers/", "")
    assert f'name="retry" value="{ids["ada"]}"' in opened.web.get("/outbox?state=cancelled").text
    opened.post("/outbox", retry=str(ids["ada"]))
    assert letter_states(opened.store) == {"ada": "ready"}


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "send", "letter": "1"},
        {"letter": "1"},
        {"do": "retry", "letter": "x"},
        {"retry": "9" * 40},
        {"retry": "²"},
    ],
)
def test_what_is_no_decision_is_refused(opened: AdminClient, fields: dict[str, str]) -> None:
    add_letters(opened.store, ada=DeliveryState.FAILED)
    assert opened.web.post("/outbox", data={"form": opened.form(), **fields}).status_code == 400
    assert letter_states(opened.store) == {"ada": "failed"}


def test_nothing_ticked_is_told(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.FAILED)
    assert status_message(opened.post("/outbox", do="retry").text) == "No letter was ticked. Nothing was changed."
    assert letter_states(opened.store) == {"ada": "failed"}


def test_enter_in_a_tick_box_does_nothing(opened: AdminClient) -> None:
    ids = add_letters(opened.store, ada=DeliveryState.FAILED)
    page = opened.web.get("/outbox").text
    assert re.findall(r"<button[^>]*>", page)[0] == '<button hidden name="do" value="nothing">'
    opened.post("/outbox", do="nothing", letter=str(ids["ada"]))
    assert letter_states(opened.store) == {"ada": "failed"}


def test_many_letters_come_fifty_at_a_time(opened: AdminClient) -> None:
    queued = {f"reader{number:03}": DeliveryState.READY for number in range(60)}
    add_letters(opened.store, **queued)
    serve_pages = [opened.web.get(f"/outbox?page={page}").text for page in (1, 2, 3)]
    numbers = [re.findall(r'name="letter" value="(\d+)"', page) for page in serve_pages]
    assert [len(page) for page in numbers] == [50, 10, 10]
    assert len({*numbers[0], *numbers[1]}) == 60
