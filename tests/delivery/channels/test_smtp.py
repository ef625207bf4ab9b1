"""Letters out by SMTP, against a real server that follows a script; the names F01 … are faults that mail meets."""

from __future__ import annotations

import re
import ssl
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.channels.envelope import check, mail_from, rcpt_to
from digest.delivery.channels.smtp import SmtpChannel
from digest.delivery.channels.smtp_connection import SmtpTimeouts
from digest.delivery.channels.smtp_protocol import clean_reply
from digest.errors import ConfigError, Deferred, DeliveryError, InDoubt, Rejected
from digest.mail.envelope import Envelope, SendReceipt
from tests.support.servers import DROP, MailServer, Says, Verb, outside_address, unused_port
from tests.support.tls import server_tls, trusting

LETTER = b"From: a@example.org\r\nSubject: Papers\r\n\r\nOne.\r\n"
LARGE = (
    LETTER + (b"x" * 900 + b"\r\n") * 8_000
)  # more than lies in the buffers between us and a server that does not read
QUICK = SmtpTimeouts(connect=2, greeting=2, mail=2, rcpt=2, data=2, block=20, dot=20, farewell=0.5)


def envelope(
    message: bytes = LETTER, recipient: str = "ada@example.org", sender: str = "papers@example.net"
) -> Envelope:
    return Envelope(sender=sender, recipient=recipient, message=message, message_id="<1@example.net>")


def nothing() -> None:
    """A no-op for the callback at the dot."""


def smtp(server: MailServer, scheme: str = "smtp", **more: object) -> SmtpChannel:
    return SmtpChannel(f"{scheme}://127.0.0.1:{server.port}", **({"timeouts": QUICK} | more))  # type: ignore[arg-type]


def told(kind: type[DeliveryError], server: MailServer, letter: Envelope | None = None) -> DeliveryError:
    with smtp(server) as channel, pytest.raises(kind) as raised:
        channel.send(letter or envelope(), nothing)
    return raised.value


# ------------------------------------------------------------------------------------------------------- good days


@pytest.mark.parametrize("extensions", [("PIPELINING", "SIZE 9000"), ("SIZE",), ()])
def test_a_letter_arrives_byte_for_byte(extensions: tuple[str, ...]) -> None:
    with MailServer(extensions=extensions) as server, smtp(server) as channel:
        assert channel.send(envelope(), nothing) == SendReceipt(
            words="250 2.0.0 queued as TEST", relay="127.0.0.1", queue_id="TEST"
        )
        taken = server.taken[0]
    assert (taken.sender, taken.recipients, taken.message) == ("papers@example.net", ("ada@example.org",), LETTER)
    assert taken.parameters == (f"SIZE={len(LETTER)}" if extensions else "")


def test_one_connection_carries_many_letters_one_recipient_each() -> None:
    with MailServer() as server:
        with smtp(server) as channel:
            for name in ("ada", "ben", "eva"):
                channel.send(envelope(recipient=f"{name}@example.org"), nothing)
        assert server.connections == 1
        assert [taken.recipients for taken in server.taken] == [
            ("ada@example.org",),
            ("ben@example.org",),
            ("eva@example.org",),
        ]
        assert server.verbs() == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]


def test_a_connection_is_not_used_for_ever() -> None:
    now = [0.0]
    with MailServer() as server, smtp(server, clock=lambda: now[0]) as channel:
        for _ in range(101):
            channel.send(envelope(), nothing)
        assert server.connections == 2
        now[0] = 301
        channel.send(envelope(), nothing)
        assert server.connections == 3
        assert len(server.taken) == 102


@given(st.lists(st.text("a.\x00é", max_size=6).map(lambda line: line.replace("\0", "")), max_size=8))
def test_dots_are_doubled_once(lines: list[str]) -> None:
    message = "\r\n".join([*lines, "."]).encode() + b"\r\n"
    with MailServer(extensions=["8BITMIME", "SMTPUTF8"]) as server, smtp(server) as channel:
        channel.send(envelope(message), nothing)
        assert server.taken[0].message == message


def test_a_large_letter_arrives_whole() -> None:
    message = LETTER + b".x" * 500_000 + b"\r\n"
    with MailServer() as server, smtp(server) as channel:
        channel.send(envelope(message), nothing)
        assert server.taken[0].message == message


def test_we_call_ourselves_by_a_full_name_or_an_address_literal() -> None:
    with MailServer() as server, smtp(server) as channel:
        channel.send(envelope(), nothing)
        name = server.commands[0].removeprefix("EHLO ")
    assert name.startswith("[") or "." in name
    assert " " not in name


def test_the_dot_is_announced_after_the_whole_letter_and_before_it_is_taken() -> None:
    with MailServer() as server, smtp(server) as channel:
        seen: list[tuple[int, str]] = []
        channel.send(envelope(), lambda: seen.append((len(server.taken), server.commands[-1])))
        assert seen == [(0, "DATA")]
        assert len(server.taken) == 1


def test_what_follows_is_asked_for_while_the_other_side_reads_and_before_the_dot() -> None:
    with MailServer() as server, smtp(server) as channel:
        order: list[str] = []

        def following() -> Envelope:
            order.append(server.commands[-1])
            return envelope(recipient="ben@example.org")

        channel.send(envelope(), lambda: order.append("dot"), following)
    assert order == ["DATA", "dot"]


def test_what_follows_is_not_asked_for_where_it_cannot_be_announced() -> None:
    with MailServer(extensions=[]) as server, smtp(server) as channel:
        channel.send(envelope(), nothing, lambda: pytest.fail("nothing can be announced to it"))
        assert len(server.taken) == 1


def test_if_what_follows_cannot_be_asked_for_nothing_is_sent() -> None:
    def lost() -> None:
        raise OSError("the database is gone")

    with MailServer() as server, smtp(server) as channel:
        with pytest.raises(OSError, match="gone"):
            channel.send(envelope(), nothing, lost)
        channel.send(envelope(recipient="ben@example.org"), nothing)
        assert [taken.recipients for taken in server.taken] == [("ben@example.org",)]


def test_a_server_that_goes_while_the_dot_is_recorded_has_been_handed_nothing() -> None:
    with MailServer() as server, smtp(server) as channel:

        def slowly() -> None:
            server.hang_up()
            time.sleep(0.2)

        with pytest.raises(Deferred, match="hung up") as raised:
            channel.send(envelope(), slowly)
        assert raised.value.relay
        assert server.taken == []


def test_if_the_dot_cannot_be_recorded_nothing_is_sent() -> None:
    def full() -> None:
        raise OSError("no space left")

    with MailServer() as server, smtp(server) as channel:
        with pytest.raises(OSError, match="no space left"):
            channel.send(envelope(), full)
        channel.send(envelope(recipient="ben@example.org"), nothing)
        assert [taken.recipients for taken in server.taken] == [("ben@example.org",)]


# ------------------------------------------------------------------------------------------- before the first letter


def test_f01_nobody_listens() -> None:
    with unused_port() as port, SmtpChannel(f"smtp://127.0.0.1:{port}") as channel, pytest.raises(Deferred) as raised:
        channel.send(envelope(), nothing)
    assert raised.value.relay
    assert f"127.0.0.1:{port}: no connection" in str(raised.value)


def test_f03_an_unknown_host() -> None:
    with SmtpChannel("smtp://mail.invalid") as channel, pytest.raises(Deferred, match="no such host") as raised:
        channel.send(envelope(), nothing)
    assert raised.value.relay


@pytest.mark.parametrize("greeting", ["554 5.3.2 not here", "421 4.3.2 too busy"])
def test_f05_an_unfriendly_greeting_is_the_relays_trouble(greeting: str) -> None:
    with MailServer({"CONNECT": Says.line(greeting)}) as server:
        error = told(Deferred, server)
    assert isinstance(error, Deferred)
    assert error.relay
    assert error.code == int(greeting[:3])
    assert error.enhanced == greeting[4:9]


@pytest.mark.parametrize("says", [DROP, Says(delay=1), Says(b"SSH-2.0-OpenSSH_9.6\r\n"), Says(b"220-" + b"x" * 9_000)])
def test_f06_f07_f26_no_greeting_or_none_of_smtp(says: Says) -> None:
    timeouts = SmtpTimeouts(greeting=0.2)
    with MailServer({"CONNECT": says}) as server, smtp(server, timeouts=timeouts) as channel:
        with pytest.raises(Deferred) as raised:
            channel.send(envelope(), nothing)
        assert raised.value.relay


def test_f08_helo_where_ehlo_is_unknown() -> None:
    with MailServer({"EHLO": Says.line("502 5.5.1 what?")}) as server, smtp(server) as channel:
        channel.send(envelope(), nothing)
        assert server.verbs()[:2] == ["EHLO", "HELO"]
        assert server.taken[0].parameters == ""


def test_f26_a_reply_without_end_is_cut_short() -> None:
    endless = Says(b"250-x\r\n" * 100_000)
    with MailServer({"EHLO": endless}) as server:
        assert "does not end" in str(told(Deferred, server))


# ----------------------------------------------------------------------------------------------------------- TLS, AUTH


def test_starttls_then_everything_is_said_again() -> None:
    with MailServer(extensions=["STARTTLS"], tls=server_tls("good")) as server:
        with smtp(server, "smtp+starttls", context=trusting()) as channel:
            channel.send(envelope(), nothing)
        assert server.verbs() == ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
        assert server.secured[0] in ("TLSv1.2", "TLSv1.3")


def test_implicit_tls_and_reuse() -> None:
    with MailServer(tls=server_tls("good"), implicit=True) as server:
        with smtp(server, "smtps", context=trusting()) as channel:
            for _ in range(3):
                channel.send(envelope(), nothing)
        assert len(server.taken) == 3
        assert len(server.secured) == 1


def test_a_large_letter_arrives_whole_under_tls() -> None:
    slow = Says(delay=0.3)  # at its first bytes, so that we come to wait for room
    server = MailServer({"BODY": slow}, tls=server_tls("good"), implicit=True)
    with server, smtp(server, "smtps", context=trusting()) as channel:
        channel.send(envelope(LARGE), nothing)
    assert server.taken[0].message == LARGE[10:]  # the server's script has eaten the first


def test_f09_starttls_is_never_done_without() -> None:
    with MailServer(extensions=["PIPELINING"]) as server, smtp(server, "smtp+starttls") as channel:
        with pytest.raises(Deferred, match="offers no STARTTLS; nothing is sent in clear") as raised:
            channel.send(envelope(), nothing)
        assert raised.value.relay
        assert server.verbs() == ["EHLO"]


@pytest.mark.parametrize(
    ("name", "words"), [("expired", "expired"), ("wrong_name", "mismatch"), ("good", "self-signed|local issuer|unable")]
)
@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_f10_a_certificate_that_is_not_to_be_trusted(name: str, words: str, scheme: str) -> None:
    context = ssl.create_default_context() if name == "good" else trusting()  # "good" by an unknown authority
    server = MailServer(extensions=["STARTTLS"], tls=server_tls(name), implicit=scheme == "smtps")
    with server, smtp(server, scheme, context=context) as channel:
        with pytest.raises(Deferred, match=f"certificate is not to be trusted.*({words})") as raised:
            channel.send(envelope(), nothing)
        assert raised.value.relay
        assert "MAIL" not in server.verbs()


def test_old_tls_is_not_spoken() -> None:
    old = server_tls("good")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with MailServer(tls=old, implicit=True) as server, smtp(server, "smtps") as channel, pytest.raises(Deferred):
        channel.send(envelope(), nothing)
    assert server.secured == []


def test_f11_words_slipped_in_before_the_encryption() -> None:
    slipped = Says(b"220 go\r\n250 all is well\r\n")
    with MailServer({"STARTTLS": slipped}, extensions=["STARTTLS"], tls=server_tls("good")) as server:
        with smtp(server, "smtp+starttls", context=trusting()) as channel, pytest.raises(Deferred, match="before"):
            channel.send(envelope(), nothing)
        assert "MAIL" not in server.verbs()


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ("AUTH PLAIN LOGIN", ["AUTH PLAIN AGFkYUBleGFtcGxlLm9yZwDDvG1sYXV0"]),
        ("AUTH LOGIN", ["AUTH LOGIN", "YWRhQGV4YW1wbGUub3Jn", "w7xtbGF1dA=="]),
    ],
)
def test_auth_plain_and_login(offer: str, said: list[str]) -> None:
    asked = {"AUTH": [Says.line("334 VXNlcm5hbWU6")], "NOOP": [Says.line("334 UGFzc3dvcmQ6"), Says.line("235 ok")]}
    script = asked if offer == "AUTH LOGIN" else {}
    with MailServer(script, extensions=[offer]) as server:  # type: ignore[arg-type]
        with smtp(server, user="ada@example.org", password="ümlaut") as channel:
            channel.send(envelope(), nothing)
        assert server.commands[1 : 1 + len(said)] == said


@pytest.mark.parametrize("reply", ["504 5.7.4 Unrecognized authentication type", "534 5.7.9 too weak"])
def test_a_mechanism_that_is_refused_makes_way_for_the_other(reply: str) -> None:
    script: dict[Verb, list[Says]] = {
        "AUTH": [Says.line(reply), Says.line("334 VXNlcm5hbWU6")],
        "NOOP": [Says.line("334 UGFzc3dvcmQ6"), Says.line("235 ok")],
    }
    with (
        MailServer(script, extensions=["AUTH PLAIN LOGIN"]) as server,
        smtp(server, user="ada", password="p") as channel,
    ):
        channel.send(envelope(), nothing)
        assert server.commands[2:5] == ["AUTH LOGIN", "YWRh", "cA=="]


@pytest.mark.parametrize(
    "reply",
    [
        "535 5.7.8 ada and hunter2 do not fit",
        "535 5.7.8 AGFkYQBodW50ZXIy is wrong, so are YWRh and aHVudGVyMg==",
        "454 4.7.0 later",
        "534 5.7.9 use another way",
    ],
)
def test_f12_f13_a_refused_login_is_the_relays_trouble_and_tells_no_secret(reply: str) -> None:
    with MailServer({"AUTH": Says.line(reply)}, extensions=["AUTH PLAIN"]) as server:
        with smtp(server, user="ada", password="hunter2") as channel, pytest.raises(Deferred) as raised:
            channel.send(envelope(), nothing)
        assert "hunter2" not in str(raised.value) + repr(channel)
        assert "ada" not in str(raised.value) + repr(channel)
        for coded in ("AGFkYQBodW50ZXIy", "aHVudGVyMg", "YWRh"):
            assert coded not in str(raised.value)
    assert raised.value.relay
    assert raised.value.code == int(reply[:3])


def test_a_configured_user_needs_auth() -> None:
    with MailServer() as server:
        channel = smtp(server, user="ada", password="x")
        with channel, pytest.raises(Deferred, match="offers no AUTH"):
            channel.send(envelope(), nothing)


# ---------------------------------------------------------------------------------------------------- the envelope


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
def test_f14_f18_a_temporary_refusal(step: str, extensions: tuple[str, ...]) -> None:
    script = {step: Says.line("451 4.7.1 greylisted, try again in 60 s")}
    with MailServer(script, extensions=extensions) as server, smtp(server) as channel:  # type: ignore[arg-type]
        with pytest.raises(Deferred, match=r"451 4\.7\.1 greylisted") as raised:
            channel.send(envelope(), nothing)
        assert not raised.value.relay
        assert (raised.value.code, raised.value.enhanced) == (451, "4.7.1")
        assert raised.value.retry_after == timedelta(seconds=60)
        channel.send(envelope(), nothing)
        assert len(server.taken) == 1
        assert server.connections == 1


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("step", ["RCPT", "DATA", "DOT"])
def test_f16_a_final_refusal_and_the_next_letter_goes_on(step: str, extensions: tuple[str, ...]) -> None:
    script = {step: Says.line("550-5.1.1 nobody <eve@example.org>\r\n550 5.1.1 of that name")}
    with MailServer(script, extensions=extensions) as server, smtp(server) as channel:  # type: ignore[arg-type]
        with pytest.raises(Rejected, match=r"550 5\.1\.1 nobody <…> 5\.1\.1 of that name") as raised:
            channel.send(envelope(), nothing)
        assert (raised.value.code, raised.value.enhanced) == (550, "5.1.1")
        channel.send(envelope(recipient="ben@example.org"), nothing)
        assert [taken.recipients for taken in server.taken] == [("ben@example.org",)]
        assert ("RSET" in server.verbs()) == (step != "DOT")


def test_a_refused_sender_is_the_relays_trouble() -> None:
    with MailServer({"MAIL": Says.line("553 5.7.1 not yours")}) as server:
        error = told(Deferred, server)
    assert isinstance(error, Deferred)
    assert error.relay


def test_a_server_that_says_yes_to_the_wrong_question_is_left() -> None:
    with MailServer({"DATA": [Says.line("250 2.0.0 ok")] * 2}) as server:
        error = told(Deferred, server)
        assert "not asked" in str(error)
        assert server.taken == []


def test_a_body_is_never_sent_for_a_refused_recipient() -> None:
    """Some servers say 354 to a pipelined DATA all the same."""
    script = {"RCPT": Says(b"550 5.1.1 no\r\n354 go on\r\n"), "DATA": Says()}
    with MailServer(script) as server, smtp(server) as channel:  # type: ignore[arg-type]
        with pytest.raises(Rejected):
            channel.send(envelope(), nothing)
        assert server.taken == []
        server.script.clear()
        channel.send(envelope(), nothing)
        assert server.connections == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "BODY"])
@pytest.mark.parametrize("says", [DROP, Says.line("421 4.3.2 going down", close=True)])
def test_f17_f19_f30_lost_before_the_dot_is_tried_at_once_on_a_new_connection(step: str, says: Says) -> None:
    with MailServer() as server, smtp(server) as channel:
        channel.send(envelope(), nothing)
        server.script[step] = [says]  # type: ignore[index]
        dots: list[int] = []
        channel.send(envelope(LARGE), lambda: dots.append(1))
        assert dots == [1]
        assert server.connections == 2
        assert len(server.taken) == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "BODY"])
@pytest.mark.parametrize("says", [DROP, Says.line("421 4.3.2 going down", close=True)])
def test_lost_before_the_dot_again_and_again_is_the_relays_trouble(step: str, says: Says) -> None:
    with MailServer({step: [says] * 9}) as server:  # type: ignore[dict-item]
        error = told(Deferred, server, envelope(LARGE))
        assert isinstance(error, Deferred)
        assert error.relay
        assert server.taken == []


def test_f29_a_server_that_takes_one_letter_a_connection() -> None:
    farewell = Says(b"250 2.0.0 ok\r\n421 4.7.0 one is enough\r\n", close=True)
    with MailServer({"DOT": [farewell] * 3}) as server, smtp(server) as channel:
        for _ in range(3):
            channel.send(envelope(), nothing)
        assert len(server.taken) == 3
        assert server.connections == 3


@pytest.mark.parametrize("says", [DROP, Says(delay=1), Says(b"not smtp\r\n"), Says(b"25", close=True)])
def test_f20_f21_no_answer_to_the_dot_is_in_doubt_and_never_repeated_here(says: Says) -> None:
    with MailServer({"DOT": says}) as server, smtp(server, timeouts=SmtpTimeouts(dot=0.3)) as channel:
        with pytest.raises(InDoubt, match="after the letter was handed over"):
            channel.send(envelope(), nothing)
        assert len(server.taken) == 1
        assert server.verbs().count("DATA") == 1


def test_f22_a_421_to_the_dot_is_a_refusal_of_that_letter() -> None:
    with MailServer({"DOT": Says.line("421 4.3.2 going down", close=True)}) as server, smtp(server) as channel:
        with pytest.raises(Deferred) as raised:
            channel.send(envelope(), nothing)
        assert not raised.value.relay
        channel.send(envelope(recipient="ben@example.org"), nothing)
        assert [taken.recipients for taken in server.taken] == [("ben@example.org",)]


def test_f23_an_error_after_the_250_is_none() -> None:
    for script in ({"DOT": Says.line("250 2.0.0 ok", close=True)}, {"QUIT": DROP}, {"QUIT": Says(delay=1)}):
        with MailServer(script) as server, smtp(server) as channel:  # type: ignore[arg-type]
            assert channel.send(envelope(), nothing).words.startswith("250")


def test_f24_an_answer_that_comes_while_we_still_write() -> None:
    early = Says.line("552 5.3.4 too much", close=True)
    with MailServer({"BODY": early}) as server:
        dots: list[int] = []
        with smtp(server) as channel, pytest.raises((Rejected, Deferred)):
            channel.send(envelope(LARGE), lambda: dots.append(1))
        assert dots == []
        assert server.taken == []


def test_f25_replies_byte_by_byte() -> None:
    slow = Says(b"250-2.0.0 one\r\n250 2.0.0 two\r\n", drip=0.002)
    with MailServer({"MAIL": slow, "RCPT": slow, "DOT": slow}) as server, smtp(server) as channel:
        assert channel.send(envelope(), nothing).words == "250 2.0.0 one 2.0.0 two"


def test_a_time_is_for_the_whole_of_a_reply_however_it_drips() -> None:
    dripping = Says(b"250 2.0.0 ok\r\n", drip=0.1)
    server = MailServer({"DOT": dripping})
    with (
        server,
        smtp(server, timeouts=SmtpTimeouts(dot=0.5)) as channel,
        pytest.raises(InDoubt, match="no answer in time"),
    ):
        channel.send(envelope(), nothing)


def test_a_server_that_reads_no_further_is_not_waited_for_without_end() -> None:
    asleep = Says(delay=3)
    with (
        MailServer({"BODY": [asleep, asleep]}) as server,
        smtp(server, timeouts=SmtpTimeouts(block=0.3, farewell=0.3)) as channel,
    ):
        with pytest.raises(Deferred, match="no answer in time") as raised:
            channel.send(envelope(LARGE), nothing)
        assert raised.value.relay
        assert server.taken == []


def test_f27_a_reply_that_nobody_asked_for_is_credited_to_no_letter() -> None:
    twice = Says(b"250 2.0.0 ok\r\n250 2.0.0 ok\r\n")
    with MailServer({"DOT": twice}) as server, smtp(server) as channel:
        channel.send(envelope(), nothing)
        server.script["DOT"] = [Says.line("550 5.7.1 no")]
        with pytest.raises(Deferred):
            channel.send(envelope(), nothing)
        assert server.connections == 2


# --------------------------------------------------------------------------------------------- what the letter needs


def test_a_letter_larger_than_the_server_takes_is_not_begun() -> None:
    with MailServer(extensions=["SIZE 20"]) as server:
        error = told(Rejected, server)
        assert (error.code, error.enhanced) == (552, "5.3.4")
        assert "MAIL" not in server.verbs()


def test_size_0_is_no_limit() -> None:
    with MailServer(extensions=["SIZE 0"]) as server, smtp(server) as channel:
        channel.send(envelope(), nothing)
        assert len(server.taken) == 1


def test_smtputf8_only_where_needed_and_offered() -> None:
    with MailServer(extensions=["SMTPUTF8"]) as server, smtp(server) as channel:
        channel.send(envelope(), nothing)
        channel.send(envelope(recipient="jörg@example.org"), nothing)
        assert [taken.parameters for taken in server.taken] == ["", "SMTPUTF8"]
        assert server.taken[1].recipients == ("jörg@example.org",)
    with MailServer() as server:
        assert "SMTPUTF8" in str(told(Rejected, server, envelope(recipient="jörg@example.org")))


@pytest.mark.parametrize(
    ("recipient", "original"),
    [
        ("ada@example.org", "rfc822;ada@example.org"),
        ("ada+papers=all@example.org", "rfc822;ada+2Bpapers+3Dall@example.org"),
        ("jörg@example.org", r"utf-8;j\x{F6}rg@example.org"),
        ("雅+a=b\\@example.org", r"utf-8;\x{96C5}\x{2B}a\x{3D}b\x{5C}@example.org"),
    ],
)
def test_reports_are_asked_for_where_the_server_makes_them(recipient: str, original: str) -> None:
    """RFC 3461 and, for the addresses of RFC 6531, RFC 6533."""
    with MailServer(extensions=["PIPELINING", "DSN", "SMTPUTF8"]) as server, smtp(server) as channel:
        channel.send(envelope(recipient=recipient), nothing)
        channel.send(envelope(recipient=recipient), nothing)
        assert server.taken[0].parameters.removeprefix("SMTPUTF8 ") == "RET=HDRS ENVID=1"
        assert server.taken[0] == server.taken[1]
        asked = [command for command in server.commands if command.startswith("RCPT")]
    assert asked == [f"RCPT TO:<{recipient}> NOTIFY=FAILURE,DELAY ORCPT={original}"] * 2
    with MailServer(extensions=["SMTPUTF8"]) as server, smtp(server) as channel:
        channel.send(envelope(recipient=recipient), nothing)
        assert f"RCPT TO:<{recipient}>" in server.commands
        assert "ENVID" not in server.taken[0].parameters


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=200))
def test_what_a_report_is_asked_for_is_one_parameter(name: str, own: str) -> None:
    letter = replace(envelope(recipient=f"{name}@example.org"), message_id=f"<{own}@example.net>")
    offers = {"DSN": "", "SMTPUTF8": ""}
    try:
        check(letter)
    except Rejected:
        return
    command, notify, original = rcpt_to(offers, letter).rsplit(" ", 2)
    assert (command, notify) == (f"RCPT TO:<{letter.recipient}>", "NOTIFY=FAILURE,DELAY")
    assert original.isascii()
    assert original.isprintable()
    kind, _, written = original.removeprefix("ORCPT=").partition(";")
    form, base = (r"\+([0-9A-F]{2})", "rfc822") if name.isascii() else (r"\\x\{([0-9A-F]+)\}", "utf-8")
    assert (kind, re.sub(form, lambda found: chr(int(found[1], 16)), written)) == (base, letter.recipient)
    mail = mail_from(offers, letter)
    assert mail.isascii()
    assert mail.isprintable()
    assert all(len(word.removeprefix("ENVID=")) <= 100 for word in mail.split(" ") if word.startswith("ENVID="))


def test_eight_bit_letters_need_the_servers_leave() -> None:
    eight = envelope(LETTER + "é\r\n".encode())
    with MailServer() as server, smtp(server) as channel:
        channel.send(eight, nothing)
        assert server.taken[0].parameters.endswith("BODY=8BITMIME")
    with MailServer(extensions=()) as server:
        assert "8BITMIME" in str(told(Rejected, server, eight))


@pytest.mark.parametrize("message", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\r\n", b"a\0\r\n", b"a", b"", b"a\r\n.\n"])
def test_bare_line_ends_never_reach_the_wire(message: bytes) -> None:
    with MailServer() as server:
        assert "line ends" in str(told(Rejected, server, envelope(message)))
        assert server.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "a@b\r\nRCPT TO:<c@d",
        "a b@c.de",
        "<a@b.de>",
        "a@b.de>",
        "a\0@b.de",
        "a\x7f@b.de",
        "a\u2028@b.de",
        "a\ud800@b.de",
        "a",
        "@b.de",
        "a@",
        "",
        "x" * 65 + "@b.de",
        "a@" + "x" * 253,
    ],
)
def test_hostile_addresses_never_reach_the_wire(address: str) -> None:
    for letter in (envelope(recipient=address), envelope(sender=address)):
        with pytest.raises(Rejected) as raised:
            check(letter)
        assert len(address) < 2 or address not in str(raised.value)


@given(st.text(max_size=20))
def test_no_address_can_end_its_command(local: str) -> None:
    address = f"{local}@example.org"
    try:
        check(envelope(recipient=address))
    except Rejected:
        return
    assert not set(address) & set("\r\n\0 <>")


# -------------------------------------------------------------------------------------------------------- odds and ends


def test_a_servers_words_are_made_harmless() -> None:
    raw = b"\x1b[31mno\x00 such\xff user <ada@example.org> or bob@example.org, " + b"x" * 5_000
    words = clean_reply(raw)
    assert words.startswith("[31mno such\ufffd user <…> or <…> xxx")
    assert len(words) == 500


@pytest.mark.parametrize("url", ["http://a", "smtp://", "smtp://a:x", "smtps://ada:hunter2@a", "smtp://a:99999"])
def test_an_address_that_is_no_relay(url: str) -> None:
    with pytest.raises(ConfigError) as raised:
        SmtpChannel(url)
    assert "hunter2" not in str(raised.value)


def test_a_password_is_not_said_in_clear_to_another_machine() -> None:
    host = outside_address()
    if host is None:
        pytest.skip("this machine has no address but loopback")
    with MailServer(extensions=["AUTH PLAIN"], host=host) as server:
        relay = SmtpChannel(f"smtp://{host}:{server.port}", user="ada", password="x", timeouts=QUICK)
        with relay as channel, pytest.raises(Deferred, match="not encrypted"):
            channel.send(envelope(), nothing)
        assert server.verbs() == ["EHLO"]
