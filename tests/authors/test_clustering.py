"""One name in groups: two people make two, and one person with several fields makes one."""

from __future__ import annotations

from digest.authors import FollowedAuthor, cluster_by_author
from tests.support.people import MUSIC, STARS, VISION, paper

ZHANG = FollowedAuthor(name="Wei Zhang")


def test_two_people_make_two_groups() -> None:
    vision, stars = cluster_by_author(ZHANG, [*STARS, *VISION])
    assert {each.key for each in vision.papers} == {each.key for each in VISION}
    assert vision.coauthors[:2] == ("Bo Chen", "Cy Doe")
    assert set(stars.categories) == {"astro-ph.GA", "astro-ph.SR"}
    assert len(cluster_by_author(ZHANG, [*STARS, *VISION, MUSIC])) == 3


def test_neighbouring_fields_are_one_person_s() -> None:
    assert len(cluster_by_author(ZHANG, VISION)) == 1


def test_a_coauthor_joins_far_fields() -> None:
    bridge = paper(61, "Galaxies seen by convolution", "astro-ph.GA", "Wei Zhang", "Ann Lee")
    assert len(cluster_by_author(ZHANG, [*VISION, bridge, *STARS])) == 1


def test_papers_without_a_field_are_joined_by_their_words() -> None:
    nameless = [
        paper(number, each.abstract or "", "", "Wei Zhang") for number, each in enumerate((*VISION, *STARS), 70)
    ]
    assert [len(group.papers) for group in cluster_by_author(ZHANG, nameless)] == [4, 3]


def test_no_papers_no_groups() -> None:
    assert cluster_by_author(ZHANG, []) == ()
