"""The `admin:` key: the socket of the admin's pages, and the login that opens them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, PlainValidator, SecretStr, model_validator

from digest.config.error_text import inline
from digest.config.fields import Secret, StrictModel, parse_socket, parse_text

_SHORTEST = 16  # characters; below that a token can be guessed by trying
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_ANYBODYS = frozenset(
    "accept authorization connection content-length content-type cookie forwarded from host origin referer user-agent "
    "x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip".split()
)
"""Headers that every browser sends, or every proxy: they prove no login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """The admin's pages. At least one of the two logins is set; with both, either will do."""

    listen: tuple[str, int]
    token: SecretStr | None = None  # the password (Basic), or the bearer token of a machine
    user_header: str | None = None  # in which a proxy names whom it let in: nothing else may reach the socket


def _token(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().strip()) < _SHORTEST:
        made = "python3 -c 'import secrets; print(secrets.token_urlsafe())' prints one"
        raise ValueError(f"under {_SHORTEST} characters it can be guessed: {made}")
    return value


def _header(value: object) -> str:
    name = parse_text(value)
    if not _HEADER.fullmatch(name):
        raise ValueError("expected the name of a header, such as X-Remote-User")
    if name.casefold() in _ANYBODYS:
        raise ValueError(f"`{inline(name)}` proves no login: name one that the proxy alone sets, such as X-Remote-User")
    return name


class AdminEntry(StrictModel):
    """The mapping under `admin:`."""

    listen: Annotated[tuple[str, int], PlainValidator(parse_socket)]
    token: Annotated[Secret, AfterValidator(_token)] | None = None
    user_header: Annotated[str, PlainValidator(_header)] | None = None

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.token is None and self.user_header is None:
            raise ValueError("who may come in? write `token: {env: DIGEST_ADMIN}`, or `user_header` behind a proxy")
        return self

    def admin(self) -> Admin:
        return Admin(**dict(self))
