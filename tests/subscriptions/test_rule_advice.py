"""What an archive says of rules."""

from __future__ import annotations

from digest.authors import FollowedAuthor
from digest.papers import Paper
from digest.rules import author_query, parse
from digest.subscriptions import Rule
from digest.subscriptions.rule_advice import PaperArchive
from tests.support.people import STARS, VISION

FILLER = [
    Paper(
        key=f"x:{number}", title=f"On routing {number}", source="x", abstract="A large language model (LLM) is routed."
    )
    for number in range(60)
]
RARE = Paper(key="x:rare", title="Transformers that dream", source="x", abstract="Of sheep, and nothing more.")
ARCHIVE = PaperArchive([*FILLER, RARE])


def said(text: str, archive: PaperArchive = ARCHIVE) -> tuple[str, ...]:
    return archive.advise([Rule(title=text, query=parse(text))])[0]


def test_a_rule_that_never_matches() -> None:
    assert said("transfomer") == ("matches none of 61 papers in the archive: did you mean transformer?",)
    assert said("sheep AND quantum") == ("matches none of 61 papers in the archive; in none of them: quantum",)
    assert said("sheep AND routing") == (
        "matches none of 61 papers in the archive; each of its terms is there, but never all together",
    )


def test_a_rule_that_matches_much() -> None:
    assert said("routing") == ("matches 98% of 61 papers in the archive; another term would narrow it",)
    assert said("sheep") == ()
    assert PaperArchive([*FILLER, RARE], share=0.99).advise([Rule(title="", query=parse("routing"))]) == [()]
    assert said("routing", PaperArchive(FILLER[:5])) == ()


def test_a_branch_that_is_never_there() -> None:
    assert said("sheep OR shepp") == ("in no paper of the archive: shepp (did you mean sheep?)",)
    assert said("sheep NOT unicorn") == ()


def test_other_names_of_a_term() -> None:
    short, long = "LLM sheep", '"large language model" sheep'
    assert said(short)[-1] == "LLM is also written out: expand: {LLM: [large language model]}"
    assert said(long)[-1] == "large language model is also written LLM: expand: {large language model: [LLM]}"
    assert not [word for word in said('(LLM OR "large language models") sheep') if "expand" in word]
    with_synonyms = parse("LLM sheep", expand={"LLM": ["large language model"]})
    assert not [word for word in ARCHIVE.advise([Rule(title="", query=with_synonyms)])[0] if "expand" in word]


def test_the_bounds_of_a_subscription_count() -> None:
    rule = Rule(title="", query=parse("routing"))
    [words] = ARCHIVE.advise([rule], [parse("routing sheep")])
    assert words[0].startswith("matches none of 61 papers")


def test_one_name_of_several_people_is_told_where_nothing_tells_them_apart() -> None:
    archive = PaperArchive([*VISION, *STARS])
    bare, known = FollowedAuthor(name="Wei Zhang"), FollowedAuthor(name="Wei Zhang", known=(VISION[0].key,))
    rules = [Rule(title="Wei Zhang", query=author_query("Wei Zhang"), person=person) for person in (bare, known)]
    told, silent = archive.advise(rules)
    [words] = told
    assert words.startswith("Wei Zhang seems to be 2 people: 4 papers in cs.CV, cs.LG, cs.RO with Bo Chen, Cy Doe; 3 ")
    assert "choose by known: [arxiv:2601.00001] or except: {categories: [astro-ph.GA]}, and see `digest author" in words
    assert silent == ()


def test_an_empty_archive_says_nothing() -> None:
    assert said("anything", PaperArchive([])) == ()
