"""An SMTP server on loopback that keeps each letter as files: for `digest demo`, and for tests."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Lock

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.store.private_files import write_private

_TRIES = 5  # another program may take the free port first


@dataclass(frozen=True, slots=True)
class ReceivedLetter:
    """One letter and the files it was written to; `html` and `text` are None without such a part."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes
    eml: Path
    html: Path | None
    text: Path | None


@dataclass(slots=True)
class SmtpSink:
    """Writes received letters to `folder` as 01-ada-7-papers.eml and so on; numbers continue after existing files."""

    folder: Path
    port: int = 0
    letters: list[ReceivedLetter] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def url(self) -> str:
        """The value for `smtp:` in the config."""
        return f"smtp://127.0.0.1:{self.port}"

    def keep(self, sender: str, recipients: tuple[str, ...], message: bytes) -> ReceivedLetter:
        """Write one letter's files."""
        letter = message_from_bytes(message, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        with self._lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            stem = self.folder / "-".join([f"{self._next():02}", *_names(recipients, letter)])
            eml = stem.with_name(stem.name + ".eml")
            write_private(eml, message)
            html = _write(stem, ".html", _part(letter, "html"))
            text = _write(stem, ".txt", _part(letter, "plain"))
            caught = ReceivedLetter(sender, recipients, message, eml, html, text)
            self.letters.append(caught)
        return caught

    def _next(self) -> int:
        numbers = (re.match(r"\d+", path.name) for path in self.folder.glob("*.eml"))
        return max((int(number[0]) for number in numbers if number), default=0) + 1


@contextmanager
def run_smtp_sink(folder: Path) -> Iterator[SmtpSink]:
    """Run an SMTP sink that accepts connections at its `url`."""
    sink = SmtpSink(folder)
    controller = _start(sink)
    try:
        yield sink
    finally:
        controller.stop()


class _SinkHandler:
    def __init__(self, sink: SmtpSink) -> None:
        self._catcher = sink

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, aiosmtpd's name
        message = envelope.original_content or b""
        try:
            caught = self._catcher.keep(envelope.mail_from or "", tuple(envelope.rcpt_tos), message)
        except OSError as error:
            return f"452 4.3.1 cannot keep the letter: {error.strerror}"
        return f"250 2.0.0 kept as {caught.eml.name}"


def _start(sink: SmtpSink) -> Controller:
    """Start on a free port, which is chosen first because aiosmtpd does not accept port 0."""
    for left in reversed(range(_TRIES)):
        sink.port = _free_port()
        controller = Controller(
            _SinkHandler(sink), hostname="127.0.0.1", port=sink.port, enable_SMTPUTF8=True, data_size_limit=2**26
        )
        try:
            controller.start()
        except OSError:
            if not left:
                raise
        else:
            return controller
    raise AssertionError("the last try returns or raises")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _names(recipients: tuple[str, ...], letter: EmailMessage) -> Iterator[str]:
    """The parts of a file name: the recipient's local part and the start of the subject."""
    subject = str(letter["Subject"] or "").partition(":")[0]
    for words in (recipients[0].partition("@")[0] if recipients else "", subject):
        slug = re.sub(r"[^\w]+", "-", words.lower()).strip("-_")[:40].strip("-_")
        if slug:
            yield slug


def _part(letter: EmailMessage, kind: str) -> str | None:
    part = letter.get_body((kind,))
    return None if part is None else str(part.get_content())


def _write(stem: Path, ending: str, content: str | None) -> Path | None:
    if content is None:
        return None
    path = stem.with_name(stem.name + ending)
    write_private(path, content.encode("utf-8", "replace"))
    return path
