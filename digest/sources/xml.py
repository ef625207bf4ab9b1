"""Parses XML responses safely: strictly first, then with recovery; without entities and network access."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from lxml import etree

from digest.sources.base import LARGEST

_ENDS = (b"</record>", b"</item>", b"</entry>", b"</PubmedArticle>")
_BEGINS = (b"<record", b"<item", b"<entry", b"<PubmedArticle>")
_CLOSED = (b"</OAI-PMH>", b"</rss>", b"</feed>", b"</record>", b"</PubmedArticleSet>")
_ILLEGAL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML 1.0, section 2.2
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)")


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A parsed document, and the repairs that parsing needed."""

    root: etree._Element
    cut: bool = False  # it was truncated; the tree holds the complete records
    mended: bool = False  # it was not well-formed


def parse(body: bytes) -> XmlDocument | None:
    """The document; None if it is no XML, too long, or declares entities."""
    if len(body) > LARGEST:
        return None
    root = _parsed(body, recover=False)
    if root is not None:
        return None if _declares_entities(root) else XmlDocument(root)
    cut = not body.rstrip().endswith(_CLOSED)
    root = _parsed(_readable(_whole(body) if cut else body), recover=True)
    return None if root is None or _declares_entities(root) else XmlDocument(root, cut=cut, mended=True)


def _parsed(body: bytes, *, recover: bool) -> etree._Element | None:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None


def _declares_entities(root: etree._Element) -> bool:
    declared = root.getroottree().docinfo.internalDTD
    return declared is not None and any(True for _ in declared.iterentities())


def _whole(body: bytes) -> bytes:
    """The part before the truncation, without the incomplete record."""
    begins = [place for tag in _BEGINS if (place := body.find(tag)) >= 0]
    end = max(body.rfind(tag) + len(tag) if tag in body else 0 for tag in _ENDS)
    return body[: end or min(begins, default=len(body))]


def _readable(body: bytes) -> bytes:
    """The document without characters that XML forbids, in its declared encoding."""
    body = _ILLEGAL.sub(b"", body) if not body.startswith((b"\xff\xfe", b"\xfe\xff")) else body
    declared = _DECLARED.match(body)
    if declared is None or declared[1].lower() in (b"utf-8", b"utf8"):
        return body.decode("utf-8", "replace").encode()
    return body


@lru_cache(maxsize=512)
def _bare(tag: Hashable) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def local(element: etree._Element) -> str:
    """An element's local name; arXiv's old and new servers use different namespaces."""
    return _bare(cast(Hashable, element.tag))


def child(element: etree._Element, name: str) -> etree._Element | None:
    return next(element.iterchildren(f"{{*}}{name}"), None)


def everywhere(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iter(f"{{*}}{name}")


def text_of(element: etree._Element | None) -> str:
    """The text content of an element."""
    if element is None:
        return ""
    return element.text or "" if not len(element) else "".join(element.itertext())


def texts(element: etree._Element) -> dict[str, list[str]]:
    """The text contents of an element's children by local name, in their order."""
    found: dict[str, list[str]] = {}
    for inner in element:
        found.setdefault(local(inner), []).append(text_of(inner))
    return found
