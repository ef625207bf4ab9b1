"""Helpers for JSON responses of services: typed access to values that may be missing, and shared settings types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, SecretStr, ValidationInfo

from digest.errors import SourceError
from digest.papers import Paper, ranges
from digest.sources.base import looks_like, web_address
from digest.text import clean_line

BaseUrl = AfterValidator(web_address)
"""Type of a setting that is a URL, such as `base_url`."""


def _secret(value: object, info: ValidationInfo) -> SecretStr:
    """Read a secret with the reader in the validation context of the config; without one, from a plain text."""
    read: Callable[[object, ValidationInfo], SecretStr] | None = (info.context or {}).get("secret")
    if read is not None:
        return read(value, info)
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text, {env: NAME} or {file: PATH}")
    return SecretStr(value)


ApiKey = Annotated[SecretStr, PlainValidator(_secret)]
"""Type of a setting that is an API key."""


def _whole_number(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _real_number(digits: str) -> float | None:
    return found if isfinite(found := float(digits)) else None


_DECODER = json.JSONDecoder(
    parse_int=_whole_number,
    parse_float=_real_number,
    parse_constant=lambda _: None,
)


def json_of(body: bytes) -> Any:
    """Parse a JSON response. Raises ValueError, which says what the response looks like instead.

    An implausible number (an integer of twenty digits and more, 1e999, NaN) becomes None, not an error.
    """
    try:
        return _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        if body.lstrip()[:1] in (b"{", b"["):
            raise ValueError("JSON that breaks off or is broken") from None
        raise ValueError(looks_like(body)) from None


def text(value: Mapping[str, Any], *names: str) -> str:
    """The first non-empty string under these names; empty if there is none."""
    return next((found for name in names if isinstance(found := value.get(name), str) and found.strip()), "")


def whole(value: Mapping[str, Any], name: str) -> int | None:
    """A count, as a number or as a string of digits; None if it is neither."""
    found = value.get(name)
    if isinstance(found, str) and found.strip().isascii() and found.strip().isdigit():
        found = int(found[:12])
    return ranges.count(found) if isinstance(found, int) else None


def listed(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list; a single object counts as a list of one."""
    found = value.get(name)
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, Mapping)]


def moment(given: str) -> datetime | None:
    """A date, or a date with time, of ISO 8601 in UTC; None if it is invalid or out of range."""
    return ranges.parse_instant(given)


def day(given: str) -> date | None:
    found = moment(given[:10])
    return found.date() if found else None


def papers_of(
    records: Iterable[Any], read: Callable[[Mapping[str, Any]], Paper | None]
) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
    """(papers, warnings) of all records; an unreadable record stops no other."""
    papers, unread = list[Paper](), list[str]()
    for record in records:
        try:
            paper = read(record if isinstance(record, Mapping) else {})
        except Exception as error:  # noqa: BLE001, whatever is odd about one record, the others are read
            unread.append(clean_line(str(error))[:120] or type(error).__name__)
        else:
            papers += [paper] if paper else []
    warnings = (f"{len(unread)} record{'s' * (len(unread) > 1)} could not be read: {unread[0]}",) if unread else ()
    return tuple(papers), warnings


def no_answer(name: str, kind: str, error: ValueError) -> SourceError:
    """The error for a saved file that is no response of a service."""
    return SourceError(f"{name} is no answer of {kind}: it looks like {error}")
