"""Letters without papers: confirmations, links to a reader's page, changes of address, by the keys of their messages.

Nothing that a stranger typed stands in one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKeys:
    """The messages of one letter; `{name}` in the subject is the name of the service."""

    subject: str
    lines: tuple[str, ...]  # an inbox shows the first beside the subject
    button: str  # the words of its link
    after: tuple[str, ...]


NOTICES = {
    "confirm": NoticeKeys(
        subject="notice.confirm.subject",
        lines=("notice.confirm.lines.1",),
        button="notice.confirm.button",
        after=("notice.two_days", "notice.not_you"),
    ),
    "confirm_more": NoticeKeys(  # to somebody who is a reader already
        subject="notice.confirm_more.subject",
        lines=("notice.confirm_more.lines.1",),
        button="notice.confirm_more.button",
        after=("notice.two_days", "notice.not_you"),
    ),
    "page": NoticeKeys(
        subject="notice.page.subject",
        lines=("notice.page.lines.1",),
        button="notice.page.button",
        after=("notice.page.after.1",),
    ),
    "nobody": NoticeKeys(  # a link was asked for, and the address is no reader's
        subject="notice.nobody.subject",
        lines=("notice.nobody.lines.1", "notice.nobody.lines.2"),
        button="notice.nobody.button",
        after=("notice.not_you",),
    ),
    "in_a_file": NoticeKeys(  # a sign-up for a reader whose subscriptions stand in a file
        subject="notice.in_a_file.subject",
        lines=("notice.in_a_file.lines.1", "notice.in_a_file.lines.2"),
        button="notice.in_a_file.button",
        after=("notice.in_a_file.after.1",),
    ),
    "move_old": NoticeKeys(
        subject="notice.move_old.subject",
        lines=("notice.move_old.lines.1",),
        button="notice.move_old.button",
        after=("notice.move_old.after.1", "notice.two_days", "notice.move_old.after.3"),
    ),
    "move_new": NoticeKeys(
        subject="notice.move_new.subject",
        lines=("notice.move_new.lines.1",),
        button="notice.move_new.button",
        after=("notice.move_new.after.1", "notice.two_days", "notice.not_you"),
    ),
}
"""Each notice by its name."""
