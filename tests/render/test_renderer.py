"""Letters as readers get them: the same in both parts, in bounds, and hostile to nobody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from digest.authors.summary import AuthorSummary
from digest.errors import ConfigError
from digest.issues import Issue, Section
from digest.mail.message import Mailbox, build_message
from digest.papers.scholarly_metrics import Bibliometrics, Researcher
from digest.render import LetterParts, Renderer
from digest.render.links import safe
from digest.resources import shipped
from digest.text import one_line
from tests.support.hostile_text import HOSTILE, parsed
from tests.support.issues import (
    AT_ONCE,
    LEAVE,
    LINKS,
    POSTAL,
    TODAY,
    by_zhou,
    daily,
    flood,
    issue,
    item,
    on_sparse,
    paper,
)

RENDERER = Renderer()


def rendered(of: Issue) -> LetterParts:
    return RENDERER.letter(of, LINKS, postal=POSTAL)


def page(parts: LetterParts) -> html.HtmlElement:
    assert parts.html is not None
    return html.document_fromstring(parts.html)


def body(parts: LetterParts) -> html.HtmlElement:
    found = page(parts).body
    assert found is not None
    return found


def words_of(text: str) -> list[str]:
    return one_line(text).split(" ")


def text_of(element: html.HtmlElement) -> str:
    return " ".join(str(element.text_content()).split())


def test_the_text_is_a_pleasure_to_read() -> None:
    assert rendered(issue(by_zhou(item(daily().sections[0].items[0].paper, author=3)), on_sparse(more=2))).text == (
        "Three papers today: one by Yunhua Zhou, two on sparse models.\n"
        "\n"
        "Morning Papers\n"
        "Friday, 20 November 2026 · No. 214 · for Ada\n"
        "============================================================================\n"
        "\n\n"
        "YUNHUA ZHOU\n"
        "----------------------------------------------------------------------------\n"
        "\n"
        " 1. Capability Salience Vector: Fine-grained Alignment of Loss and\n"
        "    Capabilities for Downstream Task Scaling Law\n"
        "    Qiming Ge, Shuhao Xing, Songyang Gao, *Yunhua Zhou*, + 9 more\n"
        "\n"
        "    Loss curves predict loss, not skill. Tokens are weighted by how much\n"
        "    they matter for one capability.\n"
        "\n"
        "    cs.CL · 9 pages, ACL 2025 · 18 Nov\n"
        "    Abstract: https://arxiv.org/abs/2506.13216\n"
        "    PDF:      https://arxiv.org/pdf/2506.13216\n"
        "    HTML:     https://arxiv.org/html/2506.13216\n"
        "\n\n"
        "SPARSE MODELS\n"
        '"mixture of experts" AND rout* ANDNOT cat:cs.CV\n'
        "----------------------------------------------------------------------------\n"
        "\n"
        "+ 2 more on sparse models, for which this letter had no room\n"
        "\n\n"
        "============================================================================\n"
        "You get this every weekday at 07:30 (Europe/London) because you follow 1\n"
        "author and 2 rules.\n"
        f"Unsubscribe: {LEAVE}\n"
        "Example Lab, 1 Example Street, Example Town\n"
    )


def test_the_page_has_the_bones_that_readers_and_their_machines_need() -> None:
    parts = rendered(daily())
    tree = page(parts)
    assert parts.html is not None
    assert parts.html.startswith("<!DOCTYPE html>\n<html lang=")
    assert (
        tree.findtext(".//title")
        == parts.subject
        == "8 papers: 1 by Yunhua Zhou, 7 on sparse models"[:0] + ("7 papers: 1 by Yunhua Zhou, 6 on sparse models")
    )
    whole = body(parts)
    assert text_of(whole).startswith("Seven papers today: one by Yunhua Zhou, six on sparse models. Morning Papers ")
    assert Counter(element.tag for element in whole.iter("h1", "h2", "h3")) == {"h1": 1, "h2": 2, "h3": 5}
    assert all(table.get("role") == "presentation" for table in whole.iter("table"))
    assert all(title.get("dir") == "auto" for title in whole.iter("h3"))
    wrapper = whole.find("div")
    assert wrapper is not None
    assert (wrapper.get("lang"), wrapper.get("dir")) == ("en", "ltr")
    assert not list(whole.iter("img", "script", "form", "iframe", "style", "link"))
    assert {meta.get("name") for meta in tree.iter("meta")} >= {"viewport", "color-scheme"}
    style = tree.findtext(".//style") or ""
    assert "prefers-color-scheme: dark" in style
    assert len(style) < 16_000
    assert not re.search(r"@[^{]*\{[^@]*\{[^}]*\}\s*@", style.replace("}\n}", "}}\n"))


def test_what_matched_is_marked() -> None:
    tree = page(rendered(daily()))
    marks = [text_of(mark) for mark in tree.xpath("//*[contains(@class, 'hit')]")]
    assert marks[:5] == ["Yunhua Zhou", "Router", "routing", "mixture of experts", "router"]
    assert [text_of(name) for name in tree.iter("i")] == ["adaptive computation"]


def test_what_is_not_new_is_said_in_words() -> None:
    labels = [text_of(label) for label in page(rendered(daily())).iter("b") if "accent" in label.get("class", "")]
    assert labels == ["revised: v2", "withdrawn"]


@pytest.mark.parametrize("of", [daily(), flood(12), flood(300), issue()], ids=["daily", "long", "flood", "quiet"])
def test_both_parts_hold_the_same(of: Issue) -> None:
    parts = rendered(of)
    tree = page(parts)
    flat = " ".join(parts.text.split())
    for title in tree.iter("h3"):
        assert text_of(title) in flat
    assert Counter(str(a.get("href")) for a in tree.iter("a")).keys() == set(
        re.findall(r"(?:https?|mailto):\S+", parts.text)
    )
    assert len(re.findall(r"^ *\d+\. ", parts.text, re.M)) == len(list(tree.iter("h3")))
    assert POSTAL in flat
    assert POSTAL in text_of(body(parts))
    assert all(len(line) <= 76 or "://" in line for line in parts.text.split("\n"))


@pytest.mark.parametrize("count", [1, 20, 30, 45, 80, 150, 400])
def test_a_letter_stays_under_the_size_that_mail_programs_clip_and_hides_nothing(count: int) -> None:
    parts = rendered(flood(count))
    tree = page(parts)
    assert parts.html is not None
    assert len(parts.html.encode()) + parts.html.count("\n") < 100_000
    shown = len(list(tree.iter("h3")))
    told = re.search(r"\+ (\d+) more on", text_of(body(parts)))
    assert shown + (int(told[1]) if told else 0) == count
    assert parts.text.count("for which this letter had no room") == (1 if told else 0)


def test_abstracts_shorten_before_papers_become_lines_before_they_are_counted() -> None:
    def shape(count: int) -> tuple[int, bool]:
        parts = rendered(flood(count))
        abstract = page(parts).find(".//p[@class='abstract']")
        return len(text_of(abstract)) if abstract is not None else 0, "+ " in text_of(body(parts))

    few, more, many, flooded = (shape(count) for count in (20, 40, 100, 400))
    assert few[0] > more[0] > many[0] == flooded[0] == 0
    assert not many[1]
    assert flooded[1]


def test_a_reader_of_text_gets_no_html() -> None:
    assert rendered(issue(on_sparse(item(paper())), format="text")).html is None


def test_a_quiet_day_is_said_calmly() -> None:
    parts = rendered(issue())
    assert parts.subject == "No new papers today"
    assert "A quiet day." in parts.text
    assert "A quiet day." in text_of(body(parts))


def test_an_alert_says_what_is_new() -> None:
    parts = rendered(issue(by_zhou(item(paper(), author=0)), kind="alert", when=AT_ONCE))
    assert parts.subject == "New by Yunhua Zhou: Turn Waste into Worth: Rectifying Top-k Router of MoE"
    assert parts.text.startswith("Just in: one paper by Yunhua Zhou.\n")


def test_papers_that_no_rule_finds_any_more_have_a_heading_of_their_own() -> None:
    section = replace(on_sparse(item(paper(), event="withdrawn")), title="", query="")
    parts = rendered(issue(section))
    assert parts.subject.startswith("Withdrawn: Turn Waste")
    assert [text_of(heading) for heading in page(parts).iter("h2")] == ["Papers you had before"]


def test_a_rule_without_a_title_is_said_once_and_as_typed() -> None:
    section = replace(on_sparse(item(paper())), title="rout* OR gate", query="rout*  OR gate")
    parts = rendered(issue(section))
    assert parts.text.count("rout* OR gate") == 2
    (heading,) = page(parts).iter("h2")
    assert text_of(heading) == "rout* OR gate"
    assert "uppercase" not in heading.get("style", "")


def test_the_only_rule_of_a_subscription_goes_by_its_name() -> None:
    section = replace(on_sparse(item(paper()), more=1), title="rout*", query="rout*")
    parts = rendered(issue(section, rules_count=1))
    assert parts.subject == "2 papers on sparse models"
    assert "\nSPARSE MODELS\nrout*\n" in parts.text


def test_a_paper_with_next_to_nothing_is_still_a_card() -> None:
    bare = paper(title=" ", abstract=None, names=(), primary=None, categories=(), published=None, url=None, pdf=None)
    parts = rendered(issue(on_sparse(item(bare)), name=None))
    assert parts.subject == "(untitled)"
    assert "undefined" not in parts.text
    assert "None" not in parts.text


def test_three_thousand_authors_take_one_line() -> None:
    crowd = paper(names=[f"Author {n}" for n in range(3_000)])
    assert (
        "Author 0, Author 1, Author 2, *Author 2999*, + 2,996 more"
        in rendered(issue(on_sparse(item(crowd, author=2_999)))).text
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_title_reaches_the_reader_as_text_and_nothing_else(hostile: str) -> None:
    evil = paper(title=hostile, abstract=hostile, names=[hostile], comment=hostile, primary=hostile)
    section = replace(on_sparse(item(evil, also=[hostile])), title=hostile, query=f"{hostile} x")
    parts = rendered(issue(section, name=hostile))
    tame = rendered(issue(replace(on_sparse(item(paper(comment="x"), also=["x"])))))
    assert Counter(element.tag for element in page(parts).iter()) == Counter(
        element.tag for element in page(tame).iter()
    )
    raw = build_message(
        sender=Mailbox(address="papers@example.org"),
        to=Mailbox(name=hostile, address="ada@example.org"),
        subject=parts.subject,
        text=parts.text,
        html=parts.html,
        message_id="<x@example.org>",
        date=TODAY,
    )
    message = parsed(raw)
    assert message["Bcc"] is None
    assert len(message["Subject"]) <= 150
    start = words_of(hostile)[0][:60]
    for part in message.iter_parts():
        content = part.get_content()
        assert (start if part.get_content_type() == "text/plain" else html.fromstring(content).text_content()) != ""
        assert not set(content) & set("\0\u202e\x85\u2028\u2029\ud800")
    assert start in " ".join(str(page(parts).text_content()).split())
    assert parsed(raw).get_content_type() == "multipart/alternative"


anything = st.text(st.characters(codec=None), max_size=200)


@settings(max_examples=60)
@given(title=anything, abstract=anything, name=anything, rule=anything, url=anything)
def test_whatever_a_paper_says_the_page_has_the_same_elements(
    title: str, abstract: str, name: str, rule: str, url: str
) -> None:
    of = paper(title=title, abstract=abstract, names=[name, "Zhou"], url=url)
    parts = rendered(issue(replace(on_sparse(item(of, author=1)), title=rule, query="x"), name="Ada"))
    tags = Counter(element.tag for element in body(parts).iter())
    assert tags["script"] == 0
    assert tags["h3"] == 1
    assert tags["b"] == 1
    assert tags["table"] == 4
    assert (safe(url) or "") in parts.text
    shown = " ".join(str(body(parts).text_content()).split())
    assert " ".join(words_of(title)) in shown
    assert set(words_of(abstract)) <= set(words_of(shown)) | {""}
    wide = [line for line in parts.text.split("\n") if len(line) > 76 and " " in line.strip()]
    assert all(max(map(len, line.split())) > 70 for line in wide)


def test_a_folder_of_ones_own_wins_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter" / "subject.txt.j2").write_text("[papers]\n{{ letter.subject }}{{ ' and so on' * 30 }}\n")
    (tmp_path / "letter" / "style.css").write_text(".lede { color: rebeccapurple }")
    parts = Renderer(tmp_path).letter(daily(), LINKS)
    assert parts.subject.startswith("[papers] 7 papers: 1 by Yunhua Zhou")
    assert len(parts.subject) <= 150
    assert parts.html is not None
    assert "rebeccapurple" in parts.html
    assert "#fffefb" not in parts.html.partition("</head>")[2]
    assert "YUNHUA ZHOU" in parts.text


@pytest.mark.parametrize(
    ("name", "source", "place"),
    [
        ("html.html.j2", "<html>\n<body>\n<p\nclass='a'>{{ leter.subject }}</p></body></html>", ":4: 'leter' is"),
        ("html.html.j2", "<html>\n<body>\n{% if letter.subject %}</body></html>", ":3: Unexpected end"),
        ("card.html.j2", "<p>\n{{ card.titel }}</p>", r"card.html.j2:2: '.*' has no attribute 'titel'"),
        ("text.txt.j2", "\n\n{{ letter.lede + 1 }}", ":3: can only concatenate str"),
        ("text.txt.j2", "\n{{ letter.lede|fil }}", ":2: No filter named 'fil'"),
        ("text.txt.j2", '{% include "letter/crad.txt.j2" %}', r"text.txt.j2:1: .*letter/crad.txt.j2"),
        ("subject.txt.j2", " \n", "subject.txt.j2 says nothing"),
        ("html.html.j2", "<html><body>{{ 'x' * 100000 }}</body></html>", "html.html.j2 makes 100000 bytes"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_its_place(tmp_path: Path, name: str, source: str, place: str) -> None:
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter" / name).write_text(source)
    with pytest.raises(ConfigError, match=place):
        Renderer(tmp_path).letter(daily(), LINKS)


def test_the_same_issue_is_the_same_letter_in_another_process() -> None:
    program = (
        "from tests.support.issues import *; from digest.render import Renderer; import sys;"
        "parts = Renderer().letter(daily(), LINKS, postal=POSTAL);"
        "sys.stdout.buffer.write((parts.subject + parts.text + (parts.html or '')).encode())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    parts = rendered(daily())
    assert made == {(parts.subject + parts.text + (parts.html or "")).encode()}


def test_a_paper_with_code_leads_to_it() -> None:
    with_code, without = paper(code="https://github.com/ada/kept"), paper("2402.00001", code="javascript:alert(1)")
    parts = rendered(issue(on_sparse(item(with_code), item(without))))
    assert page(parts).xpath("//a[.='Code']/@href") == ["https://github.com/ada/kept"]
    assert parts.text.count("    Code:     https://github.com/ada/kept") == 1
    assert "javascript" not in parts.text + str(parts.html)


@pytest.mark.parametrize(
    ("votes", "comments", "said"),
    [
        (41, 3, "41 votes, 3 comments, 3 authors"),
        (1, 0, "1 vote, 3 authors"),
        (0, 1, "1 comment, 3 authors"),
        (1234, None, "1,234 votes, 3 authors"),
    ],
)
def test_votes_are_said_where_there_are_any(votes: int, comments: int | None, said: str) -> None:
    parts = rendered(issue(on_sparse(item(paper(votes=votes, comments_count=comments)))))
    assert f"cs.LG · {said} · " in parts.text
    assert "vote" not in rendered(issue(on_sparse(item(paper(votes=0, comments_count=None))))).text


def test_what_services_say_stands_on_the_card_and_their_words_only_where_there_is_no_abstract() -> None:
    figures = (Bibliometrics(service="semanticscholar", citations=12, summary="Words\u202e are routed."),)
    with_abstract, without = (
        replace(item(paper(f"2402.0000{number}", abstract=text)), figures=figures)
        for number, text in enumerate(["We route.", None], 1)
    )
    text = rendered(issue(on_sparse(with_abstract, without))).text
    assert text.count("cs.LG · 12 citations · ") == 2
    assert text.count("Words are routed. (Semantic Scholar)") == 1


def test_a_followed_persons_chapter_opens_with_who_they_are() -> None:
    turing = Researcher(
        service="openalex", id="A1", name="A", papers=57, citations=1362, h_index=22, affiliation="NPL\nUK", at=TODAY
    )
    earlier = paper("2402.00002", title="Earlier <b> work", names=("A", "B", "C", "D"), code="https://github.com/a/b")
    portrait = AuthorSummary(name="A. Turing", fields=("cs.AI", "math.LO"), numbers=turing, latest=(earlier,))
    section = Section(title="A. Turing", author="A. Turing", items=(item(paper()),), portrait=portrait)
    parts = rendered(issue(section))
    words = " ".join(parts.text.split())
    assert "cs.AI, math.LO · 57 papers, 1,362 citations, h-index 22 (OpenAlex, 20 Nov) · NPL UK" in words
    assert "Lately also: Earlier <b> work · A, B, C et al. · cs.LG · 18 Nov · Code" in words
    [link] = page(parts).xpath("//a[text()='Earlier <b> work']/@href")
    assert link == "https://arxiv.org/abs/2402.00002"
    bare = rendered(issue(replace(section, portrait=AuthorSummary(name="A. Turing"))))
    assert "Lately" not in bare.text


def test_a_letter_is_seen_from_all_sides_at_once() -> None:
    parts = rendered(issue(on_sparse(item(paper(title="Sparse <script>alert(1)</script>"), "spar"))))
    shown = html.document_fromstring(RENDERER.beside(parts))
    assert [frame.get("title") for frame in shown.xpath("//iframe")] == ["Desktop", "Phone", "Dark"]
    desktop, _, dark = (frame.get("srcdoc") for frame in shown.xpath("//iframe"))
    assert desktop == parts.html
    assert "@media all" in dark
    assert shown.xpath("//script") == []
    assert [" ".join(text.split()) for text in shown.xpath("//pre/text()")] == [" ".join(parts.text.split())]
    assert not html.document_fromstring(RENDERER.beside(replace(parts, html_lines=None))).xpath("//iframe")


def test_the_example_of_a_template_of_ones_own_works(tmp_path: Path) -> None:
    found = re.search(r"```jinja\n(.*?)```", (shipped("templates") / "README.md").read_text(), re.S)
    assert found
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter/card.html.j2").write_text(found[1])
    parts = Renderer(tmp_path).letter(issue(on_sparse(item(paper(), "rout"), item(paper(url=None)))), LINKS)
    assert parts.html is not None
    cards = html.document_fromstring(parts.html)
    assert [title.text_content() for title in cards.xpath("//h3")] == [
        "Turn Waste into Worth: Rectifying Top-k Router of MoE"
    ] * 2
    assert cards.xpath("//h3/a/@style")
    assert not cards.xpath("//p[contains(@class, 'abstract')]")


def test_an_alert_of_a_few_papers_has_their_whole_abstracts() -> None:
    long = paper(abstract="We route words, and so on and on. " * 60)
    whole = rendered(issue(on_sparse(item(long)), kind="alert", when=AT_ONCE))
    assert " ".join(whole.text.split()).count("so on and on.") == 60
    daily_ = rendered(issue(on_sparse(item(long))))
    assert 10 < " ".join(daily_.text.split()).count("so on and on.") < 20
    many = rendered(issue(on_sparse(*[item(long)] * 4), kind="alert", when=AT_ONCE))
    assert " ".join(many.text.split()).count("so on and on.") < 80


def test_papers_by_their_votes_stand_with_their_rank() -> None:
    first, second = paper("2402.00001", votes=41), paper("2402.00002", votes=7)
    parts = rendered(issue(Section(title="Trending papers", items=(item(first), item(second)))))
    assert page(parts).xpath("//p[contains(@class, 'rank')]/text()") == ["1", "2"]
    assert not page(rendered(issue(on_sparse(item(first))))).xpath("//p[contains(@class, 'rank')]")
