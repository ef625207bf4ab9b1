"""Issues to render, small and by hand: titles, names and ids are real, the summaries are our own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from digest.issues import Issue, Item, Section
from digest.papers import Author, Ids, Paper
from digest.render import LetterLinks
from digest.rules import Hit
from digest.subscriptions import Schedule, Subscriber

LONDON = ZoneInfo("Europe/London")
TODAY = datetime(2026, 11, 20, 7, 30, tzinfo=LONDON)
WEEKDAYS = Schedule(days=frozenset(range(5)), hour=7, minute=30, at_once=False)
AT_ONCE = Schedule(days=frozenset(), hour=0, minute=0, at_once=True)
LEAVE = "mailto:owner@example.org?subject=unsubscribe%20ada"
LINKS = LetterLinks(unsubscribe=LEAVE)
POSTAL = "Example Lab, 1 Example Street, Example Town"


def paper(
    arxiv: str = "2402.12399",
    title: str = "Turn Waste into Worth: Rectifying Top-$k$ Router of MoE",
    abstract: str | None = "Top-$k$ routing in a mixture of experts drops tokens. The plain router is beaten by 4.7 %.",
    names: Sequence[str] = ("Zhiyuan Zeng", "Qipeng Guo", "Zhaoye Fei"),
    **fields: Any,
) -> Paper:
    given: dict[str, Any] = {
        "primary": "cs.LG",
        "categories": ("cs.LG",),
        "published": datetime(2026, 11, 18, 17, tzinfo=UTC),
        "url": f"https://arxiv.org/abs/{arxiv}",
        "pdf": f"https://arxiv.org/pdf/{arxiv}",
    }
    return Paper(
        key=f"arxiv:{arxiv}",
        ids=Ids(arxiv=arxiv),
        title=title,
        abstract=abstract,
        authors=tuple(Author(name=name) for name in names),
        source="arxiv",
        **(given | fields),
    )


def item(of: Paper, *words: str, event: str = "new", author: int | None = None, also: Sequence[str] = ()) -> Item:
    """The paper as it matched: by words that begin so, or by an author."""
    return Item(work=1, event=event, paper=of, hits=tuple(_hits(of, words, author)), also=tuple(also))


def _hits(of: Paper, words: Sequence[str], author: int | None) -> Iterator[Hit]:
    for field, text in (("title", of.title), ("abstract", of.abstract or "")):
        for word in words:
            for found in re.finditer(rf"\b{word}\w*", text, re.I):
                yield Hit(
                    field=field, start=found.start(), end=found.end(), text=found[0], rule=f"{word}*", author=None
                )
    if author is not None:
        name = of.authors[author].name
        yield Hit(field="authors", start=0, end=len(name), text=name, rule=name, author=author)


def issue(*sections: Section, format: str = "html", name: str | None = "Ada", **fields: Any) -> Issue:  # noqa: A002
    reader = Subscriber(
        id="ada",
        email="ada@example.org",
        name=name,
        timezone=LONDON,
        language="en",
        format="text" if format == "text" else "html",
        pause_until=None,
        subscriptions=(),
    )
    given: dict[str, Any] = {
        "subscriber": reader,
        "subscription": "Sparse models",
        "when": WEEKDAYS,
        "kind": "scheduled",
        "slot": "2026-11-20T07:30",
        "number": 214,
        "date": TODAY,
        "since": TODAY - timedelta(days=1),
        "rules_count": 2,
        "authors_count": 1,
    }
    return Issue(sections=sections, **(given | fields))


def by_zhou(*items: Item, more: int = 0) -> Section:
    return Section(title="Yunhua Zhou", author="Yunhua Zhou", items=items, more=more)


def on_sparse(*items: Item, more: int = 0) -> Section:
    return Section(
        title="Sparse models", query='"mixture of experts" AND rout* ANDNOT cat:cs.CV', items=items, more=more
    )


def daily() -> Issue:
    """A day with everything: an author, marks, a revision, a withdrawal, a cross-list, other scripts, two too many."""
    salience = paper(
        "2506.13216",
        "Capability Salience Vector: Fine-grained Alignment of Loss and Capabilities for Downstream Task Scaling Law",
        "Loss curves predict loss, not skill. Tokens are weighted by how much they matter for one capability.",
        ["Qiming Ge", "Shuhao Xing", "Songyang Gao", "Yunhua Zhou", *(f"Author {n}" for n in range(9))],
        primary="cs.CL",
        comment="9 pages, ACL 2025",
    )
    harder = paper(
        "2403.07652",
        "Harder Tasks Need More Experts: Dynamic Routing in MoE Models",
        r"Instead of a fixed $k$, each token takes as many experts as it needs, $O(n \log n)$ in the worst case.",
        ["Quzhe Huang", "Zhenwei An", "Nan Zhuang", "Mingxu Tao", "Chen Zhang", "Yang Jin"],
        categories=("cs.LG", "cs.CL"),
        announce="cross",
    )
    chinese = paper("2403.00001", "稀疏混合专家模型", "我们提出了一种新的路由方法，训练更快。" * 9, ["张伟"])
    arabic = paper("2403.00002", "نموذج لغوي جديد", "نقترح طريقة جديدة.", ["أحمد علي"], withdrawn=True)
    words = ("rout", "mixture of expert", "expert")
    return issue(
        by_zhou(item(salience, author=3)),
        on_sparse(
            item(paper(), *words, event="revised v2"),
            item(harder, *words, also=["adaptive computation"]),
            item(chinese),
            item(arabic, event="withdrawn"),
            more=2,
        ),
    )


def flood(count: int) -> Issue:
    """One rule and many papers, each with a long abstract full of marks."""
    abstract = "Top-$k$ routing in a mixture of experts drops the tokens that overflow and pads those that starve. " * 9
    return issue(
        on_sparse(*(item(paper(f"2403.{n:05}", f"Paper {n} on experts", abstract), "expert") for n in range(count)))
    )
