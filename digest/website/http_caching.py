"""HTTP caching: ETag, Cache-Control, Last-Modified, and 304 Not Modified (RFC 9110 13.1, RFC 9111)."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

DEFAULT_MAX_AGE = timedelta(minutes=10)
"""Of a public page."""


def cacheable(
    request: Request,
    response: Response,
    *,
    max_age: timedelta = DEFAULT_MAX_AGE,
    modified: datetime | None = None,
    private: bool = False,
) -> Response:
    """The response with caching headers, or 304 if the client has it; `private`: no shared cache may store it.

    `modified` (UTC) is sent and not compared, since a list may change without a newer paper in it.
    """
    headers = {
        "ETag": f'"{sha256(bytes(response.body)).hexdigest()[:32]}"',
        "Cache-Control": f"{'private' if private else 'public'}, max-age={int(max_age.total_seconds())}",
    }
    if modified:
        headers["Last-Modified"] = format_datetime(modified.replace(microsecond=0), usegmt=True)
    if _etag_matches(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


def _etag_matches(asked: str, tag: str) -> bool:
    """Weak comparison (RFC 9110 8.8.3.2); our own tags hold no comma."""
    return asked.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in asked.split(","))
