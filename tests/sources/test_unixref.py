"""Crossref's XML: preprints with their articles, articles in their journals, papers in proceedings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.papers import Author
from digest.sources import read_saved

PEOPLE = """<contributors>
  <person_name contributor_role="author" sequence="first"><given_name>Ada</given_name><surname>Lovelace</surname>
    <ORCID>https://orcid.org/0000-0002-1825-0097</ORCID><affiliation>Analytical Institute</affiliation></person_name>
  <person_name contributor_role="editor"><given_name>Not</given_name><surname>Me</surname></person_name>
  <organization contributor_role="author">The Route Consortium</organization></contributors>"""
PREPRINT = f"""<posted_content type="preprint">{PEOPLE}<titles><title>Routes of <i>words</i></title></titles>
  <posted_date><month>11</month><day>18</day><year>2026</year></posted_date>
  <jats:abstract xmlns:jats="http://www.ncbi.nlm.nih.gov/JATS1"><jats:p>We route.</jats:p></jats:abstract>
  <rel:program xmlns:rel="http://www.crossref.org/relations.xsd"><rel:related_item>
    <rel:intra_work_relation relationship-type="isPreprintOf">10.1000/ROUTES.7</rel:intra_work_relation>
  </rel:related_item></rel:program>
  <doi_data><doi>10.31223/X5ABC</doi><resource>https://example.org/</resource></doi_data></posted_content>"""
ARTICLE = f"""<journal><journal_metadata><full_title>Journal of Routes</full_title></journal_metadata>
  <journal_article><titles><title>Routes</title></titles>{PEOPLE}
  <publication_date><year>2026</year></publication_date>
  <publication_date media_type="online"><month>11</month><day>20</day><year>2026</year></publication_date>
  <doi_data><doi>10.1000/ROUTES.7</doi></doi_data></journal_article></journal>"""
TALK = """<conference><proceedings_metadata><proceedings_title>Proc. Routes</proceedings_title></proceedings_metadata>
  <conference_paper><titles><title>A talk</title></titles>
    <doi_data><doi>10.1000/TALK</doi></doi_data></conference_paper>
  <conference_paper><titles><title>No DOI</title></titles></conference_paper></conference>"""


def records(*bodies: str) -> bytes:
    held = "".join(f"<doi_record><crossref>{body}</crossref></doi_record>" for body in bodies)
    return f"<doi_records>{held}</doi_records>".encode()


def test_each_kind_of_record() -> None:
    reading = read_saved("crossref", records(PREPRINT, ARTICLE, TALK), "x.xml")
    preprint, article, talk = reading.papers
    assert (preprint.key, preprint.doi, preprint.journal) == ("doi:10.31223/x5abc", "10.1000/routes.7", None)
    assert (preprint.title, preprint.abstract) == ("Routes of words", "We route.")
    assert preprint.published == datetime(2026, 11, 18, tzinfo=UTC)
    assert preprint.authors == (
        Author(name="Ada Lovelace", orcid="0000-0002-1825-0097", affiliation="Analytical Institute"),
        Author(name="The Route Consortium"),
    )
    assert (article.key, article.doi, article.journal) == (
        "doi:10.1000/routes.7",
        "10.1000/routes.7",
        "Journal of Routes",
    )
    assert article.published == datetime(2026, 11, 20, tzinfo=UTC)
    assert (talk.journal, talk.published, talk.authors) == ("Proc. Routes", None, ())
    assert reading.warnings == ("1 record could not be read: a work without a DOI",)


def test_one_work_in_the_form_of_csl() -> None:
    body = b'{"DOI": "10.1000/routes.7", "title": "Routes", "container-title": "Journal of Routes", "type": "article"}'
    [paper] = read_saved("crossref", body, "x.json").papers
    assert (paper.key, paper.title, paper.journal) == ("doi:10.1000/routes.7", "Routes", "Journal of Routes")


@pytest.mark.parametrize("body", [b"<rss/>", b"<doi_records", b"<html><body>Moved</body></html>"])
def test_other_documents_are_refused(body: bytes) -> None:
    with pytest.raises(SourceError, match=r"x\.xml is no answer of crossref"):
        read_saved("crossref", body, "x.xml")
