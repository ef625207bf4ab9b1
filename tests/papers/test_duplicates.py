"""Papers without a common id: one or two, by title, authors and years."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers import Author, Ids, Paper
from digest.papers.duplicates import duplicate_keys, same_paper

HOPPER, LOVELACE, NOETHER = "Grace Hopper", "Ada Lovelace", "Emmy Noether"
TITLE = "Compilers that explain themselves to their users"


def paper(title: str = TITLE, *names: str, year: int = 2026, ids: Ids | None = None, doi: str | None = None) -> Paper:
    return Paper(
        key=f"feed:{title}",
        title=title,
        source="feeds",
        ids=ids or Ids(),
        doi=doi,
        authors=tuple(Author(name=name) for name in names or (HOPPER, LOVELACE)),
        published=datetime(year, 6, 1, tzinfo=UTC),
    )


def test_one_paper_under_a_title_that_was_polished_and_names_in_another_form() -> None:
    other = paper("Compilers that explain themselves to users", "Lovelace A", "Hopper G", year=2025)
    assert same_paper(paper(), other) == "title 0.80, 2 of 2 authors"
    assert same_paper(paper(r"K\"ahler maps of {\it compilers}"), paper("Kähler maps of compilers")) is not None


@pytest.mark.parametrize(
    "other",
    [
        paper("Compilers that are explained to their makers"),
        paper(TITLE, NOETHER, LOVELACE, "Y. Zhou"),
        paper(TITLE, year=2023),
        paper(f"Comment on: {TITLE}"),
        paper(f"Erratum: {TITLE}"),
        replace(paper(), authors=()),
    ],
    ids=["title", "authors", "years", "comment", "erratum", "nobody"],
)
def test_papers_that_are_two(other: Paper) -> None:
    assert same_paper(paper(), other) is None
    assert same_paper(other, paper()) is None


@pytest.mark.parametrize(
    "titles",
    [
        ("Compilers that explain, Part I", "Compilers that explain, Part II"),
        ("The state of compilers in 2024", "The state of compilers in 2025"),
        ("Compilers that explain themselves 1", "Compilers that explain themselves 2"),
    ],
)
def test_parts_and_years_of_a_series_are_papers_of_their_own(titles: tuple[str, str]) -> None:
    one, other = titles
    assert same_paper(paper(one), paper(other)) is None
    assert same_paper(paper(one), paper(one)) is not None


@pytest.mark.parametrize(
    "title", ["Editorial", "Guest Editors' Introduction", "Book review column", "0", "Preface", "Index"]
)
def test_what_appears_in_every_issue_is_never_one_paper_by_its_title(title: str) -> None:
    assert same_paper(paper(title), paper(title)) is None
    assert duplicate_keys(paper(title)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (paper(ids=Ids(arxiv="2611.00001")), paper(ids=Ids(arxiv="2611.00002"))),
        (paper(ids=Ids(pmid="1")), paper(ids=Ids(pmid="2"))),
        (paper(ids=Ids(doi="10.1/a"), doi="10.1/A"), paper(ids=Ids(doi="10.1/b"), doi="10.1/b")),
    ],
    ids=["arxiv", "pmid", "two articles"],
)
def test_a_service_does_not_keep_one_paper_under_two_ids(one: Paper, other: Paper) -> None:
    assert same_paper(one, other) is None


def test_a_preprint_and_its_article_have_two_dois() -> None:
    preprint, article = paper(ids=Ids(doi="10.1101/a")), paper(ids=Ids(doi="10.1038/b"), doi="10.1038/b")
    assert same_paper(preprint, article) == "title 1.00, 2 of 2 authors"


def test_where_a_date_is_missing_only_the_same_title_will_do() -> None:
    undated = replace(paper(), published=None)
    assert same_paper(undated, paper()) is not None
    assert same_paper(undated, paper("Compilers that explain themselves to users")) is None


_NAMES = st.lists(st.sampled_from([HOPPER, LOVELACE, NOETHER, "Sophie Germain", "Hopper G", "Y. Zhou"]), max_size=5)
_TITLES = st.lists(st.sampled_from([*TITLE.split(), "Part", "I", "II", "2024", "Erratum", r"\alpha", "é"]), max_size=9)


@given(_TITLES.map(" ".join), _NAMES, _TITLES.map(" ".join), _NAMES)
def test_the_order_of_the_two_does_not_matter(one: str, ours: list[str], other: str, theirs: list[str]) -> None:
    a, b = (
        replace(paper(title), authors=tuple(Author(name=name) for name in names))
        for title, names in ((one, ours), (other, theirs))
    )
    assert (same_paper(a, b) is None) == (same_paper(b, a) is None)


@given(_NAMES.filter(bool), st.randoms())
def test_an_equal_title_or_the_same_people_in_any_order_share_a_mark(names: list[str], dice: object) -> None:
    mixed = list(names)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = duplicate_keys(paper(TITLE, *names)), duplicate_keys(paper(TITLE, *mixed))
    assert one is not None
    assert other is not None
    assert one[0] == other[0]
    assert one[1] == other[1]
