"""The `bounces:` key: the return address of letters, and the mailbox in which bounces are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import PlainValidator, SecretStr, ValidationInfo, field_validator, model_validator

from digest.config.error_text import inline, suggestion
from digest.config.fields import Address, Secret, StrictModel, parse_text
from digest.config.relay import is_here
from digest.mail.message import Mailbox

_FOLDERS = ("maildir", "mbox")
_SERVERS = ("imaps", "imap+starttls", "imap")
_EXPECTED = "expected maildir:PATH, mbox:PATH or imaps://HOST/FOLDER"
_LONGEST = 64 - len("+") - 24  # octets of a local part beside its token (RFC 5321 section 4.5.3.1.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounces:
    """Return address and mailbox of bounces; without `url` a mail server pipes each bounce to `digest hear -`."""

    address: Mailbox
    url: str | None = None
    user: SecretStr | None = None
    password: SecretStr | None = None


def _url(value: object) -> str:
    try:
        url = urlsplit(parse_text(value))
        _ = url.port
    except ValueError:  # its words may quote a password
        raise ValueError(_EXPECTED) from None
    if not url.scheme:
        raise ValueError(_EXPECTED)
    if url.scheme not in (*_FOLDERS, *_SERVERS):
        raise ValueError(
            f"no mailbox is called `{inline(url.scheme)}:`{suggestion(url.scheme, (*_FOLDERS, *_SERVERS))}"
        )
    if url.username is not None:
        raise ValueError("write `user` and `password` beside the URL, not in it")
    if url.scheme in _SERVERS and not url.hostname:
        raise ValueError(f"expected {url.scheme}://HOST/FOLDER")
    if url.scheme in _FOLDERS and (url.netloc or not url.path):
        raise ValueError(f"expected {url.scheme}:PATH")
    return parse_text(value)


class BouncesEntry(StrictModel):
    """The mapping under `bounces:`."""

    address: Address
    url: Annotated[str, PlainValidator(_url)] | None = None
    user: Secret | None = None
    password: Secret | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        if not isinstance(value, str | dict):
            raise ValueError("expected an address, or address and url")
        return {"address": value} if isinstance(value, str) else value

    @field_validator("address", mode="after")
    @classmethod
    def _room(cls, value: Mailbox) -> Mailbox:
        local = value.address.rpartition("@")[0]
        if not value.wire.isascii() or len(local) > _LONGEST:
            raise ValueError(f"a token goes into this address: at most {_LONGEST} plain letters before the @")
        return value

    @field_validator("password", mode="before")
    @classmethod
    def _in_clear(cls, value: object, info: ValidationInfo) -> object:
        url = urlsplit(info.data.get("url") or "")
        if url.scheme == "imap" and not is_here(url.hostname or ""):
            raise ValueError("a password may not go to another host in clear text: write imaps:// or imap+starttls://")
        return value

    @model_validator(mode="after")
    def _both(self) -> Self:
        server = urlsplit(self.url or "").scheme in _SERVERS
        if server and not (self.user and self.password):
            raise ValueError("an IMAP folder needs `user` and `password`")
        if not server and (self.user or self.password):
            raise ValueError("`user` and `password` are for an IMAP folder")
        return self

    def bounces(self) -> Bounces:
        return Bounces(**dict(self))
