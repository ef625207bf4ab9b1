"""Hostile titles, from a service's answer to the reader's inbox: text, and nothing else."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from lxml import html as parser

from tests.support.journey import MORNING, World, write_config, write_reader
from tests.support.servers import MailServer, Reply, WebServer
from tests.support.source_answers import Preprint, daily, oai, oai_error

HOSTILE = {
    "encoded-word": ("=?utf-8?q?graph=0ABcc: x?=", "=?utf-8?q?graph=0ABcc: x?="),
    "line breaks": ("graph&#13;&#10;Bcc: x@example.org&#13;&#10;&#13;&#10;body", "graph Bcc: x@example.org body"),
    "overrides": ("graph \u202egnp.exe\u2066 \u200b\ufeffhidden", "graph gnp.exe hidden"),
    "markup": (
        "graph " + escape(escape("</table><script>alert(1)</script>")),
        "graph </table><script>alert(1)</script>",
    ),
    "tags": (escape("graph </table><script>alert(1)</script> minors"), "graph minors"),
    "template": ("graph {{ 7*7 }} {% raw %}", "graph 7*7 % raw %"),  # braces are TeX's
    "dots": ("graph&#10;.&#10;.&#10;QUIT", "graph . . QUIT"),
}
HEADERS = [
    "date", "from", "to", "reply-to", "subject", "message-id", "list-id", "list-unsubscribe", "list-owner", "list-help",
    "feedback-id",
    "auto-submitted", "precedence", "x-auto-response-suppress", "mime-version", "content-type",
]  # fmt: skip


def letters_of(feed: bytes, tmp_path: Path) -> list[bytes]:
    """What a journal's feed with these bytes makes of one reader's inbox."""
    routes = {
        "/annals": Reply(200, feed),
        "/oai": Reply(200, oai_error("noRecordsMatch")),
        "/rss/cs.CL": Reply(200, daily([])),
    }
    with WebServer(routes) as web, MailServer() as mail:
        write_config(tmp_path / "config", web.url, mail.port)
        write_reader(tmp_path / "config", "ada", "daily 07:30", "['graph']")
        World(folder=tmp_path, web=web, mail=mail).run(MORNING)
        return [taken.message for taken in mail.taken]


def feed_of(title: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>A</title><item>'
        f"<title>{title}</title><guid>doi:10.1234/h.1</guid><link>https://a.example/1</link>"
        "<description>A graph.</description><pubDate>Thu, 19 Nov 2026 00:00:00 GMT</pubDate></item></channel></rss>"
    ).encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_title_is_text_in_the_inbox(name: str, tmp_path: Path) -> None:
    written, read = HOSTILE[name]
    (raw,) = letters_of(feed_of(written), tmp_path)
    judge(raw)
    letter = message_from_bytes(raw, policy=default)
    page, text = letter.get_body(("html",)), letter.get_body(("plain",))
    assert page is not None
    assert text is not None
    tree = parser.fromstring(page.get_content())
    assert read in " ".join(tree.text_content().split())
    assert tree.xpath("//script") == []
    assert read in " ".join(text.get_content().split())


def test_ten_thousand_characters_are_cut_and_do_no_harm(tmp_path: Path) -> None:
    (raw,) = letters_of(feed_of("graph " + "wide " * 2000), tmp_path)
    judge(raw)
    assert b"graph wide wide" in raw


@pytest.mark.parametrize("reference", ["&#0;", "&#xD800;", "&#8;", "\x00"])
def test_what_xml_forbids_costs_no_paper_and_no_letter(reference: str, tmp_path: Path) -> None:
    (raw,) = letters_of(feed_of(f"graph {reference}minors"), tmp_path)
    judge(raw)
    assert b"\x00" not in raw
    assert re.search(rb"graph (?:\S{0,12} ?)?minors", raw)


def test_a_hostile_preprint_too(tmp_path: Path) -> None:
    paper = Preprint(id="2611.00001", title="graph \u202e</table><script>x</script> =?utf-8?q?=0ABcc: x?=")
    routes = {
        "/annals": Reply(404, b"gone"),
        "/oai": Reply(200, oai([paper])),
        "/rss/cs.CL": Reply(200, daily([paper])),
    }
    with WebServer(routes) as web, MailServer() as mail:
        write_config(tmp_path / "config", web.url, mail.port)
        write_reader(tmp_path / "config", "ada", "daily 07:30", "['graph']")
        World(folder=tmp_path, web=web, mail=mail).run(MORNING)
        (taken,) = mail.taken
    judge(taken.message)
    assert b"<script" not in taken.message.replace(b"=\r\n", b"").split(b"text/html")[1]


def judge(raw: bytes) -> None:
    """The bytes as a receiver sees them: our headers once each, whole lines, nothing unseen."""
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0].lower() for line in re.split(r"\r\n(?![ \t])", head)]
    assert sorted(names) == sorted(HEADERS)
    letter = message_from_bytes(raw, policy=default)
    seen = "".join(str(part.get_content()) for part in letter.walk() if not part.is_multipart()) + letter["Subject"]
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", seen)
