"""The checklist: our letters pass, every fault is found at its number, and no bytes break it."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import html

from digest.issues import Issue, Item, Section
from digest.mail.dkim import sign_message
from digest.mail.lint import lint
from digest.mail.message import ListHeaders, Mailbox, build_message, mailto
from digest.papers import Author
from digest.render.math import readable
from digest.render.notices import NOTICES
from digest.text import strip_controls
from tests.support.dkim_keys import FACTORY
from tests.support.golden_letters import GOLDEN
from tests.support.hostile_text import HOSTILE
from tests.support.issues import TODAY, daily, issue, item, on_sparse, paper


def faults(message: bytes) -> dict[int, str]:
    return {verdict.number: verdict.reason for verdict in lint(message) if verdict.outcome == "fail"}


@pytest.mark.parametrize("name", GOLDEN)
def test_every_letter_passes(name: str) -> None:
    verdicts = lint(FACTORY(GOLDEN[name]).message)
    assert {verdict.number: verdict.reason for verdict in verdicts if verdict.outcome == "fail"} == {}
    assert sum(verdict.outcome == "pass" for verdict in verdicts) >= 55
    assert [verdict.number for verdict in verdicts] == list(range(1, 81))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_pass(text: str) -> None:
    hostile = item(paper(title=f"route {text}", abstract=f"route {text}", names=[text or "A", "Yunhua Zhou"]), "route")
    assert faults(FACTORY(issue(replace(on_sparse(hostile), title=text))).message) == {}


def test_a_reader_of_text_alone() -> None:
    letter = daily()
    verdicts = lint(FACTORY(replace(letter, subscriber=replace(letter.subscriber, format="text"))).message)
    assert [verdict.number for verdict in verdicts if verdict.outcome == "fail"] == []
    assert next(verdict for verdict in verdicts if verdict.number == 56).reason == "no HTML part"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_passes_what_holds_for_more_than_lists(name: str, language: str) -> None:
    link = "https://papers.example.org/confirm/1abc.def"
    letter = FACTORY.notice(Mailbox(address="eve@example.net"), name, link, language=language, key=name, date=TODAY)
    failed = {verdict.number for verdict in lint(letter.message) if verdict.outcome == "fail"}
    assert failed <= {29, 30, 31, 35, 38, 70}  # those of lists: it belongs to none, and comes once


GOOD = FACTORY(GOLDEN["daily"]).message


def _head(change: Callable[[bytes], bytes]) -> bytes:
    head, blank, body = GOOD.partition(b"\r\n\r\n")
    return change(head) + blank + body


def _field(name: str, value: str | None) -> bytes:
    """The letter with another value of a field, or without it."""
    line = b"" if value is None else f"\r\n{name}: {value}".encode()
    return _head(
        lambda head: re.sub(rb"\r\n" + name.encode() + rb":(?:[^\r\n]|\r\n[ \t])*", lambda _: line, head, count=1)
    )


def _added(line: str) -> bytes:
    return _head(lambda head: head + b"\r\n" + line.encode())


def _page(old: str, new: str) -> bytes:
    """The letter built again with another page."""
    parts = FACTORY.parts(GOLDEN["daily"])
    assert parts.html is not None
    assert old in parts.html
    return _built(parts.text, parts.html.replace(old, new, 1))


def _text(change: Callable[[str], str]) -> bytes:
    parts = FACTORY.parts(GOLDEN["daily"])
    return _built(change(parts.text), parts.html)


def _built(text: str, html: str | None) -> bytes:
    sender = Mailbox(name="Papers", address="papers@example.org")
    leave = re.search(rb"List-Unsubscribe: <([^>]*)>", GOOD)
    assert leave
    return sign_message(
        build_message(
            sender=sender,
            to=Mailbox(address="ada@example.org"),
            reply_to=Mailbox(address="desk@example.org"),
            subject="Papers",
            text=text,
            html=html,
            message_id="<a.b@example.org>",
            date=TODAY,
            listing=ListHeaders(
                id="digest.example.org",
                unsubscribe=(leave[1].decode(),),
                owner=mailto("desk@example.org"),
                help=mailto("desk@example.org"),
                feedback_id="20261120:scheduled:digest:morningpapers",
            ),
        ),
        FACTORY.signers,
    )


def _base64() -> bytes:
    return re.sub(
        rb"Content-Transfer-Encoding: quoted-printable\r\n\r\n.*?(?=\r\n--)",
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"words"),
        GOOD,
        count=1,
        flags=re.S,
    )


BROKEN: list[tuple[int, bytes]] = [
    (10, GOOD.replace(b"\r\n", b"\n")),
    (10, GOOD.replace(b"\r\n\r\n", b"\r\r\n\r\n", 1)),
    (14, _field("Date", None)),
    (14, _added("Subject: two")),
    (15, _added("X-Delivery: " + "\r\n ".join(["x" * 70] * 40))),
    (16, _added("X-Delivery: " + "x" * 1200)),
    (16, _field("Subject", "word " * 30)),
    (17, _added("X-Delivery: a\r\n \r\n b")),
    (17, _field("Subject", "=?utf-8?B?YWJj\r\n ZGVm?=")),
    (17, _field("List-Owner", "<mailto:desk\r\n @example.org>")),
    (18, _field("Date", "Fri, 20 Nov 2026 07:30:00 GMT")),
    (18, _field("Date", "Fri, 20 Nov 2026 07:30:00 -0000")),
    (18, _field("Date", "2026-11-20")),
    (19, _field("Message-ID", "<a b@example.org>")),
    (19, _field("Message-ID", "<a@elsewhere.example>")),
    (20, _field("From", "<a@example.org>, <b@example.org>")),
    (20, _field("From", '"Papers" <papers@elsewhere.example>')),
    (21, _field("From", "<papers@example.org>")),
    (21, _field("From", "=?utf-8?B?8J+TsCBQYXBlcnM=?= <papers@example.org>")),
    (22, _field("Reply-To", "<no-reply@example.org>")),
    (23, _field("To", "Ada, Countess <ada@example.org>")),
    (23, _field("To", "undisclosed-recipients:;")),
    (24, _added("Bcc: <x@example.org>")),
    (24, _added("Received: from x by y; Fri, 20 Nov 2026 07:30:00 +0000")),
    (25, _field("Subject", "Re: papers")),
    (25, _field("Subject", "")),
    (26, _field("Subject", "=?utf-8?Q?papers?=")),
    (26, _field("Subject", "=?utf-8?B?YQ==?==?utf-8?B?Yg==?=")),
    (26, _field("Subject", "=?utf-8?B?w6kg?= and more")),
    (26, _field("Subject", "=?utf-8?B?wwo=?=")),
    (26, _field("Subject", "Café")),
    (27, _field("Subject", "=?utf-8?B?YeKArmI=?=")),
    (28, _head(lambda head: head + b"\r\nno header at all")),
    (29, _field("List-Id", "digest")),
    (30, _field("List-Unsubscribe", "<mailto:desk@example.org>")),
    (30, _field("List-Unsubscribe", "=?utf-8?q?=3Chttps=3A//x=3E?=")),
    (30, _field("List-Unsubscribe", f"<https://example.org/{'x' * 600}>")),
    (31, _field("List-Unsubscribe-Post", None)),
    (32, _head(lambda head: re.sub(rb"List-Unsubscribe(?=[:;])", b"X-Nothing", head, count=99))),
    (35, _field("List-Help", None)),
    (36, _field("Auto-Submitted", "no")),
    (37, _field("Precedence", None)),
    (38, _field("Feedback-ID", "a:b:c:papers@example.org")),
    (39, _added("CFBL-Address: complaints@example.org; report=arf")),
    (39, _added("CFBL-Address: complaints@elsewhere.example; report=arf")),
    (39, _added("CFBL-Address: example.org; report=arf")),
    (40, _added("X-Mailer: Something 1.0")),
    (41, _field("X-Auto-Response-Suppress", "OOF")),
    (42, _added("In-Reply-To: <a@example.org>")),
    (43, GOOD.replace(b"Content-Type: text/html", b"Content-Type: text/plain")),
    (43, GOOD.replace(b"multipart/alternative", b"multipart/mixed")),
    (45, GOOD.replace(b"charset=utf-8", b"charset=us-ascii", 1)),
    (45, GOOD.replace(b"quoted-printable\r\n\r\n", b"quoted-printable\r\n\r\n=FF", 1)),
    (46, _base64()),
    (46, GOOD.replace(b"=\r\n", b"")),
    (47, GOOD.replace(b"quoted-printable\r\n\r\n", b"quoted-printable\r\n\r\nFrom me\r\n", 1)),
    (48, _text(lambda text: re.sub(r"https://arxiv\.org/abs/\S+", "", text, count=1))),
    (48, _text(lambda text: f"{text}\nhttps://only.example/here\n")),
    (49, _text(lambda text: f"{text}\n{'word ' * 40}\n")),
    (49, _text(lambda text: text + "\nwo\u0302rd" + " wo\u0302rd" * 15 + "\n")),
    (51, _page("<h1", '<img src="https://x.example/a.png" alt="" width="9" height="9" style="display:block"><h1')),
    (52, _text(lambda text: text + "more words\n" * 50_000)),
    (53, _page("@media", "@media all{@media")),
    (55, _page("<!DOCTYPE html>", "")),
    (55, _page(' xmlns="http://www.w3.org/1999/xhtml"', "")),
    (56, _page('<table role="presentation"', "<table")),
    (57, _page("<div class=", "<p>x</p><div class=")),
    (58, _page("<h1", "<h1>x</h1><h1")),
    (59, _page("<h1", '<img src="cid:a"><h1')),
    (60, _page(">Abstract</a>", ">here</a>")),
    (62, _page('content="light dark"', 'content="light"')),
    (62, _page("#1d1d1b", "#000")),
    (63, _page("<h1", '<p style="display:none">Buy now</p><h1')),
    (64, _page("<h1", '<p style="position:absolute">x</p><h1')),
    (66, _page("<h1", "<script>x</script><h1")),
    (66, _page("<h1", '<p onclick="x()">x</p><h1')),
    (68, _page("https://arxiv.org/abs", "http://arxiv.org/abs")),
    (68, _page("<h1", '<p><a href="https://evil.example/">arxiv.org</a></p><h1')),
    (69, _page("</td>", " word" * 40 + "</td>")),
    (70, _page("unsubscribe", "elsewhere")),
    (71, _page("<h1", '<img src="cid:a" alt="" width="1" height="1" style="display:block"><h1')),
    (72, _page('<h3 class="title" dir="auto"', "<h3")),
    (73, _head(lambda head: head.replace(b"a=rsa-sha256", b"a=rsa-sha1"))),
    (73, sign_message(GOOD, ())[GOOD.index(b"\r\nDate:") + 2 :]),
    (74, _head(lambda head: head.replace(b"From:To", b"To", 1))),
    (75, _head(lambda head: re.sub(rb" x=\d+;", b" l=10;", head))),
    (75, _head(lambda head: re.sub(rb" x=(\d+);", b" x=1795159900;", head))),
    (76, GOOD + b"more\r\n"),
]


@pytest.mark.parametrize(("number", "message"), BROKEN, ids=lambda value: str(value) if isinstance(value, int) else "")
def test_each_fault_is_found_at_its_number(number: int, message: bytes) -> None:
    assert message != GOOD
    assert number in faults(message)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
@example(b"")
@example(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n--x--")
@example(b"Content-Type: text/html\r\n\r\n<![CDATA[<a href='http://[x'>")
def test_no_bytes_break_it(message: bytes) -> None:
    assert [verdict.number for verdict in lint(message)] == list(range(1, 81))


_TEXTS = st.text(alphabet=st.characters(), max_size=60)  # surrogates and controls too


@example(title="0" * 8, abstract="0" * 44 + "\u0f39", names=[], rule="")
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(title=_TEXTS, abstract=_TEXTS, names=st.lists(_TEXTS, max_size=4), rule=_TEXTS)
def test_whatever_people_write_the_letter_is_clean(title: str, abstract: str, names: Sequence[str], rule: str) -> None:
    odd = paper(title=title, abstract=abstract, names=())
    odd = replace(odd, authors=tuple(Author(name=name) for name in names), comment=title, journal=abstract)
    letter: Issue = issue(Section(title=rule, query=rule, items=(Item(work=1, event="new", paper=odd),)))
    message = FACTORY(letter).message
    assert faults(message) == {}
    parsed = message_from_bytes(message, policy=default)
    for kind in ("plain", "html"):
        part = parsed.get_body((kind,))
        assert part is not None
        shown = str(part.get_content())
        words = html.document_fromstring(shown).text_content() if kind == "html" else shown
        assert _bare(readable(title)) in _bare(words)
        assert all(_bare(name) in _bare(words) for name in names)


def _bare(text: str) -> str:
    """Without what nobody sees, and without white space, which lines break at."""
    return "".join(unicodedata.normalize("NFC", strip_controls(text)).split())
