"""The model of digest.yaml: one field a key, with its default; each source package validates its own mapping."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, PlainValidator, SecretStr, ValidationInfo

from digest.config.admin import AdminEntry
from digest.config.bounces import BouncesEntry
from digest.config.dkim import DkimEntry
from digest.config.error_text import inline
from digest.config.fields import (
    Address,
    Language,
    OneMailbox,
    Secret,
    StrictModel,
    Text,
    parse_secret,
    parse_socket,
    parse_text,
)
from digest.config.relay import ChannelKind, RelayEntry, is_here
from digest.mail.message import AddressError, Mailbox

_SCHEMES = ("sqlite:///", "postgresql://")
_OWN_KEYS = ("smtp", "in_doubt", "secret", "dkim", "sources")
"""Keys that are fields of Config by another name, or in another form."""


def _database(value: object, info: ValidationInfo) -> SecretStr:
    url = parse_secret(value, info)
    if not url.get_secret_value().startswith(_SCHEMES):
        raise ValueError("expected sqlite:///digest.db or postgresql://USER@HOST/NAME")
    return url


def _site(value: object) -> str:
    """The base of links, without the slash at its end."""
    try:
        url = urlsplit(parse_text(value))
        host, port = url.hostname, url.port
    except ValueError:
        raise ValueError("expected a URL such as https://papers.example.org") from None
    if not host or port == 0 or url.scheme not in ("https", "http"):
        raise ValueError("expected a URL such as https://papers.example.org")
    if url.scheme == "http" and not is_here(host):
        raise ValueError("links in letters go over https; http is for localhost alone")
    if url.query or url.fragment or url.username is not None:
        raise ValueError("expected the base of links alone, without login, ? and #")
    return url.geturl().rstrip("/")


def _proxy(value: object) -> str:
    """An address, or a network: 10.0.0.0/8."""
    try:
        return str(ip_network(parse_text(value)))
    except ValueError:
        raise ValueError("expected an address or a network, such as 10.0.0.0/8") from None


def _signup(value: object) -> object:
    """`open`, `closed`, or the domains."""
    if isinstance(value, dict):
        return value
    if value not in ("open", "closed"):
        raise ValueError("expected open, closed or {domains: [example.org]}")
    return {"domains": None if value == "open" else []}


def _domain(value: object) -> str:
    name = parse_text(value).casefold().lstrip("@")
    try:
        return Mailbox(address=f"a@{name}").domain
    except AddressError:
        raise ValueError(f"`{inline(name)}` is no domain: write one such as example.org") from None


def _folder(value: object) -> Path:
    path = Path(parse_text(value))
    if not path.is_dir():
        raise ValueError(f"no folder {inline(str(path))}")
    return path


def _listed(value: object) -> object:
    """One entry alone needs no list around it."""
    return value if isinstance(value, list) else [value]


class InDoubtEntry(StrictModel):
    """The mapping under `in_doubt:`: what is done, once, with a letter that may or may not have arrived."""

    digests: Literal["send again", "presume sent"] = "send again"
    alerts: Literal["send again", "presume sent"] = "send again"


class SignupEntry(StrictModel):
    """The domains whose addresses may sign up on the pages; None: any."""

    domains: tuple[Annotated[str, PlainValidator(_domain)], ...] | None


class ConfigEntry(StrictModel):
    """The keys of digest.yaml."""

    database: Annotated[SecretStr, PlainValidator(_database)] = SecretStr("sqlite:///digest.db")
    queue: bool = False
    sender: OneMailbox
    owner: OneMailbox | None = None
    postal: Text = ""
    contact: Address | None = None
    smtp: Annotated[tuple[RelayEntry, ...], BeforeValidator(_listed), Field(min_length=1)]
    connections: Annotated[int, Field(ge=1, le=50)] = 2
    in_doubt: InDoubtEntry = InDoubtEntry()
    journal: Text | None = None
    bounces: BouncesEntry | None = None
    site: Annotated[str, PlainValidator(_site)] | None = None
    listen: Annotated[tuple[str, int], PlainValidator(parse_socket)] | None = None
    admin: AdminEntry | None = None
    signup: Annotated[SignupEntry, BeforeValidator(_signup)] = SignupEntry(domains=())
    proxies: tuple[Annotated[str, PlainValidator(_proxy)], ...] = ("127.0.0.1/32", "::1/128")
    secret: Annotated[tuple[Secret, ...], BeforeValidator(_listed)] = ()
    dkim: DkimEntry | None = None
    complaints: Address | None = None
    templates: Annotated[Path, PlainValidator(_folder)] | None = None
    language: Language = "en"
    sources: dict[str, Any] = Field(default_factory=dict)

    def values(self, channels: Mapping[str, ChannelKind]) -> dict[str, Any]:
        """Every field of Config that digest.yaml decides: keys as they stand, or what is made of them.

        `sources` is missing: the source packages validate what stands under it.
        """
        owner = self.owner or self.sender
        made = {
            "database": self.database.get_secret_value(),
            "owner": owner,
            "contact": (self.contact or owner).address,
            "relays": tuple(relay.relay(channels) for relay in self.smtp),
            "presumed": self._presumed(),
            "journal": self._journal(),
            "bounces": self.bounces.bounces() if self.bounces else None,
            "admin": self.admin.admin() if self.admin else None,
            "signup": self.signup.domains,
            "keys": self.secret,
            "signers": tuple(self.dkim.signers()) if self.dkim else (),
        }
        return {key: value for key, value in self if key not in _OWN_KEYS} | made

    def _presumed(self) -> frozenset[str]:
        alerts = {"alert"} if self.in_doubt.alerts == "presume sent" else set()
        digests = {"scheduled", "manual"} if self.in_doubt.digests == "presume sent" else set()
        return frozenset(alerts | digests)

    def _journal(self) -> Path:
        """The journal's folder: beside a SQLite file, else in the current folder."""
        if self.journal:
            return Path(self.journal)
        scheme, _, file = self.database.get_secret_value().partition(":///")
        return Path(f"{file}.letters") if scheme == "sqlite" and file else Path("digest.letters")
