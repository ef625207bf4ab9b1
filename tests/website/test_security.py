"""What holds for every page, whatever is asked: a GET changes nothing, no token opens another page, nothing breaks."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.routing import Route

from digest.links import CONFIRM, FEED, ISSUE, MOVE, PAGE, UNSUBSCRIBE
from digest.links.token import sign
from digest.store import tables as t
from digest.website import create_site
from digest.website.admin import create_admin_site
from digest.website.security_headers import HEADERS
from tests.support.sample_site import ADMIN, EVE, SampleSite, latest_issue_url, page_urls, start_sample_site

_WISH = {"email": EVE, "rule-0": "graphs", "rule-0-kind": "words", "rhythm": "daily", "hour": "07:30", "zone": "UTC"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleSite]:
    with start_sample_site(tmp_path_factory.mktemp("sample")) as found:
        yield found


@pytest.fixture(scope="module")
def web(sample: SampleSite) -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30, limits=httpx.Limits(max_connections=16)) as client:
        yield client


def everything(sample: SampleSite) -> dict[str, list[str]]:
    """All rows of all tables."""
    with sample.app.store.reading() as connection:
        return {
            table.name: sorted(map(str, connection.execute(select(table)).all())) for table in t.metadata.sorted_tables
        }


def test_a_scanner_that_follows_every_link_of_every_letter_changes_nothing(
    sample: SampleSite, web: httpx.Client
) -> None:
    page_urls(sample)  # sign-ups, a change of address, issues
    letters = [taken.message for taken in sample.mail.taken]
    sample.app.signup.link("ada@example.org", now=sample.now)
    sample.compose_and_deliver()
    links = {
        url.rstrip("=")
        for message in [*letters, sample.mail.taken[-1].message]
        for url in re.findall(rf"{re.escape(sample.url)}[!-;=?-~]*", message.decode().replace("=\r\n", ""))
    }
    assert {urlsplit(url).path.split("/")[1] for url in links} >= {"confirm", "me", "issue", "unsubscribe", "move"}
    before = everything(sample)
    for url in links:
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            assert web.request(method, url).status_code < 500
    assert everything(sample) == before


def _routes(sample: SampleSite) -> list[tuple[str, str]]:
    """Each path with its methods, of both sites."""
    both = ((sample.url, create_site), (sample.admin, create_admin_site))
    return sorted(
        {
            (base + route.path, method)
            for base, made in both
            for route in made(lambda: sample.app, clock=lambda: sample.now).routes
            if isinstance(route, Route)
            for method in route.methods or ()
        }
    )


_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
_NAMES = st.sampled_from(
    "email rule-0 rule-0-kind rule-0-was rule-0-known rhythm day hour zone name exclude limit try add term other keep "
    "undo paper theirs until end subscription ids action token state number address q page".split()
)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_is_too_odd(sample: SampleSite, web: httpx.Client, data: st.DataObject) -> None:
    path, method = data.draw(st.sampled_from(_routes(sample)))
    genuine = [token for url in _genuine(sample).values() for token in [urlsplit(url).path.split("/")[2]]]
    odd = st.one_of(st.sampled_from(genuine), _TEXT, st.just("..%2f.."), st.just("0" * 3000), st.integers().map(str))

    def filled(match: re.Match[str]) -> str:
        return quote(data.draw(odd), safe="") or "x"

    url = re.sub(r"\{[a-z]+(:[a-z]+)?\}", filled, path)
    body = urlencode(data.draw(st.lists(st.tuples(_NAMES, _TEXT), max_size=12)), errors="replace")
    headers = {
        "Host": data.draw(st.sampled_from([urlsplit(sample.url).netloc, "evil.example", "evil.example:80@x"])),
        "X-Forwarded-Host": "evil.example",
        "Content-Type": data.draw(st.sampled_from(["application/x-www-form-urlencoded", "text/plain", "multipart/x"])),
        **({"Authorization": f"Bearer {ADMIN}"} if data.draw(st.booleans()) else {}),
    }
    try:
        answer = web.request(method, url, content=body if method == "POST" else None, headers=headers)
    except (httpx.InvalidURL, httpx.LocalProtocolError):
        return
    assert answer.status_code < 500, (method, url, body)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers.get("location", "/").startswith("/")
    assert not answer.headers.get("location", "/").startswith("//")
    assert "set-cookie" not in answer.headers
    assert "evil.example" not in answer.text
    assert "<script>" not in answer.text


def _genuine(sample: SampleSite) -> Mapping[str, str]:
    """A link of each purpose that does open something."""
    links, ada = sample.app.letters.links, sample.reader()
    return {
        PAGE: links.page(ada, now=sample.now),
        ISSUE: latest_issue_url(sample, "ada"),
        FEED: links.feed(ada, "Models"),
        UNSUBSCRIBE: links.unsubscribe("ada", "Models"),
        CONFIRM: links.confirm("nothing", now=sample.now),
        MOVE: links.move("nothing", "old", now=sample.now),
    }


def test_no_link_opens_another_page_than_its_own(sample: SampleSite, web: httpx.Client) -> None:
    before = everything(sample)
    paths = {PAGE: "me", ISSUE: "issue", FEED: "feed", UNSUBSCRIBE: "unsubscribe", CONFIRM: "confirm", MOVE: "move"}
    for purpose, url in _genuine(sample).items():
        token = urlsplit(url).path.split("/")[2].removesuffix(".atom")
        for other, path_name in paths.items():
            end = ".atom" if path_name == "feed" else ""
            for method in ("GET", "POST"):
                wrong = [f"{token[:-1]}{end}", f"{token}A{end}", f"{token[1:]}{end}"]
                for tried in [*wrong, *([f"{token}{end}"] if other != purpose else [])]:
                    answer = web.request(method, f"{sample.url}/{path_name}/{tried}")
                    assert answer.status_code in (404, 405, 410), (purpose, path_name, method)
    assert everything(sample) == before


def test_a_token_of_a_key_that_is_not_ours_is_none(sample: SampleSite, web: httpx.Client) -> None:
    for purpose, path_name in ((PAGE, "me"), (ISSUE, "issue"), (FEED, "feed"), (UNSUBSCRIBE, "unsubscribe")):
        payload = {"subscriber": "ada", "subscription": "Models", "kind": "scheduled", "slot": "2026-11-20T07:30"}
        token = sign(purpose, payload, ["a key of somebody else"], at=sample.now)
        assert web.get(f"{sample.url}/{path_name}/{token}{'.atom' if path_name == 'feed' else ''}").status_code == 404


def test_thousands_of_posts_bring_a_handful_of_letters(sample: SampleSite, web: httpx.Client) -> None:
    before = len(sample.mail.taken)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        posts = [
            pool.submit(web.post, f"{sample.url}/subscribe", data=_WISH | {"email": f"victim{number % 40}@example.net"})
            for number in range(1_000)
        ]
        statuses = Counter(post.result().status_code for post in posts)
    assert set(statuses) <= {200, 429}
    assert statuses[429] > 900
    assert web.get(f"{sample.url}/healthz").status_code == 200
    sample.compose_and_deliver()
    assert len(sample.mail.taken) - before <= 10
    assert time.monotonic() - began < 300


def test_nothing_that_is_secret_is_said_while_all_this_happens(
    sample: SampleSite, web: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    for url in _genuine(sample).values():
        web.get(url)
        web.post(url, data=_WISH)
    web.get(sample.admin, headers={"Authorization": f"Bearer {ADMIN}x"})
    said = "".join(capfd.readouterr())
    tokens = [urlsplit(url).path.split("/")[2] for url in _genuine(sample).values()]
    assert not [secret for secret in (*tokens, ADMIN, EVE) if secret in said]
