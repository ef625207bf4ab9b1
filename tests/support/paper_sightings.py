"""Sequences of one paper's versions as sources see them (Hypothesis strategies)."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from digest.papers import Author, Ids, Paper

times = st.none() | st.integers(1, 20).map(lambda day: datetime(2026, 11, day, tzinfo=UTC))


words = st.none() | st.sampled_from(["one", "two"])


sightings = st.builds(
    Paper,
    key=st.just("arxiv:2611.00001"),
    title=st.sampled_from(["", "Routing", "Routing experts"]),
    source=st.sampled_from(["arxiv", "feeds"]),
    ids=st.builds(Ids, arxiv=st.just("2611.00001"), s2=words),
    version=st.none() | st.integers(1, 3),
    abstract=words,
    authors=st.sampled_from([(), (Author(name="Ada"),), (Author(name="Ada"), Author(name="Grace"))]),
    categories=st.sampled_from([(), ("cs.CL",), ("cs.CL", "cs.LG")]),
    primary=words,
    published=times,
    updated=times,
    announced=times,
    comment=words,
    journal=words,
    doi=words,
    url=words,
    votes=st.none() | st.integers(0, 9),
    withdrawn=st.booleans(),
    announce=st.sampled_from([None, "new", "cross", "replace", "replace-cross"]),
    changed=times,
)


"""Sightings of one arXiv paper, by all kinds of services."""
