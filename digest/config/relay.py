"""The `smtp:` key: where letters go, how the way is guarded, and who logs in."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator, model_validator

from digest.config.error_text import mend, shown
from digest.config.fields import Secret, StrictModel, text

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_SCHEMES = (*_PORTS, "maildir", "console")
_EXPECTED = "expected a URL such as smtps://mail.example.org:465"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One way out. `scheme` is smtp (clear), smtp+starttls, smtps, maildir or console; TLS is never weakened."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""  # of a maildir, as written
    user: SecretStr | None = None
    password: SecretStr | None = None
    weight: int = 1  # beside other relays
    per_second: float | None = None
    per_day: int | None = None  # by UTC
    log: Path | None = None  # of the Postfix that this is, where we can read it

    def __str__(self) -> str:
        """The way without whoever takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" if self.host else f"{self.scheme}:{self.path}"


def is_here(host: str) -> bool:
    """Does `host` name this very machine?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 section 6.3


def _url(value: object) -> SplitResult:
    try:
        url = urlsplit(text(value))
        port = url.port
    except ValueError:  # its words may quote a password
        raise ValueError(_EXPECTED) from None
    if not url.scheme:
        raise ValueError(_EXPECTED)
    if url.scheme not in _SCHEMES:
        raise ValueError(f"no way out is called `{shown(url.scheme)}:`{mend(url.scheme, _SCHEMES)}")
    if url.scheme not in _PORTS:
        return _folder(url)
    if not url.hostname or url.path.strip("/") or url.query or url.fragment or port == 0:
        raise ValueError(f"expected {url.scheme}://HOST or {url.scheme}://HOST:PORT")
    if url.scheme == "smtp" and url.username is not None:
        _guarded(url)
    return url


def _folder(url: SplitResult) -> SplitResult:
    if url.query or url.fragment or url.netloc:
        raise ValueError(f"expected {url.scheme}:{'PATH' if url.scheme == 'maildir' else ''}")
    if (url.scheme == "maildir") != bool(url.path):
        raise ValueError("expected maildir:PATH" if url.scheme == "maildir" else "expected console: alone")
    return url


def _guarded(url: SplitResult) -> None:
    if url.scheme == "smtp" and not is_here(url.hostname or ""):
        raise ValueError("a password may not go to another host in clear text: write smtps:// or smtp+starttls://")
    if url.scheme not in _PORTS:
        raise ValueError(f"{url.scheme}: asks for no user and no password")


def _log(value: object) -> Path:
    """A file, which need not be there yet: logs are rotated away at night, and no letter waits for that."""
    path = Path(text(value))
    if path.is_dir():
        raise ValueError(
            f"{shown(str(path))} is a folder: write the file in it, such as {shown(str(path / 'mail.log'))}"
        )
    return path


class RelayEntry(StrictModel):
    """What stands under `smtp:`."""

    url: Annotated[SplitResult, PlainValidator(_url)]
    user: Secret | None = None
    password: Secret | None = None
    weight: Annotated[int, Field(ge=1, le=1000)] = 1
    per_second: Annotated[float, Field(gt=0, le=10_000)] | None = None
    per_day: Annotated[int, Field(ge=1)] | None = None
    log: Annotated[Path, PlainValidator(_log)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        if not isinstance(value, str | dict):
            raise ValueError("expected a URL, or url, user and password")
        return {"url": value} if isinstance(value, str) else value

    @field_validator("password", mode="before")
    @classmethod
    def _in_clear(cls, value: object, info: ValidationInfo) -> object:
        if (url := info.data.get("url")) is not None:
            _guarded(url)
        return value

    @field_validator("log", mode="after")
    @classmethod
    def _of_a_relay(cls, value: Path, info: ValidationInfo) -> Path:
        url = info.data.get("url")
        if url is not None and url.scheme not in _PORTS:
            raise ValueError(f"only a relay has one, and {url.scheme}: is none")
        return value

    @model_validator(mode="after")
    def _both(self) -> Self:
        user, password = self.user or self.url.username, self.password or self.url.password
        if bool(user) != bool(password):
            raise ValueError("user and password belong together")
        return self

    def relay(self) -> Relay:
        """The way out, with a login from beside the URL or from inside it."""
        url = self.url
        return Relay(
            scheme=url.scheme,
            host=url.hostname or "",
            port=url.port or _PORTS.get(url.scheme, 0),
            path=url.path if url.scheme == "maildir" else "",
            user=self.user or _unquoted(url.username),
            password=self.password or _unquoted(url.password),
            weight=self.weight,
            per_second=self.per_second,
            per_day=self.per_day,
            log=self.log,
        )


def _unquoted(part: str | None) -> SecretStr | None:
    return SecretStr(unquote(part)) if part else None
