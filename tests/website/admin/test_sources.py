"""The admin's health of sources and due subscriptions."""

from __future__ import annotations

from datetime import timedelta

from tests.support.admin_site import (
    AdminClient,
)
from tests.support.store_samples import NOW


def test_what_is_due_and_what_comes(opened: AdminClient) -> None:
    opened.app.sync_schedules(NOW - timedelta(days=1))
    opened.clock.now = NOW + timedelta(hours=2)
    page = opened.web.get("/due").text
    assert "Due now: 2" in page
    assert "2026-11-19 07:30" in page
    assert "1 d 2 h" in page
    opened.clock.now = NOW - timedelta(days=1, minutes=12)
    page = opened.web.get("/due").text
    assert "Due now: 0" in page
    assert "12 min" in page


def test_sources_are_as_digest_sources_says(opened: AdminClient) -> None:
    opened.store.sources.record_failure(
        "arxiv oai cs.CL", now=NOW, what="503: <b>away</b>", next_try=NOW + timedelta(hours=1)
    )
    page = opened.web.get("/sources").text
    assert "failing" in page
    assert "failed once: 503: &lt;b&gt;away&lt;/b&gt;" in page
    assert "2026-11-20 08:30" in page
