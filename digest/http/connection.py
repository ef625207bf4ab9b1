"""One hop of a request: its headers, redirect targets, address checks, and error texts without secrets."""

from __future__ import annotations

import base64
import re

import httpx

from digest.errors import SourceError
from digest.http.ssrf import is_public, literal
from digest.http.transport import HttpResponse

_HARMLESS = ("accept", "accept-language")  # headers that are kept after a redirect to another origin
_SECRET = re.compile(r"key|token|secret|pass|auth|sig|mail", re.IGNORECASE)


def prepare_request(
    given: httpx.Request, url: httpx.URL, *, agent: str, etag: str | None, since: str | None
) -> httpx.Request:
    """The request for one hop to `url`; credentials and most headers go to the original origin alone."""
    at_home = _origin(url) == _origin(given.url)
    kept = {name: value for name, value in given.headers.items() if at_home or name in _HARMLESS}
    headers = httpx.Headers({"Accept": "*/*"} | {name: value for name, value in kept.items() if name != "host"})
    headers["User-Agent"] = agent
    headers["Accept-Encoding"] = "gzip"
    if given.url.userinfo and at_home and "authorization" not in headers:
        pair = f"{given.url.username}:{given.url.password}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")
    known = ((b"If-None-Match", etag), (b"If-Modified-Since", since))
    raw = [*headers.raw, *((name, value.encode("latin-1")) for name, value in known if value)]
    return httpx.Request(given.method, strip_credentials(url), headers=raw, content=given.read())


def redirect_target(request: httpx.Request, url: httpx.URL, location: str) -> httpx.URL:
    """The target of a redirect. Raises SourceError for an invalid Location and for methods other than GET and HEAD."""
    if request.method not in ("GET", "HEAD"):
        raise SourceError(f"{host_and_path(request.url)}: redirects a {request.method}")
    try:
        return strip_credentials(url.join(location))
    except (httpx.InvalidURL, ValueError):
        raise SourceError(f"{host_and_path(request.url)}: redirects to what is no address") from None


def check_url(url: httpx.URL, *, guarded: bool) -> None:
    """Refuse other schemes and literal private addresses; behind a proxy this is the only check. Raises SourceError."""
    if url.scheme not in ("http", "https") or not url.host:
        raise SourceError(f"{host_and_path(url)}: only http and https addresses are asked")
    address = literal(url.host)
    if guarded and address is not None and not is_public(address):
        raise private_address_error(url)


def private_address_error(url: httpx.URL) -> SourceError:
    """The error for a guarded request whose host has a private address."""
    return SourceError(
        f"{host_and_path(url)}: leads to a private address; if it lies inside your own net, say `allow_private: true`"
    )


def strip_credentials(url: httpx.URL) -> httpx.URL:
    """Without user, password and fragment."""
    return url.copy_with(userinfo=b"", fragment=None)


def host_and_path(url: httpx.URL) -> str:
    """Host and path: the query and the user part may hold secrets."""
    return f"{url.host or url.scheme}{url.path}"[:200]


def error_excerpt(url: httpx.URL, reply: HttpResponse) -> str:
    """The first words of an error page, without marks, mail addresses and what the query kept secret."""
    text = re.sub(r"<[^<>]*>", " ", reply.body[:20_000].decode("utf-8", "replace"))
    for name, value in url.params.multi_items():
        if len(value) > 3 and _SECRET.search(name):
            text = text.replace(value, "…")
    shown = "".join(c if c.isprintable() else " " for c in re.sub(r"\S+@\S+", "…", text))
    return " ".join(shown.split())[:200]


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
