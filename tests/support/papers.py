"""Papers for the tests of rules, made of what a test is about."""

from __future__ import annotations

from typing import Any

from digest.papers import Author, Ids, Paper


def paper(title: str = "", abstract: str | None = None, *names: str, cats: str = "", **more: Any) -> Paper:
    """A paper with these names for authors and these categories, the first of which is primary."""
    codes = tuple(cats.split())
    ids = Ids(**{kind: more.pop(kind) for kind in ("arxiv", "pmid") if kind in more})
    given = {"ids": ids, "primary": codes[0] if codes else None, "categories": codes, "key": "x", "source": "arxiv"}
    authors = tuple(Author(name=name) for name in names)
    return Paper(**{**given, "title": title, "abstract": abstract, "authors": authors, **more})
