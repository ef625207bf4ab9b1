"""A walk through a source without a web: what it asks, and the saved answers to that."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

from digest.sources.base import ResultPage, ServiceResponse, Source


def walk(
    source: Source, answer: Callable[[httpx.URL], Any], *, since: datetime, now: datetime, cursor: str | None = None
) -> tuple[list[str], list[ResultPage]]:
    """The addresses that are asked for, and the pages that are read, to the end."""
    asked, pages, request = list[str](), list[ResultPage](), source.first(cursor, since, now)
    while True:
        asked.append(str(request.url))
        assert len(asked) < 50, "it leads in a circle"
        page = source.read(ServiceResponse(url=asked[-1], body=json.dumps(answer(request.url)).encode()), now)
        pages.append(page)
        if page.next is None:
            return asked, pages
        request = page.next
