"""What a channel that is no mail is given: kept behind the letter in the outbox, or made of the letter."""

from __future__ import annotations

import zlib

from digest.mail.message import Mailbox, build_message
from digest.mail.outgoing import OutgoingContent, OutgoingPaper
from digest.mail.packing import pack_message, unpack_content, unpack_message
from tests.support.store_samples import NOW

ADA = Mailbox(name="Ada", address="ada@example.org")
MESSAGE = build_message(sender=ADA, to=ADA, subject="Größe 7", text="Sieben.\n", message_id="<1@example.org>", date=NOW)
PAPER = OutgoingPaper(title="Ein \U0001f600 Titel", url=None, why="Mine")
CONTENT = OutgoingContent(subject="7 papers", papers=(PAPER,), text="Seven.\n")


def test_content_waits_behind_the_letter_and_leaves_it_as_it_is() -> None:
    packed = pack_message(MESSAGE, CONTENT)
    assert unpack_message(packed) == MESSAGE
    assert unpack_content(packed) == CONTENT
    assert packed.startswith(pack_message(MESSAGE))


def test_content_of_a_letter_that_has_its_bytes_alone() -> None:
    for packed in (pack_message(MESSAGE), zlib.compress(MESSAGE)):
        assert unpack_content(packed) == OutgoingContent(subject="Größe 7", text="Sieben.\n")
