"""References as a reader's reference manager takes them in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import bibtexparser
import pytest
from bibtexparser.bparser import BibTexParser
from hypothesis import given
from hypothesis import strategies as st

from digest.papers import Author, Ids, Paper
from digest.papers.bibtex import bibtex, ris

PREPRINT = Paper(
    key="arxiv:2611.00001",
    title=r"Routing 100% of words & $\alpha_{1}$-experts in C_4 {fast}",
    source="arxiv",
    ids=Ids(arxiv="2611.00001"),
    authors=(Author(name="Yunhua Zhou"), Author(name="Ludwig van den Berg"), Author(name="The ATLAS Collaboration")),
    categories=("cs.CL", "cs.LG"),
    primary="cs.CL",
    published=datetime(2026, 11, 18, tzinfo=UTC),
    url="https://arxiv.org/abs/2611.00001",
    comment="9 pages",
)
ARTICLE = replace(
    PREPRINT,
    key="doi:10.1000/x_1",
    title="Über Wörter",
    ids=Ids(doi="10.1000/x_1"),
    doi="10.1000/x_1",
    journal="Journal of Words & Routes",
    authors=(Author(name="Zoë Ångström"),),
    abstract="Line one.\nLine two.",
)


def parsed(text: str) -> list[dict[str, str]]:
    found = bibtexparser.loads(text, parser=BibTexParser(common_strings=True, ignore_nonstandard_types=False))
    return list(found.entries)


def test_bibtex_field_by_field() -> None:
    first, second = parsed(bibtex([PREPRINT, ARTICLE]))
    assert (first["ID"], first["ENTRYTYPE"]) == ("zhou2026routing", "misc")
    assert (
        first["title"]
        == r"{Routing 100\% of words \& $\alpha_{1}$-experts in C\_4 \textbraceleft{}fast\textbraceright{}}"
    )
    assert first["author"] == "Yunhua Zhou and Ludwig van den Berg and {The ATLAS Collaboration}"
    assert (first["eprint"], first["archiveprefix"], first["primaryclass"]) == ("2611.00001", "arXiv", "cs.CL")
    assert (first["year"], first["month"], first["note"]) == ("2026", "11", "9 pages")
    assert (second["ID"], second["ENTRYTYPE"]) == ("angstrom2026uber", "article")
    assert (second["title"], second["journal"]) == ("{Über Wörter}", r"Journal of Words \& Routes")
    assert (second["doi"], second["url"]) == ("10.1000/x_1", "https://arxiv.org/abs/2611.00001")


def test_keys_are_unique() -> None:
    keys = [entry["ID"] for entry in parsed(bibtex([PREPRINT] * 3))]
    assert keys == ["zhou2026routing", "zhou2026routing-2", "zhou2026routing-3"]
    bare = Paper(key="x", title="…", source="feeds")
    assert [entry["ID"] for entry in parsed(bibtex([bare, bare]))] == ["paper", "paper-2"]


def test_ris_field_by_field() -> None:
    lines = ris([ARTICLE]).splitlines()
    assert lines[0] == "TY  - JOUR"
    assert lines[-1] == "ER  - "
    assert "AU  - Ångström, Zoë" in lines
    assert "AB  - Line one. Line two." in lines
    assert "DO  - 10.1000/x_1" in lines
    assert "DA  - 2026/11/18" in lines
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    two = ris([PREPRINT, ARTICLE]).splitlines()
    assert two.count("ER  - ") == 2
    assert "AU  - van den Berg, Ludwig" in two
    assert "AU  - The ATLAS Collaboration" in two


_TEXT = st.text(max_size=40)


@given(title=_TEXT, name=_TEXT, journal=_TEXT, url=_TEXT)
def test_no_text_breaks_a_file(title: str, name: str, journal: str, url: str) -> None:
    odd = replace(ARTICLE, title=title, authors=(Author(name=name),), journal=journal, url=url, comment=title, doi=url)
    text = bibtex([odd, PREPRINT])
    assert len(parsed(text)) == 2
    assert text.count("{") == text.count("}")
    assert ris([odd, PREPRINT]).count("\nER  - \n") == 2


@pytest.mark.parametrize("name", ["Anne and Bob", "Zhou, Yunhua", "CERN"])
def test_a_name_that_bibtex_would_take_apart_stays_whole(name: str) -> None:
    [entry] = parsed(bibtex([replace(PREPRINT, authors=(Author(name=name),))]))
    assert entry["author"] in (name, f"{{{name}}}")
    assert " and " not in entry["author"].replace(f"{{{name}}}", "")
