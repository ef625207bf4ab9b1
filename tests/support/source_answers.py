"""Answers as arXiv and a journal give them, made from a few facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprint:
    """What a test says of one paper of arXiv; the other facts follow from these."""

    id: str
    title: str
    authors: str = "Ada Lovelace, Alan Turing"
    abstract: str = "We look at it closely."
    categories: str = "cs.CL"
    day: str = "2026-11-18"  # of its first version
    version: int = 1
    comment: str = ""
    withdrawn: bool = False

    def revised(self, **changes: str) -> Preprint:
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]


def oai(papers: Sequence[Preprint], *, on: str = "2026-11-20", token: str | None = None) -> bytes:
    """ListRecords in arXivRaw; `on` is the day of answer and records, `token` leads on ("": the last page)."""
    more = "" if token is None else f"<resumptionToken>{escape(token)}</resumptionToken>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{on}T06:00:00Z</responseDate>"
        '<request verb="ListRecords" metadataPrefix="arXivRaw">http://oaipmh.arxiv.org/oai</request>'
        f"<ListRecords>{''.join(_record(paper, on) for paper in papers)}{more}</ListRecords></OAI-PMH>"
    ).encode()


def oai_error(code: str, *, on: str = "2026-11-20") -> bytes:
    """An answer of OAI-PMH that says what was wrong."""
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{on}T06:00:00Z</responseDate><request>http://oaipmh.arxiv.org/oai</request>"
        f"<error code='{code}'>So it is.</error></OAI-PMH>"
    ).encode()


def _record(paper: Preprint, on: str) -> str:
    versions = "".join(
        f'<version version="v{number}"><date>{_rfc822(paper.day if number == 1 else on)}</date><size>40kb</size>'
        f"<source_type>{'I' if paper.withdrawn and number == paper.version else 'D'}</source_type></version>"
        for number in range(1, paper.version + 1)
    )
    comment = f"<comments>{escape(paper.comment)}</comments>" if paper.comment else ""
    return (
        f"<record><header><identifier>oai:arXiv.org:{paper.id}</identifier><datestamp>{on}</datestamp></header>"
        '<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">'
        f"<id>{paper.id}</id><submitter>S</submitter>{versions}<title>{escape(paper.title)}</title>"
        f"<authors>{escape(paper.authors)}</authors><categories>{paper.categories}</categories>{comment}"
        f"<abstract>  {escape(paper.abstract)}\n</abstract></arXivRaw></metadata></record>"
    )


def daily(papers: Sequence[Preprint], *, on: str = "2026-11-20", kinds: Sequence[str] = ()) -> bytes:
    """arXiv's daily RSS of a morning; `kinds` are the announce types in order, "new" where there are no more."""
    types = [*kinds, *(["new"] * len(papers))]
    items = "".join(_item(paper, kind, on) for paper, kind in zip(papers, types, strict=False))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>updates on arXiv.org</title>'
        f"<link>http://rss.arxiv.org/rss/cs.CL</link><pubDate>{_midnight(on)}</pubDate>{items}</channel></rss>"
    ).encode()


def _item(paper: Preprint, kind: str, on: str) -> str:
    return (
        f"<item><title>{escape(paper.title)}</title><link>https://arxiv.org/abs/{paper.id}</link>"
        f"<description>arXiv:{paper.id}v{paper.version} Announce Type: {kind} \nAbstract: "
        f"{escape(paper.abstract)}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{paper.id}v{paper.version}</guid>'
        f"{''.join(f'<category>{each}</category>' for each in paper.categories.split())}"
        f"<pubDate>{_midnight(on)}</pubDate><arxiv:announce_type>{kind}</arxiv:announce_type>"
        f"<dc:creator>{escape(paper.authors)}</dc:creator></item>"
    )


def found(papers: Sequence[Preprint]) -> bytes:
    """An answer of the query API to a look-up by id."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom"><id>https://arxiv.org/api/x</id>'
        f"<title>arXiv Query</title>{''.join(map(_entry, papers))}</feed>"
    ).encode()


def _entry(paper: Preprint) -> str:
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in paper.authors.split(", "))
    return (
        f"<entry><id>http://arxiv.org/abs/{paper.id}v{paper.version}</id><title>{escape(paper.title)}</title>"
        f"<published>{paper.day}T10:00:00Z</published><updated>{paper.day}T10:00:00Z</updated>"
        f"<summary>{escape(paper.abstract)}</summary>{authors}"
        f'<arxiv:primary_category term="{paper.categories.split()[0]}"/>'
        f"{''.join(f'<category term=@{each}@/>'.replace('@', chr(34)) for each in paper.categories.split())}</entry>"
    )


def _rfc822(day: str) -> str:
    from datetime import UTC, datetime
    from email.utils import format_datetime

    return format_datetime(datetime.fromisoformat(f"{day}T10:00:00").replace(tzinfo=UTC), usegmt=True)


def _midnight(day: str) -> str:
    return _rfc822(day).replace("10:00:00 GMT", "00:00:00 -0500")
