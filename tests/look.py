"""Every golden letter and every page to look at: `python -m tests.look [FOLDER]` writes bytes, texts and screenshots.

Screenshots (desktop, phone, dark phone) need chromium; $CHROMIUM names it where it is called otherwise. With --readme
the pictures of the README are made anew, small, in `.pictures/`.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.support.golden_letters import FACTORY, GOLDEN
from tests.support.sample_site import ADMIN, CHROMIUM_SWITCHES, SampleSite, page_urls, start_sample_site

_VIEWS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "desktop": (900, "light"),
    "phone": (360, "light"),
    "dark": (360, "dark"),
}
_PICTURES = ("front", "issue", "me", "admin")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, letter in GOLDEN.items():
        stem = name.replace(" ", "-")
        parts, message = FACTORY.parts(letter), FACTORY(letter).message
        (folder / f"{stem}.eml").write_bytes(message)
        (folder / f"{stem}.txt").write_text(parts.text)
        if parts.html:
            (folder / f"{stem}.html").write_text(parts.html)
        print(f"{sha256(message).hexdigest()[:16]}  {stem}  {len(message):,} bytes")  # noqa: T201 (that is its work)
    with _browser() as browser:
        if browser is None:
            return
        letters = {page.stem: page.resolve().as_uri() for page in sorted(folder.glob("*.html"))}
        _shoot(browser, letters, folder)
        with _founded() as sample:
            _shoot(
                browser, {f"page-{name}".replace(" ", "-"): path for name, path in page_urls(sample).items()}, folder
            )


def pictures(folder: Path) -> None:
    """Those of the README."""
    folder.mkdir(exist_ok=True)
    with _browser() as browser, _founded() as sample:
        assert browser is not None, "chromium is not installed"
        paths = page_urls(sample)
        with browser.new_context(viewport={"width": 760, "height": 900}, http_credentials=_LOGIN) as context:  # type: ignore[arg-type]
            page = context.new_page()
            for name in _PICTURES:
                page.goto(paths[name])
                page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=60)


def _shoot(browser: Browser, paths: dict[str, str], folder: Path) -> None:
    for view, (width, scheme) in _VIEWS.items():
        size = {"width": width, "height": 800}
        with browser.new_context(viewport=size, color_scheme=scheme, http_credentials=_LOGIN) as context:  # type: ignore[arg-type]
            page = context.new_page()
            for stem, path in paths.items():
                page.goto(path)
                page.screenshot(path=folder / f"{stem}-{view}.png", full_page=True)


_LOGIN = {"username": "admin", "password": ADMIN}


@contextmanager
def _browser() -> Iterator[Browser | None]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_SWITCHES)
        yield browser
        browser.close()


@contextmanager
def _founded() -> Iterator[SampleSite]:
    with TemporaryDirectory() as place, start_sample_site(Path(place)) as sample:
        yield sample


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m tests.look")
    asked.add_argument("folder", nargs="?", type=Path, default=Path("looks"))
    asked.add_argument("--readme", action="store_true")
    given = asked.parse_args()
    if given.readme:
        pictures(Path(__file__).parents[1] / ".pictures")
    else:
        main(given.folder)
