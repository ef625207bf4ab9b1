"""Messages after an action: only texts of ours, whatever the query says."""

from __future__ import annotations

from tests.support.admin_site import (
    AdminClient,
    status_message,
)


def test_what_is_said_is_ours_whatever_the_address_bar_says(opened: AdminClient) -> None:
    for asked in ("told=<b>hello</b>", "told=retry&done=<b>&stays=<b>&unknown=-1", "told=retry&done=" + "9" * 5000):
        page = opened.web.get(f"/outbox?{asked}").text
        assert "<b>hello" not in page
        assert status_message(page) == ""
    assert status_message(opened.web.get("/outbox?told=cancel&done=2&stays=ready&stays=sent").text).count("letter") == 2
