"""The admin's suppression list: add, lift, and the evidence of bounces."""

from __future__ import annotations

from datetime import timedelta

from digest.store import BounceEvidence
from tests.support.admin_site import (
    AdminClient,
    status_message,
)
from tests.support.store_samples import NOW


def test_an_address_is_held_back_however_it_is_written_and_lifted(opened: AdminClient) -> None:
    page = opened.post("/suppressions/add", address=" Grace@EXAMPLE.org ", why="<i>she</i> asked\n to").text
    [row] = opened.store.suppressions.list_all()
    assert (row.address, row.reason, row.since) == ("grace@example.org", "<i>she</i> asked to", NOW)
    assert "&lt;i&gt;she&lt;/i&gt; asked to" in page
    assert "No such address" in opened.web.get("/suppressions?q=ada").text
    assert "grace@example.org" in opened.web.get("/suppressions?q=GRACE").text
    assert status_message(opened.post("/suppressions/lift", address=row.address).text).startswith(
        "Letters go to that address"
    )
    assert opened.store.suppressions.list_all() == []
    assert status_message(opened.post("/suppressions/lift", address=row.address).text).startswith("Nothing to do")


def test_what_is_no_address_is_held_back_nowhere(opened: AdminClient) -> None:
    for wrong in ("", "grace", "grace@", "a@example.org, b@example.org", "x" * 10_000):
        assert status_message(opened.post("/suppressions/add", address=wrong).text).startswith(
            "That is no mail address"
        )
    assert opened.store.suppressions.list_all() == []


def test_the_evidence_stands_beside_the_address(opened: AdminClient) -> None:
    for number in range(8):
        said = BounceEvidence(address="dead@example.org", kind="hard", points=5, words=f"550 <b>{number}</b>")
        opened.store.bounces.add_evidence([said], now=NOW + timedelta(days=number))
    page = opened.web.get("/suppressions").text
    assert page.count("2026-11-2") >= 5
    assert "550 &lt;b&gt;7&lt;/b&gt;" in page
    assert "550 <b>" not in page
