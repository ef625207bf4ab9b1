"""Content of a letter for channels other than mail: subject, papers and plain text, stored beside the message."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingPaper:
    """One paper of an issue: title, link, and the reason."""

    title: str
    url: str | None
    why: str  # the matching rule or followed author: the heading of its section in the letter


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingContent:
    """Content of a letter without markup; the same at every try."""

    subject: str
    papers: tuple[OutgoingPaper, ...] = ()  # empty for a notice
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
        """Content of a letter that was stored without it: its Subject and its text part."""
        letter = message_from_bytes(message, policy=policy.default)
        part = letter.get_body(("plain",))
        text = str(part.get_content()) if part is not None else ""
        return cls(subject=str(letter["Subject"] or ""), text=text.replace("\r\n", "\n"))
