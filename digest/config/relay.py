"""The `smtp:` key: where letters go, how the way is guarded, and who logs in."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import Field, PlainValidator, SecretStr, ValidationInfo, field_validator, model_validator

from digest.config.error_text import inline, suggestion
from digest.config.fields import Secret, StrictModel, parse_text

Login = Literal["never", "encrypted", "on this machine"]
"""Whether a way out takes user and password: never, over an encrypted connection, or in clear text on this machine."""

_EXPECTED = "expected a URL such as smtps://mail.example.org:465"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind:
    """One way out, as the registry has it: its key is the scheme of a URL under `smtp:`."""

    open: Callable[[Relay], Any]
    """Makes the channel (delivery.channels.Channel) of a URL; nothing is connected yet. Raises ConfigError."""

    port: int | None = None
    """The port where the URL names none: it is SCHEME://HOST. None: the URL has no host."""

    path: bool = False
    """Whether the URL is SCHEME:PATH; else, without a host, SCHEME: alone."""

    login: Login = "never"

    log: bool = False
    """Whether it is a relay whose log (of Postfix) can be read."""

    content: bool = False
    """Whether the channel is no mail, and gets subject, papers and plain text in `Envelope.content` as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One way out, as configured. `scheme` is a key of the registry of channels; TLS is never weakened."""

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


def _url(value: object, info: ValidationInfo) -> SplitResult:
    try:
        url = urlsplit(parse_text(value))
        port = url.port
    except ValueError:  # its words may quote a password
        raise ValueError(_EXPECTED) from None
    if not url.scheme:
        raise ValueError(_EXPECTED)
    channels = _channels(info)
    if url.scheme not in channels:
        raise ValueError(f"no way out is called `{inline(url.scheme)}:`{suggestion(url.scheme, channels)}")
    kind = channels[url.scheme]
    if kind.port is None:
        return _without_host(url, kind)
    if not url.hostname or url.path.strip("/") or url.query or url.fragment or port == 0:
        raise ValueError(f"expected {url.scheme}://HOST or {url.scheme}://HOST:PORT")
    if url.username is not None:
        _judge_login(url, kind)
    return url


def _channels(info: ValidationInfo) -> Mapping[str, ChannelKind]:
    found: Mapping[str, ChannelKind] = (info.context or {}).get("channels", {})
    return found


def _without_host(url: SplitResult, kind: ChannelKind) -> SplitResult:
    if url.query or url.fragment or url.netloc:
        raise ValueError(f"expected {url.scheme}:{'PATH' if kind.path else ''}")
    if kind.path != bool(url.path):
        raise ValueError(f"expected {url.scheme}:PATH" if kind.path else f"expected {url.scheme}: alone")
    return url


def _judge_login(url: SplitResult, kind: ChannelKind) -> None:
    if kind.login == "on this machine" and not is_here(url.hostname or ""):
        raise ValueError("a password may not go to another host in clear text: write smtps:// or smtp+starttls://")
    if kind.login == "never":
        raise ValueError(f"{url.scheme}: asks for no user and no password")


def _log(value: object) -> Path:
    """A file, which need not be there yet: logs are rotated away at night, and no letter waits for that."""
    path = Path(parse_text(value))
    if path.is_dir():
        raise ValueError(
            f"{inline(str(path))} is a folder: write the file in it, such as {inline(str(path / 'mail.log'))}"
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
            _judge_login(url, _channels(info)[url.scheme])
        return value

    @field_validator("log", mode="after")
    @classmethod
    def _of_a_relay(cls, value: Path, info: ValidationInfo) -> Path:
        url = info.data.get("url")
        if url is not None and not _channels(info)[url.scheme].log:
            raise ValueError(f"only a relay has one, and {url.scheme}: is none")
        return value

    @model_validator(mode="after")
    def _both(self) -> Self:
        user, password = self.user or self.url.username, self.password or self.url.password
        if bool(user) != bool(password):
            raise ValueError("user and password belong together")
        return self

    def relay(self, channels: Mapping[str, ChannelKind]) -> Relay:
        """The way out, with a login from beside the URL or from inside it."""
        url, kind = self.url, channels[self.url.scheme]
        return Relay(
            scheme=url.scheme,
            host=url.hostname or "",
            port=url.port or kind.port or 0,
            path=url.path if kind.path else "",
            user=self.user or _unquoted(url.username),
            password=self.password or _unquoted(url.password),
            weight=self.weight,
            per_second=self.per_second,
            per_day=self.per_day,
            log=self.log,
        )


def _unquoted(part: str | None) -> SecretStr | None:
    return SecretStr(unquote(part)) if part else None
