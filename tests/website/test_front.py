"""The front page: signing up, and that nobody learns from it who reads here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from digest.app import App
from tests.support.site_visit import (
    ManualClock,
    letter_text,
    link_path,
    open_app_with_readers,
    outbox_letters,
    site_client,
)
from tests.support.store_samples import NOW

WANTED = {"rule-0": "sparse AND rout*", "rhythm": "weekdays", "hour": "06:15", "zone": "Europe/Berlin"}
FIXED = "Look into your mailbox"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    with open_app_with_readers(tmp_path, store_url, "signup: open\nsources: {}\n", "ada") as opened:
        yield opened


@pytest.fixture
def web(app: App, clock: ManualClock) -> Iterator[httpx.Client]:
    with site_client(app, clock) as client:
        yield client


def ask(web: httpx.Client, email: str = "new@example.org", **more: Any) -> httpx.Response:
    return web.post("/subscribe", data=WANTED | {"email": email} | more)


def join(app: App, web: httpx.Client, email: str = "new@example.org", **more: Any) -> httpx.Response:
    ask(web, email, **more)
    return web.post(link_path(outbox_letters(app)[-1], "confirm"))


def test_who_signs_up_is_asked_by_letter_and_confirms_once(app: App, web: httpx.Client) -> None:
    answer = ask(web)
    assert (answer.status_code, FIXED in answer.text) == (200, True)
    [letter] = outbox_letters(app)
    assert letter["To"] == "new@example.org"
    path = link_path(letter, "confirm")
    for _ in range(2):  # mail scanners follow links
        page = web.get(path)
        assert (page.status_code, "sparse AND rout*" in page.text, "06:15" in page.text) == (200, True, True)
        assert "Europe/Berlin" in page.text
        assert web.head(path).status_code == 200
    assert [reader.id for reader in app.readers()] == ["ada"]
    done = web.post(path)
    assert done.status_code == 303
    assert done.headers["location"].startswith("/lists/me/1")
    [_, reader] = app.readers()
    assert (reader.email, str(reader.timezone)) == ("new@example.org", "Europe/Berlin")
    [subscription] = reader.subscriptions
    assert (str(subscription.when), [rule.query.text for rule in subscription.rules]) == (
        "weekdays 06:15",
        ["sparse AND rout*"],
    )
    for again in (web.post(path), web.get(path)):
        assert again.status_code == 410
        assert "confirmed before" in again.text
        assert "/me/" not in again.text
        assert "sparse" not in again.text
    assert len(app.readers()) == 2
    assert len(outbox_letters(app)) == 1


def test_the_answer_is_the_same_whoever_reads_here(app: App, web: httpx.Client) -> None:
    join(app, web, "ben@example.org")
    app.store.suppressions.add("carl@example.org", "it bounced", now=NOW)
    assert app.store.readers.delete(app.readers()[-1].id)
    join(app, web, "dora@example.org")
    writes: list[str] = []
    event.listen(
        app.store.engine,
        "before_cursor_execute",
        lambda *given: writes.append(given[2]) if given[2].split()[0] in ("INSERT", "UPDATE", "DELETE") else None,
    )
    answers: list[tuple[object, ...]] = []
    counts: list[tuple[str, int]] = []
    for email in ("new@example.org", "ada@example.org", "dora@example.org", "carl@example.org", "ben@example.org"):
        for path, data in (("/subscribe", WANTED | {"email": email}), ("/link", {"email": email})):
            writes.clear()
            web.headers["X-Forwarded-For"] = f"192.0.2.{len(answers)}"
            answer = web.post(path, data=data)
            kept = {name: each for name, each in answer.headers.items() if name != "date"}
            answers.append((path, answer.status_code, answer.content, kept))
            counts.append((path, len(writes)))
    assert len({repr(each) for each in answers}) == 2
    assert len(set(counts)) == 2, counts


def test_nobody_can_bomb_an_address_with_letters(app: App, web: httpx.Client, clock: ManualClock) -> None:
    answers = set()
    for number in range(6):
        web.headers["X-Forwarded-For"] = f"192.0.2.{number}"
        spelling = "New@example.org" if number % 2 else "new@EXAMPLE.org"
        answers.add(ask(web, spelling).text)
        web.post("/link", data={"email": spelling})
    assert len(answers) == 1
    assert len(outbox_letters(app)) == 3
    clock.now += timedelta(hours=25)
    ask(web)
    assert len(outbox_letters(app)) == 4


def test_one_network_cannot_ask_for_many_letters(app: App, web: httpx.Client, clock: ManualClock) -> None:
    codes = [ask(web, f"a{number}@example.org").status_code for number in range(7)]
    assert codes == [200] * 5 + [429] * 2
    refused = ask(web, "more@example.org")
    assert "Too much at once" in refused.text
    assert refused.headers["retry-after"]
    web.headers["X-Forwarded-For"] = "2001:db8::1"
    assert [ask(web, f"b{number}@example.org").status_code for number in range(5)] == [200] * 5
    web.headers["X-Forwarded-For"] = "2001:db8::ffff:2"  # the same network
    assert ask(web, "more@example.org").status_code == 429
    clock.now += timedelta(minutes=6)
    assert ask(web, "more@example.org").status_code == 200


def test_who_is_no_proxy_cannot_forge_where_they_are(tmp_path: Path, store_url: str, clock: ManualClock) -> None:
    with (
        open_app_with_readers(tmp_path, store_url, "signup: open\nsources: {}\nproxies: [192.0.2.0/24]\n") as app,
        site_client(app, clock) as web,
    ):
        codes = []
        for number in range(6):
            web.headers["X-Forwarded-For"] = f"198.51.100.{number}"
            codes.append(ask(web, f"a{number}@example.org").status_code)
        assert codes == [200] * 5 + [429]


def test_a_proxy_s_own_word_counts_and_not_what_stands_before_it(web: httpx.Client) -> None:
    codes = []
    for number in range(6):
        web.headers["X-Forwarded-For"] = f"203.0.113.{number}, 198.51.100.7"
        codes.append(ask(web, f"a{number}@example.org").status_code)
    assert codes == [200] * 5 + [429]


HOSTILE = [
    '<script>alert(1)</script> "<img src=x onerror=y>"',
    "sparse\r\nBcc: victim@example.org",
    "sparse\x00\x07 \u202egnitset\u2066 a\u200bb",
    "'; DROP TABLE reader; --",
    "{{ 7*7 }} {% include 'x' %}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_stranger_typed_stands_in_the_letter(app: App, web: httpx.Client, text: str) -> None:
    more = {"name": f"Free money {text}", "rule-1": "sparse", "rule-1-kind": "author", "exclude": "buy"}
    wanted = (
        text if text.startswith("sparse") else f'"{text}"'.replace('""', '"').replace(' "<', " <").replace('>""', '>"')
    )
    answer = web.post("/subscribe", data=WANTED | {"email": "new@example.org", "rule-0": wanted} | more)
    if answer.status_code == 422:
        assert "<script>" not in answer.text
        assert "<img" not in answer.text
        assert outbox_letters(app) == []
        return
    [letter] = outbox_letters(app)
    whole = letter.as_string() + letter_text(letter)
    for piece in ("Free money", "script", "sparse", "Bcc", "DROP", "buy", "7*7"):
        assert piece not in whole
    assert letter["To"] == "new@example.org"
    page = web.get(link_path(letter, "confirm"))
    assert page.status_code == 200
    for piece in ("<script", "<img", "\u202e", "\u2066", "\x00", "\x07"):
        assert piece not in page.text
    assert web.post(link_path(letter, "confirm")).status_code == 303


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "a@b@example.org",
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "Ada <a@example.org>",
        "a\x00b@example.org",
        "\u202ea@example.org",
        f"{'a' * 300}@example.org",
        "<script>@example.org",
        "a@localhost.",
    ],
)
def test_what_is_no_address_is_told_and_kept(app: App, web: httpx.Client, email: str) -> None:
    answer = ask(web, email)
    assert answer.status_code == 422
    assert 'id="email-fault"' in answer.text
    assert 'href="#email"' in answer.text
    assert "sparse AND rout*" in answer.text
    assert "<script>@" not in answer.text
    other = web.post("/link", data={"email": email})
    assert (other.status_code, 'aria-invalid="true"' in other.text) == (422, True)
    assert outbox_letters(app) == []


def test_a_place_in_a_document_that_nobody_has_is_none(app: App, web: httpx.Client) -> None:
    for place in ("0", "1", "-1", "999", "x", "٣"):
        assert ask(web, "nobody", **{"rule-0-was": place}).status_code == 422
    assert web.post("/subscribe", data={"email": "new@example.org"}).status_code == 422
    assert outbox_letters(app) == []


def test_more_rules_and_a_try_without_a_script(app: App, web: httpx.Client) -> None:
    more = ask(web, add="1")
    assert more.status_code == 200
    assert 'name="rule-3"' in more.text
    assert 'value="sparse AND rout*"' in more.text
    assert 'value="new@example.org"' in more.text
    tried = ask(web, **{"try": "1"})
    assert "There are no papers here yet" in tried.text
    assert outbox_letters(app) == []


def test_a_subscription_can_be_at_once_and_in_any_zone(app: App, web: httpx.Client) -> None:
    join(app, web, rhythm="once", zone="Asia/Kathmandu", hour="")
    [_, reader] = app.readers()
    assert (str(reader.timezone), reader.subscriptions[0].when.at_once) == ("Asia/Kathmandu", True)


def test_who_reads_already_gets_one_more_subscription(app: App, web: httpx.Client) -> None:
    join(app, web, name="Sparse")
    app.store.preferences.renew_links(app.readers()[-1].id)
    done = join(app, web, "NEW@example.org", name="sparse", **{"rule-0": "dense"})
    [_, reader] = app.readers()
    assert [each.name for each in reader.subscriptions] == ["Sparse", "sparse 2"]
    token = done.headers["location"].rpartition("/")[2]
    assert app.letters.links.opened("page", token, now=NOW) == {"subscriber": reader.id, "v": 1}


def test_who_stands_in_a_file_is_told_so_by_letter(app: App, web: httpx.Client) -> None:
    ask(web, "ada@example.org")
    [letter] = outbox_letters(app)
    assert "set up by the people" in " ".join(letter_text(letter).split())
    assert link_path(letter, "me")
    assert app.readers()[0].subscriptions[0].name == "Sparse"


def test_the_link_to_one_s_page_goes_by_mail(app: App, web: httpx.Client) -> None:
    assert "page" in web.get("/link").text
    web.post("/link", data={"email": "ada@example.org"})
    web.post("/link", data={"email": "nobody@example.org"})
    hers, nobodys = outbox_letters(app)
    assert link_path(hers, "me")
    assert "/me/" not in letter_text(nobodys)


def test_a_closed_service_shows_no_form(tmp_path: Path, store_url: str, clock: ManualClock) -> None:
    with open_app_with_readers(tmp_path, store_url, "sources: {}\n", "ada") as app, site_client(app, clock) as web:
        page = web.get("/")
        assert "/subscribe" not in page.text
        assert "mailto:olga@example.org" in page.text
        assert ask(web).status_code == 404
        assert web.post("/link", data={"email": "ada@example.org"}).status_code == 200
        assert len(outbox_letters(app)) == 1


def test_a_private_service_says_which_addresses_may(tmp_path: Path, store_url: str, clock: ManualClock) -> None:
    more = "signup: {domains: [example.org, bücher.example]}\nsources: {}\nlanguage: de\n"
    with open_app_with_readers(tmp_path, store_url, more) as app, site_client(app, clock) as web:
        assert "example.org" in web.get("/").text
        for email in ("new@example.com", "new@sub.example.org", "new@example.org.evil.example"):
            refused = ask(web, email)
            assert (refused.status_code, "Briefe gehen nur an Adressen" in refused.text) == (422, True)
        assert "Sehen Sie in Ihr Postfach" in ask(web, "new@Example.ORG").text
        assert ask(web, "new@bücher.example").status_code == 200
        assert len(outbox_letters(app)) == 2
