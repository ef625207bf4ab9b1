"""People, not names: which papers are by the person whom a reader follows, and how one knows.

::

    followed   what the reader said: name, ids, known papers, co-authors, fields, exceptions
    features   what of a paper tells people apart: words, field, other authors
    profile    what the known papers show, as sums
    judge      a paper: theirs, possibly, by name only, or somebody else's, with the evidence in words
    groups     the papers of one name, by whose they seem to be
"""

from digest.authors.classifier import called, judge
from digest.authors.clustering import Group, groups
from digest.authors.model import Excepted, Followed, Outcome, Unsure, Verdict
from digest.authors.profile import Background, Profile

__all__ = [
    "Background",
    "Excepted",
    "Followed",
    "Group",
    "Outcome",
    "Profile",
    "Unsure",
    "Verdict",
    "called",
    "groups",
    "judge",
]
