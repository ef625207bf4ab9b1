"""The press: from an issue to one letter in its envelope, the same bytes whenever it is printed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.bibliography import FILES, written
from digest.delivery import Envelope
from digest.dkim import Signer, signed
from digest.issue import Issue
from digest.letter import Attachment, Listing, Mailbox, build, mailto, message_id, readdress
from digest.render import Links, Parts, Renderer
from digest.token import sign

_SENDER = "morningpapers"
"""Who sends, as Gmail's feedback counts it: the same in every letter, five to fifteen characters."""

UNSUBSCRIBE = "unsubscribe"
"""The purpose of the token in the link by which a reader leaves a subscription; it never expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What every letter of this house has in common."""

    renderer: Renderer
    sender: Mailbox
    owner: Mailbox
    postal: str = ""
    site: str | None = None  # base URL of the pages, without a slash at its end
    keys: Sequence[str] = ()  # the last signs
    signers: Sequence[Signer] = ()  # of the sender's domain
    complaints: Mailbox | None = None  # where mailbox providers tell of complaints; only in signed letters

    def __call__(self, issue: Issue, *, to: str | None = None) -> Envelope:
        """The letter of an issue to its reader, or to the address that is given."""
        reader = issue.subscriber
        mailbox = Mailbox(name=reader.name or "", address=to or reader.email)
        parts = self.parts(issue)
        key = message_id(f"{issue.kind}/{issue.subscription}/{issue.slot}", reader.id, self.sender.domain)
        message = build(
            sender=self.sender,
            to=mailbox,
            reply_to=self.owner,
            subject=parts.subject,
            text=parts.text_lines or parts.text,
            html=parts.html_lines or parts.html,
            message_id=key,
            date=issue.date,
            listing=self._listing(issue),
            attachment=_references(issue),
        )
        return Envelope(
            sender=self.sender.wire, recipient=mailbox.wire, message=signed(message, self.signers), message_id=key
        )

    def readdress(self, message: bytes, to: Mailbox) -> bytes:
        """The same letter to the address that its reader has now."""
        return signed(readdress(message, to), self.signers)

    def parts(self, issue: Issue) -> Parts:
        """What the letter says."""
        leave = self._leave(issue)
        return self.renderer.letter(issue, Links(unsubscribe=leave[0]), postal=self.postal)

    def _listing(self, issue: Issue) -> Listing:
        return Listing(
            id=f"digest.{self.sender.domain}",
            name=self.sender.name,
            unsubscribe=self._leave(issue),
            owner=mailto(self.owner.wire),
            help=mailto(self.owner.wire, "help"),
            feedback_id=f"{issue.date:%Y%m%d}:{issue.kind}:digest:{_SENDER}",
            complaints=self.complaints if self.signers else None,
        )

    def _leave(self, issue: Issue) -> tuple[str, ...]:
        """Where a reader leaves: the page, where there are pages, and a mail to the owner in any case."""
        mail = mailto(self.owner.wire, f"unsubscribe {issue.subscriber.id}: {issue.subscription}")
        if not self.site:
            return (mail,)
        token = sign(UNSUBSCRIBE, {"subscriber": issue.subscriber.id, "subscription": issue.subscription}, self.keys)
        return (f"{self.site}/unsubscribe/{token}", mail)


def _references(issue: Issue) -> Attachment | None:
    """The papers of an issue for a reference manager, where its reader asked for them and there are any."""
    papers = [item.paper for item in issue.items]
    if issue.attach is None or not papers:
        return None
    ending, kind = FILES[issue.attach]
    return Attachment(name=f"papers-{issue.date:%Y-%m-%d}.{ending}", type=kind, text=written(issue.attach, papers))
