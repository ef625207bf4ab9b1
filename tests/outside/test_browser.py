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
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.support.sample_site import (
    ADMIN,
    CHROMIUM_SWITCHES,
    EVE,
    SampleSite,
    latest_issue_url,
    page_urls,
    start_sample_site,
)

pytestmark = pytest.mark.outside

_PHONE = {"width": 360, "height": 740}
_WAYS = {
    "as usual": {},
    "without scripts": {"java_script_enabled": False},
    "on a phone": {"viewport": _PHONE, "has_touch": True},
    "at night": {"color_scheme": "dark"},
    "by keyboard alone": {},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "chromium is not installed: .ci/outside installs what these tests need"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=CHROMIUM_SWITCHES)
        expect.set_options(timeout=8_000)
        yield opened
        opened.close()


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[SampleSite]:
    with start_sample_site(tmp_path) as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context() as opened:
        opened.set_default_timeout(8_000)
        yield opened


@pytest.mark.parametrize("way", _WAYS)
def test_the_whole_walk(way: str, browser: Browser, sample: SampleSite) -> None:
    with browser.new_context(timezone_id="Europe/Berlin", **_WAYS[way]) as context:  # type: ignore[arg-type]
        context.set_default_timeout(8_000)
        hand = Keys if way == "by keyboard alone" else Hand
        _walk(hand(context.new_page()), sample, scripts=way != "without scripts")
        assert context.cookies() == []


class Hand:
    """A person at a page, with a mouse or a finger."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def click(self, what: Locator) -> None:
        """A link or a button."""
        what.click()

    def write(self, where: Locator, text: str) -> None:
        where.fill(text)


class Keys(Hand):
    """A person who has a keyboard alone: what Tab does not come to is not there."""

    def click(self, what: Locator) -> None:
        self._go_to(what)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, where: Locator, text: str) -> None:
        self._go_to(where)
        if where.get_attribute("type") == "date":
            year, month, day = text.split("-")
            text = f"{month}{day}{year}"  # as its parts stand in this browser's language
        else:
            self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)

    def _go_to(self, what: Locator) -> None:
        for _ in range(120):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"nobody comes there by Tab: {what}")


def _walk(hand: Hand, sample: SampleSite, *, scripts: bool) -> None:
    """Sign up, confirm, read, look at the web copy, change a rule, pause, leave by one click, sign up again."""
    page = hand.page
    _sign_up(hand, sample, "quantiz* OR experts", scripts=scripts)
    [question] = sample.compose_and_deliver()
    assert question["To"] == EVE
    _confirm(hand, sample.link(question, "confirm"))
    [issue] = sample.compose_and_deliver()
    page.goto(sample.link(issue, "issue").rpartition("/")[0].rpartition("/")[0])
    expect(page.get_by_role("heading", level=3).first).to_be_visible()
    page.goto(sample.link(issue, "me"))
    hand.click(page.get_by_role("link", name="Change", exact=True))
    rule = page.get_by_label("Rule 1", exact=True)
    expect(rule).to_have_value("quantiz* OR experts")
    hand.write(rule, "graph*")
    hand.click(page.get_by_role("button", name="Keep"))
    page.goto(sample.link(issue, "me"))
    expect(page.locator("ul.rules")).to_have_text("graph*")
    hand.write(page.get_by_label("No letters until"), "2026-12-24")
    hand.click(page.get_by_role("button", name="Pause", exact=True))
    expect(page.get_by_text("24 December 2026").first).to_be_visible()
    sample.now += timedelta(days=1)
    assert sample.compose_and_deliver() == []
    _one_click(str(issue["List-Unsubscribe"]))
    page.goto(sample.link(issue, "me"))
    expect(page.get_by_role("button", name="Send it again").first).to_be_visible()
    sample.now += timedelta(days=1)
    _sign_up(hand, sample, "routing", scripts=scripts)
    page.goto(sample.link(issue, "me"))
    expect(page.get_by_role("button", name="Send it again").first).to_be_visible()  # nothing before it is confirmed
    [again] = sample.compose_and_deliver()
    _confirm(hand, sample.link(again, "confirm"))
    expect(page.locator("ul.rules").last).to_have_text("routing")


def _sign_up(hand: Hand, sample: SampleSite, rule: str, *, scripts: bool) -> None:
    page = hand.page
    page.goto(sample.url)
    if scripts:
        expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    hand.write(page.get_by_label("Your address"), EVE)
    hand.write(page.get_by_label("Rule 1", exact=True), rule)
    if not scripts:
        hand.click(page.get_by_role("button", name="Try"))
        expect(page.get_by_label("Rule 1", exact=True)).to_have_value(rule)
    expect(page.locator("#rule-0-tried")).to_contain_text("would have brought")
    hand.click(page.get_by_role("button", name="Subscribe"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")


def _confirm(hand: Hand, link: str) -> None:
    hand.page.goto(link)
    hand.click(hand.page.get_by_role("button", name="Yes, send me"))
    hand.page.wait_for_url("**/me/**")


def _one_click(header: str) -> None:
    """As a mail program does it (RFC 8058)."""
    url = header.partition("<")[2].partition(">")[0]
    answer = httpx.post(url, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


def test_one_may_skip_the_head_of_a_page(context: BrowserContext, sample: SampleSite) -> None:
    page = context.new_page()
    page.goto(sample.url)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your address")).to_be_focused()


def test_a_form_with_mistakes_comes_back_as_it_was_typed(context: BrowserContext, sample: SampleSite) -> None:
    page = context.new_page()
    page.goto(sample.url)
    page.get_by_label("Your address").fill("eve at example")
    page.get_by_label("Rule 1", exact=True).fill('graph AND ("open')
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your address")).to_have_value("eve at example")
    expect(page.get_by_label("Rule 1", exact=True)).to_have_attribute("aria-invalid", "true")
    assert sample.compose_and_deliver() == []


def test_a_click_in_a_letter_says_what_one_thinks(context: BrowserContext, sample: SampleSite) -> None:
    issue = latest_issue_url(sample, "ada")
    page = context.new_page()
    page.goto(f"{issue}/1/less")
    page.get_by_role("button").first.click()
    assert [each.more for each in sample.app.store.preferences.opinions("ada")] == [False]
    page.goto(f"{issue}/1/author")
    page.get_by_role("button", name="not").first.click()
    assert list(sample.app.store.answers.of_readers(["ada"]).values())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_every_page_is_for_everybody(scheme: str, width: int, browser: Browser, sample: SampleSite) -> None:
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
        for name, path in page_urls(sample).items():
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
