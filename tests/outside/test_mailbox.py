"""What comes back, read from a real IMAP server that others use beside us."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.bounces import mailbox
from digest.bounces.mailbox import BounceMailbox, MailboxMessage
from digest.errors import ConfigError, MailboxError
from tests.support.dovecot import Dovecot
from tests.support.tls import trusting

pytestmark = pytest.mark.outside

PASSWORD = "s3crét"


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with Dovecot(PASSWORD) as running:
        for age, number in enumerate((3, 2, 1)):
            running.deliver(f"{number}.host", b"Subject: %d\n\n\xff.\nFrom me\n" % number, age)
        yield running


def at(server: Dovecot, folder: str = "", *, largest: int = 1_000_000, password: str = PASSWORD) -> BounceMailbox:
    url = f"imap://127.0.0.1:{server.port}/{folder}"
    return mailbox.open_mailbox(url, user="ada", password=password, largest=largest)


def read(box: BounceMailbox) -> list[MailboxMessage]:
    with box:
        return list(box.messages())


def subjects(messages: list[MailboxMessage]) -> list[bytes]:
    return [received.message.split(b"\r\n")[0] for received in messages]


def test_messages_come_in_order_and_are_marked_not_deleted(server: Dovecot) -> None:
    with at(server) as box:
        messages = list(box.messages())
        box.done(messages[1])
    assert subjects(messages) == [b"Subject: 1", b"Subject: 2", b"Subject: 3"]
    assert messages[0].message == b"Subject: 1\r\n\r\n\xff.\r\nFrom me\r\n"
    assert read(at(server)) == [messages[0], messages[2]]
    names = [path.name for part in ("new", "cur") for path in (server.mail / part).iterdir()]
    assert sorted("S" in name.partition(":2,")[2] for name in names) == [False, False, True]


def test_what_others_have_marked_as_deleted_stays_when_we_leave(server: Dovecot) -> None:
    with server.visit() as other:
        other.select()
        other.store("1", "+FLAGS", r"(\Deleted)")
        read(at(server))
        assert other.noop()[0] == "OK"
        assert other.search(None, "DELETED") == ("OK", [b"1"])


def test_encrypted_both_ways(server: Dovecot) -> None:
    for url in (f"imaps://localhost:{server.tls_port}", f"imap+starttls://127.0.0.1:{server.port}/INBOX"):
        assert len(read(mailbox.open_mailbox(url, user="ada", password=PASSWORD, context=trusting()))) == 3
        with pytest.raises(MailboxError, match="certificate is not to be trusted"):
            read(mailbox.open_mailbox(url, user="ada", password=PASSWORD))


def test_what_is_wrong_in_the_settings(server: Dovecot) -> None:
    with pytest.raises(ConfigError, match="refused the login"):
        read(at(server, password="wrong"))
    with pytest.raises(ConfigError, match="does not open a folder 'Bounces'"):
        read(at(server, "Bounces"))


@pytest.mark.parametrize(
    ("folder", "name"), [("Rückläufer", "R&APw-ckl&AOQ-ufer"), ("R&D 100%25", "R&-D 100%"), ('x" \\y', 'x\\" \\\\y')]
)
def test_a_folder_of_any_name(server: Dovecot, folder: str, name: str) -> None:
    with server.visit() as other:
        assert other.create(f'"{name}"')[0] == "OK"
        assert other.append(f'"{name}"', "", None, b"Subject: in there\r\n\r\n")[0] == "OK"
    assert subjects(read(at(server, folder))) == [b"Subject: in there"]


def test_a_large_message_is_cut_and_an_empty_one_comes(server: Dovecot) -> None:
    server.deliver("4.host", b"Subject: large\n\n" + b"x\n" * 2_000_000)
    server.deliver("5.host", b"")
    found = {len(received.message): received.message for received in read(at(server, largest=1_000))}
    assert found[1_000].startswith(b"Subject: large\r\n\r\nx\r\n")
    assert max(found) == 1_000


def test_a_message_that_others_delete_meanwhile(server: Dovecot) -> None:
    with at(server) as box:
        messages = box.messages()
        first = next(messages)
        with server.visit() as other:
            other.select()
            other.store("1:2", "+FLAGS", r"(\Deleted)")
            other.expunge()
        rest = list(messages)
        box.done(first)
        assert subjects(rest)[-1:] == [b"Subject: 3"]
    assert subjects(read(at(server))) == [b"Subject: 3"]


def test_b4_a_line_lost_between_the_deed_and_the_mark(server: Dovecot) -> None:
    """Whoever remembers what was dealt with deals with each message once."""
    remembered: list[str] = []
    dealt_with: list[bytes] = []

    def deal(lose: bool) -> None:
        with at(server) as box:
            for received in box.messages():
                if received.id not in remembered:
                    remembered.append(received.id)
                    dealt_with.extend(subjects([received]))
                if lose:
                    server.stop()
                box.done(received)

    for _ in range(2):
        with pytest.raises(MailboxError):
            deal(lose=True)
        server.start()
    assert dealt_with == [b"Subject: 1"]
    deal(lose=False)
    assert dealt_with == [b"Subject: 1", b"Subject: 2", b"Subject: 3"]
    assert read(at(server)) == []


def test_the_same_mail_read_as_a_maildir(server: Dovecot) -> None:
    """Dovecot moves what it has only listed out of new/."""
    with at(server) as box:
        box.done(next(box.messages()))
    server.stop()
    with mailbox.open_mailbox(f"maildir:{server.mail}") as box:
        assert [received.id for received in box.messages()] == ["2.host", "3.host"]
