"""The addresses of boxes, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.bounces import mailbox
from digest.bounces.mailbox.address import ImapAddress, parse_imap_url
from digest.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("imaps://mail.example.org", ImapAddress("imaps", "mail.example.org", 993, "INBOX")),
        ("imaps://mail.example.org/", ImapAddress("imaps", "mail.example.org", 993, "INBOX")),
        (
            "imap+starttls://mail.example.org:1143/A%20b/c",
            ImapAddress("imap+starttls", "mail.example.org", 1143, "A b/c"),
        ),
        ("imap://[::1]/%C3%BC", ImapAddress("imap", "::1", 143, "ü")),
    ],
)
def test_an_address_of_an_imap_folder(url: str, expected: ImapAddress) -> None:
    assert parse_imap_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "imaps://",
        "imaps:///INBOX",
        "imaps://host:0",
        "imaps://host:99999",
        "imaps://host:s3cret",
        "imaps://[::1/x",
        "imaps://host/%ff",
        "imaps://host/\ud800",
        "imaps://host/a%0D%0Ab",
        "imaps://host/a%00",
        "imaps://host/?s3cret",
        "imaps://host/#s3cret",
        "imaps://ada:s3cret@host",
        "imaps://ada@host",
        "pop3://host/s3cret",
        "ada:s3cret@host",
        "maildir:",
        "mbox:",
        "-:s3cret",
        "s3cret",
        "",
    ],
)
def test_what_is_no_address_is_told_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError) as raised:
        mailbox.open_mailbox(url)
    assert "s3cret" not in str(raised.value)
    assert "ada" not in str(raised.value)


def test_paths_are_taken_as_they_are_written(tmp_path: Path) -> None:
    box = tmp_path / "a b#c%20?d"
    box.write_bytes(b"From x\nSubject: one\n\n")
    for url in (f"mbox:{box}", f"mbox://{box}"):
        with mailbox.open_mailbox(url) as opened:
            assert len(list(opened.messages())) == 1


def test_no_box_tells_its_login() -> None:
    box = mailbox.open_mailbox("imaps://mail.example.org/Bounces", user="ada", password="s3cret")
    assert repr(box) == "<Imap mail.example.org:993>"
