"""Tests of the values of author disambiguation."""

from __future__ import annotations

from digest.authors import AuthorExclusions, FollowedAuthor


def test_the_text_of_a_stored_fingerprint_never_changes() -> None:
    author = FollowedAuthor(name="Wei Zhang", known=("arxiv:2601.00001",), excepted=AuthorExclusions(with_=("Li Wei",)))
    assert author.fingerprint_text == (
        "Followed(name='Wei Zhang', also=(), ids=(), known=('arxiv:2601.00001',), with_=(), categories=(), "
        "strict=False, affiliations=(), excepted=Excepted(with_=('Li Wei',), categories=(), ids=(), papers=()), "
        "when_unsure='ask')"
    )
