"""What a signed letter of 20 papers costs: ours beside Jinja2, premailer on each letter, EmailMessage and dkimpy."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

import dkim
from lxml import html
from premailer import Premailer  # type: ignore[import-untyped]

from digest.issues import Issue
from digest.mail.dkim import Signer, generate_key, private_key_pem, sign_message
from digest.mail.message import Mailbox, build_message, message_id
from digest.render import LetterParts, Renderer
from digest.resources import shipped
from tests.support.issues import LINKS, POSTAL, TODAY, flood, issue, item, on_sparse, paper
from tests.support.plain_letter import PlainRenderer

LETTERS, PAPERS = 200, 20
PLAINLY = 20  # letters that are made the plain way; each costs as much as dozens of ours
SENDER, READER = Mailbox(name="Morning Papers", address="papers@example.org"), Mailbox(address="ada@example.org")
SIGNER = Signer(domain="example.org", selector="papers", key=generate_key())


def run() -> dict[str, object]:
    """CPU of one thread in ms a letter, each issue another choice of papers; `equal`: both sides' pages, by element."""
    pool = flood(60).sections[0].items
    picks = ([pool[(first + step * 7) % len(pool)] for step in range(PAPERS)] for first in range(LETTERS))
    issues = [issue(on_sparse(*pick)) for pick in picks]
    renderer, plain = Renderer(), _Plain()
    equal = all(_elements(_ours(renderer, one)) == _elements(plain.page(one)) for one in issues[:3])
    renderer = _ready()
    html_ms = _milliseconds(lambda one: renderer.letter(one, LINKS, postal=POSTAL), issues)
    renderer = _ready()
    ours_ms = _milliseconds(lambda one: _bytes(renderer.letter(one, LINKS, postal=POSTAL), one), issues)
    plain_ms = _milliseconds(plain.message, issues[:PLAINLY])
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


def _ready() -> Renderer:
    """Templates compiled, as the plain side's are by now; the cache of cards is empty, so that filling it counts."""
    renderer = Renderer()
    renderer.letter(issue(on_sparse(item(paper("2401.00001", title="Another paper")))), LINKS)
    return renderer


class _Plain:
    """The way that most bots go."""

    def __init__(self) -> None:
        self._plain = PlainRenderer()
        self._stylesheet = (shipped("templates") / "letter" / "style.css").read_text()
        self._key = private_key_pem(SIGNER.key)

    def page(self, one: Issue) -> str:
        view = self._plain.view(one, LINKS, postal=POSTAL, room=600)
        return str(
            Premailer(
                self._plain.render("html.html.j2", letter=view),
                css_text=self._stylesheet,
                strip_important=False,
                disable_basic_attributes=["align", "valign", "bgcolor", "width", "height"],
            ).transform()
        )

    def message(self, one: Issue) -> bytes:
        view = self._plain.view(one, LINKS, postal=POSTAL, room=600)
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = SENDER.wire, READER.wire
        message["Subject"] = self._plain.render("subject.txt.j2", letter=view)
        message.set_content(self._plain.render("text.txt.j2", letter=view), cte="quoted-printable")
        message.add_alternative(self.page(one), subtype="html", cte="quoted-printable")
        raw = message.as_bytes()
        return bytes(dkim.sign(raw, b"papers", b"example.org", self._key) + raw)


def _ours(renderer: Renderer, one: Issue) -> str:
    return renderer.letter(one, LINKS, postal=POSTAL).html or ""


def _bytes(parts: LetterParts, one: Issue) -> bytes:
    message = build_message(
        sender=SENDER,
        to=READER,
        subject=parts.subject,
        text=parts.text_lines,
        html=parts.html_lines,
        message_id=message_id(one.slot, one.subscriber.id, SENDER.domain),
        date=TODAY,
    )
    return sign_message(message, [SIGNER])


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
