"""Types of values that several keys share: text, mail address, secret, time zone, language, date."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, PlainValidator, SecretStr, ValidationInfo

from digest.config.error_text import inline, suggestion
from digest.mail.message import AddressError, Mailbox
from digest.text import strip_controls
from digest.text.translations import languages, supported

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


class StrictModel(BaseModel):
    """The base of all models: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def parse_text(value: object) -> str:
    """A text that says something, on one line."""
    if not isinstance(value, str):
        raise ValueError("expected a text")
    if not (line := " ".join(value.split())):
        raise ValueError("expected a text, and this one is empty")
    if strip_controls(line) != line:
        raise ValueError("holds a character that cannot be printed")
    return line


def parse_mailbox(value: object) -> Mailbox:
    """One `Name <address>` or one bare address; the words of an error never hold it."""
    name, bracket, rest = parse_text(value).rpartition("<")
    if bracket and not rest.endswith(">"):
        raise ValueError("expected one mailbox, such as Morning Papers <papers@example.org>")
    try:
        return Mailbox(name=name.strip().strip('"'), address=rest.removesuffix(">") if bracket else rest)
    except AddressError as error:
        raise ValueError(str(error)) from None


def parse_address(value: object) -> Mailbox:
    """An address and nothing else."""
    if "<" in parse_text(value):
        raise ValueError("expected the address alone; the name has a key of its own")
    return parse_mailbox(value)


def address_identity(box: Mailbox) -> str:
    """A key that is equal for two spellings of one address."""
    return unicodedata.normalize("NFC", box.wire).casefold()


def parse_socket(value: object) -> tuple[str, int]:
    """HOST:PORT of a socket to serve at."""
    host, _, port = parse_text(value).rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError("expected HOST:PORT, such as 127.0.0.1:8000")
    return host.strip("[]"), int(port)


def parse_secret(value: object, info: ValidationInfo) -> SecretStr:
    """A text, `{env: NAME}` or `{file: PATH}`; what is found there is never part of a message."""
    if isinstance(value, dict) and len(value) == 1:
        [(kind, name)] = value.items()
        if kind == "env":
            return _from_env(parse_text(name), info)
        if kind == "file":
            return _from_file(parse_text(name))
    if not isinstance(value, str):
        raise ValueError("expected a text, {env: NAME} or {file: PATH}")
    return _filled(value, "it")


def _from_env(name: str, info: ValidationInfo) -> SecretStr:
    found = (info.context or {}).get("env", {}).get(name)
    if found is None:
        raise ValueError(f"the environment has no {inline(name)}")
    return _filled(found, f"{inline(name)} in the environment")


def _from_file(name: str) -> SecretStr:
    try:
        return _filled(Path(name).read_text("utf-8"), inline(name))
    except OSError as error:
        raise ValueError(f"{inline(name)} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{inline(name)} is no UTF-8") from None


def _filled(value: str, where: str) -> SecretStr:
    if not (kept := value.rstrip("\r\n")).strip():
        raise ValueError(f"{where} is empty")
    return SecretStr(kept)


def parse_zone(value: object) -> ZoneInfo:
    """A time zone by its name in the tz database."""
    name = parse_text(value)
    if name in _zones():
        return ZoneInfo(name)
    cities = {each.rpartition("/")[2].casefold().replace("_", " "): each for each in sorted(_zones())}
    if city := cities.get(name.casefold().replace("_", " ")):
        raise ValueError(f"no time zone `{inline(name)}`: did you mean `{city}`?")
    said = suggestion(name, _zones()) or "; write one such as Europe/Berlin or America/New_York"
    raise ValueError(f"no time zone `{inline(name)}`{said}")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def language(value: object, info: ValidationInfo) -> str:
    """A language tag (RFC 5646) that a catalogue answers.

    What was written into the database may name another (`context["stored"]`): its letters are in English, and an
    upgrade stops none.
    """
    if not _LANGUAGE.fullmatch(tag := parse_text(value)):
        raise ValueError("expected a language such as en or de-AT")
    if supported(tag) is None and not (info.context or {}).get("stored"):
        raise ValueError(unknown_language(tag))
    return tag


def unknown_language(tag: str) -> str:
    """What is wrong with the tag of a language that has no catalogue."""
    return f"no language `{inline(tag)}`: there are {' and '.join(sorted(languages()))}"


def parse_date(value: object) -> date:
    """A date, 2026-12-01."""
    day = calendar_day(parse_text(value))
    if day is None:
        raise ValueError("expected a date such as 2026-12-01")
    return day


def calendar_day(text: str) -> date | None:
    """A day of ISO 8601 in this century, so that arithmetic with it cannot overflow; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


Text = Annotated[str, PlainValidator(parse_text)]
Address = Annotated[Mailbox, PlainValidator(parse_address)]
OneMailbox = Annotated[Mailbox, PlainValidator(parse_mailbox)]
Secret = Annotated[SecretStr, PlainValidator(parse_secret)]
Zone = Annotated[ZoneInfo, PlainValidator(parse_zone)]
Language = Annotated[str, PlainValidator(language)]
IsoDate = Annotated[date, PlainValidator(parse_date)]
