"""Config: the validated values of all files, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, SecretStr

from digest.config.admin import Admin
from digest.config.bounces import Bounces
from digest.config.relay import Relay
from digest.errors import Problem
from digest.mail.dkim import Signer
from digest.mail.message import Mailbox
from digest.subscriptions import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Never changed; a reload makes a new one. Paths are relative to the current folder.

    The fields that digest.yaml decides come from ConfigEntry.values().
    """

    folder: Path
    database: str = field(repr=False)  # the URL may hold a password
    queue: bool  # whether work is handed on to `digest worker`, on whichever machine, instead of done here
    sender: Mailbox
    owner: Mailbox  # the mailbox of a person; the sender by default
    postal: str  # empty: no postal line
    contact: str  # address in the User-Agent; the owner's by default
    relays: tuple[Relay, ...]
    connections: int  # letters that are being delivered at a time
    presumed: frozenset[str]  # kinds of issues whose letters in doubt are presumed sent
    journal: Path  # the folder of the phase records
    bounces: Bounces | None
    site: str | None  # base of links, without a slash at its end
    listen: tuple[str, int] | None  # where the pages are served
    admin: Admin | None  # the admin's pages: socket and login
    signup: tuple[str, ...] | None  # domains whose people may sign up; None: everybody may
    proxies: tuple[str, ...]  # addresses and networks whose X-Forwarded-For is believed
    keys: tuple[SecretStr, ...]  # the last signs, all verify
    signers: tuple[Signer, ...]  # of the domain's keys; empty: letters go unsigned
    complaints: Mailbox | None  # the address for complaint reports (CFBL-Address)
    templates: Path | None
    language: str
    sources: Mapping[str, BaseModel]  # by kind, in the file's order
    subscribers: tuple[Subscriber, ...]  # by id
    places: Mapping[tuple[str, str, int], Problem] = field(default_factory=dict)
    """The place of each rule, by reader, subscription and index of the rule; `what` is empty."""
    warnings: tuple[Problem, ...] = ()  # values that are valid, but probably not meant

    @property
    def logs(self) -> Mapping[str, Path | None]:
        """The log of each relay, by the relay's name; None: it has none that can be read here."""
        return {str(relay): relay.log for relay in self.relays}
