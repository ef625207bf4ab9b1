"""Readers who sign up, the whole way: asked by letter, confirmed, written to, moved, paused in the end, forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from digest.app import App, load, open_app
from digest.links import CONFIRM, MOVE
from digest.mail.delivery_state import DeliveryState
from digest.subscriptions import Subscriber
from tests.support.config_files import folder
from tests.support.servers import MailServer
from tests.support.store_samples import NOW, keep, preprint

DIGEST_YAML = """\
sender: Morning Papers <papers@example.org>
site: https://papers.example.org
secret: a secret that is long enough
signup: open
sources: {}
"""
WISH = {
    "email": "Eve@example.net",
    "timezone": "UTC",
    "language": "de",
    "subscriptions": [{"name": "Routing", "when": "daily 07:30", "rules": ["routing"]}],
}


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def app(tmp_path: Path, store_url: str, mail: MailServer) -> Iterator[App]:
    text = f"database: {store_url}\njournal: {tmp_path}/letters\nsmtp: smtp://127.0.0.1:{mail.port}\n{DIGEST_YAML}"
    with open_app(load(folder(tmp_path, text), env={})) as opened:
        keep(opened.store, preprint())
        yield opened


def post(app: App) -> None:
    app.deliver(lambda: NOW)


def links(mail: MailServer, page: str) -> list[tuple[str, str]]:
    """Of each letter that has one: to whom it went, and the token of its link to that page."""
    found = []
    for taken in mail.taken:
        part = message_from_bytes(taken.message, policy=default).get_body(("plain",))
        assert part is not None
        if token := re.search(rf"https://papers\.example\.org/{page}/(\S+)", part.get_content()):
            found.append((taken.recipients[0], token[1]))
    return found


def subscribed(app: App, mail: MailServer, **more: object) -> Subscriber:
    assert app.signup.sign_up(WISH | more, now=NOW)
    post(app)
    token = links(mail, "confirm")[-1][1]
    reader = app.signup.confirm(str(app.letters.links.opened(CONFIRM, token, now=NOW)["id"]), now=NOW)
    assert reader is not None
    return reader


def test_nothing_is_sent_before_the_address_has_agreed_but_the_question(app: App, mail: MailServer) -> None:
    app.signup.sign_up(WISH, now=NOW)
    app.compose(now=NOW)
    post(app)
    [(to, token)] = links(mail, "confirm")
    assert to == "Eve@example.net"
    [taken] = mail.taken
    assert b"routing" not in taken.message.lower()
    assert app.readers() == ()
    with pytest.raises(Exception, match="grown old"):
        app.letters.links.opened(CONFIRM, token, now=NOW + timedelta(hours=49))


def test_who_has_confirmed_is_a_reader_like_others(app: App, mail: MailServer) -> None:
    reader = subscribed(app, mail)
    app.compose(now=NOW)
    post(app)
    assert [taken.recipients for taken in mail.taken] == [("Eve@example.net",)] * 2
    issue = message_from_bytes(mail.taken[1].message, policy=default)
    assert "routing" in str(issue["Subject"])
    assert [row.subscriber for row in app.store.issues.latest()] == [reader.id]
    assert app.signup.confirm("nothing", now=NOW) is None


def test_a_second_sign_up_adds_to_the_first_and_returns_to_what_was_left(app: App, mail: MailServer) -> None:
    reader = subscribed(app, mail)
    more = [{"name": "routing", "when": "at once", "rules": ["graphs"]}]
    assert [each.name for each in subscribed(app, mail, subscriptions=more).subscriptions] == ["Routing", "routing 2"]
    app.store.unsubscribes.add(reader.id, "Routing", "enough", now=NOW)
    again = subscribed(app, mail, subscriptions=[{"name": "Routing", "when": "daily 09:00", "rules": ["experts"]}])
    assert [(each.name, str(each.when)) for each in again.subscriptions] == [
        ("Routing", "daily 09:00"),
        ("routing 2", "at once"),
    ]
    assert again.id == reader.id
    assert app.store.unsubscribes.list_all() == {}


def test_letters_move_when_both_addresses_have_agreed(app: App, mail: MailServer) -> None:
    reader = subscribed(app, mail)
    app.compose(now=NOW)
    assert app.signup.move(reader, "eve@example.com", now=NOW)
    post(app)
    sides = links(mail, "move")
    assert sorted(to for to, _ in sides) == ["Eve@example.net", "eve@example.com"]
    said = []
    for _, token in sides:
        payload = app.letters.links.opened(MOVE, token, now=NOW)
        said.append(app.signup.agree(str(payload["id"]), payload["side"], now=NOW))  # type: ignore[arg-type]
    assert said == ["half", "done"]
    [moved] = app.readers()
    assert moved.email == "eve@example.com"


def test_a_pause_in_the_last_moment_is_kept(app: App, mail: MailServer) -> None:
    reader = subscribed(app, mail)
    app.compose(now=NOW)
    app.store.preferences.pause(reader.id, date(2026, 12, 1), now=NOW)
    post(app)
    assert len(mail.taken) == 1
    assert app.store.outbox.count_by_state() == {DeliveryState.SENT: 1, DeliveryState.MERGED: 1}
    app.store.preferences.pause(reader.id, None, now=NOW)
    app.compose(now=NOW + timedelta(days=1))
    app.deliver(lambda: NOW + timedelta(days=1))
    assert len(mail.taken) == 2


def test_a_muted_term_takes_effect_with_the_next_issue(app: App, mail: MailServer) -> None:
    reader = subscribed(app, mail)
    app.store.preferences.mute(reader.id, 'au:"Yunhua Zhou"', now=NOW)
    app.compose(now=NOW)
    [issue] = app.store.issues.latest()
    assert issue.papers == ()
    app.store.preferences.unmute(reader.id, 'au:"Yunhua Zhou"')
    app.compose(now=NOW + timedelta(days=1))
    assert len(app.store.issues.latest()[0].papers) == 1


def test_who_is_forgotten_is_not_written_to(app: App, mail: MailServer) -> None:
    reader = subscribed(app, mail)
    app.compose(now=NOW)
    assert app.store.readers.delete(reader.id)
    post(app)
    assert len(mail.taken) == 1
    assert app.readers() == ()
    assert app.store.issues.latest() == []
