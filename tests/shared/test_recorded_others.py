"""Every recorded answer of the other services is read or refused with a clear message; none crashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.sources import read_saved

pytestmark = pytest.mark.shared
FOLDERS = {"huggingface": "hf_daily_papers", "biorxiv": "biorxiv", "europepmc": "europepmc"}


@pytest.mark.parametrize("kind", FOLDERS)
def test_every_answer_holds_papers_with_what_a_card_needs(shared: Path, kind: str) -> None:
    for path in sorted((shared / "recorded" / FOLDERS[kind]).iterdir()):
        reading = read_saved(kind, path.read_bytes(), path.name)
        assert reading.papers
        assert reading.warnings == ()
        assert all(paper.title and paper.authors and paper.url for paper in reading.papers)
        assert sum(paper.abstract is not None for paper in reading.papers) > len(reading.papers) // 2


@pytest.mark.parametrize("kind", [*FOLDERS, "medrxiv"])
def test_answers_of_other_services_are_refused(shared: Path, kind: str) -> None:
    others = ("crossref", "openalex", "semantic_scholar", "europepmc", "dblp", "arxiv_atom")
    for folder in (folder for folder in others if folder != FOLDERS.get(kind)):
        for path in sorted((shared / "recorded" / folder).iterdir()):
            said = held(kind, path)
            assert f"is no answer of {kind}: " in said or said.startswith("an error answer")


def held(kind: str, path: Path) -> str:
    """What is said of a file that holds no paper of that service; many services say {"error": …}."""
    try:
        reading = read_saved(kind, path.read_bytes(), path.name)
    except SourceError as error:
        return str(error)
    return "papers" if reading.papers else reading.said


def test_crossref_is_read_or_says_what_it_is(shared: Path) -> None:
    works = 0
    for path in sorted((shared / "recorded" / "crossref").iterdir()):
        said = held("crossref", path)
        assert said == "papers" or said.startswith(
            (f"{path.name} is no answer of crossref: ", "an error", "no works", "a list")
        )
        works += said == "papers"
    assert works > 20


def test_pubmed_is_read_or_says_what_it_is(shared: Path) -> None:
    papers = 0
    for path in sorted((shared / "recorded" / "pubmed").iterdir()):
        said = held("pubmed", path)
        assert said == "papers" or said.startswith((f"{path.name} is no answer of pubmed: ", "a list of"))
        papers += said == "papers"
    assert papers > 10


ALL = {
    "arxiv_atom": "arxiv",
    "arxiv_oai": "arxiv",
    "arxiv_oai_from_arxivs_own_server": "arxiv",
    "arxiv_rss": "arxiv",
    "arxiv_rss_from_arxivs_own_serializer": "arxiv",
    "biorxiv": "biorxiv",
    "crossref": "crossref",
    "dblp": "dblp",
    "europepmc": "europepmc",
    "feeds": "feeds",
    "hf_daily_papers": "huggingface",
    "openalex": "openalex",
    "openreview": "openreview",
    "pubmed": "pubmed",
    "semantic_scholar": "semanticscholar",
}


def test_no_recorded_file_is_left_out(shared: Path) -> None:
    """Every file of every service holds papers, or is said to be what it is."""
    folders = {path.name for path in (shared / "recorded").iterdir() if path.is_dir()}
    assert folders <= set(ALL)
    for folder in sorted(folders):
        for path in sorted((shared / "recorded" / folder).iterdir()):
            said = held(ALL[folder], path)
            assert said, path
            assert said == "papers" or not said.startswith(path.name) or f"is no answer of {ALL[folder]}: " in said, (
                said
            )


@pytest.mark.parametrize(
    ("folder", "least"),
    [("semantic_scholar", 600), ("openalex", 4), ("openreview", 2), ("dblp", 1)],
)
def test_papers_of_the_others(shared: Path, folder: str, least: int) -> None:
    readings = [
        read_saved(ALL[folder], path.read_bytes(), path.name)
        for path in sorted((shared / "recorded" / folder).iterdir())
    ]
    papers = [paper for reading in readings for paper in reading.papers]
    assert len(papers) >= least
    assert all(paper.title and paper.key.partition(":")[2] for paper in papers)


def test_an_answer_of_one_service_is_no_paper_of_another(shared: Path) -> None:
    new = ("semanticscholar", "openalex", "openreview", "dblp")
    for folder, owner in ALL.items():
        for path in sorted((shared / "recorded" / folder).iterdir()):
            for kind in new:
                if kind != owner:
                    assert held(kind, path) != "papers", (kind, path)
