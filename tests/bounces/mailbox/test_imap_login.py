"""Into an IMAP server: who is let in, and never with a password in the clear."""

from __future__ import annotations

import re
import ssl

import pytest

from digest.bounces import mailbox
from digest.errors import ConfigError, MailboxError
from tests.support.imap_reading import BOX, QUICK, at, read, told
from tests.support.imap_server import ImapServer, Verb
from tests.support.servers import Says, outside_address
from tests.support.tls import server_tls, trusting

# ------------------------------------------------------------------------------------------------------------- logins


def test_login_where_there_is_no_plain() -> None:
    name, word = 'a"d\\a', '} "s'
    with ImapServer(BOX, offers="IMAP4rev1", user=name, password=word) as server:
        assert len(read(at(server, user=name, password=word))) == 2
        told(ConfigError, at(server, user="ada", password="pässwort"))
        assert server.verbs().count("LOGIN") == 1


def test_any_letter_may_stand_in_a_password() -> None:
    with ImapServer(BOX, password='pä "\\{3}') as server:
        assert len(read(at(server, password='pä "\\{3}'))) == 2


@pytest.mark.parametrize("offers", ["IMAP4rev1 AUTH=PLAIN", "IMAP4rev1"])
def test_a_login_that_is_refused_is_yours_to_mend(offers: str) -> None:
    with ImapServer(BOX, offers=offers, user="eva") as server:
        assert "refused the login: correct user and password" in told(ConfigError, at(server))
        assert "SELECT" not in server.verbs()


@pytest.mark.parametrize("offers", ["IMAP4rev1 AUTH=PLAIN", "IMAP4rev1"])
def test_a_login_that_is_put_off_is_tried_later(offers: str) -> None:
    later = Says(b"TAG NO [UNAVAILABLE] the house of ada:s3cret is on fire\r\n")
    with ImapServer(BOX, {"AUTHENTICATE": later, "LOGIN": later}, offers=offers) as server:
        assert "lets nobody in for now" in told(MailboxError, at(server))


def test_a_server_that_asks_for_more_than_a_password() -> None:
    more = Says(b"+ \r\n+ \r\n+ \r\n")
    with ImapServer(BOX, {"AUTHENTICATE": more}) as server:
        told(MailboxError, at(server))


@pytest.mark.parametrize(("user", "password"), [(None, "s3cret"), ("ada", None), ("ada\r\nx", "s"), ("ada", "s\0x")])
def test_half_a_login_and_one_that_would_break_the_line(user: str | None, password: str | None) -> None:
    with pytest.raises(ConfigError, match=r"belong together|control character") as raised:
        mailbox.open_mailbox("imaps://mail.example.org", user=user, password=password)
    assert "ada" not in str(raised.value)


def test_a_server_that_asks_for_a_login_and_one_that_does_not() -> None:
    with ImapServer(BOX) as server:
        assert "asks for a user" in told(ConfigError, at(server, user=None, password=None))
    with ImapServer(BOX, {"CONNECT": Says(b"* PREAUTH welcome\r\n")}) as server:
        assert len(read(at(server, user=None, password=None))) == 2
        assert "LOGIN" not in server.verbs()


# -------------------------------------------------------------------------------------------------------- TLS or none


@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls"])
def test_encrypted_then_everything_is_asked_again(scheme: str) -> None:
    server = ImapServer(BOX, offers="IMAP4rev1 STARTTLS AUTH=PLAIN", tls=server_tls("good"), implicit=scheme == "imaps")
    with server:
        assert len(read(at(server, scheme, context=trusting()))) == 2
        assert server.secured == 1
        if scheme == "imap+starttls":
            assert server.verbs()[:4] == ["CAPABILITY", "STARTTLS", "CAPABILITY", "AUTHENTICATE"]


@pytest.mark.parametrize(
    ("name", "words"), [("expired", "expired"), ("wrong_name", "mismatch"), ("good", "self-signed|local issuer|unable")]
)
@pytest.mark.parametrize("scheme", ["imaps", "imap+starttls"])
def test_a_certificate_that_is_not_to_be_trusted(name: str, words: str, scheme: str) -> None:
    context = None if name == "good" else trusting()  # "good" by an authority that this system does not know
    server = ImapServer(BOX, offers="IMAP4rev1 STARTTLS", tls=server_tls(name), implicit=scheme == "imaps")
    with server:
        said = told(MailboxError, at(server, scheme, context=context))
        assert re.search(f"certificate is not to be trusted.*({words})", said)
        assert b"AUTHENTICATE" not in server.received


def test_old_tls_is_not_spoken() -> None:
    old = server_tls("good")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with ImapServer(BOX, tls=old, implicit=True) as server:
        told(MailboxError, at(server, "imaps"))
        assert server.secured == 0


@pytest.mark.parametrize(
    ("script", "offers", "words"),
    [
        ({}, "IMAP4rev1 AUTH=PLAIN", "offers no STARTTLS"),
        ({"CONNECT": Says(b"* PREAUTH come in\r\n")}, "IMAP4rev1 STARTTLS", "offers no STARTTLS"),
        ({"STARTTLS": Says(b"TAG NO done\r\n", close=True)}, "IMAP4rev1 STARTTLS", "refuses STARTTLS"),
        ({"STARTTLS": Says(b"TAG BAD done\r\n", close=True)}, "IMAP4rev1 STARTTLS", "does not speak IMAP"),
        (
            {"STARTTLS": Says(b"TAG OK done\r\n* CAPABILITY IMAP4rev1\r\n")},
            "IMAP4rev1 STARTTLS",
            "before the encryption",
        ),
        ({"STARTTLS": Says(b"TAG OK done\r\n", close=True)}, "IMAP4rev1 STARTTLS", "encryption|connection|hung up"),
    ],
)
def test_encryption_is_never_done_without(script: dict[Verb, Says], offers: str, words: str) -> None:
    with ImapServer(BOX, script, offers=offers, tls=server_tls("good")) as server:
        assert re.search(words, told(MailboxError, at(server, "imap+starttls", context=trusting())))
        assert b"AUTHENTICATE" not in server.received
        assert b"SELECT" not in server.received


def test_a_password_is_not_said_in_clear_to_another_host() -> None:
    host = outside_address()
    if host is None:
        pytest.skip("this machine has no address but loopback")
    with ImapServer(BOX, host=host) as server:
        url = f"imap://{host}:{server.port}"
        said = told(ConfigError, mailbox.open_mailbox(url, user="ada", password="s3cret", waits=QUICK))
        assert "may not go to another host in clear text: write imaps:// or imap+starttls://" in said
        assert server.verbs() == ["CAPABILITY"]


def test_a_server_that_takes_no_password_in_clear() -> None:
    with ImapServer(BOX, offers="IMAP4rev1 STARTTLS LOGINDISABLED") as server:
        assert "takes no password this way" in told(ConfigError, at(server))
        assert server.verbs() == ["CAPABILITY"]
