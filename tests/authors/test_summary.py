"""Tests of the summary of a followed author: ids and numbers of services are used only without doubt."""

from __future__ import annotations

from digest.authors import FollowedAuthor
from digest.authors.summary import researchers_named, service_ids, trusted_record
from digest.papers.scholarly_metrics import Bibliometrics, Researcher

WEI = FollowedAuthor(name="Wei Zhang")


def test_two_authors_of_one_name_on_a_paper_give_no_record() -> None:
    wei, other = (Researcher(service="openalex", id=str(number), name="Wei Zhang") for number in (1, 2))
    assert researchers_named(WEI, [Bibliometrics(service="openalex", authors=(wei, other))]) == []
    assert service_ids(WEI, [wei, other]) == {"openalex": ("1", "2")}
    assert trusted_record(WEI, [wei]) is None
