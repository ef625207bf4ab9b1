"""Mistakes in a reader's file: each is told at its place, with the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.files import READER, reader_problem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("email:", "emial:", "1:1: unknown key `emial`: did you mean `email`?"),
        ("email: ada@example.org\n", "", "1:1: `email` is missing"),
        ("ada@example.org", "ada.example.org", "1:8: `email`: no mail address"),
        ("Europe/London", "Europe/Lodnon", "2:11: `timezone`: no time zone `Europe/Lodnon`: did you mean `Europe/L"),
        ("Europe/London", "New York", "2:11: `timezone`: no time zone `New York`: did you mean `America"),
        ("Europe/London", "../../etc/passwd", "2:11: `timezone`: no time zone `../../etc/passwd`"),
        ("timezone", "format: pdf\ntimezone", "2:9: `format`: expected html or text"),
        ("timezone", "pause: {until: soon}\ntimezone", "2:16: `until`: expected a date such as 2026-12-01"),
        ("timezone", "pause: soon\ntimezone", "2:8: `pause`: expected keys and values"),
        ("weekdays 07:30", "weekdays 25:30", "5:11: `when`:"),
        ("weekdays 07:30", "wekdays 07:30", "5:11: `when`:"),
        ("    when: weekdays 07:30\n", "", "4:5: `when` is missing"),
        ("      - 'ti:sparse'\n", "      []\n", "7:7: `rules`: expected at least one entry"),
        ("\n      - 'ti:sparse'", " ti:sparse", "6:12: `rules`: expected a list"),
        ("'ti:sparse'", "''", "7:9: `rules`:"),
        ("'ti:sparse'", "'ti:sparse AND (flow'", "7:24: `rules`:"),
        ("'ti:sparse'", ">-\n          ti:sparse AND\n          (flow", "9:11: `rules`:"),
        ("'ti:sparse'", "ti: sparse", "7:9: `rules`: a rule is a text in single quotes"),
        ("'ti:sparse'", "{SHH}", "7:9: `rules`: a rule is a text in single quotes"),
        ("'ti:sparse'", "{query: sparse, expand: {}}", "7:25: unknown key `expand`"),
        ("'ti:sparse'", "{query: sparse, syntax: arxv}", "7:33: `syntax`: expected digest or arxiv: did you mean"),
        ("'ti:sparse'", "{author: Y Zhou, ids: {}}", "7:26: unknown key `ids`"),
        ("'ti:sparse'", "{author: Y Zhou, known: []}", "7:26: unknown key `known`"),
        ("'ti:sparse'", "{author: ''}", "7:18: `author`: expected a text, and this one is empty"),
        ("    rules", "    trending: {}\n    rules", "6:5: unknown key `trending`"),
        ("    rules", "    attach: bibtex\n    rules", "6:5: unknown key `attach`"),
        ("    rules", "    limit: many\n    rules", "6:12: `limit`: expected a whole number"),
        ("    rules", "    limit: 0\n    rules", "6:12: `limit`: should be greater than or equal to 1"),
        ("    rules", "    quiet: no\n    rules", "6:12: `quiet`: expected silent or send"),
        ("    rules", "    updates: publishd\n    rules", "6:14: `updates`: expected none or published or all:"),
        ("    rules", "    categories: [cs.CL, cs.L]\n    rules", "6:25: `categories`: there is no category 'cs.L'"),
        ("    rules", "    categories: [cs.CL cs.LG]\n    rules", "6:18: `categories`: expected one category"),
        ("    rules", "    exclude: 'ti:(a'\n    rules", "6:18: `exclude`:"),
        ("    rules", "    sources: [arxvi]\n    rules", "6:15: `sources`: no source `arxvi` in digest.yaml:"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_reader_s_file(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert reader_problem(tmp_path, READER.replace(old, new, 1)).startswith(problem)


def test_two_subscriptions_of_one_name(tmp_path: Path) -> None:
    again = READER[READER.index("  - name") :].replace("Sparse models", "sparse  models")
    assert reader_problem(tmp_path, READER + again).startswith(
        "8:11: `name`: `sparse models` is the name in line 4 too"
    )
