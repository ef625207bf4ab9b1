"""Feeds: what RFC 4287 must have, and whatever stands in a paper."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import feedparser  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from digest.render.atom import AtomEntry, AtomFeed, atom, entry_of, lasting_id, updated
from digest.text import one_line
from digest.text.translations import translations
from tests.support.issues import paper

AT = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
NS = {"a": "http://www.w3.org/2005/Atom"}
DATABASE, SITE = "5f6ec0c2", "https://papers.example.org/lists"


def feed(*entries: AtomEntry, title: str = "Sparse models", author: str = "Morning Papers") -> AtomFeed:
    return AtomFeed(
        id=lasting_id(DATABASE, "a feed"),
        title=title,
        author=author,
        itself=f"{SITE}/feed.atom",
        page=f"{SITE}/",
        updated=AT,
        language="en",
        entries=entries,
    )


def entry(number: int = 1, **more: object) -> AtomEntry:
    given: dict[str, object] = {"id": f"urn:x:{number}", "title": "A title", "link": f"{SITE}/paper/{number}"}
    return AtomEntry(**(given | {"updated": AT} | more))  # type: ignore[arg-type]


def test_a_feed_has_what_the_standard_wants() -> None:
    """RFC 4287 4.1.1 and 4.1.2: these once, an author in the feed, an alternate link where there is no content."""
    root = etree.fromstring(atom(feed(entry(1, summary="It routes.", authors=["Ann Ås"]), entry(2))))
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    for element in (root, *root.iterfind("a:entry", NS)):
        for name in ("id", "title", "updated"):
            [found] = element.findall(f"a:{name}", NS)
            assert found.text
        assert len(element.findall("a:link[@rel='alternate']", NS)) == 1
        assert len(element.findall("a:summary", NS)) <= 1
    assert [link.get("href") for link in root.findall("a:link[@rel='self']", NS)] == [f"{SITE}/feed.atom"]
    assert root.findtext("a:author/a:name", namespaces=NS) == "Morning Papers"
    ids = [found.text for found in root.iterfind("a:entry/a:id", NS)]
    assert len(ids) == len(set(ids))


def test_a_reader_of_feeds_finds_everything() -> None:
    local = AT.astimezone(ZoneInfo("Asia/Kolkata"))
    whole = entry(
        title="Sparse <b>models</b> & more",
        updated=local,
        published=AT.replace(year=2025),
        authors=("Ann Ås", "", "Ben & Co"),
        summary="One.\nTwo < three.",
        categories=("cs.CL", "cs.LG"),
    )
    read = feedparser.parse(atom(feed(whole, title="A <feed>")))
    assert (read.bozo, read.version, read.feed.language) == (False, "atom10", "en")
    [found] = read.entries
    assert found.title_detail.type == "text/plain"
    assert found.title == "Sparse <b>models</b> & more"
    assert (found.updated, found.published) == ("2026-11-20T07:30:00Z", "2025-11-20T07:30:00Z")
    assert [author.name for author in found.authors] == ["Ann Ås", "Ben & Co"]
    assert found.summary == "One.\nTwo < three."
    assert [tag.term for tag in found.tags] == ["cs.CL", "cs.LG"]
    assert found.link == f"{SITE}/paper/1"


def test_a_feed_is_as_new_as_its_newest_entry() -> None:
    old, new = AT.replace(day=1), AT.replace(day=19)
    assert updated(feed(entry(1, updated=old), entry(2, updated=new))) == new
    assert updated(feed()) == AT
    assert etree.fromstring(atom(feed())).findtext("a:updated", namespaces=NS) == "2026-11-20T07:30:00Z"


def test_an_id_is_of_the_paper_and_what_happened_to_it_for_ever() -> None:
    assert lasting_id(DATABASE, "arxiv:2402.12399", "new") == "urn:uuid:f3202b03-820a-5d53-ab81-bcac7915cce3"
    ids = {
        entry_of(paper(), event, AT, database_id=database, site=SITE, t=translations("en")).id
        for event in ("new", "revised v2")
        for database in (DATABASE, "another")
    }
    assert len(ids) == 4
    elsewhere = entry_of(
        paper(title="Another title"), "new", AT, database_id=DATABASE, site="https://moved", t=translations("de")
    )
    assert elsewhere.id == lasting_id(DATABASE, "arxiv:2402.12399", "new")
    assert lasting_id("a", "b c") != lasting_id("a b", "c")


def test_an_entry_of_a_paper_reads_as_letters_do() -> None:
    found = entry_of(paper(), "revised v2", AT, database_id=DATABASE, site=SITE, t=translations("en"))
    assert found.title == "Turn Waste into Worth: Rectifying Top-k Router of MoE (revised: v2)"
    assert found.link == f"{SITE}/paper/arxiv:2402.12399"
    assert found.summary.startswith("Top-k routing")
    assert found.authors == ("Zhiyuan Zeng", "Qipeng Guo", "Zhaoye Fei")
    many = paper(names=[f"Author {n}" for n in range(3_000)])
    assert (
        entry_of(many, "new", AT, database_id=DATABASE, site=SITE, t=translations("en")).authors[-1] == "+ 2,950 more"
    )
    bare = entry_of(
        paper(title=" ", abstract=None, names=()), "new", AT, database_id=DATABASE, site=SITE, t=translations("de")
    )
    assert (bare.title, bare.summary, bare.authors) == ("(ohne Titel)", "", ())


_TEXT = st.text(st.characters(exclude_categories=())) | st.text("<>&\"'\x00\x0b\ufffe\uffff\ud800\U0001fffe]]>")


@given(title=_TEXT, summary=_TEXT, name=_TEXT, category=_TEXT)
def test_whatever_a_paper_says_is_well_formed_and_reads_back(
    title: str, summary: str, name: str, category: str
) -> None:
    whole = entry(title=title, summary=summary, authors=[name], categories=[category])
    root = etree.fromstring(atom(feed(whole, title=title, author=name)))
    [found] = root.findall("a:entry", NS)
    assert (found.findtext("a:title", namespaces=NS) or "") == one_line(title)
    assert (found.findtext("a:author/a:name", namespaces=NS) or "") == one_line(name)
    lines = filter(None, map(one_line, summary.split("\n")))
    assert (found.findtext("a:summary", namespaces=NS) or "") == "\n".join(lines)
    assert [each.get("term") for each in found.findall("a:category", NS)] == list(filter(None, [one_line(category)]))


@given(_TEXT, _TEXT, st.text(st.characters(exclude_categories=())))
def test_any_paper_becomes_an_entry(title: str, abstract: str, key: str) -> None:
    odd = paper(key, title, abstract, [title], url=None, pdf=None, categories=(abstract,))
    made = entry_of(odd, "new", AT, database_id=DATABASE, site=SITE, t=translations("en"))
    read = feedparser.parse(atom(feed(made)))
    assert not read.bozo
    assert read.entries[0].link.isascii()


def test_authors_without_a_name_leave_the_entry_to_the_feed_s_author() -> None:
    made = entry_of(paper(names=()), "new", AT, database_id=DATABASE, site=SITE, t=translations("en"))
    assert made.authors == ()
    assert etree.fromstring(atom(feed(made))).find("a:entry/a:author", NS) is None
