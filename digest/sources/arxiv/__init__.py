"""arXiv: OAI-PMH harvests, daily RSS/Atom feeds, and the query API for look-ups by id."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from lxml import etree
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from digest.errors import SourceError
from digest.papers import Paper
from digest.papers.arxiv_categories import ARXIV, GROUPS, canonical, nearest
from digest.sources.arxiv import daily, oai, query
from digest.sources.arxiv.calendar import HOLIDAYS, ArxivCalendar
from digest.sources.base import SavedPapers, Source, looks_like, web_address
from digest.sources.xml import XmlDocument, everywhere, local, parse


def _category(word: str) -> str:
    if word in ARXIV or word in GROUPS:
        return word
    likely = nearest(word)
    hint = f"; did you mean {likely[0]}?" if likely else "; see https://arxiv.org/category_taxonomy"
    raise ValueError(f"{word!r} is no category of arXiv{hint}")


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("expected a date such as 2027-01-01") from None


class ArxivSettings(BaseModel):
    """The settings under `arxiv:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    categories: Annotated[tuple[Annotated[str, AfterValidator(_category)], ...], Field(min_length=1)]
    oai_url: Annotated[str, AfterValidator(web_address)] = oai.URL
    feed_url: Annotated[str, AfterValidator(web_address)] = daily.URL
    query_url: Annotated[str, AfterValidator(web_address)] = query.URL
    holidays: frozenset[Annotated[date, BeforeValidator(_day)]] = frozenset()


def sources(settings: ArxivSettings) -> list[Source]:
    """A harvest and a daily feed for each category. A URL from the config may have a private address."""
    categories = dict.fromkeys(map(canonical, settings.categories))
    calendar = ArxivCalendar(HOLIDAYS | settings.holidays)
    harvests: list[Source] = [
        oai.ArxivHarvest(
            category=each, url=settings.oai_url, timetable=calendar, allow_private=settings.oai_url != oai.URL
        )
        for each in categories
    ]
    feeds: list[Source] = [
        daily.ArxivDailyFeed(
            category=each, url=settings.feed_url, timetable=calendar, allow_private=settings.feed_url != daily.URL
        )
        for each in categories
    ]
    return [*harvests, *feeds]


def look_up(settings: ArxivSettings) -> query.ArxivLookUp:
    """The look-up of papers by id."""
    return query.ArxivLookUp(url=settings.query_url, allow_private=settings.query_url != query.URL)


def read_saved(body: bytes, name: str) -> SavedPapers:
    """The papers in a saved response of arXiv, in any of its formats. Raises SourceError for others."""
    tree = parse(body)
    reading = None if tree is None else _reading(tree)
    if reading is None:
        raise SourceError(f"{name} is no answer of arxiv: it looks like {looks_like(body)}")
    if reading.said.startswith(_FOREIGN):
        raise SourceError(f"{name} is no answer of arxiv: {reading.said}")
    return reading


_FOREIGN = "records of another archive"


def _reading(tree: XmlDocument) -> SavedPapers | None:
    root = tree.root
    if local(root) in ("OAI-PMH", "record", "ListRecords", "GetRecord"):
        return _harvested(tree)
    if daily.is_daily(root):
        return _said(*daily.read_items(tree), fault=daily.fault_of(root), empty="a daily feed without papers")
    if query.is_query(root):
        fault = query.fault_of(root)
        return _said(*(((), ()) if fault else query.read_entries(tree)), fault=fault, empty="an answer without papers")
    return None


def _harvested(tree: XmlDocument) -> SavedPapers:
    fault = oai.fault_of(tree.root)
    told = ": ".join(filter(None, fault)) if fault else None
    papers, warnings = oai.read_records(tree)
    if warnings and not papers and not tree.mended:
        return SavedPapers(said=f"{_FOREIGN}; {warnings[0]}")
    return _said(papers, warnings, fault=told, empty=_listed(tree.root))


def _said(papers: tuple[Paper, ...], warnings: tuple[str, ...], *, fault: str | None, empty: str) -> SavedPapers:
    said = f"an error answer: {fault}" if fault else "" if papers else empty
    return SavedPapers(papers=papers, warnings=warnings, said=said)


def _listed(root: etree._Element) -> str:
    """Describes an OAI-PMH response without papers."""

    def count(name: str) -> int:
        return sum(1 for _ in everywhere(root, name))

    verbs = {local(each) for each in root}
    if "ListIdentifiers" in verbs:
        return f"a list of {count('header')} identifiers"
    if "ListSets" in verbs:
        return f"a list of {count('set')} sets"
    if "ListMetadataFormats" in verbs:
        return f"a list of {count('metadataFormat')} metadata formats"
    if "Identify" in verbs:
        return "what the archive says of itself (Identify)"
    return f"{count('record')} records, all deleted" if count("record") else "a list without records"
