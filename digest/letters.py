"""LetterFactory: builds the signed message and envelope of an issue or a notice; the same input, the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest.errors import ConfigError, SetAside
from digest.issues import Issue
from digest.links import SignedLinks
from digest.mail.dkim import Signer, sign_header, sign_message
from digest.mail.envelope import Envelope
from digest.mail.message import Attachment, ListHeaders, Mailbox, build_message, mailto, message_id, readdress
from digest.mail.outgoing import OutgoingContent, OutgoingPaper
from digest.papers.bibtex import REFERENCE_FILES, export_references
from digest.render import LetterLinks, LetterParts, Renderer
from digest.render.notices import NOTICES
from digest.render.outgoing import outgoing_papers
from digest.text.translations import translations

_SENDER = "morningpapers"
"""The sender id in Feedback-ID (Gmail's feedback loop): constant, five to fifteen characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFactory:
    """Builds letters from what they have in common: sender, postal address, link keys, DKIM signers."""

    renderer: Renderer
    shipped: Renderer | None = None  # with our own templates, for where one of `renderer` fails; None: it has no others
    sender: Mailbox
    owner: Mailbox
    postal: str = ""
    site: str | None = None  # base URL of the pages, without a slash at its end
    keys: Sequence[str] = ()  # of signed links: the last signs, all verify
    signers: Sequence[Signer] = ()  # DKIM, for the sender's domain
    with_content: bool = False  # whether a configured channel asks for more than the bytes of the mail
    complaints: Mailbox | None = None  # for feedback reports of mailbox providers; only in signed letters

    def __call__(self, issue: Issue, *, to: str | None = None) -> Envelope:
        """The letter of an issue to its reader, or to the address `to`."""
        reader = issue.subscriber
        mailbox = Mailbox(name=reader.name or "", address=to or reader.email)
        leave = self._leave(issue)
        links = self._links(issue, leave[0])
        parts = self._or_shipped(lambda renderer: renderer.letter(issue, links, postal=self.postal))
        key = message_id(_content_name(issue), reader.id, self.sender.domain)
        message = build_message(
            sender=self.sender,
            to=mailbox,
            reply_to=self.owner,
            subject=parts.subject,
            text=parts.text_lines,
            html=parts.html_lines,
            message_id=key,
            date=issue.date,
            listing=self._listing(issue, leave),
            attachment=_references(issue),
            sign=self._sign,
        )
        return Envelope(
            sender=self.sender.wire,
            recipient=mailbox.wire,
            message=message,
            message_id=key,
            page=links.web.rpartition("/")[2] if links.web else None,
            content=self._content(parts, outgoing_papers(issue)) if self.with_content else None,
            set_aside=parts.set_aside,
        )

    def notice(self, to: Mailbox, name: str, link: str, *, language: str, key: str, date: datetime) -> Envelope:
        """A letter without papers: the notice of that name in render.notices, with its link.

        `key` must differ for each letter. The letter contains nothing that a stranger typed.
        """
        parts = self._or_shipped(
            lambda renderer: renderer.notice(
                NOTICES[name], translations(language), link, service=self.service, postal=self.postal
            )
        )
        number = message_id(f"notice/{key}", "", self.sender.domain)
        message = build_message(
            sender=self.sender,
            to=to,
            reply_to=self.owner,
            subject=parts.subject,
            text=parts.text_lines,
            html=parts.html_lines,
            message_id=number,
            date=date,
            sign=self._sign,
        )
        return Envelope(
            sender=self.sender.wire,
            recipient=to.wire,
            message=message,
            message_id=number,
            content=self._content(parts) if self.with_content else None,
            set_aside=parts.set_aside,
        )

    def plain_notice(self, subject: str, text: str, *, key: str, date: datetime) -> Envelope:
        """A letter to the owner in plain text alone; `key` must differ for each."""
        number = message_id(f"notice/{key}", "", self.sender.domain)
        message = build_message(
            sender=self.sender, to=self.owner, subject=subject, text=text, message_id=number, date=date, sign=self._sign
        )
        content = OutgoingContent(subject=subject, text=text) if self.with_content else None
        return Envelope(
            sender=self.sender.wire, recipient=self.owner.wire, message=message, message_id=number, content=content
        )

    @property
    def service(self) -> str:
        """What the service calls itself."""
        return self.sender.name or "Morning Papers"

    @property
    def links(self) -> SignedLinks:
        """Makes the signed links in letters. Raises ConfigError if the config has no `site:`."""
        if not self.site:
            raise ConfigError("digest.yaml has no `site:`, so there are no pages to link to")
        return SignedLinks(self.site, self.keys)

    def readdress(self, message: bytes, to: Mailbox) -> bytes:
        """The same letter, to the current address of its reader."""
        return sign_message(readdress(message, to), self.signers)

    @staticmethod
    def _content(parts: LetterParts, papers: Iterable[OutgoingPaper] = ()) -> OutgoingContent:
        return OutgoingContent(subject=parts.subject, papers=tuple(papers), text=parts.text)

    def _sign(self, head: bytes, body: bytes) -> bytes:
        return sign_header(head, body, self.signers)

    def _or_shipped(self, render: Callable[[Renderer], LetterParts]) -> LetterParts:
        """What the templates make, or our own where they fail: a letter is worth more than its looks."""
        try:
            return render(self.renderer)
        except ConfigError as error:
            if self.shipped is None:
                raise
            parts = render(self.shipped)
            aside = SetAside.of("template", str(error).partition(":")[0], error)
            return replace(parts, set_aside=(*parts.set_aside, aside))

    def parts(self, issue: Issue) -> LetterParts:
        """The content of the letter."""
        return self.renderer.letter(issue, self._links(issue, self._leave(issue)[0]), postal=self.postal)

    def _links(self, issue: Issue, leave: str) -> LetterLinks:
        if not self.site or issue.kind == "test":
            return LetterLinks(unsubscribe=leave)
        page = self.links.page(issue.subscriber, now=issue.date)
        return LetterLinks(
            unsubscribe=leave,
            manage=page,
            pause=f"{page}#pause",
            web=self.links.letter(issue.subscriber, issue.subscription, issue.kind, issue.slot),
            site=self.site,
        )

    def _listing(self, issue: Issue, leave: tuple[str, ...]) -> ListHeaders:
        return ListHeaders(
            id=f"digest.{self.sender.domain}",
            name=self.sender.name,
            unsubscribe=leave,
            owner=mailto(self.owner.wire),
            help=mailto(self.owner.wire, "help"),
            feedback_id=f"{issue.date:%Y%m%d}:{issue.kind}:digest:{_SENDER}",
            complaints=self.complaints if self.signers else None,
        )

    def _leave(self, issue: Issue) -> tuple[str, ...]:
        """List-Unsubscribe: the one-click page if there is a site, and a mailto: to the owner in any case."""
        mail = mailto(self.owner.wire, f"unsubscribe {issue.subscriber.id}: {issue.subscription}")
        if not self.site:
            return (mail,)
        return (self.links.unsubscribe(issue.subscriber.id, issue.subscription), mail)


def _content_name(issue: Issue) -> str:
    """What names the content of a letter: after a restore another issue of the same slot is another letter."""
    papers = "".join(f"\n{item.paper.key} {item.event}" for item in issue.items)
    return f"{issue.kind}/{issue.subscription}/{issue.slot}{papers}"


def _references(issue: Issue) -> Attachment | None:
    """The papers of an issue as an attachment for reference managers, if the reader asked for one and there are any."""
    papers = [item.paper for item in issue.items]
    if issue.attach is None or not papers:
        return None
    ending, kind = REFERENCE_FILES[issue.attach]
    return Attachment(
        name=f"papers-{issue.date:%Y-%m-%d}.{ending}", type=kind, text=export_references(issue.attach, papers)
    )
