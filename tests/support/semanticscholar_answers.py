"""Sample answers of Semantic Scholar's API."""

from __future__ import annotations

ADA = {
    "authorId": "11",
    "name": "Ada Lovelace",
    "externalIds": {"ORCID": "0000-0002-1825-0097"},
    "affiliations": ["Analytical Institute"],
    "paperCount": 57,
    "citationCount": 13621,
    "hIndex": 22,
}


ROUTES = {
    "paperId": "2d56",
    "externalIds": {"ArXiv": "2611.00001", "DOI": "10.1000/ROUTES.7", "PubMed": "78", "CorpusId": 5},
    "title": "Routes of words",
    "abstract": None,
    "venue": "Journal of Routes",
    "year": 2026,
    "publicationDate": None,
    "citationCount": 3,
    "tldr": {"model": "tldr@v2.0.0", "text": "Words are routed."},
    "authors": [ADA, {"authorId": None, "name": "C. Babbage", "affiliations": []}],
}
