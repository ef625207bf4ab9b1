"""Parses one word, phrase or value of a rule to its term, by field; checks values, raises QueryError, adds hints."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from digest.names import rule_keys
from digest.papers.arxiv_categories import ALIASES, ARCHIVES, ARXIV, BIORXIV, GROUPS, MEDRXIV, canonical, nearest
from digest.rules.dates import period
from digest.rules.lexer import Hint, Lexeme, Lexer
from digest.rules.phrases import PhraseTerm, SlopTerm, token_graph, tokenize_term
from digest.rules.terms import AnyFieldTerm, AuthorTerm, CategoryTerm, DateTerm, ExactTerm, FactTerm, IdentifierTerm
from digest.rules.tree import Node, Or
from digest.text.fold import singular

STOP_WORDS: Final = frozenset(
    "a an the of and or in on for with to by from as at is are be was were been this that these those it its we our "
    "their which into than".split()
)
"""Stop words: ignored outside of quotes and NEAR if typed in lower case; never `not`."""

_ORDINARY = frozenset(
    "WHO IT US CAN MET REST ACT AIDS SHH WAS HAS ALL ARM ART BAT CAT CLIP DAN DREAM FAST FIT GAP GAS HIP IMPACT LAMP "
    "LIME MAP MAY MICE NICE ONE RAG RAT SAM SET SHAP SPOT STAR STEP TRAIL WIN".split()
)
_MOST_CLOSE = 100  # words of a phrase with ~n
_CATEGORIES = {each.casefold(): each for each in (*ARXIV, *ALIASES, *ARCHIVES, *GROUPS, *BIORXIV, *MEDRXIV)}
_SUBJECTS = sorted(BIORXIV | MEDRXIV)
_FIELDS = {
    "ti": ("title",),
    "abs": ("abstract",),
    "tiab": ("title", "abstract"),
    "co": ("comment",),
    "jr": ("journal",),
    "all": ("title", "abstract", "comment", "journal"),
}
_ARXIV_ID = re.compile(
    r"(?:https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/)?(?:arxiv:)?"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v(\d{1,3}))?(?:\.pdf)?",
    re.IGNORECASE | re.ASCII,
)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)", re.IGNORECASE | re.ASCII)
_PMID = re.compile(r"\d{1,9}", re.ASCII)
_ORCID = re.compile(r"(?:https?://orcid\.org/)?((?:\d{4}-){3}\d{3}[\dX])", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class FieldPrefix:
    """A field prefix: its canonical name and its typed form, empty for the default field."""

    name: str = "tiab"
    typed: str = ""


@dataclass(frozen=True)
class StopWord:
    """A stop word: counts as a term in the syntax, is ignored in the search except beside NEAR."""

    words: PhraseTerm
    position: int

    @property
    def typed(self) -> str:
        return self.words.typed


class TermParser:
    """Parses the terms of one rule; a new field needs its branch in `parse`."""

    def __init__(self, lexer: Lexer, expand: Mapping[str, Sequence[str]], categories: Collection[str]) -> None:
        self.lexer = lexer
        self._expand = {_folded(term): tuple(others) for term, others in expand.items()}
        self._known = {each.casefold(): each for each in categories}

    def parse(self, lexeme: Lexeme, field: FieldPrefix) -> Node | StopWord:
        """The term of a lexeme under a field."""
        if lexeme.kind == "range":
            return self._dated(lexeme)
        if field.name == "au":
            return self._person(lexeme, field)
        if field.name in ("cat", "pcat"):
            return self._category(lexeme, field)
        if field.name in ("id", "doi", "pmid", "orcid"):
            return self._identifier(lexeme, field)
        if field.name in ("has", "src"):
            return self._fact(lexeme, field)
        return self._text(lexeme, field)

    # -- running text -----------------------------------------------------------

    def _text(self, lexeme: Lexeme, field: FieldPrefix) -> Node | StopWord:
        found = self._words(lexeme, field)
        if lexeme.kind == "word" and lexeme.text in STOP_WORDS and isinstance(found, PhraseTerm):
            return StopWord(found, lexeme.position)
        self._note(lexeme)
        if field.name == "all":
            return AnyFieldTerm((found, *self._elsewhere(lexeme)), lexeme.typed, field.typed)
        others = self._expand.get(_folded(lexeme.text), ()) if lexeme.kind != "exact" and lexeme.number is None else ()
        return Or((found, *(self._words(_quoted(other, lexeme), field) for other in others))) if others else found

    def _words(self, lexeme: Lexeme, field: FieldPrefix) -> PhraseTerm | SlopTerm | ExactTerm:
        fields = _FIELDS[field.name]
        if lexeme.kind == "exact":
            return ExactTerm(unicodedata.normalize("NFC", lexeme.text), fields, lexeme.typed, field.typed)
        quoted = lexeme.kind == "phrase"
        terms = tokenize_term(lexeme.text)
        if not terms:
            raise self.lexer.fail(lexeme.position, f"{lexeme.typed} holds no letter and no digit", "write a word")
        self._judge_wildcards(lexeme)
        if lexeme.number is None:
            return PhraseTerm(token_graph(terms, quoted=quoted), fields, lexeme.typed, field.typed)
        if len(terms) < 2 or sum(map(len, terms)) > _MOST_CLOSE:
            raise self.lexer.fail(lexeme.position, f"~ takes two to {_MOST_CLOSE} words", 'write "hip pain"~2')
        words = tuple(PhraseTerm(token_graph([term], quoted=False), fields, lexeme.typed) for term in terms)
        return SlopTerm(words, lexeme.number, fields, lexeme.typed, field.typed)

    def _judge_wildcards(self, lexeme: Lexeme) -> None:
        for found in re.finditer(r"[^\s\-/]*[*?]\S*", lexeme.text):
            word, place = found[0], lexeme.position + found.start() + (lexeme.kind == "phrase")
            before = lexeme.text[: found.start()].split()[-1:] if found.start() else []
            compound = "".join(before) if found.start() and not lexeme.text[found.start() - 1].isspace() else ""
            if word[0] in "*?":
                raise self.lexer.fail(
                    place, "a wildcard may not begin a word", "write at least three letters before it"
                )
            if "*" in word and len(re.findall(r"[^\W_]", compound + word.partition("*")[0])) < 3:
                raise self.lexer.fail(place, "* needs at least three letters before it", "write more of the word")
            if word.endswith("?"):
                mend = (
                    "in a title, leave it out"
                    if lexeme.kind == "phrase"
                    else "in a title, leave it out and quote the rest"
                )
                what = f"? stands for one letter: {word} does not find {word.rstrip('?')}; {mend}"
                self.lexer.hints.append(Hint(place, what))

    def _elsewhere(self, lexeme: Lexeme) -> list[AuthorTerm | IdentifierTerm]:
        """The author and id terms of `all:`."""
        if lexeme.kind == "exact" or lexeme.number is not None or set("*?") & set(lexeme.text):
            return []
        value, name, found = lexeme.text.strip(), _name(lexeme.text), list[AuthorTerm | IdentifierTerm]()
        if rule_keys(name):
            found.append(AuthorTerm(name, lexeme.typed))
        if arxiv := _ARXIV_ID.fullmatch(value):
            found.append(_arxiv(arxiv, lexeme.typed))
        if doi := _DOI.fullmatch(value):
            found.append(IdentifierTerm("doi", doi[1].casefold(), typed=lexeme.typed))
        if _PMID.fullmatch(value):
            found.append(IdentifierTerm("pmid", value, typed=lexeme.typed))
        return found

    def _note(self, lexeme: Lexeme) -> None:
        text, place = lexeme.text.strip(), lexeme.position
        if lexeme.kind == "word" and text in _ORDINARY:
            what = f"{text} is found as {text.lower()} too; for the capitals alone write {{{text}}}"
            self.lexer.hints.append(Hint(place, what))
        if lexeme.kind == "phrase" and text in ("AND", "OR", "NOT", "NEAR", "ANDNOT"):
            self.lexer.hints.append(Hint(place, f"in quotes {text} is a word and no operator"))
        if lexeme.kind == "word" and text == "not":
            self.lexer.hints.append(Hint(place, "not is searched for as a word; to leave something out write NOT"))

    # -- people, values, dates ----------------------------------------------------

    def _person(self, lexeme: Lexeme, field: FieldPrefix) -> AuthorTerm:
        if set("*?") & set(lexeme.text):
            raise self.lexer.fail(lexeme.position, "a name takes no wildcard", "write the surname alone: au:zhou")
        name = _name(lexeme.text)
        if lexeme.kind == "exact" or lexeme.number is not None or not rule_keys(name):
            raise self.lexer.fail(lexeme.position, f"{lexeme.typed} is no name", 'write au:zhou or au:"Zhou Y"')
        return AuthorTerm(name, lexeme.typed, prefix=field.typed)

    def _category(self, lexeme: Lexeme, field: FieldPrefix) -> CategoryTerm:
        code = lexeme.text.strip().removesuffix(".*")
        found = _CATEGORIES.get(code.casefold()) or self._known.get(code.casefold())
        if found is None:
            likely = difflib.get_close_matches(code.casefold(), _SUBJECTS, n=2, cutoff=0.8) or nearest(code)
            mend = f"did you mean {', '.join(likely)}?" if likely else "see https://arxiv.org/category_taxonomy"
            raise self.lexer.fail(lexeme.position, f"there is no category {code!r}", mend)
        return CategoryTerm(canonical(found), field.name == "pcat", lexeme.typed, field.typed)

    def _identifier(self, lexeme: Lexeme, field: FieldPrefix) -> IdentifierTerm:
        value, typed = lexeme.text.strip(), lexeme.typed
        if field.name == "id":
            if found := _ARXIV_ID.fullmatch(value):
                return _arxiv(found, typed, field.typed)
            raise self.lexer.fail(lexeme.position, f"{value!r} is no arXiv id", "write id:2507.05197")
        if field.name == "doi":
            if found := _DOI.fullmatch(value):
                return IdentifierTerm("doi", found[1].casefold(), typed=typed, prefix=field.typed)
            raise self.lexer.fail(lexeme.position, f"{value!r} is no DOI", "write doi:10.1234/abc")
        if field.name == "pmid":
            if _PMID.fullmatch(value):
                return IdentifierTerm("pmid", value, typed=typed, prefix=field.typed)
            raise self.lexer.fail(lexeme.position, f"{value!r} is no PubMed id", "write pmid:34929406")
        if found := _ORCID.fullmatch(value):
            return IdentifierTerm("orcid", found[1].casefold(), typed=typed, prefix=field.typed)
        raise self.lexer.fail(lexeme.position, f"{value!r} is no ORCID", "write orcid:0000-0002-1825-0097")

    def _fact(self, lexeme: Lexeme, field: FieldPrefix) -> FactTerm:
        value = lexeme.text.strip().casefold()
        if field.name == "has" and value not in ("code", "pdf", "doi"):
            mend = "write has:code, has:pdf or has:doi"
            raise self.lexer.fail(lexeme.position, f"nothing is known of has:{value}", mend)
        return FactTerm("has" if field.name == "has" else "src", value, lexeme.typed, field.typed)

    def _dated(self, lexeme: Lexeme) -> DateTerm:
        prefix, _, bound = lexeme.typed.partition(":")
        try:
            low, high = period(bound.strip())
        except ValueError as error:
            what, _, mend = str(error).partition(": ")
            raise self.lexer.fail(lexeme.position + len(prefix) + 1, what, mend) from None
        return DateTerm("published" if lexeme.text == "date" else "updated", low, high, bound, f"{prefix}:")


def _arxiv(found: re.Match[str], typed: str, prefix: str = "") -> IdentifierTerm:
    bare = re.sub(r"\.[a-z]{2}/", "/", found[1].lower())  # math.GT/0309136 is math/0309136
    return IdentifierTerm("arxiv", bare, int(found[2]) if found[2] else None, typed, prefix)


def _quoted(text: str, lexeme: Lexeme) -> Lexeme:
    if '"' not in text and len(text.split()) > 1:
        return Lexeme("phrase", lexeme.position, f'"{text}"', text)
    return Lexeme("word", lexeme.position, text, text)


def _name(text: str) -> str:
    return " ".join(text.replace("_", " ").split())


def _folded(text: str) -> str:
    """One form for a term and its plural: the key of its synonyms in `expand`."""
    return " ".join(singular(part.written) for compound in tokenize_term(text) for part in compound)
