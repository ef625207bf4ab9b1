"""Cards of lists: as letters print them, with the way to a paper's page; a page may add actions of its own."""

from __future__ import annotations

from pathlib import Path

import lxml.html

from digest.render import PageRenderer
from digest.render.cards import listed_papers
from digest.text.translations import translations
from tests.support.issues import TODAY, item, paper

_PAGE = """{% import "site/card.html.j2" as card %}
{% for entry in cards %}
{% call card.paper(entry, below) %}<form method="post"><button>Not this</button></form>{% endcall %}
{% endfor %}"""


def shown(tmp_path: Path, *items: object, language: str = "en") -> lxml.html.HtmlElement:
    (tmp_path / "site").mkdir(exist_ok=True)
    (tmp_path / "site" / "list.html.j2").write_text(_PAGE)
    cards = listed_papers(items, TODAY, translations(language))  # type: ignore[arg-type]
    return lxml.html.fromstring(
        f"<main>{PageRenderer(tmp_path).page('list', cards=cards, below=lambda path: '/b' + path)}</main>"
    )


def test_a_card_is_as_in_a_letter_and_leads_to_the_paper_s_page(tmp_path: Path) -> None:
    root = shown(tmp_path, item(paper(votes=21), "rout", author=1, also=["Another rule"], event="revised v2"))
    assert root.xpath("//h3/a/@href") == ["/b/paper/arxiv:2402.12399"]
    assert [mark.text_content() for mark in root.xpath("//p[not(@class)]//span[@class='hit']")] == ["routing", "router"]
    assert root.xpath("//b[@class='hit']/text()") == ["Qipeng Guo"]
    assert root.xpath("//b[@class='label']/text()") == ["revised: v2"]
    assert root.xpath("//p[@class='by']/i/text()") == ["Another rule"]
    assert root.xpath("//p[@class='actions']/a/text()") == ["Abstract", "PDF", "HTML", "BibTeX"]
    assert root.xpath("//p[@class='actions']/a[text()='BibTeX']/@href") == ["/b/paper/arxiv:2402.12399.bib"]
    assert root.xpath("//button/text()") == ["Not this"]


def test_cards_are_numbered_and_speak_the_reader_s_language() -> None:
    cards = listed_papers([item(paper()), item(paper("2402.00002"))], TODAY, translations("de"))
    assert [each.card.number for each in cards] == [1, 2]
    assert cards[0].card.actions[0].words == "Zusammenfassung"


def test_nothing_in_a_paper_becomes_a_tag(tmp_path: Path) -> None:
    hostile = '"><script>alert(1)</script>\u202e'
    odd = paper(title=hostile, abstract=hostile, names=[hostile], comment=hostile, primary=hostile, url="javascript:x")
    root = shown(tmp_path, item(odd, "alert"))
    assert not root.xpath("//script")
    assert all(address.startswith(("https://", "/b/")) for address in root.xpath("//@href"))
    assert "\u202e" not in root.text_content()
