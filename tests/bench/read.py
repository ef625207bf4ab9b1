"""How long 2,000 entries of arXiv take: our OAI-PMH reader beside feedparser on the same entries as Atom."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import feedparser  # type: ignore[import-untyped]

from digest.sources.arxiv.oai import ArxivHarvest
from digest.sources.base import ServiceResponse
from tests.bench import upsert

ENTRIES = 2_000
_ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "tr", "st", "pl")
_VOWELS, _ENDS = "aeiou", ("", "n", "r", "s", "l", "x")
_ACCENTS = ['J\\"urgen', "Jos\\'e", "S{\\o}ren", "Fran\\c{c}ois", "Luk\\'a\\v{s}"]


def run() -> dict[str, object]:
    """Seconds of CPU, the best of five runs each, text cleaning included on our side."""
    entries = [_entry(number, random.Random(number)) for number in range(ENTRIES)]
    page, atom = _page(entries).encode(), _atom(entries).encode()
    harvest, now = ArxivHarvest(category="cs.LG"), datetime(2026, 11, 20, tzinfo=UTC)
    answer = ServiceResponse(url=harvest.url, body=page)
    read = harvest.read(answer, now)
    if len(read.papers) != ENTRIES or len(feedparser.parse(atom).entries) != ENTRIES:
        raise RuntimeError("one of the readers lost entries")
    return {
        "entries": ENTRIES,
        "bytes": len(page),
        "ours_s": _best(lambda: harvest.read(answer, now), times=5),
        "feedparser_s": _best(lambda: feedparser.parse(atom), times=2),
        **upsert.run(),
    }


def _best(work: Callable[[], object], *, times: int) -> float:
    seconds = []
    for _ in range(times):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return min(seconds)


Made = dict[str, str]


def _entry(number: int, dice: random.Random) -> Made:
    def words(count: int) -> str:
        return " ".join(_word(dice) for _ in range(count))

    abstract = "\n".join(f"{words(11)} $O(n^{{2}})$" if line % 4 == 3 else words(12) for line in range(16))
    names = [_name(dice) for _ in range(dice.randint(1, 9))]
    return {
        "id": f"2611.{number + 1:05d}",
        "title": words(9).capitalize() + (' for K\\"ahler maps' if number % 10 == 0 else ""),
        "abstract": f"  {abstract}\n" + ("We gain 12\\% with {\\it coined} words.\n" if number % 5 == 0 else ""),
        "authors": ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0],
        "comments": f"{dice.randint(4, 40)} pages, {dice.randint(1, 9)} figures",
    }


def _word(dice: random.Random) -> str:
    syllables = dice.choice((1, 2, 2, 3))
    return "".join(dice.choice(_ONSETS) + dice.choice(_VOWELS) + dice.choice(_ENDS) for _ in range(syllables))


def _name(dice: random.Random) -> str:
    given = dice.choice(_ACCENTS) if dice.random() < 0.1 else _word(dice).capitalize()
    return f"{given} {_word(dice).capitalize()}"


def _page(entries: list[Made]) -> str:
    records = "".join(
        f"<record><header><identifier>oai:arXiv.org:{made['id']}</identifier><datestamp>2026-11-20</datestamp>"
        "<setSpec>cs:cs:LG</setSpec></header><metadata><arXivRaw xmlns='http://arxiv.org/OAI/arXivRaw/'>"
        f"<id>{made['id']}</id><submitter>Nobody</submitter><version version='v1'>"
        "<date>Wed, 18 Nov 2026 18:36:20 GMT</date><size>272kb</size><source_type>D</source_type></version>"
        f"<title>{escape(made['title'])}</title><authors>{escape(made['authors'])}</authors>"
        f"<categories>cs.LG stat.ML</categories><comments>{made['comments']}</comments>"
        f"<abstract>{escape(made['abstract'])}</abstract></arXivRaw></metadata></record>"
        for made in entries
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'>"
        "<responseDate>2026-11-20T03:00:00Z</responseDate><request verb='ListRecords'>http://oaipmh.arxiv.org/oai</request>"
        f"<ListRecords>{records}</ListRecords></OAI-PMH>"
    )


def _atom(entries: list[Made]) -> str:
    items = "".join(
        f"<entry><id>http://arxiv.org/abs/{made['id']}v1</id><title>{escape(made['title'])}</title>"
        f"<published>2026-11-18T18:36:20Z</published><updated>2026-11-18T18:36:20Z</updated>"
        f"<summary>{escape(made['abstract'])}</summary>"
        + "".join(f"<author><name>{escape(name)}</name></author>" for name in made["authors"].split(", "))
        + "<category term='cs.LG'/><category term='stat.ML'/></entry>"
        for made in entries
    )
    return f"<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'>{items}</feed>"
