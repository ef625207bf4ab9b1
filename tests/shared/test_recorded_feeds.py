"""Every recorded feed is read or refused with a clear message; none crashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.sources import read_saved
from digest.sources.base import SavedPapers

pytestmark = pytest.mark.shared


def manifest(shared: Path) -> dict[str, int]:
    counts, section = {}, ""
    for line in (shared / "recorded" / "MANIFEST.md").read_text().splitlines():
        section = line.split()[1] if line.startswith("## ") else section
        cells = [cell.strip() for cell in line.split("|")]
        if section == "feeds" and len(cells) > 7 and cells[6].isdigit():
            counts[cells[1]] = int(cells[6])
    return counts


def read(path: Path) -> SavedPapers | None:
    """What a file holds; None where it is refused, by its name."""
    try:
        return read_saved("feeds", path.read_bytes(), path.name)
    except SourceError as error:
        refusal = str(error)
    assert refusal.startswith(f"{path.name} is no answer of feeds: ")
    return None


def test_every_feed_holds_what_the_manifest_counts(shared: Path) -> None:
    counts, counted = manifest(shared), 0
    for path in sorted((shared / "recorded" / "feeds").iterdir()):
        reading = read(path)
        if reading is None:
            assert counts.get(path.name, 0) == 0, path.name
            continue
        if path.name in counts:
            counted += 1
            assert len(reading.papers) == counts[path.name], path.name
        assert len({paper.key for paper in reading.papers}) == len(reading.papers), path.name
        assert all(paper.title and paper.source == "feeds" for paper in reading.papers)
    assert counted > 10


def test_no_other_recorded_file_crashes_the_reader(shared: Path) -> None:
    for path in sorted((shared / "recorded").glob("*/*")):
        read(path)


@pytest.mark.parametrize(
    ("start", "key", "authors"),
    [
        ("cambridge.org", "doi:10.4039/tce.2021.38", ["Toshio Inoda"]),
        ("oup.xml", "doi:10.1093/botlinnean/boab030", ["García-Castaño J", "Balao F", "Lorenzo M"]),
        ("tandfonline.com", "doi:10.1080/09397140.2021.1992835", ["Şafak Bulut", "Gül Olgun Karacan"]),
        (
            "rss.sciencedirect.com",
            "feed:https://www.sciencedirect.com/science/article/pii/S1055790321002906",
            ["David R. Bickel"],
        ),
    ],
)
def test_the_quirks_of_publishers(shared: Path, start: str, key: str, authors: list[str]) -> None:
    (path,) = (shared / "recorded" / "feeds").glob(f"{start}*")
    paper = read_saved("feeds", path.read_bytes(), path.name).papers[0]
    assert (paper.key, [author.name for author in paper.authors]) == (key, authors)
