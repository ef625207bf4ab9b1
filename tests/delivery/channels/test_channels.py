"""Which address opens which channel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from digest.delivery import channels
from digest.delivery.channels.console import ConsoleChannel
from digest.delivery.channels.maildir import MaildirChannel
from digest.delivery.channels.smtp import SmtpChannel
from digest.errors import ConfigError
from digest.mail.outcome import Envelope


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("console:", ConsoleChannel),
        ("maildir:letters", MaildirChannel),
        ("maildir:///var/letters", MaildirChannel),
        ("smtp://localhost:2525", SmtpChannel),
        ("smtp+starttls://mail.example.org", SmtpChannel),
        ("smtps://mail.example.org", SmtpChannel),
    ],
)
def test_each_scheme_has_its_channel(url: str, kind: type) -> None:
    assert isinstance(channels.open(url), kind)


@pytest.mark.parametrize("url", ["carrier-pigeon://ada:hunter2@loft", "mail.example.org", ""])
def test_another_scheme_is_named_and_no_secret(url: str) -> None:
    with pytest.raises(ConfigError, match=r"is no channel: write one of console, maildir, smtp") as raised:
        channels.open(url)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["maildir:letters", "maildir://letters", "maildir:{here}/letters", "maildir://{here}/letters"]
)
def test_a_maildir_lies_where_the_address_says(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    envelope = Envelope(sender="p@e.net", recipient="a@e.org", message=b"Subject: x\r\n\r\n", message_id="<1@e>")
    with channels.open(url.format(here=os.fspath(tmp_path))) as channel:
        channel.send(envelope, lambda: None)
    assert len(list((tmp_path / "letters" / "new").iterdir())) == 1
