"""`digest explain`: shows which terms of a rule match a paper and where, and why the others do not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli import CliContext
from digest.cli.shared.json_lines import FILE, JsonLines, json_line, paper_of
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from digest.authors import AuthorVerdict
    from digest.papers import Paper
    from digest.rules.explanation import Explanation
    from digest.rules.phrases import Hit
    from digest.subscriptions import Rule

_AROUND = 40  # characters shown before and behind a hit
_SHOWN = 3  # places of one term
_BACKGROUND = 1_000  # papers from which term frequencies are counted


@click.command("explain", short_help="Which term of a rule a paper has, and where; which it lacks.")
@click.argument("query")
@click.argument("paper")
@click.option("--papers", "file", type=FILE, metavar="FILE", help="Look for PAPER in this file instead of the store.")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.pass_obj
def command(context: CliContext, query: str, paper: str, file: Path | None, as_json: bool) -> None:
    """Say why QUERY matches PAPER, or why not.

    QUERY is a rule as in a config file: a text, or a mapping such as '{author: Yunhua Zhou, known: [arxiv:2507.05197]}'
    or '{query: LLM, expand: {LLM: [large language model]}}'. PAPER is an arXiv id, a DOI, their addresses or a key.
    Write `--` before a QUERY that begins with a sign.
    """
    from digest.config.rule_argument import parse_rule
    from digest.rules.explanation import explain

    rule = parse_rule(query)
    found, papers = _paper(context, paper, file, rule)
    part = explain(rule.query.root, found)
    verdict = _verdict(rule, found, papers)
    matches = part.matches and (verdict is None or verdict.outcome != "no")
    if as_json:
        click.echo(json_line(_values(rule, found, part, verdict, matches=matches)))
        return
    for line in _lines(rule, found, part, verdict, matches=matches):
        click.echo(line)


def _paper(context: CliContext, given: str, file: Path | None, rule: Rule) -> tuple[Paper, Mapping[str, Paper]]:
    """The paper, and by key the stored papers that judge an author rule."""
    from digest.app import load, open_app
    from digest.authors import paper_keys
    from digest.papers.ids import paper_key

    key = paper_key(given) or given.strip()
    if file is not None:
        named = {name: paper for paper in JsonLines().read(file, paper_of) for name in (paper.key, *paper_keys(paper))}
        where = str(file)
    else:
        with open_app(load(context.config), looking=True) as app:
            stored = app.store.papers.get(key)
            named = dict(app.store.papers.get_many(rule.person.named if rule.person else ()))
            if rule.person and not rule.person.is_bare:  # term frequencies need a background of papers
                named |= {each.key: each for each in app.store.papers.archive(most=_BACKGROUND)}
            named |= {key: stored} if stored else {}
        where = "the store"
    if key not in named:
        mend = "`digest pull` asks for new papers" if file is None else "its lines are papers as JSON, with their `key`"
        raise ConfigError(f"{given!r} is not in {where}; {mend}")
    return named[key], named


def _verdict(rule: Rule, paper: Paper, papers: Mapping[str, Paper]) -> AuthorVerdict | None:
    from digest.authors import AuthorProfile, DocumentFrequencies, classify

    if rule.person is None:
        return None
    background = DocumentFrequencies.of({id(each): each for each in papers.values()}.values())
    return classify(AuthorProfile.among(rule.person, papers, background), paper)


def _lines(
    rule: Rule, paper: Paper, part: Explanation, verdict: AuthorVerdict | None, *, matches: bool
) -> Iterator[str]:
    from digest.text import strip_controls

    title = strip_controls(paper.title)
    yield f"{'matches' if matches else 'does not match'}: {strip_controls(paper.key)}  {title}"
    yield f"read as: {rule.query.canonical_text}"
    for hint in rule.query.hints:
        yield f"hint: column {hint.position + 1}: {hint.what}"
    for term, negated in part.terms:
        yield ""
        yield f"{'+' if term.matches != negated else '-'} {'NOT ' if negated else ''}{term.text}"
        yield from (f"    {line}" for line in _of_term(term, negated, paper))
    if verdict is not None:
        said = {"follow": "theirs", "possibly": "possibly theirs", "name only": "by name only", "no": "not theirs"}
        yield ""
        yield f"{said[verdict.outcome]}: {strip_controls('; '.join(verdict.evidence))}"


def _of_term(term: Explanation, negated: bool, paper: Paper) -> Iterator[str]:
    from digest.text import strip_controls

    for hit in term.hits[:_SHOWN]:
        yield f"{hit.field}: {_marked(hit, paper)}"
    if len(term.hits) > _SHOWN:
        yield f"and {len(term.hits) - _SHOWN} more places"
    if negated and term.matches:
        yield "this leaves the paper out"
    elif not term.matches:
        yield "not there"
    yield from map(strip_controls, term.notes)
    if term.forms:
        yield f"searched as: {' | '.join(term.forms)}"


def _marked(hit: Hit, paper: Paper) -> str:
    """The text around a hit, with the hit in brackets."""
    from digest.text import one_line

    text = paper.authors[hit.author].name if hit.author is not None else getattr(paper, hit.field) or ""
    begin, end = max(0, hit.start - _AROUND), hit.end + _AROUND
    before, after = text[begin : hit.start], text[hit.end : end]
    line = f"{'…' if begin else ''}{before}[{hit.text}]{after}{'…' if end < len(text) else ''}"
    return one_line(line)


def _values(
    rule: Rule, paper: Paper, part: Explanation, verdict: AuthorVerdict | None, *, matches: bool
) -> dict[str, object]:
    values: dict[str, object] = {
        "key": paper.key,
        "matches": matches,
        "read": rule.query.canonical_text,
        "hints": [{"column": hint.position + 1, "what": hint.what} for hint in rule.query.hints],
        "explanation": _part(part),
    }
    if verdict is not None:
        values["person"] = {
            "outcome": verdict.outcome,
            "author": verdict.author,
            "evidence": list(verdict.evidence),
            "p": round(verdict.p, 3),
        }
    return values


def _part(part: Explanation) -> dict[str, Any]:
    values: dict[str, Any] = {"kind": part.kind, "text": part.text, "matches": part.matches}
    if part.parts:
        return values | {"parts": [_part(each) for each in part.parts]}
    hits = [{"field": hit.field, "start": hit.start, "end": hit.end, "text": hit.text} for hit in part.hits]
    return values | {"hits": hits, "searched": list(part.forms), "notes": list(part.notes)}
