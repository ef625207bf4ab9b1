"""Hostile and broken XML: nothing is expanded, nothing is fetched, nothing hangs."""

from __future__ import annotations

import pytest

from digest.sources.base import LARGEST
from digest.sources.xml import parse, text_of
from tests.support.arxiv_records import item, rss

BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">
%s]><rss><channel><title>&z9;</title></channel></rss>""" % b"\n".join(
    b'<!ENTITY z%d "%s">' % (n, b"&z%d;" % (n - 1) * 10 if n else b"&a;" * 10) for n in range(10)
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><t>&x;</t></rss>'


@pytest.mark.parametrize("body", [BOMB, OUTSIDE, BOMB.decode().encode("utf-16"), BOMB[:-9]])
def test_a_document_with_entities_of_its_own_is_not_read(body: bytes) -> None:
    assert parse(body) is None


def test_an_outside_dtd_is_never_asked_for() -> None:
    tree = parse(b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd"><rss><t>&x;</t>ok</rss>')
    assert tree is not None
    assert "ok" in text_of(tree.root)


@pytest.mark.parametrize("body", [b"", b"   ", b"words", b"{}", b"<", b"\x00" * 100, b"\xff\xfe\x00"])
def test_what_is_no_document_is_none(body: bytes) -> None:
    assert parse(body) is None


def test_an_endless_answer_is_not_read() -> None:
    assert parse(b"<rss>" + b" " * LARGEST + b"</rss>") is None


def test_deep_nesting_does_not_hurt() -> None:
    for body in (b"<a>" * 100_000, b"<a" * 100_000):
        tree = parse(body)
        assert tree is None or tree.mended


def test_other_encodings_are_read_as_they_say() -> None:
    latin = rss(item()).decode().replace("UTF-8", "ISO-8859-1").replace("Sparse", "Spärse").encode("latin-1")
    tree = parse(latin)
    assert tree is not None
    assert not tree.mended
    assert "Spärse" in text_of(tree.root)
    wide = rss(item()).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert parse(wide) is not None


def test_a_wrong_encoding_is_mended() -> None:
    tree = parse(rss(item()).replace(b"Sparse", b"Sp\xe4rse"))
    assert tree is not None
    assert (tree.mended, tree.cut) == (True, False)
    assert "Sp�rse" in text_of(tree.root)
