"""Bounds of a feed: whatever 10 MB hold, they cost a second at most, and what is read of them says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import feedparser  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.papers import Paper
from digest.sources.base import ServiceResponse
from digest.sources.feeds import FeedSource
from digest.sources.feeds.bounds import BUDGET, bounded, decoded

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
FEED = FeedSource(title="Coined Words", url="https://journal.example/feed")
SIZE = 10_000_000
SECONDS = 3.0  # of this thread's own processor time, on a machine three times slower than an ordinary one
HEAD = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:itunes="http://www.itunes.com/DTDs/PodCast-1.0.dtd"><channel><title>A</title>'
)
ENTRY = "<item><title>Word</title></item>"
END = "</channel></rss>"


def read(document: str | bytes) -> tuple[tuple[Paper, ...], str]:
    """(papers, what is said of the others)."""
    body = document if isinstance(document, bytes) else document.encode()
    try:
        page = FEED.read(ServiceResponse(url=FEED.url, body=body, content_type="application/xml"), NOW)
    except SourceError as error:
        return (), str(error)
    return page.papers, " ".join(page.warnings)


def item(inner: str) -> str:
    return f"{HEAD}<item><title>Word</title><guid>g</guid>{inner}</item>{END}"


def items(inner: str) -> str:
    one = f"<item><title>Word</title>{inner}</item>"
    return HEAD + one * (SIZE // len(one)) + END


def again(piece: str) -> str:
    return piece * (SIZE // len(piece))


HOSTILE: dict[str, Callable[[], str | bytes]] = {
    "categories": lambda: item("".join(f"<category>c{number}</category>" for number in range(100_000))),
    "categories of the feed": lambda: HEAD + "".join(f"<category>c{n}</category>" for n in range(50_000)) + ENTRY + END,
    "categories of each": lambda: items("".join(f"<category>c{number}</category>" for number in range(100))),
    "keywords": lambda: item("<itunes:keywords>" + ",".join(map(str, range(1_000_000))) + "</itunes:keywords>"),
    "attributes": lambda: item("<x " + " ".join(f'a{n}="1"' for n in range(300_000)) + "/>"),
    "attributes in text": lambda: item(
        "<description>&lt;p " + " ".join(f"a{n}=1" for n in range(300_000)) + "&gt;word&lt;/p&gt;</description>"
    ),
    "namespaces": lambda: item("".join(f'<a xmlns:n{n}="u{n}"/>' for n in range(400_000))),
    "open quotes": lambda: item(again('<a b="')),
    "title": lambda: f"{HEAD}<item><title>{again('word ')}</title></item>{END}",
    "marks": lambda: f"{HEAD}<item><title>a{again(chr(0x301) + chr(0x327))}</title></item>{END}",
    "markup in text": lambda: items("<description>" + "&lt;p&gt;word&lt;/p&gt; " * 200 + "</description>"),
    "author": lambda: item("<author>" + again("a") + "</author>"),
    "authors": lambda: item(again("<dc:creator>Ada Quill</dc:creator>")),
    "names in one string": lambda: items("<author>" + "A (1), " * 1000 + "((1) x) ((2) y)</author>"),
    "publisher": lambda: HEAD + "<webMaster>" + again("a") + "</webMaster>" + ENTRY + END,
    "dates": lambda: items("<pubDate>Thu, 19 Novx 2026 00:00:00 GMT</pubDate>" * 18),
    "links": lambda: item(again('<link href="https://a.example/"/>')),
    "query": lambda: items("<link>https://a.example/?" + "a=b&amp;" * 900 + "</link>"),
    "depth": lambda: item(again("<a>")),
    "depth of text": lambda: item("<description>" + again("<b>")),
    "ends": lambda: item(again("</a>")),
    "comments": lambda: item(again("<!--")),
    "sections": lambda: item(again("<![CDATA[")),
    "instructions": lambda: again("<?") + item(""),
    "signs": lambda: again("<"),
    "references": lambda: item("<description>" + again("&#32;") + "</description><x>"),
    "lines": lambda: again("\n") + item(""),
    "entities": lambda: (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + "b" * 4000 + '">]>' + item(f"<description>{again('&a;')}")
    ),
    "punycode": lambda: '<?xml version="1.0" encoding="punycode"?>' + item(again("a")),
    "two bytes a letter": lambda: item("<category>c</category>" * 100_000).encode("utf-16"),
    "bytes": lambda: bytes(range(256)) * (SIZE // 256),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_costs_more_than_a_second(name: str) -> None:
    body = HOSTILE[name]()
    start = time.thread_time()
    papers, said = read(body)
    assert time.thread_time() - start < SECONDS
    assert papers or said


def test_a_hundred_categories_are_read() -> None:
    papers, said = read(item("".join(f"<category>c{number}</category>" for number in range(16_000))))
    assert papers[0].title == "Word"
    assert papers[0].categories[0] == "c0"
    assert said == ""
    assert bounded(item("<category>c</category>" * 16_000))[0].count("<category>") == 100


def test_a_feed_that_is_too_large_is_read_from_its_begin() -> None:
    papers, said = read(items("<description>" + "A word of a paper. " * 100 + "</description>"))
    assert 1_000 < len(papers) < 5_000
    assert said == f"too large: only its first {len(papers):,} entries are read"


def test_a_feed_that_is_dear_from_its_begin_is_refused_with_words() -> None:
    papers, said = read(item("<x/>" * 200_000))
    assert (papers, said) == ((), "feeds Coined Words: no feed, but more markup and text than a feed can have")


@given(st.integers(1, 60), st.integers(0, 40), st.integers(0, 9_000))
def test_what_is_handed_on_grows_no_faster_than_the_document(entries: int, elements: int, letters: int) -> None:
    one = f"<item><title>{'w' * letters}</title>{'<category>c</category>' * elements}</item>"
    found, only = bounded(HEAD + one * entries + END)
    assert len(found) <= len(one) * entries + len(HEAD) + len(END)
    assert found.count("<item>") == (entries if only is None else only)
    assert feedparser.parse(found.encode()).bozo is False


@pytest.mark.parametrize("size", [1_000, 10_000, 100_000, 1_000_000])
@pytest.mark.parametrize("element", ["category", "dc:creator", "link", "x", "pubDate", "itunes:keywords", "source"])
def test_the_elements_of_an_entry_are_bounded_whatever_their_number(element: str, size: int) -> None:
    try:
        found, _ = bounded(item(f"<{element}>a</{element}>" * (size // len(element))))
    except ValueError:
        return
    assert found.count(f"<{element}>") <= (10_000 if element == "dc:creator" else 100)


def test_an_ordinary_feed_is_handed_on_as_it_is() -> None:
    document = item("<description><![CDATA[A <b>word</b> & more]]></description><pubDate>x</pubDate>")
    assert bounded(document) == (document.removeprefix('<?xml version="1.0"?>'), None)
    assert len(document) < BUDGET


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "iso-8859-1", "shift_jis"])
def test_a_document_is_decoded_by_what_it_says(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><rss>a</rss>'
    assert decoded(text.encode(encoding), "") == text


@given(st.binary(max_size=200), st.text(max_size=40))
def test_any_bytes_are_some_text(body: bytes, content_type: str) -> None:
    assert isinstance(decoded(body, content_type), str)
