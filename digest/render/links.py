"""Addresses of papers as letters and pages may carry them: http(s) alone, percent-encoded, host names in ASCII."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from digest.papers import Paper
from digest.text import strip_controls

_LONGEST = 2_000  # characters; what is longer is no address that a mail program opens
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SECURE = ("arxiv.org", "doi.org")  # known to answer https, whatever a feed says
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", re.ASCII)


@lru_cache(maxsize=1 << 14)
def safe(raw: str | None) -> str | None:
    """The address in a form that is safe in HTML, in text and on the wire; None for what is no web address."""
    try:
        parts = urlsplit(strip_controls(raw or "").strip())
        host = _host(parts.hostname or "")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # UnicodeError, for hosts, is one
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    secure = host in _SECURE or host.endswith(tuple(f".{name}" for name in _SECURE))
    path, query, fragment = (_encoded(part) for part in (parts.path, parts.query, parts.fragment))
    url = urlunsplit(("https" if secure else parts.scheme, host + port, path, query, fragment))
    return url if len(url) <= _LONGEST else None


def abstract_page(paper: Paper) -> str | None:
    """Where a title leads to."""
    arxiv = f"https://arxiv.org/abs/{paper.ids.arxiv}" if paper.ids.arxiv else None
    doi = paper.doi or paper.ids.doi
    return safe(paper.url) or safe(arxiv) or safe(f"https://doi.org/{quote(doi, safe='/')}" if doi else None)


def pdf(paper: Paper) -> str | None:
    return safe(paper.pdf) or safe(f"https://arxiv.org/pdf/{paper.ids.arxiv}" if paper.ids.arxiv else None)


def orcid(raw: str | None) -> str | None:
    """The page of a person, from an ORCID in any spelling (https://support.orcid.org/hc/en-us/articles/360006897674)."""
    found = _ORCID.search((raw or "").upper())
    return f"https://orcid.org/{found[0]}" if found else None


def page_of(key: str) -> str:
    """The path of a paper's own page on our site, whatever its key holds; `+ ".bib"` and `+ ".ris"` are its references.

    A slash stays one, but where a browser or a proxy would make another path of it (`//`, `/../`: RFC 3986 5.2.4).
    """
    kept = "" if {"", ".", ".."} & set(key.split("/")) else "/"
    return "/paper/" + quote(key, safe=f"{kept}:@!$()*,;=~", errors="replace")


def _host(name: str) -> str:
    if ":" in name:  # IPv6
        return f"[{name}]"
    host = name.encode("idna").decode()
    return host if re.fullmatch(r"[a-z0-9._-]*", host) else ""


def _encoded(part: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", part), safe="/:@!$&()*+,;=~%?-._")
