"""The language over real abstracts: what was counted on them, and all rules at once against each on each."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from digest.papers import Paper
from digest.rules import IndexedPaper, Matcher, Query, parse
from digest.rules.term_parser import STOP_WORDS
from digest.text.fold import fold

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def papers(shared: Path) -> list[Paper]:
    lines = (shared / "papers" / "daily_papers.jsonl").read_text("utf-8").split("\n")
    records = [json.loads(line) for line in lines if line]
    daily = [
        Paper(key=str(number), source="hf", title=record["title"], abstract=record["abstract"])
        for number, record in enumerate(records)
    ]
    lines = (shared / "papers" / "yunhua_zhou.jsonl").read_text("utf-8").split("\n")
    return daily + [Paper.from_json(line) for line in lines if line]


def found(rule: str, views: list[IndexedPaper]) -> set[str]:
    query = parse(rule)
    return {view.paper.key for view in views if query.matches(view)}


def test_plural_and_hyphen_folding_find_what_was_counted(papers: list[Paper]) -> None:
    """Counted by plain search over title and abstract: LLM or LLMs in about 270 papers, pre-training in about 130."""
    daily = [IndexedPaper(paper) for paper in papers[:655]]
    assert 260 <= len(found("LLM", daily)) <= 290
    assert found("LLM", daily) == found("LLMs", daily) > found('"LLM"', daily)
    assert found("pre-training", daily) >= found("pretraining", daily)
    assert 125 <= len(found("pretraining", daily)) <= 140
    assert (
        found("fine-tuning", daily)
        >= found("finetuning", daily)
        == found("fine-tuning", daily) & found("finetuning", daily)
    )


def test_the_author_of_thirty_papers(papers: list[Paper]) -> None:
    assert len(found("au:zhou_y", [IndexedPaper(paper) for paper in papers[655:]])) == 30


def rules_of(papers: list[Paper]) -> dict[int, Query]:
    """Rules of all kinds made of words that stand in the papers."""
    rng = random.Random(3)
    words: list[list[str]] = [re.findall(r"[A-Za-z][\w-]{3,}", f"{paper.title} {paper.abstract}") for paper in papers]

    def word() -> str:
        return rng.choice([each for each in rng.choice(words) if each not in STOP_WORDS])

    def phrase() -> str:
        text = rng.choice(words)
        at = rng.randrange(len(text) - 2)
        return f'"{text[at]} {text[at + 1]}"'

    shapes = (
        word,
        phrase,
        lambda: f"{word()} AND {word()}",
        lambda: f"{phrase()} AND ({word()} OR {word()}) NOT {word()}",
        lambda: f"{word()} OR {word()} OR {phrase()}",
        lambda: f"{word()} NEAR/5 {word()}",
        lambda: f'"{word()} {word()}"~8',
        lambda: f"{word()[:4]}* ti:{word()}",
        lambda: f"{{{word()}}} OR all:{word()}",
        lambda: f"au:zhou NOT {word()}",
    )
    return {number: parse(rng.choice(shapes)()) for number in range(1_000)}


def test_all_at_once_finds_what_each_on_each_finds(papers: list[Paper]) -> None:
    queries = rules_of(papers)
    some = papers[::4] + papers[655:]
    each = {(key, index) for index, paper in enumerate(some) for key, query in queries.items() if query.matches(paper)}
    assert len(each) > 2_000
    assert set(Matcher(queries.items()).match(some)) == each


def test_hits_stand_where_they_say(papers: list[Paper]) -> None:
    queries = rules_of(papers)
    some = papers[::8]
    for key, index in Matcher(queries.items()).match(some):
        for hit in queries[key].hits(some[index]):
            if hit.field != "authors":
                assert getattr(some[index], hit.field)[hit.start : hit.end] == hit.text
                assert fold(hit.text).forms


def test_every_word_of_a_paper_is_found_by_itself(papers: list[Paper]) -> None:
    for paper in papers[::10]:
        seen = IndexedPaper(paper)
        for word in set(re.findall(r"[A-Za-z]{2,}", paper.title)) - {"AND", "OR", "NOT", "NEAR"}:
            assert parse(f'ti:"{word}"').matches(seen) or parse(f"ti:{word}*").matches(seen)
