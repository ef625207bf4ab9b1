"""Whatever is posted to a reader's pages: it is answered, and never with a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.app import App
from digest.website.request_limits import FORM_POSTS, REQUEST_RATES, RULE_PREVIEWS
from tests.support.site_data import HOSTILE, ada_of, open_sample_app, path_of, serve_site
from tests.support.store_samples import NOW, SLOT

ACTS = {
    "pause": ("until", "end"),
    "leave": ("subscription",),
    "back": ("subscription",),
    "unmute": ("term",),
    "unanswer": ("name", "paper"),
    "unopine": ("paper",),
    "settings": ("name", "zone", "language", "format"),
    "new": ("name", "rule-0", "rule-0-kind", "rule-1", "rule-1-known", "exclude", "categories", "limit", "hour", "day"),
    "subscription/0": ("rule-0", "rule-0-was", "rule-1-choice", "rhythm", "updates", "attach", "try", "add", "boxes"),
    "subscription/1/remove": ("called",),
    "issue/mute": ("term", "other", "paper", "undo"),
    "issue/author": ("name", "theirs", "paper", "undo"),
    "issue/more": ("paper", "undo"),
}
ODD = st.sampled_from(
    ["", "1", "\x00", "\ud800", "\u202e", "'", "<b>", "x" * 600, "2026-12-24", "author", "yes", "-1", "9" * 30, "ti:("]
) | st.text(max_size=12)
_ANSWERS = frozenset({200, 303, 400, 404, 409, 422})


@pytest.fixture(scope="module", autouse=True)
def _unlimited() -> Iterator[None]:
    """Nobody here has to wait."""
    kept = dict(REQUEST_RATES)
    for purpose in (FORM_POSTS, RULE_PREVIEWS):
        REQUEST_RATES[purpose] = replace(kept[purpose], count=10**6, burst=10**6)
    yield
    REQUEST_RATES.update(kept)


@pytest.fixture
def web(tmp_path: Path, store_url: str) -> Iterator[tuple[httpx.Client, App]]:
    with open_sample_app(tmp_path, store_url) as app, serve_site(app) as client:
        yield client, app


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_nothing_is_too_odd(web: tuple[httpx.Client, App], data: st.DataObject) -> None:
    client, app = web
    ada = ada_of(app)
    act = data.draw(st.sampled_from(sorted(ACTS)))
    fields = data.draw(st.lists(st.tuples(st.sampled_from(ACTS[act]), ODD), max_size=6))
    if act.startswith("issue/"):
        issue = path_of(app.letters.links.issue(ada, HOSTILE, "scheduled", SLOT))
        path = f"{issue}/1/{act.removeprefix('issue/')}"
    else:
        path = f"{path_of(app.letters.links.page(ada, now=NOW))}/{act}"
    called = [("called", HOSTILE)] if act == "subscription/0" else []
    body = urlencode([*called, *fields], errors="surrogatepass")
    answer = client.post(path, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code in _ANSWERS, (path, fields)
    assert client.get(path_of(app.letters.links.page(ada_of(app), now=NOW))).status_code == 200
