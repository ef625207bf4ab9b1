"""What came back into an IMAP folder: good days, and every way a server or a line can fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.bounces import mailbox
from digest.bounces.mailbox import MailboxMessage
from digest.errors import ConfigError, Exit, MailboxError
from tests.support.imap_reading import BOX, ONE, QUICK, TWO, at, deal, read, told
from tests.support.imap_server import VALIDITY, ImapServer, Verb
from tests.support.servers import DROP, Says, unused_port

# ---------------------------------------------------------------------------------------------------------- good days


def test_unseen_messages_come_in_order_and_are_marked_not_deleted() -> None:
    with ImapServer({7: TWO, 4: ONE, 2: b""}) as server:
        with at(server) as box:
            found = []
            for received in box.messages():
                found.append(received)
                box.done(received)
        assert [(received.id, received.message) for received in found] == [
            (f"{VALIDITY}.2", b""),
            (f"{VALIDITY}.4", ONE),
            (f"{VALIDITY}.7", TWO),
        ]
        assert server.seen == {2, 4, 7}
        assert read(at(server)) == []
        assert set(server.verbs()) == {"CAPABILITY", "AUTHENTICATE", "SELECT", "SEARCH", "FETCH", "STORE", "LOGOUT"}
        assert 'SELECT "INBOX"' in server.commands


def test_a_message_that_vanished_meanwhile_is_passed_over() -> None:
    gone = Says(b"TAG NO [EXPUNGEISSUED] some are gone\r\n")
    with ImapServer(BOX | {5: b"", 6: b""}, {"FETCH": gone}) as server, at(server) as box:
        messages = box.messages()
        server.messages.pop(6)
        assert [received.id for received in messages] == [f"{VALIDITY}.{uid}" for uid in (5, 7)]
        box.done(MailboxMessage(id=f"{VALIDITY}.6", message=b""))


def test_a_message_that_is_not_given_does_not_keep_the_others_waiting() -> None:
    refused = [Says(b"TAG NO it is broken\r\n"), Says(b"TAG BAD it is very broken\r\n")]
    with ImapServer(BOX, {"FETCH": refused[:1]}) as server, at(server) as box:
        messages = box.messages()
        assert next(messages).message == TWO
        with pytest.raises(MailboxError, match="did not give 1 of the unseen messages"):
            next(messages)
    with ImapServer(BOX, {"FETCH": refused[1:]}) as server:
        assert "does not speak IMAP" in told(MailboxError, at(server))


@pytest.mark.parametrize("whole", [False, True])
def test_a_huge_message_is_cut_and_the_rest_never_kept(whole: bool) -> None:
    huge = b"Subject: huge\r\n\r\n" + b"x" * 5_000_000
    with ImapServer({1: huge, 2: TWO}, whole=whole) as server:
        assert [received.message for received in read(at(server, largest=1_000))] == [huge[:1_000], TWO]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"* 1 FETCH (BODY[]<0> {1}\r\nx UID 4)\r\n", b"x"),
        (b"* 1 FETCH (FLAGS (\\Recent) UID 4 BODY[]<0> {1}\r\nx)\r\n* 2 FETCH (UID 5 FLAGS ())\r\n", b"x"),
        (b"* 2 FETCH (FLAGS ())\r\n* 1 FETCH (UID 4 BODY[] {1}\r\nx)\r\n* 10 EXISTS\r\n", b"x"),
        (b'* 1 FETCH (UID 4 BODY[]<0> "a\\"b\\\\ UID 5 ")\r\n', b'a"b\\ UID 5 '),
        (b"* 1 FETCH (UID 4 BODY[]<0> NIL)\r\n", b""),
        (b'* 1 FETCH (BODY[]<0> "" UID 4)\r\n', b""),
        (b"* 2 FETCH (UID 5 FLAGS ())\r\n", None),
    ],
)
def test_the_ways_to_give_a_message(answer: bytes, message: bytes | None) -> None:
    with ImapServer({4: ONE}, {"FETCH": Says(answer + b"TAG OK done\r\n")}) as server:
        assert [received.message for received in read(at(server))] == ([] if message is None else [message])


def test_where_the_folder_was_made_anew_nothing_is_marked() -> None:
    anew = Says(b"* OK [UIDVALIDITY 5]\r\nTAG OK done\r\n")
    with ImapServer(BOX, {"SELECT": anew}) as server, at(server) as box:
        box.done(MailboxMessage(id=f"{VALIDITY}.4", message=ONE))
        assert server.seen == set()
        box.done(MailboxMessage(id="5.4", message=ONE))
        assert server.seen == {4}
        with pytest.raises(ValueError, match="another kind of box"):
            box.done(MailboxMessage(id="5.4 +FLAGS (\\Deleted)\r\n", message=ONE))


def test_an_empty_box_and_a_box_of_very_many() -> None:
    many = b"* SEARCH " + b" ".join(b"%d" % uid for uid in range(300_000, 100_000, -1)) + b"\r\nTAG OK done\r\n"
    twice = b"* SEARCH 7\r\n* SEARCH 4 7\r\nTAG OK done\r\n"
    script: dict[Verb, list[Says]] = {"SEARCH": [Says(b"TAG OK done\r\n"), Says(twice), Says(many)]}
    with ImapServer(BOX | {100_001: b""}, script) as server:
        assert [len(read(at(server))) for _ in range(2)] == [0, 2]
        with at(server) as box:
            assert next(box.messages()).id == f"{VALIDITY}.100001"


# ------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("Bounces%2F2026", r'SELECT "Bounces/2026"'),
        ("a/b", r'SELECT "a/b"'),
        ("R%C3%BCckl%C3%A4ufer", 'SELECT "R&APw-ckl&AOQ-ufer"'),
        ("Rückläufer", 'SELECT "R&APw-ckl&AOQ-ufer"'),
        ("~peter/mail/%E5%8F%B0%E5%8C%97/%E6%97%A5%E6%9C%AC%E8%AA%9E", 'SELECT "~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),
        ("R&D", 'SELECT "R&-D"'),
        ("😀", 'SELECT "&2D3eAA-"'),
        ('x" y\\{3}%25', r'SELECT "x\" y\\{3}%"'),
    ],
)
def test_a_folder_is_named_as_rfc_3501_wants(folder: str, said: str) -> None:
    with ImapServer() as server:
        read(at(server, folder=folder))
        assert said in server.commands


def test_a_folder_that_is_not_there_or_may_not_be_marked_is_yours_to_mend() -> None:
    answers = [
        Says(b"TAG NO [NONEXISTENT] no such mailbox\r\n"),
        Says(b"TAG NO [INUSE] somebody has locked it\r\n"),
        Says(b"* OK [UIDVALIDITY 1]\r\nTAG OK [READ-ONLY] look only\r\n"),
        Says(b"* OK [UIDNOTSTICKY]\r\nTAG OK done\r\n"),
    ]
    with ImapServer(BOX, {"SELECT": answers}) as server:
        assert "does not open a folder 'Bounces': name one that it has" in told(
            ConfigError, at(server, folder="Bounces")
        )
        assert "does not open the folder for now" in told(MailboxError, at(server))
        assert "may be read but not marked as seen" in told(ConfigError, at(server))
        assert "no lasting names" in told(MailboxError, at(server))
        assert "SEARCH" not in server.verbs()


def test_a_mark_that_is_refused() -> None:
    with ImapServer(BOX, {"STORE": Says(b"TAG NO [NOPERM]\r\n")}) as server:
        assert "did not mark" in told(MailboxError, at(server), mark=True)


@pytest.mark.parametrize("verb", ["CONNECT", "CAPABILITY", "AUTHENTICATE", "SELECT", "SEARCH", "FETCH", "STORE"])
@pytest.mark.parametrize(
    "says",
    [
        DROP,
        Says(b"* BYE I am tired of ada\r\n", close=True),
        Says(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True),
        Says(b"* OK [\xff\x00\r\n+ what?\r\n* SEARCH ada\r\nTAG BAD done\r\n", close=True),
        Says(b"* CAPABILITY {3}\r\nada {5}\r\nTAG OK done\r\n", close=True),
        Says(b"* 1 FETCH (UID 4 BODY[]<0> {500}\r\nSubject: half", close=True),
        Says(b"zzz1 OK\r\n", close=True),
        Says(b"TAG OK no end of line", close=True),
        Says(b"x" * 3_000_000 + b"\r\n", close=True),
        Says(b"* OK\r\n" * 100_000, close=True),
        Says(b"* 1 FETCH (UID 4 BODY[]<0> {99999999999999999999}\r\n" + b"x" * 100_000, close=True),
        Says(b"* 1 FETCH (UID 4 BODY[]<0> {" + b"9" * 5_000 + b"}\r\n", close=True),
    ],
    ids=["drop", "bye", "http", "garbage", "literal", "half", "tag", "no end", "long line", "lines", "large", "larger"],
)
def test_whatever_it_says_it_is_asked_again_later(verb: Verb, says: Says) -> None:
    with ImapServer(BOX, {verb: says}) as server:
        assert told(MailboxError, at(server), mark=True).startswith(f"127.0.0.1:{server.port}: ")
        assert len(read(at(server))) == 2


def test_another_message_than_was_asked_for_is_not_taken_for_it() -> None:
    answers = [
        Says(b"* 1 FETCH (UID 5 BODY[]<0> {1}\r\nx)\r\nTAG OK done\r\n"),
        Says(b"* 1 FETCH (BODY[] {1}\r\nx)\r\nTAG OK done\r\n"),
    ]
    with ImapServer(BOX, {"FETCH": answers}) as server:
        for _ in answers:
            assert "another message" in told(MailboxError, at(server))


@pytest.mark.parametrize("verb", ["CONNECT", "CAPABILITY", "AUTHENTICATE", "SELECT", "SEARCH", "FETCH", "STORE"])
@pytest.mark.parametrize("says", [Says(b"TAG OK done\r\n", delay=1.5), Says(b"* OK still there\r\n" * 200, drip=0.05)])
def test_a_slow_server_is_not_waited_for(verb: Verb, says: Says) -> None:
    waits = replace(QUICK, silence=0.3, step=0.6)
    with ImapServer(BOX, {verb: says}) as server:
        assert told(MailboxError, at(server, waits=waits), mark=True).endswith("no answer in time")


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
def test_nobody_there(scheme: str) -> None:
    with unused_port() as port:
        box = mailbox.open_mailbox(f"{scheme}://127.0.0.1:{port}", user="ada", password="s3cret", waits=QUICK)
        assert "refused" in told(MailboxError, box)
    for host in ("nowhere.invalid", "ü" * 80 + ".example"):
        assert "no such host" in told(
            MailboxError, mailbox.open_mailbox(f"imaps://{host}", user="ada", password="s3cret")
        )
    assert MailboxError("").exit is Exit.LATER


@pytest.mark.parametrize("stored", [False, True])
def test_b4_a_line_lost_between_the_deed_and_the_mark(stored: bool) -> None:
    """The same message comes again under the same id, or it was marked all the same."""
    with ImapServer(BOX, {"STORE": DROP}) as server:
        remembered: dict[str, bytes] = {}
        with pytest.raises(MailboxError, match="hung up"):
            deal(at(server), remembered)
        if stored:
            server.seen.add(4)
        again = {received.id: received.message for received in read(at(server))}
    assert remembered == {f"{VALIDITY}.4": ONE}
    assert again == ({} if stored else remembered) | {f"{VALIDITY}.7": TWO}


def test_after_trouble_nothing_more_is_asked() -> None:
    with ImapServer(BOX, {"FETCH": DROP}) as server, at(server) as box:
        for _ in range(2):
            with pytest.raises(MailboxError):
                list(box.messages())
        with pytest.raises(MailboxError, match="no connection"):
            box.done(MailboxMessage(id=f"{VALIDITY}.4", message=ONE))
        assert server.connections == 1


def test_a_farewell_that_fails_is_nobodys_trouble() -> None:
    with ImapServer(BOX, {"LOGOUT": [DROP, Says(b"?\r\n"), Says(delay=2)]}) as server:
        assert [len(read(at(server))) for _ in range(3)] == [2, 2, 2]
        assert server.verbs().count("LOGOUT") == 3
