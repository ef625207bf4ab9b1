"""DKIM: what an independent verifier says of our letters, and of every change to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.dkim import dns_zone_line, load_private_key, private_key_pem, relaxed_body, relaxed_field, sign_message
from digest.mail.lint import lint
from digest.mail.message import Mailbox
from tests.support.dkim_keys import EDWARDS, FACTORY, RSA
from tests.support.letter_samples import ISSUE


def dns(name: bytes, timeout: int = 5) -> bytes | None:
    records = {f"{signer.record_name}.".encode(): signer.record.encode() for signer in (RSA, EDWARDS)}
    return records.get(name)


def verified(message: bytes) -> list[bool]:
    """Of each signature whether it holds."""
    count = len(re.findall(rb"^DKIM-Signature:", message, re.MULTILINE))
    return [_verify(message, index) for index in range(count)]


def _verify(message: bytes, index: int) -> bool:
    try:
        return bool(dkim.DKIM(message).verify(idx=index, dnsfunc=dns))
    except dkim.DKIMException:
        return False


def test_both_signatures_hold() -> None:
    message = FACTORY(ISSUE).message
    assert verified(message) == [True, True]
    assert FACTORY(ISSUE).message == message
    signatures = message.partition(b"\r\nDate:")[0]
    assert max(map(len, signatures.split(b"\r\n"))) <= 78
    assert re.findall(rb"a=([\w-]+);", message) == [b"rsa-sha256", b"ed25519-sha256"]


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"Subject: ", b"Subject: Re: ", 1),
        lambda raw: raw.replace(b"List-Unsubscribe: <https://", b"List-Unsubscribe: <https://evil.", 1),
        lambda raw: raw.replace(b"=One-Click", b"=Two-Click", 1),
        lambda raw: raw.replace(b"Message-ID: <", b"Message-ID: <x", 1),
        lambda raw: raw.replace(b"From: ", b"From: <evil@example.org>\r\nFrom: ", 1),
        lambda raw: raw.replace(b"To: ", b"Subject: another\r\nTo: ", 1),
        lambda raw: raw.replace(b"To: ", b"List-Unsubscribe: <https://evil.example/>\r\nTo: ", 1),
        lambda raw: raw.replace(b"routing", b"rooting"),
        lambda raw: raw + b"more\r\n",
    ],
    ids=["subject", "link", "post", "id", "second From", "second Subject", "second link", "body", "added"],
)
def test_no_change_goes_unseen(change: Callable[[bytes], bytes]) -> None:
    message = FACTORY(ISSUE).message
    changed = change(message)
    assert changed != message
    assert verified(changed) == [False, False]


def test_complaints_have_a_mailbox_in_signed_letters_alone() -> None:
    """RFC 9477: the header counts where a signature covers it."""
    told = replace(FACTORY, complaints=Mailbox(address="complaints@lists.example.org"))
    message, key = told(ISSUE).message, told(ISSUE).message_id[1:].partition("@")[0].encode()
    assert b"\r\nCFBL-Address: complaints@lists.example.org; report=arf\r\n" in message
    assert b"\r\nCFBL-Feedback-ID: " + key + b"\r\n" in message
    assert verified(message) == [True, True]
    assert verified(message.replace(b"complaints@", b"nobody@")) == [False, False]
    assert verified(message.replace(b"CFBL-Feedback-ID: ", b"CFBL-Feedback-ID: 0")) == [False, False]
    assert [verdict.reason for verdict in lint(message) if verdict.outcome == "fail"] == []
    assert next(verdict for verdict in lint(message) if verdict.number == 39).outcome == "pass"
    assert b"CFBL" not in replace(told, signers=())(ISSUE).message


def test_a_letter_to_a_new_address_is_signed_anew() -> None:
    message = FACTORY(ISSUE).message
    moved = FACTORY.readdress(message, Mailbox(address="grace@example.org"))
    assert b"\r\nTo: <grace@example.org>" in moved
    assert verified(moved) == [True, True]
    assert moved.count(b"DKIM-Signature:") == 2
    without = replace(FACTORY, signers=())
    assert without.readdress(without(ISSUE).message, Mailbox(address="grace@example.org")).count(b"DKIM") == 0


def test_without_a_list_none_can_be_added_either() -> None:
    plain = b"From: <a@example.org>\r\nDate: Fri, 20 Nov 2026 07:30:00 +0000\r\nSubject: x\r\n\r\nbody\r\n"
    message = sign_message(plain, [RSA])
    assert verified(message) == [True]
    assert verified(message.replace(b"Subject", b"List-Unsubscribe: <https://evil.example/>\r\nSubject")) == [False]


_FIELDS = st.text(alphabet=" \tabc:;=", min_size=1, max_size=40).map(lambda text: f"X{text}".encode())
_BODIES = st.lists(st.text(alphabet=" \tabc.=", max_size=20), max_size=8).map(lambda lines: "\r\n".join(lines).encode())


@given(_BODIES, st.sampled_from([b"\r\n", b"\r\n\r\n"]))
def test_a_body_in_relaxed_form_is_what_the_verifier_makes_of_it(body: bytes, end: bytes) -> None:
    assert relaxed_body(body + end) == dkim.canonicalization.Relaxed.canonicalize_body(body + end)


@given(st.text(alphabet=" \tabc", max_size=30))
def test_a_field_in_relaxed_form(value: str) -> None:
    [(name, expected)] = dkim.canonicalization.Relaxed.canonicalize_headers([(b"Subject", value.encode() + b"\r\n")])
    assert relaxed_field(b"Subject:" + value.encode()) + b"\r\n" == name + b":" + expected


def test_keys_come_from_pem_files() -> None:
    for signer in (RSA, EDWARDS):
        again = replace(signer, key=load_private_key(private_key_pem(signer.key).decode()))
        assert again.record == signer.record
        assert "PRIVATE" not in repr(signer)
    with pytest.raises(ValueError, match="no private key in PEM form"):
        load_private_key("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----")
    with pytest.raises(ValueError, match="1024 bits is too short"):
        replace(RSA, key=generate_private_key(65537, 1024))
    with pytest.raises(ValueError, match="a selector is"):
        replace(RSA, selector="a b")


def test_the_record_stands_in_a_zone_file_in_pieces() -> None:
    line = dns_zone_line(RSA)
    assert line.startswith("papers._domainkey.example.org. IN TXT ( ")
    pieces = re.findall(r'"([^"]*)"', line)
    assert "".join(pieces) == RSA.record
    assert max(map(len, pieces)) <= 255
    assert len(pieces) == 2
