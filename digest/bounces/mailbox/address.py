"""IMAP URLs, and the encoding of folder names in IMAP (modified UTF-7)."""

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
    """An IMAP folder. `scheme` is imap (no TLS), imap+starttls or imaps; there is no fallback to a weaker one."""

    scheme: str
    host: str
    port: int
    folder: str  # decoded

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_imap_url(url: str) -> ImapAddress:
    """The parts of imaps://HOST:PORT/FOLDER; the folder is percent-decoded, INBOX by default.

    Raises ConfigError, whose text repeats nothing of the URL.
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
    """An IMAP quoted string (RFC 3501 section 4.3) of text without control characters."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def on_the_wire(folder: str) -> str:
    """A folder name in modified UTF-7 (RFC 3501 section 5.1.3) as a quoted string of printable ASCII."""
    return quoted("".join(_plain(plain) if plain else _shifted(other) for plain, other in _RUNS.findall(folder)))


def _plain(run: str) -> str:
    return run.replace("&", "&-")


def _shifted(run: str) -> str:
    encoded = base64.b64encode(run.encode("utf-16-be"), altchars=b"+,").rstrip(b"=")
    return f"&{encoded.decode('ascii')}-"
