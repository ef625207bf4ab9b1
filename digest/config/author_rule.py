"""The model of an author rule (`{author: …}`): ids, known papers, co-authors and categories that identify a person."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, model_validator

from digest.authors import AuthorExclusions, FollowedAuthor
from digest.config.error_text import inline
from digest.config.fields import StrictModel, Text, parse_text
from digest.names import rule_keys
from digest.papers.ids import paper_key
from digest.rules import QueryError, author_query, parse
from digest.rules.terms import CategoryTerm
from digest.subscriptions import Rule


def parse_category(value: object) -> str:
    """One arXiv category or archive, validated as `cat:` is in a rule."""
    word = parse_text(value)
    try:
        root = parse(f'cat:"{word}"').root
    except QueryError as error:
        raise ValueError(f"{error.what}: {error.mend}") from None
    if not isinstance(root, CategoryTerm):
        raise ValueError("expected one category, such as cs.LG")
    return root.code


def _name(value: object) -> str:
    name = parse_text(value)
    if not rule_keys(name):
        raise ValueError(f"`{inline(name)}` is no name: write it as it is printed, such as Yunhua Zhou")
    return name


def _paper(value: object) -> str:
    if isinstance(value, int | float):
        raise ValueError(
            'without quotes this is a number, which loses its zeros: write "2507.05190" or arxiv:2507.05190'
        )
    given = parse_text(value)
    if key := paper_key(given):
        return key
    raise ValueError(f"`{inline(given)}` is no paper: write arxiv:2507.05197, doi:10.1234/abc or pmid:34929406")


def _orcid(value: object) -> str:
    """An ORCID in its normal form (https://support.orcid.org: ISO 7064 MOD 11-2)."""
    given = parse_text(value)
    bare = given.rpartition("/")[2].replace("-", "").upper()
    if len(bare) != 16 or not (bare[:15].isascii() and bare[:15].isdigit()):
        raise ValueError(f"`{inline(given)}` is no ORCID: write 0000-0002-1825-0097")
    total = 0
    for digit in bare[:15]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if bare[15] != ("X" if check == 10 else str(check)):
        raise ValueError(
            f"`{inline(given)}` is no ORCID: its last digit does not fit the others, so one of them is wrong"
        )
    return "-".join(bare[start : start + 4] for start in range(0, 16, 4))


CategoryCode = Annotated[str, PlainValidator(parse_category)]
_Name = Annotated[str, PlainValidator(_name)]
_Paper = Annotated[str, PlainValidator(_paper)]
_Orcid = Annotated[str, PlainValidator(_orcid)]


class AuthorIdsEntry(StrictModel):
    """The person's ids at services."""

    orcid: _Orcid | None = None
    s2: Text | None = None
    openalex: Text | None = None
    arxiv: Text | None = None

    def pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple((kind, value) for kind in ("orcid", "s2", "openalex", "arxiv") if (value := getattr(self, kind)))


class ExceptEntry(StrictModel):
    """The mapping under `except:`: signs that a paper is by another person of that name."""

    with_: Annotated[tuple[_Name, ...], Field(alias="with")] = ()
    categories: tuple[CategoryCode, ...] = ()
    ids: tuple[_Orcid, ...] = ()
    papers: tuple[_Paper, ...] = ()


class AuthorEntry(StrictModel):
    """A rule as a person to follow."""

    author: Text
    also: tuple[Text, ...] = ()
    ids: AuthorIdsEntry = AuthorIdsEntry()
    known: tuple[_Paper, ...] = ()
    with_: Annotated[tuple[_Name, ...], Field(alias="with")] = ()
    categories: tuple[CategoryCode, ...] = ()
    strict: bool = False
    affiliations: tuple[Text, ...] = ()
    except_: Annotated[ExceptEntry, Field(alias="except")] = ExceptEntry()
    when_unsure: Literal["include", "ask", "drop"] = "ask"

    @model_validator(mode="after")
    def _follows(self) -> Self:
        try:
            self.rule()
        except QueryError as error:
            raise ValueError(str(error).partition("\n")[0]) from None
        if self.strict and not self.categories:
            raise ValueError("`strict` makes a filter of `categories`, and there are none")
        return self

    def rule(self) -> Rule:
        """The rule; the author's name is its title."""
        query = author_query(self.author, self.also, orcid=self.ids.orcid)
        return Rule(title=self.author, query=query, person=self.followed())

    def followed(self) -> FollowedAuthor:
        """The person to follow, as the classifier takes it."""
        excepted = self.except_
        return FollowedAuthor(
            name=self.author,
            also=self.also,
            ids=self.ids.pairs(),
            known=self.known,
            with_=self.with_,
            categories=self.categories,
            strict=self.strict,
            affiliations=self.affiliations,
            excepted=AuthorExclusions(
                with_=excepted.with_,
                categories=excepted.categories,
                ids=tuple(("orcid", value) for value in excepted.ids),
                papers=excepted.papers,
            ),
            when_unsure=self.when_unsure,
        )
