"""What a letter of 20 papers costs: ours beside Jinja2, premailer on each letter and EmailMessage."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

from jinja2 import Environment, FileSystemLoader
from lxml import html
from premailer import Premailer  # type: ignore[import-untyped]

from digest.issue import Issue
from digest.letter import Mailbox, build, message_id
from digest.render import Parts, Renderer
from digest.render.fill import columns, fill
from digest.render.view import letter
from digest.render.words import words
from digest.shipped import shipped
from tests.render.samples import LINKS, POSTAL, TODAY, flood, issue, on_sparse

LETTERS, PAPERS = 40, 20
SENDER, READER = Mailbox(name="Morning Papers", address="papers@example.org"), Mailbox(address="ada@example.org")


def run() -> dict[str, object]:
    """CPU of one thread in ms a letter, each issue another choice of papers; `equal`: both sides' pages, by element."""
    pool = flood(LETTERS + PAPERS).sections[0].items
    issues = [issue(on_sparse(*pool[first : first + PAPERS])) for first in range(LETTERS)]
    renderer, plain = Renderer(), _Plain()
    equal = all(_elements(_ours(renderer, one)) == _elements(plain.page(one)) for one in issues[:3])
    html_ms = _milliseconds(lambda one: renderer.letter(one, LINKS, postal=POSTAL), issues)
    ours_ms = _milliseconds(lambda one: _bytes(renderer.letter(one, LINKS, postal=POSTAL), one), issues)
    plain_ms = _milliseconds(plain.message, issues)
    return {
        "letters": LETTERS,
        "papers": PAPERS,
        "html_ms": html_ms,
        "ours_ms": ours_ms,
        "plain_ms": plain_ms,
        "ours_per_second": 1_000 / ours_ms,
        "ratio": plain_ms / ours_ms,
        "equal": equal,
    }


class _Plain:
    """The way that most bots go."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(shipped("templates")),
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"fill": fill, "columns": columns}
        self._stylesheet = (shipped("templates") / "letter" / "style.css").read_text()

    def page(self, one: Issue) -> str:
        return str(
            Premailer(
                self._render("html.html.j2", one),
                css_text=self._stylesheet,
                strip_important=False,
                disable_basic_attributes=["align", "valign", "bgcolor", "width", "height"],
            ).transform()
        )

    def message(self, one: Issue) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = SENDER.wire, READER.wire
        message["Subject"] = self._render("subject.txt.j2", one)
        message.set_content(self._render("text.txt.j2", one), cte="quoted-printable")
        message.add_alternative(self.page(one), subtype="html", cte="quoted-printable")
        return message.as_bytes()

    def _render(self, name: str, one: Issue) -> str:
        view = letter(one, LINKS, words("en"), title="Morning Papers", postal=POSTAL, room=600)
        return self._templates.get_template(f"letter/{name}").render(letter=view)


def _ours(renderer: Renderer, one: Issue) -> str:
    return renderer.letter(one, LINKS, postal=POSTAL).html or ""


def _bytes(parts: Parts, one: Issue) -> bytes:
    return build(
        sender=SENDER,
        to=READER,
        subject=parts.subject,
        text=parts.text,
        html=parts.html,
        message_id=message_id(one.slot, one.subscriber.id, SENDER.domain),
        date=TODAY,
    )


def _milliseconds(work: Callable[[Issue], object], issues: list[Issue]) -> float:
    begin = time.process_time()
    for one in issues:
        work(one)
    return (time.process_time() - begin) * 1_000 / len(issues)


def _elements(page: str) -> list[tuple[object, ...]]:
    """Tags, attributes and text of a page, up to white space."""
    return [
        (
            element.tag,
            *sorted((name, "".join(value.split())) for name, value in element.attrib.items()),
            "".join((element.text or "").split()),
            "".join((element.tail or "").split()),
        )
        for element in html.document_fromstring(page).iter()
    ]
