"""People walk through the pages in a real browser: by mouse, by keyboard, without scripts, on phones, at night."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.village import ADMIN, EVE, SWITCHES, Village, issue_of, pages, village

pytestmark = pytest.mark.outside

_PHONE = {"width": 360, "height": 740}
_WAYS = {
    "as usual": {},
    "without scripts": {"java_script_enabled": False},
    "on a phone": {"viewport": _PHONE, "has_touch": True},
    "at night": {"color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "chromium is not installed: .ci/outside installs what these tests need"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        expect.set_options(timeout=8_000)
        yield opened
        opened.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Village]:
    with village(tmp_path) as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context() as opened:
        opened.set_default_timeout(8_000)
        yield opened


@pytest.mark.parametrize("way", _WAYS)
def test_the_whole_walk(way: str, browser: Browser, home: Village) -> None:
    with browser.new_context(timezone_id="Europe/Berlin", **_WAYS[way]) as context:  # type: ignore[arg-type]
        context.set_default_timeout(8_000)
        page = context.new_page()
        _walk(page, home, scripts=way != "without scripts")
        assert context.cookies() == []


def _walk(page: Page, home: Village, *, scripts: bool) -> None:
    """Sign up, confirm, read, look at the web copy, change a rule, pause, leave by one click, sign up again."""
    _sign_up(page, home, "quantiz* OR experts", scripts=scripts)
    [question] = home.post()
    assert question["To"] == EVE
    _confirm(page, home, home.link(question, "confirm"))
    [issue] = home.post()
    page.goto(home.link(issue, "issue").rpartition("/")[0].rpartition("/")[0])
    expect(page.get_by_role("heading", level=3).first).to_be_visible()
    page.goto(home.link(issue, "me"))
    page.get_by_role("link", name="Change", exact=False).first.click()
    rule = page.get_by_label("Rule 1", exact=True)
    expect(rule).to_have_value("quantiz* OR experts")
    rule.fill("graph*")
    page.get_by_role("button", name="Keep").click()
    page.goto(home.link(issue, "me"))
    expect(page.locator("ul.rules")).to_have_text("graph*")
    page.get_by_label("No letters until").fill("2026-12-24")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("24 December 2026").first).to_be_visible()
    home.now += timedelta(days=1)
    assert home.post() == []
    _one_click(str(issue["List-Unsubscribe"]))
    page.goto(home.link(issue, "me"))
    expect(page.get_by_role("button", name="Send it again").first).to_be_visible()
    home.now += timedelta(days=1)
    _sign_up(page, home, "routing", scripts=scripts)
    page.goto(home.link(issue, "me"))
    expect(page.get_by_role("button", name="Send it again").first).to_be_visible()  # nothing before it is confirmed
    [again] = home.post()
    _confirm(page, home, home.link(again, "confirm"))
    expect(page.locator("ul.rules").last).to_have_text("routing")


def _sign_up(page: Page, home: Village, rule: str, *, scripts: bool) -> None:
    page.goto(home.url)
    if scripts:
        expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.get_by_label("Your address").fill(EVE)
    page.get_by_label("Rule 1", exact=True).fill(rule)
    if not scripts:
        page.get_by_role("button", name="Try").click()
        expect(page.get_by_label("Rule 1", exact=True)).to_have_value(rule)
    expect(page.locator("#rule-0-tried")).to_contain_text("would have brought")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")


def _confirm(page: Page, home: Village, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Yes, send me").click()
    assert "/me/" in page.url


def _one_click(header: str) -> None:
    """As a mail program does it (RFC 8058)."""
    url = header.partition("<")[2].partition(">")[0]
    answer = httpx.post(url, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


def test_by_keyboard_alone(context: BrowserContext, home: Village) -> None:
    page = context.new_page()
    page.goto(home.url)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, "email")
    page.keyboard.type(EVE)
    _tab_to(page, "rule-0")
    page.keyboard.type("graphs")
    _tab_to_button(page, "Subscribe")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    [question] = home.post()
    page.goto(home.link(question, "confirm"))
    _tab_to_button(page, "Yes, send me these letters")
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/**")


def _tab_to(page: Page, id_: str) -> None:
    _tab_until(page, f"document.activeElement.id === {json.dumps(id_)}")


def _tab_to_button(page: Page, words: str) -> None:
    _tab_until(
        page, f"document.activeElement.matches('button') && document.activeElement.innerText === {json.dumps(words)}"
    )


def _tab_until(page: Page, there: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(there):
            return
    raise AssertionError(f"nobody comes there by Tab: {there}")


def test_a_form_with_mistakes_comes_back_as_it_was_typed(context: BrowserContext, home: Village) -> None:
    page = context.new_page()
    page.goto(home.url)
    page.get_by_label("Your address").fill("eve at example")
    page.get_by_label("Rule 1", exact=True).fill('graph AND ("open')
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your address")).to_have_value("eve at example")
    expect(page.get_by_label("Rule 1", exact=True)).to_have_attribute("aria-invalid", "true")
    assert home.post() == []


def test_a_click_in_a_letter_says_what_one_thinks(context: BrowserContext, home: Village) -> None:
    issue = issue_of(home, "ada")
    page = context.new_page()
    page.goto(f"{issue}/1/less")
    page.get_by_role("button").first.click()
    assert [each.more for each in home.house.store.opinions("ada")] == [False]
    page.goto(f"{issue}/1/author")
    page.get_by_role("button", name="not").first.click()
    assert list(home.house.store.answers(["ada"]).values())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_every_page_is_for_everybody(scheme: str, width: int, browser: Browser, home: Village) -> None:
    """axe finds nothing serious, nothing scrolls sideways, and no page needs what its policy forbids."""
    named = os.environ.get("DIGEST_OUTSIDE")
    assert named, "$DIGEST_OUTSIDE names no folder: run .ci/outside"
    axe = (Path(named) / "node_modules/axe-core/axe.min.js").read_text()
    login = {"username": "admin", "password": ADMIN}
    told: dict[str, object] = {}
    with browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
        http_credentials=login,  # type: ignore[arg-type]
        bypass_csp=False,
    ) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        for name, path in pages(home).items():
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == (404 if name == "no link" else 200), (name, answer.status)
            said[:] = [each for each in said if "404" not in each]
            found = page.evaluate(f"() => {{ {axe}; return axe.run() }}")
            serious = [rule["id"] for rule in found["violations"] if rule["impact"] in ("serious", "critical")]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if serious or wide > 0 or said:
                nodes = [node["html"][:120] for rule in found["violations"] for node in rule["nodes"][:2]]
                told[name] = (serious, wide, list(said), nodes)
            said.clear()
    assert told == {}, json.dumps(told, indent=1)
