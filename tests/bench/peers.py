"""The other ways to ask many rules of a day's papers: a query for each in SQLite FTS5 and in tantivy, a regex for each.

Each gets the folded text, and gives for each rule the numbers of the papers that it matches.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import tantivy

from tests.bench.day import Day, Sought

_OTHER = str.maketrans(".:-", "___")


def by_fts5(day: Day, rules: Iterable[Sought]) -> Iterator[list[int]]:
    """One table, a MATCH for each rule (https://sqlite.org/fts5.html)."""
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE VIRTUAL TABLE paper USING fts5(words, content='', tokenize='unicode61 tokenchars _')")
        rows = ((number, line) for number, line in enumerate(_lines(day)))
        database.executemany("INSERT INTO paper (rowid, words) VALUES (?, ?)", rows)
        database.execute("INSERT INTO paper (paper) VALUES ('optimize')")
        for rule in rules:
            yield [row for (row,) in database.execute("SELECT rowid FROM paper WHERE paper MATCH ?", (_match(rule),))]


def _match(rule: Sought) -> str:
    wanted = " AND ".join(
        "(" + " OR ".join(f'"{atom.translate(_OTHER)}"' for atom in group) + ")" for group in rule.groups
    )
    return wanted + "".join(f' NOT "{atom.translate(_OTHER)}"' for atom in rule.none)


def by_tantivy(day: Day, rules: Iterable[Sought]) -> Iterator[list[int]]:
    """One index in memory, a query object for each rule (https://tantivy-py.readthedocs.io)."""
    schema = tantivy.SchemaBuilder().add_text_field("words", tokenizer_name="whitespace").build()
    index = tantivy.Index(schema)
    writer = index.writer(num_threads=1)
    for line in _lines(day):
        writer.add_document(tantivy.Document(words=line))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    assert searcher.num_segments == 1  # so that a document's address is its paper's number
    for rule in rules:
        hits = searcher.search(_query(schema, rule), len(day.papers), count=False).hits
        yield [address.doc for _, address in hits]


def _query(schema: tantivy.Schema, rule: Sought) -> tantivy.Query:
    parts = [(tantivy.Occur.Must, _any(schema, group)) for group in rule.groups]
    parts += [(tantivy.Occur.MustNot, _any(schema, (atom,))) for atom in rule.none]
    return parts[0][1] if len(parts) == 1 else tantivy.Query.boolean_query(parts)


def _any(schema: tantivy.Schema, group: Sequence[str]) -> tantivy.Query:
    queries = [_atom(schema, atom.translate(_OTHER).split()) for atom in group]
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _atom(schema: tantivy.Schema, words: list[Any]) -> tantivy.Query:
    if len(words) > 1:
        return tantivy.Query.phrase_query(schema, "words", words)
    return tantivy.Query.term_query(schema, "words", words[0])


def by_regex(day: Day, rules: Iterable[Sought]) -> Iterator[list[int]]:
    """A pattern for each group of each rule, over each paper."""
    lines = [f" {line} " for line in _lines(day)]
    for rule in rules:
        wanted, unwanted = [_pattern(group) for group in rule.groups], [_pattern((atom,)) for atom in rule.none]
        yield [
            number
            for number, line in enumerate(lines)
            if all(pattern.search(line) for pattern in wanted) and not any(pattern.search(line) for pattern in unwanted)
        ]


def _pattern(group: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf" (?:{'|'.join(atom.translate(_OTHER) for atom in group)}) ")


def _lines(day: Day) -> Iterator[str]:
    """The folded text of each paper with its authors and categories as words that no text holds."""
    for paper, line in zip(day.papers, day.folded, strict=True):
        names = " ".join(f"au_{author.name.replace(' ', '_')}" for author in paper.authors)
        codes = " ".join(f"cat:{code}".translate(_OTHER) for code in paper.categories)
        yield f"{line} qqqq {names} {codes}"
