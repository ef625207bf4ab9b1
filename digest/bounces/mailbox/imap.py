"""IMAP mailbox: reads the unseen messages of a folder one by one and marks them as seen; deletes nothing."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from digest.bounces.mailbox.address import on_the_wire, parse_imap_url
from digest.bounces.mailbox.base import MailboxMessage
from digest.bounces.mailbox.session import MANGLED, ImapConnectionLost, ImapSession, ImapTimeouts
from digest.errors import ConfigError, MailboxError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LATER = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG")  # RFC 5530 section 3: temporary, not a wrong setting
_NUMBERS = re.compile(rb"[0-9 ]*")
_ID = re.compile(r"([0-9]{1,10})\.([0-9]{1,10})")
_UID = re.compile(rb"[( ]UID ([0-9]{1,10})[ )]")
_LITERAL = re.compile(rb"BODY\[\](?:<0>)? \{[0-9]+\}$")
_IN_LINE = re.compile(rb'BODY\[\](?:<0>)? (?:NIL|"((?:[^"\\]|\\.)*)")')


class ImapMailbox:
    """An IMAP folder, read by UID commands (RFC 3501 section 6.4.8); `repr` holds no credentials.

    A message's id is "UIDVALIDITY.UID", which is unique for good (section 2.3.1.1).
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None,
        password: str | None,
        largest: int,
        context: ssl.SSLContext | None = None,
        waits: ImapTimeouts,
    ) -> None:
        self._address = parse_imap_url(url)
        if (user is None) != (password is None):
            raise ConfigError("user and password of a mailbox belong together")
        if _CONTROL.search(f"{user}{password}"):
            raise ConfigError("a mailbox's user or password holds a control character, such as the end of a line")
        self._user, self._password = user, password
        self._largest = largest
        self._context = context
        self._waits = waits
        self._session: ImapSession | None = None
        self._validity = ""

    def __repr__(self) -> str:
        return f"<Imap {self._address}>"

    def __enter__(self) -> Self:
        """Connect, encrypt as the address says, log in, and select the folder. Raises ConfigError or MailboxError."""
        try:
            self._session = self._connected()
        except ImapConnectionLost as lost:
            raise self._trouble(str(lost)) from None
        try:
            with self._asking() as session:
                self._log_in(session)
                self._select(session)
        except BaseException:
            self._hang_up()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            self._session.leave()
        self._session = None

    def messages(self) -> Iterator[MailboxMessage]:
        """The unseen messages by rising UID, the order of their arrival. Raises MailboxError.

        A message that the server does not return is skipped and stays unseen, so that it does not block the others;
        the error is raised after the last message.
        """
        kept_back = 0
        for uid in self._unseen():
            with self._asking() as session:
                good, message = self._fetch(session, uid)
            if message is not None:
                yield MailboxMessage(id=f"{self._validity}.{uid}", message=message)
            kept_back += not good
        if kept_back:
            raise self._trouble(f"it did not give {kept_back} of the unseen messages; they are asked for again")

    def done(self, message: MailboxMessage) -> None:
        """Set \\Seen, unless the folder was created anew since: then the UID options another message."""
        found = _ID.fullmatch(message.id)
        if not found:
            raise ValueError("the id is of another kind of box")
        if found[1] != self._validity:
            return
        with self._asking() as session:
            if session.uid("STORE", found[2], "+FLAGS.SILENT", r"(\Seen)")[0] != "OK":
                raise ImapConnectionLost("it did not mark a message as seen")

    # ---------------------------------------------------------------------------------------- connecting

    def _connected(self) -> ImapSession:
        where = self._address
        context = self._tls() if where.scheme == "imaps" else None
        return ImapSession(where.host, where.port, largest=self._largest, waits=self._waits, encrypted_by=context)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context

    def _log_in(self, session: ImapSession) -> None:
        if self._address.scheme == "imap+starttls":
            session.encrypt(self._tls())
        if session.state != "NONAUTH":
            return  # PREAUTH (RFC 3501 section 7.1.4): authenticated by other options
        if self._user is None or self._password is None:
            raise ConfigError(f"{self._address} asks for a user and a password")
        if not session.encrypted and not session.on_this_machine:
            raise ConfigError(
                f"{self._address}: a password may not go to another host in clear text: write imaps:// or imap+starttls://"
            )
        if "AUTH=PLAIN" not in session.capabilities:
            if "LOGINDISABLED" in session.capabilities:
                raise ConfigError(f"{self._address} takes no password this way: write imaps:// or imap+starttls://")
            if not f"{self._user}{self._password}".isascii():
                raise ConfigError(f"{self._address} takes a user and a password in ASCII alone")
        if not session.log_in(self._user, self._password):
            if session.said(*_LATER):
                raise ImapConnectionLost("it lets nobody in for now")
            raise ConfigError(f"{self._address} refused the login: correct user and password")

    def _select(self, session: ImapSession) -> None:
        # SELECT and not EXAMINE, which is read-only
        if session.select(on_the_wire(self._address.folder))[0] != "OK":
            if session.said(*_LATER):
                raise ImapConnectionLost("it does not open the folder for now")
            raise ConfigError(f"{self._address} does not open a folder {self._address.folder!r}: name one that it has")
        validity = session.response("UIDVALIDITY")[1][-1]
        if not validity or not validity.isdigit() or len(validity) > 10:
            raise ImapConnectionLost("it gives its messages no lasting names (UIDVALIDITY)")
        self._validity = str(int(validity))

    # ------------------------------------------------------------------------------------------- reading

    def _unseen(self) -> list[int]:
        with self._asking() as session:
            typ, data = session.uid("SEARCH", "UNSEEN")
            numbers = b" ".join(line for line in data if line)
            if typ != "OK" or not _NUMBERS.fullmatch(numbers):
                raise ImapConnectionLost("it did not say which messages are unseen")
            return sorted(set(map(int, numbers.split())))

    def _fetch(self, session: ImapSession, uid: int) -> tuple[bool, bytes | None]:
        """Whether FETCH succeeded, and the message; None if it was expunged meanwhile."""
        session.untagged_responses.clear()  # imaplib collects unsolicited responses without a limit
        typ, data = session.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{self._largest}>)")
        if typ != "OK":
            return session.said("EXPUNGEISSUED"), None  # RFC 5530
        found = dict(_bodies(data))
        if found and uid not in found:
            raise ImapConnectionLost("it gave another message than was asked for")
        return True, found[uid][: self._largest] if found else None

    # -------------------------------------------------------------------------------------------- errors

    @contextmanager
    def _asking(self) -> Iterator[ImapSession]:
        """The session, closed after any error: a late response could be taken for that of the next command."""
        session = self._session
        if session is None:
            raise self._trouble("there is no connection")
        try:
            yield session
        except ImapConnectionLost as lost:
            self._hang_up()
            raise self._trouble(str(lost)) from None
        except imaplib.IMAP4.readonly:
            self._hang_up()
            what = f"{self._address}: messages in {self._address.folder!r} may be read but not marked as seen"
            raise ConfigError(f"{what}: give the user that right") from None
        except MANGLED:
            self._hang_up()
            raise self._trouble(session.complaint()) from None

    def _hang_up(self) -> None:
        if self._session:
            self._session.shutdown()
        self._session = None

    def _trouble(self, why: str) -> MailboxError:
        return MailboxError(f"{self._address}: {why}")


def _bodies(answer: list[tuple[bytes, bytes] | bytes | None]) -> Iterator[tuple[int, bytes]]:
    """The UID and the bytes of each message in a FETCH response as imaplib parses it; UID 0 if it has none.

    imaplib returns a literal as the pair (text before it, literal), followed by the text after it.
    """
    for item, behind in zip(answer, [*answer[1:], None], strict=True):
        if isinstance(item, tuple):
            if _LITERAL.search(item[0]):
                yield _uid(item[0] + (behind if isinstance(behind, bytes) else b"")), item[1]
        elif item and (found := _IN_LINE.search(item)):
            yield _uid(item[: found.start()] + item[found.end() :]), re.sub(rb"\\(.)", rb"\1", found[1] or b"")


def _uid(words: bytes) -> int:
    found = _UID.search(words)
    return int(found[1]) if found else 0
