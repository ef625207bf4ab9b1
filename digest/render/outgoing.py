"""The papers of an issue in a line each, for channels that are no mail."""

from __future__ import annotations

from collections.abc import Iterator

from digest.issues import Issue
from digest.mail.outgoing import OutgoingPaper
from digest.render import links as addresses
from digest.render.letter_context import heading
from digest.text import one_line
from digest.text.translations import translations


def outgoing_papers(issue: Issue) -> Iterator[OutgoingPaper]:
    """Title, address and why of each paper, in the order of the letter."""
    t = translations(issue.subscriber.language)
    for section in issue.sections:
        why = heading(issue, section, t)
        for item in section.items:
            title = one_line(item.paper.title) or t("letter.untitled")
            yield OutgoingPaper(title=title, url=addresses.abstract_page(item.paper), why=why)
