"""Logs as a Postfix writes them, of letters that never were."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from tests.support.store_samples import NOW

SECOND = timedelta(seconds=1)


def old(at: datetime) -> str:
    """A stamp without a year and a zone."""
    return f"{at:%b} {at.day:>2} {at:%H:%M:%S}"


def line(words: str, at: datetime = NOW, *, service: str = "smtpd", iso: bool = False) -> str:
    stamp = at.isoformat(timespec="microseconds") if iso else old(at)
    return f"{stamp} relay postfix/{service}[412]: {words}"


def begun(key: str, queue: str = "62C612B7C6C", at: datetime = NOW, *, iso: bool = False) -> list[str]:
    """A letter whose client vanished before its dot."""
    return [
        line("connect from localhost[127.0.0.1]", at, iso=iso),
        line(f"{queue}: client=localhost[127.0.0.1]", at, iso=iso),
        line(f"{queue}: message-id={key}", at, service="cleanup", iso=iso),
    ]


def taken(
    key: str,
    queue: str = "62C612B7C6C",
    at: datetime = NOW,
    *,
    status: str = "sent (250 2.0.0 Ok)",
    iso: bool = False,
) -> list[str]:
    """A letter that is in the relay's queue, and what came of it; without a status nothing yet."""
    sent = f"{queue}: to=<ada@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=0.1, dsn=2.0.0, status={status}"
    return [
        *begun(key, queue, at, iso=iso),
        line(f"{queue}: from=<b+x@example.org>, size=301, nrcpt=1 (queue active)", at, service="qmgr", iso=iso),
        line("disconnect from localhost[127.0.0.1] ehlo=1 mail=1", at, iso=iso),
        *([line(sent, at, service="smtp", iso=iso)] if status else []),
        *([line(f"{queue}: removed", at, service="qmgr", iso=iso)] if status.startswith(("sent", "bounced")) else []),
    ]


def idle(*times: datetime, iso: bool = False) -> list[str]:
    """Lines about nothing, at these times."""
    return [line("statistics: max cache size 1", at, service="anvil", iso=iso) for at in times]


def write(path: Path, lines: Iterable[str], *, last: datetime = NOW + timedelta(hours=1)) -> Path:
    """A log of these lines, last written at that time; packed where its name says so."""
    data = "".join(f"{each}\n" for each in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    os.utime(path, (last.timestamp(), last.timestamp()))
    return path
