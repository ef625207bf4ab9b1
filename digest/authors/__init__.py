"""People, not names: which papers are by the person whom a reader follows, and how one knows.

::

    followed   what the reader said: name, ids, known papers, co-authors, fields, exceptions
    features   what of a paper tells people apart: words, field, other authors
    profile    what the known papers show, as sums
    judge      a paper: theirs, possibly, by name only, or somebody else's, with the evidence in words
    groups     the papers of one name, by whose they seem to be
"""

from digest.authors.classifier import classify, paper_keys
from digest.authors.clustering import AuthorCluster, cluster_by_author
from digest.authors.model import AuthorExclusions, AuthorOutcome, AuthorVerdict, FollowedAuthor, Unsure
from digest.authors.profile import AuthorProfile, DocumentFrequencies

__all__ = [
    "AuthorCluster",
    "AuthorExclusions",
    "AuthorOutcome",
    "AuthorProfile",
    "AuthorVerdict",
    "DocumentFrequencies",
    "FollowedAuthor",
    "Unsure",
    "classify",
    "cluster_by_author",
    "paper_keys",
]
