"""The registry of source services: one service, one module, one line in SOURCES.

Trust decides between services with the same paper: arXiv first, then Crossref (the publisher's own record), then
PubMed; a preprint server's own record before a mirror's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel

from digest.sources import (
    arxiv,
    crossref,
    dblp,
    europepmc,
    feeds,
    huggingface,
    openalex,
    openreview,
    pubmed,
    semanticscholar,
)
from digest.sources.base import SavedPapers, Source, SourceKind
from digest.sources.biorxiv import BiorxivSettings, biorxiv, medrxiv


class _Module(Protocol):
    """The module of a service, with its settings, sources and formats."""

    def sources(self, settings: Any) -> Sequence[Source]: ...

    def read_saved(self, body: bytes, name: str) -> SavedPapers: ...


def _kind(module: _Module, settings: type[BaseModel], label: str, **more: Any) -> SourceKind:
    return SourceKind(settings=settings, sources=module.sources, read_saved=module.read_saved, label=label, **more)


SOURCES: Mapping[str, SourceKind] = {
    "arxiv": _kind(arxiv, arxiv.ArxivSettings, "arXiv", trust=80, look_up=arxiv.look_up),
    "huggingface": _kind(huggingface, huggingface.HuggingFaceSettings, "Hugging Face", trust=10),
    "biorxiv": _kind(biorxiv, BiorxivSettings, "bioRxiv", trust=40),
    "medrxiv": _kind(medrxiv, BiorxivSettings, "medRxiv", trust=50),
    "pubmed": _kind(pubmed, pubmed.PubMedSettings, "PubMed", trust=60),
    "crossref": _kind(crossref, crossref.CrossrefSettings, "Crossref", trust=70),
    "europepmc": _kind(europepmc, europepmc.EuropePmcSettings, "Europe PMC", trust=30),
    "openreview": _kind(openreview, openreview.OpenReviewSettings, "OpenReview", trust=20),
    "feeds": _kind(feeds, feeds.FeedsSettings, ""),
    "semanticscholar": _kind(
        semanticscholar, semanticscholar.SemanticScholarSettings, "Semantic Scholar", enricher=semanticscholar.enricher
    ),
    "openalex": _kind(openalex, openalex.OpenAlexSettings, "OpenAlex", enricher=openalex.enricher),
    "dblp": _kind(dblp, dblp.DblpSettings, "DBLP", enricher=dblp.enricher),
}


def read_saved(kind: str, body: bytes, name: str) -> SavedPapers:
    """The papers in a saved response of a service. Raises SourceError, naming the file, if it has another format."""
    return SOURCES[kind].read_saved(body, name)
