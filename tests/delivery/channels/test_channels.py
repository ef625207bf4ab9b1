"""The registry of channels: which scheme opens which channel."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from digest.config import Relay
from digest.delivery.channels import CHANNELS
from digest.delivery.channels.console import ConsoleChannel
from digest.delivery.channels.maildir import MaildirChannel
from digest.delivery.channels.smtp import SmtpChannel
from digest.mail.envelope import Envelope


@pytest.mark.parametrize(
    ("relay", "kind"),
    [
        (Relay(scheme="console"), ConsoleChannel),
        (Relay(scheme="maildir", path="letters"), MaildirChannel),
        (Relay(scheme="smtp", host="localhost", port=2525), SmtpChannel),
        (Relay(scheme="smtp+starttls", host="mail.example.org", port=587), SmtpChannel),
        (Relay(scheme="smtps", host="::1", port=465, user=SecretStr("ada"), password=SecretStr("x")), SmtpChannel),
    ],
)
def test_each_scheme_has_its_channel(relay: Relay, kind: type) -> None:
    assert isinstance(CHANNELS[relay.scheme].open(relay), kind)


@pytest.mark.parametrize("absolute", [False, True])
def test_a_maildir_lies_where_the_address_says(absolute: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    envelope = Envelope(sender="p@e.net", recipient="a@e.org", message=b"Subject: x\r\n\r\n", message_id="<1@e>")
    path = str(tmp_path / "letters") if absolute else "letters"
    with CHANNELS["maildir"].open(Relay(scheme="maildir", path=path)) as channel:
        channel.send(envelope, lambda: None)
    assert len(list((tmp_path / "letters" / "new").iterdir())) == 1
