"""Identities of papers: arXiv ids, DOIs, PubMed ids, ISSNs and titles in normal form; records of one work by equal ids.

To add an identity of papers (isbn:, say): its normal form here with a branch in `paper_key` and in `same_work`, its
field in `digest.papers.Ids`. Records of one paper without a common id are matched in digest.papers.duplicates.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from urllib.parse import unquote

from digest.papers import Paper
from digest.papers.arxiv_categories import ARCHIVES
from digest.papers.ranges import is_version
from digest.text import clean_line

# -- arXiv --------------------------------------------------------------------

_WRAPPING = re.compile(
    r"""^(?: https?://(?:dx\.)?doi\.org/ | doi:\s* )? (?: 10\.48550/arxiv\. | oai:arxiv\.org: | arxiv:\s* | (?:.*/)?abs-
        | (?:https?://)?(?:[\w-]+\.)*(?:arxiv\.org|alphaxiv\.org|ar5iv\.org|huggingface\.co|hf\.co|scirate\.com)
          /(?:abs|pdf|html|ps|format|src|e-print|overview|papers|arxiv)/ (?:arxiv:)? )""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER = re.compile(r"(?:[?#].*|\.pdf|\.ps|/|[.,;)\]])+$", re.IGNORECASE)
_NEW = re.compile(r"(\d\d)(\d\d)\.(\d{4,5})(?:v([1-9]\d*+))?", re.ASCII)
_OLD = re.compile(r"([a-z-]+)(?:\.[a-z]{2})?[/-](\d\d)(\d\d)(\d{3})(?:v([1-9]\d*))?", re.ASCII | re.IGNORECASE)
_FROM_DBLP = re.compile(r"^(\d{4})-(\d{4,5})(?=v|$)", re.ASCII)


def arxiv_id(text: str) -> tuple[str, int | None] | None:
    """Parses an arXiv id in any spelling (URL, DOI, OAI or DBLP key …): normal form and version; None if invalid.

    Four digits up to 1412, five since 1501; old ids lose their class (info.arxiv.org/help/arxiv_identifier.html).
    An id with a version that no paper has is invalid.
    """
    found = _arxiv_parts(text)
    if found is None:
        return None
    name, version = found
    if not version:
        return name, None
    return (name, int(version)) if _can_be_version(version) else None


def impossible_version(text: str) -> str | None:
    """What is wrong with an arXiv id whose version no paper has; None for an id without fault, and for other texts."""
    found = _arxiv_parts(text)
    if found is None or not found[1] or _can_be_version(found[1]):
        return None
    return f"arXiv's {found[0]} has no version {found[1][:30]}"


def _can_be_version(digits: str) -> bool:
    return len(digits) <= 4 and is_version(int(digits))


def _arxiv_parts(text: str) -> tuple[str, str | None] | None:
    """The normal form of an arXiv id, and the digits of its version."""
    bare = _AFTER.sub("", _WRAPPING.sub("", unquote(text.strip()), count=1)).casefold()
    if text.strip().casefold().rpartition("/")[2].startswith("abs-"):
        bare = _FROM_DBLP.sub(r"\1.\2", bare)
    if match := _NEW.fullmatch(bare):
        year, month, number, version = match.groups()
        return (f"{year}{month}.{number}", version) if _is_new(int(year), int(month), number) else None
    if match := _OLD.fullmatch(bare):
        archive, year, month, number, version = match.groups()
        old = archive in ARCHIVES and _is_old(int(year), int(month))
        return (f"{archive}/{year}{month}{number}", version) if old else None
    return None


def _is_new(year: int, month: int, number: str) -> bool:
    digits = 4 if year < 15 else 5
    return 1 <= month <= 12 and (7, 4) <= (year, month) < (91, 1) and len(number) == digits and int(number) > 0


def _is_old(year: int, month: int) -> bool:
    century = 1900 if year > 90 else 2000
    return 1 <= month <= 12 and (1991, 7) <= (century + year, month) <= (2007, 3)


# -- DOI ----------------------------------------------------------------------

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"<>]+(?:<\d[^\s\"]*)?")
_PARTS = re.compile(r"/(?:full|abstract|pdf|epdf|summary|meta|html)(?:/.*)?$|\.(?:full|abstract)(?:\.pdf)?$")
_PREPRINT_VERSION = re.compile(r"^(10\.(?:1101|64898)/\S*\d)v\d+$")


def doi(text: str) -> str | None:
    """The DOI in a text or URL, bare and in lower case (DOI Handbook 2.4: no case); None if there is none."""
    match = _DOI.search(unquote(text))
    if match is None:
        return None
    bare = match.group().casefold()
    if "://" in text:
        bare = re.split(r"[?#]", bare, maxsplit=1)[0]
    while bare[-1:] and (bare[-1] in ".,;:'*/" or (bare[-1] in ")]" and not _balanced(bare))):
        bare = bare[:-1]
    bare = _PREPRINT_VERSION.sub(r"\1", _PARTS.sub("", bare))
    return bare if bare.partition("/")[2] else None


def _balanced(text: str) -> bool:
    return text.count("(") >= text.count(")") and text.count("[") >= text.count("]")


# -- ISSN ---------------------------------------------------------------------

_ISSN = re.compile(r"(\d{4})-?(\d{3}[\dX])", re.ASCII | re.IGNORECASE)


def issn(text: str) -> str | None:
    """An ISSN in its normal form (ISO 3297), with a valid check digit; else None."""
    found = _ISSN.fullmatch(text.strip())
    if found is None:
        return None
    digits = f"{found[1]}{found[2]}".upper()
    total = sum(int(digit) * weight for digit, weight in zip(digits[:7], range(8, 1, -1), strict=True))
    if (total + (10 if digits[7] == "X" else int(digits[7]))) % 11:
        return None
    return f"{digits[:4]}-{digits[4:]}"


# -- keys ---------------------------------------------------------------------


_PMID = re.compile(r"\d{1,12}", re.ASCII)


def paper_key(text: str) -> str | None:
    """The key of a paper, from any spelling of an arXiv id, a DOI or a PubMed id; None for other texts."""
    kind, _, number = text.strip().partition(":")
    if kind.casefold() == "pmid" and (found := _PMID.fullmatch(number.strip())):
        return f"pmid:{int(found[0])}"
    if arxiv := arxiv_id(text):
        return f"arxiv:{arxiv[0]}"
    return f"doi:{bare}" if (bare := doi(text)) else None


# -- code ---------------------------------------------------------------------

_REPOSITORY = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:www\.)?(github\.com|gitlab\.com|codeberg\.org)/([\w-][\w.-]*)/([\w.-]*[\w-])",
    re.ASCII | re.IGNORECASE,
)
_HOSTS = ("github.com", "gitlab.com", "codeberg.org")
_NO_OWNERS = frozenset("about apps collections features marketplace orgs search settings sponsors topics".split())


def code_repository(text: str) -> str | None:
    """The URL of the first repository of GitHub, GitLab or Codeberg in a text; None without one."""
    if not any(host in text.casefold() for host in _HOSTS):
        return None
    for found in _REPOSITORY.finditer(text):
        host, owner, name = found[1].casefold(), found[2], found[3].removesuffix(".git")
        if name and owner.casefold() not in _NO_OWNERS:
            return f"https://{host}/{owner}/{name}"
    return None


# -- titles -------------------------------------------------------------------

_SIGNS = re.compile(r"[<\\{]")
_WORD = re.compile(r"[^\W_]+")
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_MARKUP = re.compile(r"</?[a-z][^<>]*>|\\[a-zA-Z]+")
_ENDING = re.compile(r"\W*\b(?:withdrawn|retracted|extended version|full version|long version)\W*$")


def title_key(title: str) -> str:
    """The normal form of a title for comparison: its letters and digits, folded."""
    return "".join(title_words(title))


def title_words(title: str) -> list[str]:
    """The words of a title, folded, without markup and version notes (withdrawn, extended version …)."""
    plain = (title if title.isascii() and not _SIGNS.search(title) else _MARKUP.sub("", clean_line(title))).casefold()
    if any(word in plain for word in ("withdrawn", "retracted", "version")):
        plain = _ENDING.sub("", plain)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).translate(_ACCENTS)
    return _WORD.findall(plain.casefold())


def _same_title(one: str, other: str) -> bool:
    """Whether two titles may be of a preprint and its article: similar, or one with a subtitle."""
    a, b = sorted((title_key(one), title_key(other)), key=len)
    if not a or a == b or (len(a) > 20 and b.startswith(a)):
        return True
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.8


# -- works --------------------------------------------------------------------


def same_work(a: Paper, b: Paper) -> bool:
    """Whether two records are one work by their ids: an equal arXiv id, else an equal DOI.

    Authors often give arXiv a wrong DOI, so an equal DOI of preprint and article counts only with a similar title.
    """
    one, other = _arxiv(a), _arxiv(b)
    if one and other:
        return one == other
    if not _dois(a) & _dois(b):
        return False
    return not (one or other) or _same_title(a.title, b.title)


def is_article(paper: Paper) -> bool:
    """Whether a record is the published article itself, not a preprint or a mention of it."""
    own = bool(paper.doi) and (paper.doi or "").casefold() == paper.ids.doi
    return not paper.ids.arxiv and (own or bool(paper.journal and not paper.ids.doi))


def _arxiv(paper: Paper) -> str | None:
    for text in (paper.ids.arxiv, paper.ids.doi, paper.doi):
        if text and (found := arxiv_id(text)):
            return found[0]
    return None


def _dois(paper: Paper) -> set[str]:
    return {found for text in (paper.ids.doi, paper.doi) if text and (found := doi(text))}
