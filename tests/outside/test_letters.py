"""Golden letters before judges from outside. A tool that is missing is a failure: .ci/outside installs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.dkim_keys import EDWARDS, RSA
from tests.support.golden_letters import FACTORY, GOLDEN

pytestmark = pytest.mark.outside

SIGNED = replace(FACTORY, signers=(RSA, EDWARDS))
MOST = 1.0  # points of SpamAssassin
UNHEEDED = {
    "<style> element": "dark colours and phones alone; all else stands in the elements",
    "Class selector": "as above",
    "@media": "as above",
    "border-radius": "corners are square then",
    "text-decoration-color": "the line under a link has the colour of its words",
    "overflow-wrap": "word-break stands beside it",
    "word-break": "overflow-wrap stands beside it",
    "overflow": "taken for overflow-wrap by the checker",
    "transform": "taken for text-transform by the checker",
    "aria-label attribute": "the heading says the same",
    "role attribute": "tables are read cell by cell, in order",
    "<body> element": "a wrapper repeats what it says",
    "height property": "becomes a least height, for a gap alone",
}
"""What some program does not heed, and why nothing is lost by it."""


def tool(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed: .ci/outside installs what these tests need"
    return found


@pytest.fixture(scope="module")
def modules() -> Path:
    """The folder of node_modules."""
    named = os.environ.get("DIGEST_OUTSIDE")
    assert named, "$DIGEST_OUTSIDE names no folder: run .ci/outside"
    return Path(named) / "node_modules"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each letter as bytes and as a page."""
    place = tmp_path_factory.mktemp("letters")
    for name, letter in GOLDEN.items():
        (place / f"{name.replace(' ', '-')}.eml").write_bytes(SIGNED(letter).message)
        (place / f"{name.replace(' ', '-')}.html").write_text(FACTORY.parts(letter).html or "")
    return place


def run(*command: str | Path, data: bytes | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command], input=data, capture_output=True, check=False, env={**os.environ, **(env or {})}
    )
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def test_html_is_valid(folder: Path, modules: Path) -> None:
    jar = modules / "vnu-jar/build/dist/vnu.jar"
    assert jar.exists()
    assert run(tool("java"), "-jar", jar, "--errors-only", *sorted(folder.glob("*.html"))) == ""


def test_pages_are_accessible_in_light_and_dark_and_fit_a_phone(folder: Path, modules: Path) -> None:
    script = Path(__file__).with_name("axe.js")
    pages = sorted(folder.glob("*.html"))
    assert run(tool("node"), script, tool("chromium"), *pages, env={"NODE_PATH": str(modules)}) == ""


@pytest.mark.parametrize("name", ["daily", "flood", "portrait", "trending", "missing"])
def test_mail_programs_heed_what_counts(folder: Path, modules: Path, name: str) -> None:
    script = shutil.copy(Path(__file__).with_name("caniemail.mjs"), modules.parent)
    said = run(tool("node"), script, folder / f"{name}.html")
    pairs = (line.partition("\t") for line in said.splitlines())
    unheeded = {title: program for program, _, title in pairs}
    assert unheeded
    assert set(unheeded) <= set(UNHEEDED), {title: unheeded[title] for title in set(unheeded) - set(UNHEEDED)}


@pytest.mark.parametrize("name", GOLDEN)
def test_opendkim_believes_both_signatures(folder: Path, tmp_path: Path, name: str) -> None:
    for signer in (RSA, EDWARDS):
        (tmp_path / "dns").write_text(f"{signer.record_name} {signer.record}\n")
        (tmp_path / "conf").write_text(f"Mode v\nTestDNSData {tmp_path / 'dns'}\n")
        message = replace(FACTORY, signers=(signer,))(GOLDEN[name]).message
        (tmp_path / "letter.eml").write_bytes(message)
        said = run(tool("opendkim"), "-x", tmp_path / "conf", "-t", tmp_path / "letter.eml", "-v")
        assert "succeeded" in said, said


@pytest.mark.parametrize("name", GOLDEN)
def test_spamassassin_has_nothing_against_it(folder: Path, name: str) -> None:
    message = (folder / f"{name.replace(' ', '-')}.eml").read_bytes()
    said = run(tool("spamassassin"), "-L", "-t", data=message)
    found = re.search(r"X-Spam-Status: \w+, score=(-?[\d.]+)", said)
    assert found, said[-500:]
    assert float(found[1]) <= MOST
