"""What a channel that is no mail is given of a letter: subject, papers and plain text, written when the letter is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingPaper:
    """One paper of an issue, in a line."""

    title: str
    url: str | None
    why: str  # the rule or person that brought it: the heading under which the letter has it


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingContent:
    """What a letter says, without its form; the same at every try."""

    subject: str
    papers: tuple[OutgoingPaper, ...] = ()  # empty of a notice
    text: str

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def of_bytes(cls, data: bytes) -> OutgoingContent:
        value = json.loads(data)
        papers = tuple(OutgoingPaper(**each) for each in value["papers"])
        return cls(subject=value["subject"], papers=papers, text=value["text"])

    @classmethod
    def of_mail(cls, message: bytes) -> OutgoingContent:
        """Of a letter that waits since no channel asked for more than its bytes: its Subject and its text part."""
        letter = message_from_bytes(message, policy=policy.default)
        part = letter.get_body(("plain",))
        text = str(part.get_content()) if part is not None else ""
        return cls(subject=str(letter["Subject"] or ""), text=text.replace("\r\n", "\n"))
