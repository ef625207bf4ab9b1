"""Web servers that answer like the real services, day by day, each of which can be made to fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.sources import test_biorxiv as biorxiv
from tests.sources import test_crossref as crossref
from tests.sources import test_europepmc as europepmc
from tests.sources import test_huggingface as huggingface
from tests.sources import test_openreview as openreview
from tests.sources import test_pubmed as pubmed
from tests.support.servers import Reply, WebServer
from tests.support.source_answers import Preprint, daily, oai, oai_error

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)
SERVICES = ("arxiv", "huggingface", "biorxiv", "medrxiv", "pubmed", "crossref", "europepmc", "openreview", "feeds")
_WORDS = {
    "arxiv": "Colouring",
    "huggingface": "Transformers over",
    "biorxiv": "Neuronal",
    "medrxiv": "Epidemic contact",
    "pubmed": "Hospital referral",
    "crossref": "Random planar",
    "europepmc": "Metabolic",
    "openreview": "Differentiable",
    "feeds": "Annals of",
}
_DAYS = {THURSDAY: "in the first evening light", FRIDAY: "under a heavy second morning rain"}


def title(service: str, day: date) -> str:
    """What a service brings on a day: one paper each, all on graphs."""
    return f"{_WORDS[service]} graphs {_DAYS[day]}"


class Service(WebServer):
    """The web server of one service, on its own port."""

    def __init__(self, services: Services, name: str) -> None:
        super().__init__({})
        self._services, self._name = services, name

    def reply(self, target: str) -> Reply:
        return self._services.reply(self._name, target)


class Services:
    """Up to `today` every service has what it brought; one that is in `faults` answers so instead."""

    def __init__(self) -> None:
        self.today = THURSDAY
        self.faults: dict[str, Reply] = {}
        self.stale: set[str] = set()  # services that still have Thursday's
        self._until = THURSDAY
        self._servers = {name: Service(self, name) for name in SERVICES}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for server in self._servers.values():
            self._stack.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def config(self, relay: str) -> str:
        """A digest.yaml with all these services as sources."""
        base = {service: server.url for service, server in self._servers.items()}
        query = "{name: Graphs, query: graph}"
        return (
            "database: sqlite:///digest.db\nsender: Morning Papers <papers@example.org>\n"
            f"smtp: {relay}\nsources:\n"
            f"  arxiv: {{categories: [cs.CL], oai_url: {base['arxiv']}/oai, feed_url: {base['arxiv']}/rss, "
            f"query_url: {base['arxiv']}/query}}\n"
            f"  huggingface: {{base_url: {base['huggingface']}}}\n"
            f"  biorxiv: {{base_url: {base['biorxiv']}}}\n"
            f"  medrxiv: {{base_url: {base['medrxiv']}}}\n"
            f"  pubmed: {{queries: [{query}], base_url: {base['pubmed']}}}\n"
            f"  crossref: {{journals: [{{name: Nature, issn: 1476-4687}}], base_url: {base['crossref']}}}\n"
            f"  europepmc: {{queries: [{query}], base_url: {base['europepmc']}}}\n"
            f"  openreview: {{venues: [{{id: ICLR.cc/2026/Conference, name: ICLR}}], base_url: {base['openreview']}}}\n"
            f"  feeds: [{{name: Annals, url: {base['feeds']}/rss, allow_private: true}}]\n"
        )

    def reply(self, service: str, target: str) -> Reply:
        url = urlsplit(target)
        fault = self.faults.get(service)
        if fault is not None:
            return fault
        self._until = THURSDAY if service in self.stale else self.today
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        answer = getattr(self, f"_{service}")(url.path.lstrip("/"), asked)
        return Reply(200, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    @property
    def _days(self) -> list[date]:
        return [day for day in (THURSDAY, FRIDAY) if day <= self._until]

    # -- the services --

    def _preprint(self, day: date, number: int, service: str = "arxiv") -> Preprint:
        return Preprint(
            id=f"2611.{day.day:03}{number:02}",
            title=title(service, day),
            authors=f"{service.title()} Author{'abc'[number]}, Emmy Noether{day.day}",
            day=str(day - timedelta(days=2)),
            abstract=f"We look at {service} closely.",
        )

    def _arxiv(self, path: str, asked: Mapping[str, str]) -> bytes:
        if path.startswith("rss"):
            return daily([self._preprint(self.today, 1)], on=str(self.today))
        since = date.fromisoformat(asked["from"])
        days = [day for day in self._days if day >= since]
        if not days:
            return oai_error("noRecordsMatch", on=str(self.today))
        return oai([self._preprint(day, 1) for day in days], on=str(self.today))

    def _huggingface(self, path: str, asked: Mapping[str, str]) -> Any:
        day = date.fromisoformat(asked.get("date", str(self.today)))
        if day not in self._days:
            return []
        featured = huggingface.featured(
            self._preprint(day, 2).id,
            title=title("huggingface", day),
            authors=[{"name": f"Hugging Author{day.day}"}],
            submittedOnDailyAt=f"{day}T00:00:00.000Z",
            publishedAt=f"{day}T00:00:00.000Z",
        )
        return [featured]

    def _posts(self, server: str, path: str) -> Any:
        _, _, first, last, skip, *_ = path.split("/")
        days = [day for day in self._days if first <= str(day) <= last]
        rows = [
            biorxiv.row(
                day.day + (0 if server == "biorxiv" else 50),
                title=title(server, day),
                date=str(day),
                authors=f"{server.title()}{day.day}, A.",
                author_corresponding=f"Ada {server.title()}{day.day}",
                server=server,
            )
            for day in days
        ]
        return biorxiv.answer(*rows[int(skip) :], total=len(rows))

    def _biorxiv(self, path: str, asked: Mapping[str, str]) -> Any:
        return self._posts("biorxiv", path)

    def _medrxiv(self, path: str, asked: Mapping[str, str]) -> Any:
        return self._posts("medrxiv", path)

    def _pubmed(self, path: str, asked: Mapping[str, str]) -> bytes:
        if path.startswith("esearch"):
            days = [day for day in self._days if str(day).replace("-", "/") >= asked["mindate"]]
            key = days[0].day if days else 0
            body = f"<Count>{len(days)}</Count><QueryKey>{key}</QueryKey><WebEnv>here</WebEnv>"
            return f'<?xml version="1.0"?><eSearchResult>{body}</eSearchResult>'.encode()
        records = [
            pubmed.article(str(700 + day.day), title=title("pubmed", day), ids="")
            for day in self._days
            if day.day >= int(asked["query_key"])
        ]
        return pubmed.listing(*records)

    def _crossref(self, path: str, asked: Mapping[str, str]) -> Any:
        works = [
            crossref.work(
                day.day,
                title=[title("crossref", day)],
                author=[{"given": "Ada", "family": f"Crossref{day.day}"}],
                created={"date-time": f"{day}T01:02:03Z"},
            )
            for day in self._days
        ]
        return crossref.listing(*works)

    def _europepmc(self, path: str, asked: Mapping[str, str]) -> Any:
        records = [
            europepmc.record(
                day.day,
                title=title("europepmc", day),
                authorList={"author": [{"fullName": f"Europe{day.day} A"}]},
                firstIndexDate=str(day),
                firstPublicationDate=str(day),
            )
            for day in self._days
        ]
        return europepmc.search(*records, mark=asked["cursorMark"])

    def _openreview(self, path: str, asked: Mapping[str, str]) -> Any:
        moments = {day: int(datetime.fromisoformat(f"{day}T01:00:00+00:00").timestamp() * 1000) for day in self._days}
        notes = [
            openreview.note(day.day, title=title("openreview", day), authors=[f"Open Review{day.day}"])
            | {"tcdate": moment, "cdate": moment}
            for day, moment in moments.items()
            if moment >= int(asked["mintcdate"])
        ]
        return {"notes": notes}

    def _feeds(self, path: str, asked: Mapping[str, str]) -> bytes:
        items = "".join(
            f"<item><title>{title('feeds', day)}</title><link>https://annals.example/{day.day}</link>"
            f"<pubDate>{day:%a, %d %b %Y} 00:00:00 GMT</pubDate></item>"
            for day in self._days
        )
        return f'<rss version="2.0"><channel><title>Annals</title>{items}</channel></rss>'.encode()
