"""What the admin's pages show and do: each button changes what it says, and looking changes nothing."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, update

from digest.app.metrics import exposition
from digest.cli.shared.page_servers import serve_pages
from digest.limits import BackOff
from digest.mail.delivery_state import DeliveryState
from digest.store import BounceEvidence
from digest.store import tables as t
from tests.support.admin_site import (
    NAME,
    AdminClient,
    add_letters,
    admin_client,
    admin_state,
    letter_states,
    open_admin_app,
)
from tests.support.store_samples import EVE, NOW, publication, sign_up, subscribe

PAGES = ("/", "/outbox", "/readers", "/readers/ada", "/suppressions", "/sources", "/due", "/metrics")


@pytest.fixture
def opened(tmp_path: Path, store_url: str) -> Iterator[AdminClient]:
    with open_admin_app(tmp_path, store_url) as app, admin_client(app) as at_it:
        yield at_it


def told(page: str) -> str:
    found = re.search(r'role="status"><p>([^<]*)</p>', page)
    return found[1] if found else ""


# -- looking ------------------------------------------------------------------


def test_looking_changes_nothing(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.IN_DOUBT, ben=DeliveryState.FAILED)
    before = admin_state(opened.store)
    for path in (*PAGES, "/readers/ada/leave", "/readers/ada/suppress", "/suppressions/add", "/suppressions/lift"):
        for method in ("GET", "HEAD"):
            status = opened.web.request(method, path, params={"retry": "1", "subscription": ""}).status_code
            assert status == (200 if path in PAGES else 405)
    assert admin_state(opened.store) == before


def test_a_service_in_which_nothing_has_happened_has_all_pages(opened: AdminClient) -> None:
    page = opened.web.get("/").text
    assert "Nothing: every issue that was due is written" in page
    assert "Every relay and every domain takes letters" in page
    assert "Nothing waits here" in opened.web.get("/outbox").text
    assert "Every address gets its letters" in opened.web.get("/suppressions").text
    assert "Nothing is on the clock" in opened.web.get("/due").text


def test_the_overview_says_what_to_do_first_and_leads_there(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.IN_DOUBT, ben=DeliveryState.FAILED)
    opened.store.breakers.record_failure(
        "relay", "smtp://localhost:25", now=NOW, words="421 <b>busy</b>", back_off=BackOff((timedelta(minutes=15),))
    )
    opened.store.bounces.add_evidence(
        [BounceEvidence(address="ada@example.org", kind="hard", points=5, words="no such user")], now=NOW
    )
    page = opened.web.get("/").text
    order = [page.index(words) for words in ("Wrong: relay", "1 letter in doubt", "1 letter refused for good")]
    assert order == sorted(order)
    assert 'href="/outbox?state=in+doubt"' in page
    assert "421 &lt;b&gt;busy&lt;/b&gt;" in page
    assert re.search(r"addresses that get no letters</a></th><td class=\"figure\">1<", page)
    assert "came back: hard" in page
    assert "arxiv oai cs.CL: never asked" in page


def test_the_overview_tells_of_everything_that_stands_badly(opened: AdminClient) -> None:
    sign_up(opened.store, document=EVE | {"timezone": "Mars/Olympus"})
    opened.store.breakers.record_failure(
        "domain", "example.net", now=NOW, words="421 busy", back_off=BackOff((timedelta(hours=1),))
    )
    page = opened.web.get("/").text
    assert "web-eve signed up and gets no letters" in page
    assert 'href="/readers"' in page
    assert "example.net is left alone until" in page


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


def test_what_readers_and_servers_write_is_shown_as_text_without_what_nobody_sees(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.FAILED)
    opened.store.suppressions.add("ada@example.org", "<img src=x> \u202egone\x00", now=NOW)
    opened.store.breakers.record_failure(
        "domain", "\u202e<b>x", now=NOW, words="\x1b[31m<b>", back_off=BackOff((timedelta(days=1),))
    )
    for path in (*PAGES[:-1], "/readers?q=%3Cscript%3E%E2%80%AE%00"):
        page = opened.web.get(path).text
        assert not re.search(r"<(script|b>models|img|i>sparse|b>no|b>x)", page)
        assert not re.search("[\u202e\x00\x1b]", page)
    reader = opened.web.get("/readers/ada").text
    assert "&lt;script&gt;alert(" in reader
    assert "Sparse &lt;b&gt;models&lt;/b&gt;" in reader
    assert "&lt;i&gt;sparse&lt;/i&gt;" in reader
    assert "550 &lt;b&gt;no&lt;/b&gt; such user" in reader


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


def test_what_is_due_and_what_comes(opened: AdminClient) -> None:
    opened.app.sync_schedules(NOW - timedelta(days=1))
    opened.clock.now = NOW + timedelta(hours=2)
    page = opened.web.get("/due").text
    assert "Due now: 2" in page
    assert "2026-11-19 07:30" in page
    assert "1 d 2 h" in page
    opened.clock.now = NOW - timedelta(days=1, minutes=12)
    page = opened.web.get("/due").text
    assert "Due now: 0" in page
    assert "12 min" in page


def test_metrics_are_those_of_the_command(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.IN_DOUBT)
    answer = opened.web.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    store = opened.store
    assert answer.content == exposition(
        store.stats.collect(now=NOW), store.breakers.list_all(), opened.app.health(NOW), now=NOW
    )
    assert "ada" not in answer.text


def test_sources_are_as_digest_sources_says(opened: AdminClient) -> None:
    opened.store.sources.record_failure(
        "arxiv oai cs.CL", now=NOW, what="503: <b>away</b>", next_try=NOW + timedelta(hours=1)
    )
    page = opened.web.get("/sources").text
    assert "failing" in page
    assert "failed once: 503: &lt;b&gt;away&lt;/b&gt;" in page
    assert "2026-11-20 08:30" in page


def test_a_database_that_is_away_is_told_as_later(tmp_path: Path) -> None:
    with open_admin_app(tmp_path, f"sqlite:///{tmp_path / 'away.db'}") as app:
        with app.store.writing() as connection:
            connection.exec_driver_sql("DROP TABLE departure")
            connection.exec_driver_sql("DROP TABLE ledger")
        with admin_client(app) as opened:
            assert opened.web.get("/readers").status_code == 503
            assert opened.web.get("/readyz").status_code == 503


# -- letters ------------------------------------------------------------------

ALL = {str(state).replace(" ", "-"): state for state in DeliveryState}
AFTER = {
    "retry": (DeliveryState.READY, {"deferred", "in doubt", "failed", "suppressed", "cancelled", "poison"}),
    "cancel": (DeliveryState.CANCELLED, {"ready", "deferred", "in doubt", "failed", "suppressed", "poison"}),
    "presume-sent": (DeliveryState.SENT, {"in doubt", "poison"}),
}


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
    said = told(page.text)
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
    assert told(answer.text) == "1 letter goes out with the next round, the same bytes."
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
    assert told(opened.post("/outbox", do="retry").text) == "No letter was ticked. Nothing was changed."
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


# -- readers and addresses ----------------------------------------------------


def test_a_reader_leaves_one_subscription_and_comes_back(opened: AdminClient) -> None:
    page = opened.post("/readers/ada/leave", subscription=NAME)
    assert told(page.text).startswith("Nothing of that is sent any more")
    assert opened.store.unsubscribes.list_all() == {("ada", NAME): "by hand"}
    assert page.text.count("not sent: by hand") == 1
    assert told(opened.post("/readers/ada/return", subscription=NAME).text).startswith("It is sent again")
    assert opened.store.unsubscribes.list_all() == {}
    assert told(opened.post("/readers/ada/return", subscription=NAME).text).startswith("Nothing to do")


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
    assert told(opened.post("/readers/ada/suppress").text) == "That address gets no letters already."
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


def test_an_address_is_held_back_however_it_is_written_and_lifted(opened: AdminClient) -> None:
    page = opened.post("/suppressions/add", address=" Grace@EXAMPLE.org ", why="<i>she</i> asked\n to").text
    [row] = opened.store.suppressions.list_all()
    assert (row.address, row.reason, row.since) == ("grace@example.org", "<i>she</i> asked to", NOW)
    assert "&lt;i&gt;she&lt;/i&gt; asked to" in page
    assert "No such address" in opened.web.get("/suppressions?q=ada").text
    assert "grace@example.org" in opened.web.get("/suppressions?q=GRACE").text
    assert told(opened.post("/suppressions/lift", address=row.address).text).startswith("Letters go to that address")
    assert opened.store.suppressions.list_all() == []
    assert told(opened.post("/suppressions/lift", address=row.address).text).startswith("Nothing to do")


def test_what_is_no_address_is_held_back_nowhere(opened: AdminClient) -> None:
    for wrong in ("", "grace", "grace@", "a@example.org, b@example.org", "x" * 10_000):
        assert told(opened.post("/suppressions/add", address=wrong).text).startswith("That is no mail address")
    assert opened.store.suppressions.list_all() == []


def test_the_evidence_stands_beside_the_address(opened: AdminClient) -> None:
    for number in range(8):
        said = BounceEvidence(address="dead@example.org", kind="hard", points=5, words=f"550 <b>{number}</b>")
        opened.store.bounces.add_evidence([said], now=NOW + timedelta(days=number))
    page = opened.web.get("/suppressions").text
    assert page.count("2026-11-2") >= 5
    assert "550 &lt;b&gt;7&lt;/b&gt;" in page
    assert "550 <b>" not in page


def test_what_is_said_is_ours_whatever_the_address_bar_says(opened: AdminClient) -> None:
    for asked in ("told=<b>hello</b>", "told=retry&done=<b>&stays=<b>&unknown=-1", "told=retry&done=" + "9" * 5000):
        page = opened.web.get(f"/outbox?{asked}").text
        assert "<b>hello" not in page
        assert told(page) == ""
    assert told(opened.web.get("/outbox?told=cancel&done=2&stays=ready&stays=sent").text).count("letter") == 2


# -- served -------------------------------------------------------------------


def test_the_pages_are_served_beside_each_other(tmp_path: Path) -> None:
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    more = (
        f"admin: {{listen: '127.0.0.1:{ports[0]}', token: 'a token that is long enough'}}\n"
        f"listen: 127.0.0.1:{ports[1]}\nsite: https://papers.example.org\nsecret: a secret that is long enough"
    )

    with open_admin_app(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", more) as app, serve_pages(lambda: app) as said:
        assert [line.rpartition(" ")[2] for line in said] == [f"127.0.0.1:{ports[1]}", f"127.0.0.1:{ports[0]}"]
        assert httpx.get(f"http://127.0.0.1:{ports[0]}/").status_code == 401
        assert httpx.get(f"http://127.0.0.1:{ports[1]}/outbox").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{ports[1]}/metrics").status_code == 404
        assert [httpx.get(f"http://127.0.0.1:{port}/readyz").status_code for port in ports] == [200, 200]
