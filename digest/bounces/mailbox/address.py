"""Where an IMAP box is: its URL taken apart, and a folder's name as it is said on the wire."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from digest.errors import ConfigError

PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RUNS = re.compile(r"([ -~]+)|([^ -~]+)")


@dataclass(frozen=True, slots=True)
class ImapAddress:
    """An IMAP folder. `scheme` is imap (clear), imap+starttls or imaps; it is never weakened."""

    scheme: str
    host: str
    port: int
    folder: str  # as people write it

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_imap_url(url: str) -> ImapAddress:
    """The parts of imaps://HOST:PORT/FOLDER; the folder is percent-decoded, INBOX where there is none.

    Raises ConfigError, whose words repeat nothing of the URL.
    """
    try:
        parts = urlsplit(url)
        port = PORTS[parts.scheme] if parts.port is None else parts.port
        folder = unquote(parts.path.removeprefix("/"), errors="strict") or "INBOX"
        folder.encode("utf-8")
    except (KeyError, ValueError):
        parts, port, folder = urlsplit(""), 0, ""
    if parts.username is not None or parts.password is not None:
        raise ConfigError("user and password of a mailbox are written apart from its address")
    if not parts.hostname or not port or parts.query or parts.fragment or _CONTROL.search(folder):
        raise ConfigError(
            "a mailbox is written imaps://HOST/FOLDER, imap+starttls://HOST/FOLDER or imap://HOST/FOLDER, with :PORT "
            "if need be, and % # ? of a folder as %25 %23 %3F"
        )
    return ImapAddress(parts.scheme, parts.hostname, port, folder)


def quoted(text: str) -> str:
    """A quoted string of IMAP (RFC 3501 section 4.3), for text without control characters."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def on_the_wire(folder: str) -> str:
    """A folder's name in modified UTF-7 (RFC 3501 section 5.1.3), quoted; nothing but printable ASCII comes out."""
    return quoted("".join(_plain(plain) if plain else _shifted(other) for plain, other in _RUNS.findall(folder)))


def _plain(run: str) -> str:
    return run.replace("&", "&-")


def _shifted(run: str) -> str:
    encoded = base64.b64encode(run.encode("utf-16-be"), altchars=b"+,").rstrip(b"=")
    return f"&{encoded.decode('ascii')}-"
