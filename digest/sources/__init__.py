"""The services that papers come from: one service, one module, one line in SOURCES."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from digest.sources.base import Enricher, LookUp, Reading, SourceKind
from digest.sources.biorxiv import biorxiv, medrxiv

SOURCES: dict[str, SourceKind] = {
    "arxiv": arxiv,
    "huggingface": huggingface,
    "biorxiv": biorxiv,
    "medrxiv": medrxiv,
    "pubmed": pubmed,
    "crossref": crossref,
    "europepmc": europepmc,
    "openreview": openreview,
    "feeds": feeds,
    "semanticscholar": semanticscholar,
    "openalex": openalex,
    "dblp": dblp,
}

LOOK_UPS: dict[str, Callable[[Any], LookUp]] = {
    "arxiv": arxiv.look_up,
}


ENRICHERS: dict[str, Callable[[Any], Enricher | None]] = {
    "semanticscholar": semanticscholar.enricher,
    "openalex": openalex.enricher,
    "dblp": dblp.enricher,
}


def read_saved(kind: str, body: bytes, name: str) -> Reading:
    """What a saved answer of a service holds. Raises SourceError, naming the file, when it is no answer of it."""
    return SOURCES[kind].read_saved(body, name)
