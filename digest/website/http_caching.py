"""Answers that may be kept for a while, and the short one for who has them already (RFC 9110 13.1, RFC 9111)."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

BRIEFLY = timedelta(minutes=10)
"""How long a page that is the same for all may be kept."""


def kept(
    request: Request,
    answer: Response,
    *,
    lasting: timedelta = BRIEFLY,
    modified: datetime | None = None,
    private: bool = False,
) -> Response:
    """The answer with its ETag and how long it may be kept, or 304 to who has the same; `private`: by browsers alone.

    `modified` (in UTC) is told and not compared: a list may change without a newer paper in it.
    """
    headers = {
        "ETag": f'"{sha256(bytes(answer.body)).hexdigest()[:32]}"',
        "Cache-Control": f"{'private' if private else 'public'}, max-age={int(lasting.total_seconds())}",
    }
    if modified:
        headers["Last-Modified"] = format_datetime(modified.replace(microsecond=0), usegmt=True)
    if _is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


def _is_known(asked: str, tag: str) -> bool:
    """The weak comparison of RFC 9110 8.8.3.2; our own tags hold no comma."""
    return asked.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in asked.split(","))
