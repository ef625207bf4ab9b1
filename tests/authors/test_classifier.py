"""Whose a paper is: what decides at once, in which order, and what is weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from digest.authors import AuthorExclusions, AuthorProfile, AuthorVerdict, DocumentFrequencies, FollowedAuthor, classify
from digest.papers import Author, Ids, Paper
from tests.support.people import MUSIC, STARS, VISION, paper

ZHANG = FollowedAuthor(name="Wei Zhang")
ORCID, OTHER = "0000-0002-1825-0097", "0000-0001-5109-3700"
EVERYTHING = DocumentFrequencies.of((*VISION, *STARS, MUSIC))


def verdict(
    followed: FollowedAuthor, given: Paper, known: Sequence[Paper] = (), refused: Sequence[Paper] = ()
) -> AuthorVerdict:
    keys = tuple(each.key for each in known)
    return classify(AuthorProfile.of(replace(followed, known=keys), known, refused, EVERYTHING), given)


@pytest.mark.parametrize("known", VISION)
def test_one_known_paper_tells_two_people_apart(known: Paper) -> None:
    others = [verdict(ZHANG, each, [known]) for each in VISION if each is not known]
    assert {each.outcome for each in others} <= {"follow", "possibly"}
    assert "follow" in {each.outcome for each in others}
    assert "follow" not in {verdict(ZHANG, each, [known]).outcome for each in (*STARS, MUSIC)}


def test_three_known_papers_are_sure_of_far_fields() -> None:
    found = [verdict(ZHANG, each, VISION[:3]) for each in STARS]
    assert {each.outcome for each in found} <= {"no", "possibly"}
    assert all(each.p < 0.1 for each in found)
    assert "another field: astro-ph.SR" in found[0].evidence
    assert "no shared co-author" in found[0].evidence
    far = verdict(ZHANG, MUSIC, VISION[:3])
    assert (far.outcome, far.evidence[0]) == ("no", "another field: physics.class-ph")


def test_shared_coauthors_are_named() -> None:
    found = verdict(ZHANG, VISION[1], [VISION[0]])
    assert found.outcome == "follow"
    assert "a shared co-author: Bo Chen" in found.evidence
    assert found.author == 1


def test_nothing_but_a_name() -> None:
    assert verdict(ZHANG, STARS[0]) == replace(verdict(ZHANG, VISION[0]), author=0)
    assert verdict(ZHANG, STARS[0]).outcome == "name only"
    assert verdict(ZHANG, STARS[2]).outcome == "possibly"  # by initials
    assert verdict(FollowedAuthor(name="W Zhang"), STARS[2]).outcome == "name only"
    assert verdict(ZHANG, paper(1, "x", "cs.CV", "Wen Zhang")).outcome == "no"


def test_a_collaboration_has_no_namesakes() -> None:
    given = paper(1, "x", "hep-ex", "ATLAS Collaboration")
    assert verdict(FollowedAuthor(name="ATLAS Collaboration"), given).outcome == "follow"
    assert verdict(FollowedAuthor(name="Atlas"), given).outcome != "follow"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (AuthorExclusions(papers=(STARS[0].key.upper(),)), "you said: not this paper"),
        (AuthorExclusions(categories=("astro-ph",)), "a category that you excepted: astro-ph.SR"),
        (AuthorExclusions(with_=("E. Roe",)), "a co-author that you excepted: Eve Roe"),
    ],
)
def test_what_is_excepted_is_not_theirs_whatever_else(said: AuthorExclusions, why: str) -> None:
    followed = replace(ZHANG, excepted=said, categories=("astro-ph.SR",), with_=("Eve Roe",))
    assert verdict(followed, STARS[0], [STARS[1]]) == AuthorVerdict(outcome="no", author=0, evidence=(why,))


def test_an_id_decides_before_name_and_field() -> None:
    followed = replace(ZHANG, ids=(("orcid", ORCID),))
    other_name = paper(7, "far", "math.DS", Author(name="Vera Smith", orcid=f"https://orcid.org/{ORCID}"))
    assert verdict(followed, other_name, VISION).outcome == "follow"
    another = paper(6, "near", "cs.CV", Author(name="Wei Zhang", orcid=OTHER), "Bo Chen")
    assert verdict(followed, another, VISION) == AuthorVerdict(
        outcome="no", author=0, evidence=(f"another ORCID: {OTHER}",)
    )
    elsewhere = paper(5, "near", "cs.CV", "Wei Zhang", Author(name="Bo Chen", orcid=OTHER))
    assert verdict(followed, elsewhere, VISION).outcome == "follow"
    assert "no ORCID" in verdict(followed, elsewhere, VISION).evidence
    excepted = replace(ZHANG, excepted=AuthorExclusions(ids=(("orcid", OTHER),)))
    assert verdict(excepted, another, VISION).outcome == "no"


def test_an_orcid_on_a_known_paper_is_theirs() -> None:
    known = paper(8, "near", "cs.CV", Author(name="Wei Zhang", orcid=ORCID), "Bo Chen")
    far = paper(9, "far", "math.DS", Author(name="W. Zhang", orcid=f"https://orcid.org/{ORCID}"))
    other = paper(10, "near", "cs.CV", Author(name="Wei Zhang", orcid=OTHER), "Bo Chen")
    assert verdict(ZHANG, far, [known]).evidence == (f"the same ORCID: {ORCID}",)
    assert verdict(ZHANG, other, [known]).outcome == "no"


def test_answers_outrank_the_file() -> None:
    followed = replace(ZHANG, known=("arxiv:1",), excepted=AuthorExclusions(papers=("arxiv:2",)))
    heard = followed.answered((("arxiv:2", True), ("arxiv:1", False), ("arxiv:3", True)))
    assert heard.known == ("arxiv:2", "arxiv:3")
    assert heard.excepted.papers == ("arxiv:1",)


def test_a_refused_paper_lowers_its_coauthors_but_not_those_of_known_ones() -> None:
    unsure = paper(31, "Nothing in common here", "", "Wei Zhang", "Eve Roe")
    plain, lowered = (verdict(ZHANG, unsure, [VISION[0]], refused) for refused in ([], [STARS[0]]))
    assert lowered.p < plain.p
    assert "a co-author of papers that are not theirs: Eve Roe" in lowered.evidence
    shared = paper(32, "Nothing in common here", "", "Wei Zhang", "Ann Lee")
    refused = [paper(33, "x", "", "Wei Zhang", "Ann Lee")]
    assert verdict(ZHANG, shared, [VISION[0]], refused).p == verdict(ZHANG, shared, [VISION[0]]).p


def test_hints_stand_for_known_papers() -> None:
    assert verdict(replace(ZHANG, categories=("cs",)), VISION[0]).outcome == "follow"
    assert verdict(replace(ZHANG, with_=("E. Roe", "Fay Moe")), STARS[1]).outcome == "follow"
    fudan = paper(41, "x", "", Author(name="Wei Zhang", affiliation="School of Physics, Fudan University, Shanghai"))
    assert "same affiliation: fudan" in verdict(replace(ZHANG, affiliations=("Fudan",)), fudan).evidence
    assert verdict(replace(ZHANG, affiliations=("Fudan University",)), fudan).outcome == "follow"


def test_strict_categories_are_a_filter() -> None:
    followed = replace(ZHANG, categories=("cs.CV",), strict=True)
    assert verdict(followed, VISION[2], VISION[:2]) == AuthorVerdict(outcome="no", author=1, evidence=("not in cs.CV",))
    assert verdict(replace(followed, strict=False), VISION[2], VISION[:2]).outcome == "follow"


def test_a_known_paper_is_theirs_by_any_of_its_names() -> None:
    published = replace(MUSIC, ids=Ids(arxiv="2601.00021", doi="10.1000/abc"))
    for key in ("arxiv:2601.00021", "doi:10.1000/ABC"):
        found = classify(AuthorProfile.of(replace(ZHANG, known=(key, "arxiv:9")), [], [], EVERYTHING), published)
        assert (found.outcome, found.evidence) == ("follow", ("you said: this paper is theirs",))


def test_of_two_authors_of_the_name_the_better_one() -> None:
    given = paper(51, "x", "cs.CV", "W. Zhang", "Wei Zhang")
    assert verdict(ZHANG, given, VISION[:1]).author == 1


def test_papers_with_nothing_but_a_title_are_judged_too() -> None:
    bare = Paper(key="feed:1", title="", source="feeds", authors=(Author(name="Wei Zhang"),))
    assert verdict(ZHANG, bare, VISION).outcome == "possibly"
    assert verdict(ZHANG, bare, [bare]).outcome == "follow"
    assert verdict(ZHANG, replace(bare, authors=())).outcome == "no"
