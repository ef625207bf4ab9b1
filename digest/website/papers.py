"""The page of one paper, /paper/KEY, and its reference as BibTeX or RIS."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.papers import Paper
from digest.papers.bibtex import REFERENCE_FILES, ReferenceFormat, citation_key, export_references
from digest.papers.ids import paper_key
from digest.render.citation import highwire
from digest.render.links import page_of
from digest.render.paper_page import AFFILIATIONS_SHOWN, AUTHORS_SHOWN, paper_page
from digest.text import strip_controls
from digest.text.translations import Translations
from digest.website.http_caching import cacheable
from digest.website.view import View

_MAX_KEY_LENGTH = 1_000  # characters of a key; no service has longer ones
_MAX_FILE_NAME = 60  # of a file
_FORMATS: dict[str, ReferenceFormat] = {f".{ending}": kind for kind, (ending, _) in REFERENCE_FILES.items()}


class PaperView(View):
    """`/paper/KEY`, `/paper/KEY.bib` and `/paper/KEY.ris`, by any identifier of a paper."""

    def routes(self) -> list[BaseRoute]:
        return [Route("/paper/{key:path}", self.show, methods=["GET"])]

    def show(self, request: Request) -> Response:
        key: str = request.path_params["key"]
        if len(key) > _MAX_KEY_LENGTH or strip_controls(key) != key:  # PostgreSQL takes no NUL
            return self._unknown(request)
        if paper := self.app().store.papers.get(key):
            return cacheable(request, self._page(paper, self.negotiated(request)))
        bare, kind = split_extension(key)
        if kind and (paper := self.app().store.papers.get(bare)):
            return cacheable(request, references_file([paper], kind, citation_key(paper)))
        other = paper_key(bare)  # another spelling: arXiv:2507.05197v2, https://doi.org/10.1101/…
        if other and other != bare and self.app().store.papers.get(other):
            return self.redirect(page_of(other) + (f".{REFERENCE_FILES[kind][0]}" if kind else ""))
        return self._unknown(request)

    def _page(self, paper: Paper, t: Translations) -> Response:
        app = self.app()
        work = app.store.works.get(paper.key)
        shown = paper_page(
            paper,
            versions=app.store.papers.versions(paper.key),
            records=work.records if work else (),
            events=work.events if work else (),
            t=t,
        )
        path = page_of(paper.key)
        public = app.config.site + path if app.config.site else None
        return self.page(
            t,
            "paper",
            shown.title,
            paper=shown,
            first=AUTHORS_SHOWN,
            few=AFFILIATIONS_SHOWN,
            path=path,
            public=public,
            meta=highwire(paper, public),
        )

    def _unknown(self, request: Request) -> Response:
        t = self.negotiated(request)
        return self.notice(t, t("paper.unknown"), t("paper.unknown_note"), status=404)


def split_extension(name: str) -> tuple[str, ReferenceFormat | None]:
    """Splits off ".bib" or ".ris": the rest, and the format of references; None for another ending."""
    for ending, kind in _FORMATS.items():
        if name.endswith(ending):
            return name.removesuffix(ending), kind
    return name, None


def references_file(papers: Sequence[Paper], kind: ReferenceFormat, name: str) -> Response:
    """A download of references; characters of `name` other than ASCII letters, digits and hyphens are dropped."""
    ending, media_type = REFERENCE_FILES[kind]
    safe = "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign == "-"))[:_MAX_FILE_NAME]
    headers = {"Content-Disposition": f'attachment; filename="{safe or "papers"}.{ending}"'}
    return Response(
        export_references(kind, papers).encode("utf-8", "replace"),
        headers=headers,
        media_type=f"{media_type}; charset=utf-8",
    )
