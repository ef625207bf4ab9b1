"""LetterFactory: the same bytes each time, and an unsubscribe link in every letter."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import Literal

import pytest

from digest.links import UNSUBSCRIBE
from digest.links.token import verify
from tests.support.letter_samples import ADA, ISSUE, PLAIN, SITED


def header(message: bytes, name: bytes) -> bytes:
    """A header as it stands, unfolded by a receiver's rule."""
    head = message.partition(b"\r\n\r\n")[0]
    found = re.search(rb"^" + name + rb": ((?:\r\n[ \t]|[^\r\n])*)", head, re.MULTILINE)
    assert found
    return re.sub(rb"\r\n(?=[ \t])", b"", found[1]).strip()


def test_the_same_issue_is_the_same_letter() -> None:
    assert PLAIN(ISSUE) == PLAIN(ISSUE)
    assert PLAIN(ISSUE).message_id != PLAIN(replace(ISSUE, slot="2026-11-23T07:30")).message_id
    assert PLAIN(ISSUE).message_id != PLAIN(replace(ISSUE, subscriber=replace(ADA, id="grace"))).message_id


def test_the_envelope_is_what_goes_on_the_wire() -> None:
    envelope = PLAIN(ISSUE)
    assert (envelope.sender, envelope.recipient) == ("papers@example.org", "ada@xn--exmple-cua.org")
    assert PLAIN(ISSUE, to="desk@example.org").recipient == "desk@example.org"
    assert header(envelope.message, b"Message-ID") == envelope.message_id.encode()
    assert header(envelope.message, b"Reply-To") == b"<desk@example.org>"


def test_without_a_site_one_leaves_by_a_mail_to_the_owner() -> None:
    message = PLAIN(ISSUE).message
    assert header(message, b"List-Unsubscribe") == (
        b"<mailto:desk@example.org?subject=unsubscribe%20ada%3A%20Sparse%20models>"
    )
    assert b"List-Unsubscribe-Post" not in message


def test_with_a_site_one_leaves_by_one_click_on_a_signed_link() -> None:
    message = SITED(ISSUE).message
    first, second = header(message, b"List-Unsubscribe").split(b", ")
    assert header(message, b"List-Unsubscribe-Post") == b"List-Unsubscribe=One-Click"
    assert second.startswith(b"<mailto:desk@example.org?")
    link = re.fullmatch(rb"<https://papers\.example\.org/unsubscribe/([\w.-]+)>", first)
    assert link
    assert verify(UNSUBSCRIBE, link[1].decode(), ["new key"]) == {"subscriber": "ada", "subscription": "Sparse models"}
    parsed = message_from_bytes(message, policy=default)
    text = parsed.get_body(("plain",))
    assert text is not None
    assert f"https://papers.example.org/unsubscribe/{link[1].decode()}" in text.get_content()
    assert "1 Example Street" in text.get_content()


@pytest.mark.parametrize(("kind", "ending"), [("bibtex", "bib"), ("ris", "ris")])
def test_references_lie_beside_the_letter(kind: Literal["bibtex", "ris"], ending: str) -> None:
    letter = message_from_bytes(SITED(replace(ISSUE, attach=kind)).message, policy=default)
    assert letter.get_content_type() == "multipart/mixed"
    body, file = letter.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    assert (file.get_filename(), file.get_content_disposition()) == (f"papers-2026-11-20.{ending}", "attachment")
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert "Ångström" in content.decode()
    assert SITED(replace(ISSUE, attach=kind, sections=())).message.count(b"Content-Disposition") == 0
