"""The admin's overview and metrics: what to act on first, circuit breakers, and the figures of the command."""

from __future__ import annotations

import re
from datetime import timedelta

from digest.app.metrics import exposition
from digest.limits import BackOff
from digest.mail.delivery_state import DeliveryState
from digest.store import BounceEvidence
from tests.support.admin_site import (
    AdminClient,
    add_letters,
)
from tests.support.store_samples import EVE, NOW, sign_up


def test_a_service_in_which_nothing_has_happened_has_all_pages(opened: AdminClient) -> None:
    page = opened.web.get("/").text
    assert "Nothing: every issue that was due is written" in page
    assert "Every relay and every domain takes letters" in page
    assert "Nothing waits here" in opened.web.get("/outbox").text
    assert "Every address gets its letters" in opened.web.get("/suppressions").text
    assert "Nothing is on the clock" in opened.web.get("/due").text


def test_the_overview_says_what_to_do_first_and_leads_there(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.IN_DOUBT, ben=DeliveryState.FAILED)
    opened.store.breakers.record_failure(
        "relay", "smtp://localhost:25", now=NOW, words="421 <b>busy</b>", back_off=BackOff((timedelta(minutes=15),))
    )
    opened.store.bounces.add_evidence(
        [BounceEvidence(address="ada@example.org", kind="hard", points=5, words="no such user")], now=NOW
    )
    page = opened.web.get("/").text
    order = [page.index(words) for words in ("Wrong: relay", "1 letter in doubt", "1 letter refused for good")]
    assert order == sorted(order)
    assert 'href="/outbox?state=in+doubt"' in page
    assert "421 &lt;b&gt;busy&lt;/b&gt;" in page
    assert re.search(r"addresses that get no letters</a></th><td class=\"figure\">1<", page)
    assert "came back: hard" in page
    assert "arxiv oai cs.CL: never asked" in page


def test_the_overview_tells_of_everything_that_stands_badly(opened: AdminClient) -> None:
    sign_up(opened.store, document=EVE | {"timezone": "Mars/Olympus"})
    opened.store.breakers.record_failure(
        "domain", "example.net", now=NOW, words="421 busy", back_off=BackOff((timedelta(hours=1),))
    )
    page = opened.web.get("/").text
    assert "web-eve signed up and gets no letters" in page
    assert 'href="/readers"' in page
    assert "example.net is left alone until" in page


def test_metrics_are_those_of_the_command(opened: AdminClient) -> None:
    add_letters(opened.store, ada=DeliveryState.IN_DOUBT)
    answer = opened.web.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    store = opened.store
    assert answer.content == exposition(
        store.stats.collect(now=NOW), store.breakers.list_all(), opened.app.health(NOW), now=NOW
    )
    assert "ada" not in answer.text
