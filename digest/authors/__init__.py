"""Author disambiguation: which papers are by a followed person, rather than by a namesake, with the evidence.

::

    model        FollowedAuthor (name, ids, known papers, co-authors, fields, exclusions) and AuthorVerdict
    features     words, categories and co-authors of a paper
    profile      AuthorProfile: sums over the known papers, with tf-idf vectors
    classifier   one paper against a profile: theirs, possibly, by name only, or another person's
    clustering   the papers of one name, in clusters of one person each
    summary      the author's fields, bibliometrics and latest papers
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
