"""A feed as a whole: what it is, whose dates count, and what broken ones still give."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.papers import Paper
from digest.sources import read_saved
from digest.sources.base import ResultPage, ServiceResponse
from digest.sources.feeds import FeedSource

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
FEED = FeedSource(title="Coined Words", url="https://journal.example/feed")


def read(body: bytes, content_type: str = "") -> ResultPage:
    return FEED.read(ServiceResponse(url=FEED.url, body=body, content_type=content_type), NOW)


def rss(inside: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
      xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"
      xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Coined Words</title>
      <link>https://journal.example/</link>{inside}</channel></rss>""".encode()


def one(inside: str) -> Paper:
    (paper,) = read(rss(f"<item>{inside}</item>")).papers
    return paper


ITEM = """<title>Of <![CDATA[<i>Words</i>]]> &amp;amp; Books</title><link>https://journal.example/1?af=R&amp;x=2</link>
<guid>https://journal.example/1</guid><pubDate>Fri, 20 Nov 2026 09:00:00 +0100</pubDate>
<dc:creator>Ada Quill</dc:creator>
<description>&lt;p&gt;We word &lt;b&gt;books&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;H&lt;sub&gt;2&lt;/sub&gt;O</description>
<category>Research</category>"""


def test_it_asks_for_the_feed() -> None:
    assert str(FEED.first("whatever", NOW, NOW).url) == "https://journal.example/feed"


def test_an_entry_field_by_field() -> None:
    paper = one(ITEM)
    assert (paper.key, paper.source) == ("feed:https://journal.example/1", "feeds")
    assert paper.title == "Of Words & Books"
    assert paper.abstract == "We word books.\nH2O"
    assert [author.name for author in paper.authors] == ["Ada Quill"]
    assert paper.url == "https://journal.example/1?x=2"
    assert paper.published == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert (paper.updated, paper.announced, paper.doi, paper.version) == (None, None, None, None)
    assert paper.categories == ("Research",)


@pytest.mark.parametrize(
    ("inside", "key"),
    [
        ("<prism:doi>10.1234/JCW.7</prism:doi>" + ITEM, "doi:10.1234/jcw.7"),
        ("<guid>http://doi.org/10.1234/jcw.7</guid><title>x</title>", "doi:10.1234/jcw.7"),
        ("<guid isPermaLink='false'>10.1234/JCW.7</guid><title>x</title>", "doi:10.1234/jcw.7"),
        ("<dc:identifier>doi:10.1234/jcw.7</dc:identifier><guid>pubmed:1</guid><title>x</title>", "doi:10.1234/jcw.7"),
        ("<title>x</title><link>https://j.example/doi/full/10.1234/jcw.7?af=R</link>", "doi:10.1234/jcw.7"),
        ("<title>x</title><description>&lt;p&gt;DOI: 10.1234/jcw.7&lt;/p&gt;</description>", "doi:10.1234/jcw.7"),
        ("<title>x</title><link>https://arxiv.org/abs/2611.00017v2</link>", "arxiv:2611.00017"),
        ("<title>x</title><guid>oai:arXiv.org:2611.00017v2</guid>", "arxiv:2611.00017"),
        ("<title>x</title><link>https://j.example/a?utm_source=b&amp;rss=1</link>", "feed:https://j.example/a"),
        ("<title>x</title><guid isPermaLink='false'>17</guid>", "feed:journal.example/17"),
        ("<title>x</title><guid isPermaLink='false'>pubmed:17</guid>", "feed:pubmed:17"),
    ],
)
def test_an_entry_goes_by_the_best_name_that_it_has(inside: str, key: str) -> None:
    assert one(inside).key == key


def test_an_entry_without_any_name_goes_by_title_and_first_author() -> None:
    first = one("<title>Of Words</title><dc:creator>Ada Quill</dc:creator>").key
    assert first == one("<title>Of  &lt;i&gt;words&lt;/i&gt;</title><dc:creator>Ada Quill</dc:creator>").key
    assert first != one("<title>Of Words</title><dc:creator>Bo Rye</dc:creator>").key


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        ("", None),
        ("<dc:date>2026-11-19</dc:date>", datetime(2026, 11, 19, tzinfo=UTC)),
        ("<pubDate>Fri, 20 Nov 2099 00:00:00 GMT</pubDate>", NOW),
        ("<pubDate>someday</pubDate>", None),
        (
            "<description>&lt;p&gt;Publication date: February 2022&lt;/p&gt;</description>",
            datetime(2022, 2, 1, tzinfo=UTC),
        ),
    ],
)
def test_dates_are_known_day_only_ahead_or_missing(dates: str, published: datetime | None) -> None:
    assert one(f"<title>x</title>{dates}").published == published


def test_a_description_of_labels_is_taken_apart() -> None:
    paper = one("""<title>\ufeffTwo new words</title><link>https://j.example/1</link><description><![CDATA[
      <p>Words 85: 109-125</p><p>DOI: 10.1234/words.85</p><p>Authors: Ada Quill, Bo Rye</p>
      <p>Abstract: Two words are new.</p><p><a href="https://j.example/1/pdf">PDF</a></p>]]></description>""")
    assert paper.title == "Two new words"
    assert [author.name for author in paper.authors] == ["Ada Quill", "Bo Rye"]
    assert (paper.key, paper.abstract) == ("doi:10.1234/words.85", "Two words are new.")


def test_a_description_that_is_no_abstract_is_none() -> None:
    paper = one("""<title>x</title><description><![CDATA[<p>Publication date: 15 February 2026</p>
      <p><b>Source:</b> Journal of Words, Volume 167</p><p>Author(s): Ada Quill, Bo Rye</p>]]></description>""")
    assert (paper.abstract, paper.journal) == (None, "Journal of Words, Volume 167")
    assert [author.name for author in paper.authors] == ["Ada Quill", "Bo Rye"]
    assert paper.published == datetime(2026, 2, 15, tzinfo=UTC)


def test_the_full_text_stands_in_for_a_summary_that_breaks_off() -> None:
    paper = one("""<title>x</title><description>We word...</description><content:encoded><![CDATA[
      <p>J Words. 2026 Nov 17. Online ahead of print.</p><p><b>ABSTRACT</b></p><p>We word books.</p>
      <p>PMID:<a href="https://pubmed.example/17">17</a></p>]]></content:encoded>""")
    assert paper.abstract == "We word books."


def test_scripts_and_odd_links_stay_outside() -> None:
    paper = one("<title>a &lt;script&gt;alert(1)&lt;/script&gt;\u202eb</title><link>javascript:alert(1)</link>")
    assert (paper.title, paper.url) == ("a b", None)


def test_one_bad_entry_stops_no_other() -> None:
    page = read(rss(f"<item></item><item>{ITEM}</item>"))
    assert len(page.papers) == 1
    assert page.warnings == ("1 of 2 entries could not be read: an entry without title, text and link",)


def test_an_empty_feed_is_a_quiet_day() -> None:
    assert read(rss("")) == ResultPage()
    assert read_saved("feeds", rss(""), "x").said == "a feed without entries"


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b"<!DOCTYPE html><html><body>Just a moment...</body></html>", "an HTML page"),
        (b'{"items": []}', "JSON"),
        (b"Not found", "plain text: 'Not found'"),
        (b"", "nothing"),
        (b"<rss version='2.0'>\n</rss", "a broken feed without one whole entry"),
    ],
)
def test_what_is_no_feed_is_refused(body: bytes, seen: str) -> None:
    with pytest.raises(SourceError, match=r"^feeds Coined Words: no feed, but ") as told:
        read(body)
    assert seen in str(told.value)
    with pytest.raises(SourceError, match=r"^page is no answer of feeds: "):
        read_saved("feeds", body, "page")


def test_a_broken_feed_with_entries_is_a_warning() -> None:
    page = read(rss(f"<item>{ITEM}</item><item>{ITEM}</item>")[:-20])
    assert len(page.papers) == 2
    assert page.cut
    assert page.warnings[0].startswith("not well formed: ")


def test_a_feed_cut_anywhere_is_read_or_refused() -> None:
    body = rss(f"<item>{ITEM}</item>")
    for end in range(0, len(body), 11):
        try:
            read(body[:end])
        except SourceError:
            continue


def test_a_bomb_is_no_feed_or_stays_small() -> None:
    levels = "".join(f'<!ENTITY z{n} "{f"&z{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE rss [<!ENTITY z0 "ha">{levels}]>'
    item = "<rss version='2.0'><channel><item><title>a &z9;</title></item></channel></rss>"
    try:
        page = read((head + item).encode())
    except SourceError:
        return
    assert all(len(paper.title) < 1000 for paper in page.papers)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16", "windows-1252"])
def test_a_feed_in_another_encoding_is_read(encoding: str) -> None:
    text = rss("<item><title>Größe</title></item>").decode().replace("UTF-8", encoding)
    (paper,) = read(text.encode(encoding), content_type="application/xml").papers
    assert paper.title == "Größe"


def test_a_guid_that_stands_for_several_links_names_none_of_them() -> None:
    same = [
        f"<item><title>{word} of nets</title><link>https://journal.example/{word}</link><guid>N/A</guid></item>"
        for word in ("Colouring", "Packing", "Flows")
    ]
    twice = "<item><title>Trees</title><link>https://journal.example/t?utm_source={}</link><guid>t-1</guid></item>"
    papers = read(rss("".join((*same, twice.format("a"), twice.format("b"))))).papers
    assert [paper.key for paper in papers] == [
        "feed:https://journal.example/Colouring",
        "feed:https://journal.example/Packing",
        "feed:https://journal.example/Flows",
        "feed:journal.example/t-1",
        "feed:journal.example/t-1",
    ]
