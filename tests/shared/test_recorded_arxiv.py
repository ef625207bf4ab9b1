"""Every recorded answer of arXiv is read or refused, and holds as many papers as the manifest counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.papers import Paper
from digest.sources import read_saved
from digest.sources.base import SavedPapers

pytestmark = pytest.mark.shared

SECTIONS = (
    "arxiv_atom",
    "arxiv_oai",
    "arxiv_rss",
    "arxiv_oai_from_arxivs_own_server",
    "arxiv_rss_from_arxivs_own_serializer",
)
# The recording itself breaks off inside its fifth entry; the manifest counts what was begun.
CUT = {"tidedra_csAI_20250820_trimmed.atom.xml": 4}


def manifest(shared: Path) -> dict[tuple[str, str], int]:
    """The number of records of each file that the manifest counts."""
    counts, section = {}, ""
    for line in (shared / "recorded" / "MANIFEST.md").read_text().splitlines():
        if line.startswith("## "):
            section = line.split()[1]
        cells = [cell.strip() for cell in line.split("|")]
        place = 2 if "own" in section else 6
        if section in SECTIONS and len(cells) > place + 1 and cells[place].isdigit():
            counts[section, cells[1]] = int(cells[place])
    return counts


def read(path: Path) -> SavedPapers | None:
    """What a file holds; None where it is refused, by its name."""
    try:
        return read_saved("arxiv", path.read_bytes(), path.name)
    except SourceError as error:
        refusal = str(error)
    assert refusal.startswith(f"{path.name} is no answer of arxiv: ")
    return None


def test_every_answer_holds_what_the_manifest_counts(shared: Path) -> None:
    counts = manifest(shared)
    seen = 0
    for (section, name), count in counts.items():
        path = shared / "recorded" / section / name
        if not path.exists():
            continue
        seen += 1
        reading = read(path)
        if reading is None:
            assert count == 0, name
        elif reading.said:
            assert (reading.papers, reading.said != "") == ((), True), name
            assert count == 0 or reading.said.startswith(("an error answer", "a list of")), (name, reading.said)
        else:
            assert len(reading.papers) == CUT.get(name, count), name
    assert seen > 90


def test_no_other_recorded_file_crashes_the_reader(shared: Path) -> None:
    for path in sorted((shared / "recorded").glob("*/*")):
        read(path)


def days(paper: Paper) -> list[date | None]:
    return [moment and moment.date() for moment in (paper.published, paper.updated)]


def test_the_four_formats_of_one_archive_agree(shared: Path) -> None:
    folder = shared / "recorded" / "arxiv_oai_from_arxivs_own_server"

    def all_of(kind: str) -> dict[str, Paper]:
        pages = sorted(folder.glob(f"list_records_{kind}_p*.xml"))
        return {paper.key: paper for page in pages for paper in read_saved("arxiv", page.read_bytes(), "").papers}

    raw, parsed, old, dublin = map(all_of, ("arXivRaw", "arXiv", "arXivOld", "oai_dc"))
    assert len(raw) == 268
    assert raw.keys() == parsed.keys() == old.keys() == dublin.keys()
    for key, paper in raw.items():
        assert len(paper.authors) == len(parsed[key].authors), key
        assert [author.name for author in paper.authors] == [author.name for author in old[key].authors], key
        assert paper.categories == parsed[key].categories, key
        assert (paper.doi, paper.comment is None) == (parsed[key].doi, parsed[key].comment is None), key
        assert days(paper) == days(dublin[key]), key


def test_three_thousand_authors_are_told_apart(shared: Path) -> None:
    folder = shared / "recorded" / "arxiv_oai_from_arxivs_own_server"
    for identifier in ("1102.0348", "1101.3650", "1102.0318"):
        pair = [
            read_saved("arxiv", (folder / f"get_record_{identifier}_{kind}.xml").read_bytes(), "").papers[0]
            for kind in ("arXivRaw", "arXiv")
        ]
        joined = [["".join(author.name.split()) for author in paper.authors] for paper in pair]
        assert joined[0] == joined[1], identifier
