"""Mistakes in a reader's file: each is told at its place, with the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.app import load
from digest.authors import AuthorExclusions, FollowedAuthor
from digest.errors import ConfigError
from digest.subscriptions import Subscription, TrendingSection
from tests.support.config_files import DIGEST_YAML, READER, folder, reader_problem


def reader(tmp_path: Path, text: str) -> Subscription:
    """The one subscription of a reader's file."""
    [subscriber] = load(folder(tmp_path, ada=text), env={}).subscribers
    [subscription] = subscriber.subscriptions
    return subscription


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
        ("'ti:sparse'", "{query: sparse, expand: {LLM: []}}", "7:39: `LLM`: expected at least one entry"),
        ("'ti:sparse'", "{query: sparse, expand: LLM}", "7:33: `expand`: expected keys and values"),
        ("'ti:sparse'", "'NOT ti:sparse'", "7:10: `rules`: this would match almost everything"),
        ("'ti:sparse'", "{query: sparse, syntax: arxv}", "7:33: `syntax`: expected digest or arxiv: did you mean"),
        ("'ti:sparse'", "{author: Y Zhou, ids: {orcd: x}}", "7:32: unknown key `orcd`: did you mean `orcid`?"),
        ("'ti:sparse'", "{author: Y Zhou, ids: {orcid: 0000-0002-1825-0098}}", "7:39: `orcid`: `0000-0002-1825-0098`"),
        ("'ti:sparse'", "{author: Y Zhou, ids: {orcid: zhou}}", "7:39: `orcid`: `zhou` is no ORCID: write 0000-"),
        ("'ti:sparse'", "{author: Y Zhou, known: [POLAR]}", "7:34: `known`: `POLAR` is no paper: write arxiv:"),
        ("'ti:sparse'", "{author: Y Zhou, with: ['...']}", "7:33: `with`: `...` is no name"),
        ("'ti:sparse'", "{author: Y Zhou, categories: [cs.L]}", "7:39: `categories`: there is no category 'cs.L'"),
        ("'ti:sparse'", "{author: Y Zhou, except: {categorys: [cs.CL]}}", "7:35: unknown key `categorys`: did"),
        ("'ti:sparse'", "{author: Y Zhou, when_unsure: maybe}", "7:39: `when_unsure`: expected include or ask or"),
        ("'ti:sparse'", "{author: Y Zhou, strict: true}", "7:9: `rules`: `strict` makes a filter of"),
        ("'ti:sparse'", "{author: Y Zhou, withs: [Ann Lee]}", "7:26: unknown key `withs`: did you mean `with`?"),
        ("'ti:sparse'", "{author: ''}", "7:18: `author`: expected a text, and this one is empty"),
        ("    rules", "    trending: {top: 0}\n    rules", "6:21: `top`: should be greater than or equal to 1"),
        ("    rules", "    trending: {source: arxiv}\n    rules", "6:24: `source`: expected huggingface"),
        ("    rules", "    trending: {}\n    rules", "4:5: `subscriptions`: `trending` needs the source `huggingface`"),
        ("    rules:\n      - 'ti:sparse'\n", "", "4:5: `subscriptions`: `rules` is missing"),
        ("    rules", "    attached: bibtex\n    rules", "6:5: unknown key `attached`: did you mean `attach`?"),
        ("    rules", "    attach: pdf\n    rules", "6:13: `attach`: expected bibtex or ris"),
        ("    rules", "    limit: many\n    rules", "6:12: `limit`: expected a whole number"),
        ("    rules", "    limit: 0\n    rules", "6:12: `limit`: should be greater than or equal to 1"),
        ("    rules", "    quiet: no\n    rules", "6:12: `quiet`: expected silent or send"),
        ("    rules", "    updates: publishd\n    rules", "6:14: `updates`: expected none or published or all:"),
        ("    rules", "    categories: [cs.CL, cs.L]\n    rules", "6:25: `categories`: there is no category 'cs.L'"),
        ("    rules", "    categories: [cs.CL cs.LG]\n    rules", "6:18: `categories`: there is no category 'cs.CL cs"),
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


def test_a_person_with_all_that_tells_them_from_others(tmp_path: Path) -> None:
    rule = """
      - author: Yunhua Zhou
        also: ["Y.-H. Zhou"]
        ids: {orcid: "https://orcid.org/0000-0002-1825-0097", openalex: A123}
        known: ["https://arxiv.org/abs/2507.05197v2", "doi:10.1000/ABC", "pmid:123"]
        with: [Xipeng Qiu]
        categories: [cs.CL, math.NA]
        strict: true
        affiliations: [Fudan]
        except: {with: [Li Wei], categories: [math.DS], ids: [0000-0001-5109-3700], papers: ["2502.17151"]}
        when_unsure: drop"""
    [person] = [rule.person for rule in reader(tmp_path, READER.replace("\n      - 'ti:sparse'", rule)).rules]
    assert person == FollowedAuthor(
        name="Yunhua Zhou",
        also=("Y.-H. Zhou",),
        ids=(("orcid", "0000-0002-1825-0097"), ("openalex", "A123")),
        known=("arxiv:2507.05197", "doi:10.1000/abc", "pmid:123"),
        with_=("Xipeng Qiu",),
        categories=("cs.CL", "math.NA"),
        strict=True,
        affiliations=("Fudan",),
        excepted=AuthorExclusions(
            with_=("Li Wei",),
            categories=("math.DS",),
            ids=(("orcid", "0000-0001-5109-3700"),),
            papers=("arxiv:2502.17151",),
        ),
        when_unsure="drop",
    )


def test_synonyms_count_as_the_term(tmp_path: Path) -> None:
    rule = "{query: 'LLM AND ti:flow', expand: {llms: [large language model, chatbot]}}"
    [found] = reader(tmp_path, READER.replace("'ti:sparse'", rule)).rules
    assert found.query.canonical_text == '(LLM OR "large language model" OR chatbot) AND ti:flow'


def test_categories_narrow_a_rule_that_is_nothing_but_a_not(tmp_path: Path) -> None:
    text = READER.replace("'ti:sparse'", "'NOT ti:sparse'").replace("    rules", "    categories: [cs.CL]\n    rules")
    [found] = reader(tmp_path, text).rules
    assert found.query.canonical_text == "NOT ti:sparse"


def test_trending_papers_alone(tmp_path: Path) -> None:
    text = READER.replace("    rules:\n      - 'ti:sparse'\n", "    trending: {top: 3}\n")
    place = folder(tmp_path, DIGEST_YAML + "  huggingface: {}\n", ada=text)
    [subscriber] = load(place, env={}).subscribers
    assert subscriber.subscriptions[0].trending == TrendingSection(source="huggingface", top=3)
    assert subscriber.subscriptions[0].rules == ()
    (place / "subscribers" / "ada.yaml").write_text(text.replace("weekdays 07:30", "at once"))
    with pytest.raises(ConfigError, match="`trending` is counted by the day"):
        load(place, env={})
