"""The model of subscribers/*.yaml: a reader, the subscriptions and their rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from digest.config.author_rule import AuthorEntry, CategoryCode
from digest.config.derived_model import also_fields_of
from digest.config.error_text import inline, suggestion
from digest.config.fields import Address, IsoDate, Language, StrictModel, Text, Zone, parse_text
from digest.config.validate import describe_error, root_mistakes
from digest.config.yaml_file import Loc
from digest.errors import ConfigError
from digest.rules import Query, QueryError, parse
from digest.subscriptions import Rule, Schedule, Subscriber, Subscription, TrendingSection

MAX_SLOPS_OF_READER: Final = 100
"""Different texts with ~n in all rules of a reader: they cost some three seconds for 5,000 papers at worst."""


def _when(value: object) -> Schedule:
    return Schedule.parse(parse_text(value))


def _query(value: object, info: ValidationInfo) -> Query:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a query, a text in single quotes")
    try:
        return parse(
            value,
            syntax=info.data.get("syntax", "digest"),
            expand=info.data.get("expand"),
            bounded=(info.context or {}).get("bounded", False),
        )
    except QueryError as error:
        raise _no_rule(error) from None


def _no_rule(error: QueryError) -> PydanticCustomError:
    what, _, carets = str(error).partition("\n")
    return PydanticCustomError("rule", "{what}", {"what": what, "character": error.position, "carets": carets})


def _source(value: object, info: ValidationInfo) -> str:
    name = parse_text(value)
    known = (info.context or {}).get("sources")
    if known is not None and name not in known:
        raise ValueError(f"no source `{inline(name)}` in digest.yaml{suggestion(name, known)}")
    return name


def _within(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    """The rules of a subscription; its categories narrow them, so that one may be nothing but a NOT."""
    context: dict[str, object] = info.context if info.context is not None else {}
    context["bounded"] = bool(info.data.get("categories"))
    try:
        return handler(value)
    finally:
        context["bounded"] = False


QueryText = Annotated[Query, PlainValidator(_query)]


class QueryEntry(StrictModel):
    """A rule as a query: a text alone, or with its syntax, synonyms of its terms and a name for the letter."""

    syntax: Literal["digest", "arxiv"] = "digest"
    expand: dict[Text, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(default_factory=dict)
    query: QueryText
    name: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return {"query": value} if isinstance(value, str) else value

    def rule(self) -> Rule:
        """The rule; without a name, what was typed is its title."""
        return Rule(title=self.name or " ".join(self.query.text.split()), query=self.query)


def _kind(value: object) -> str | None:
    if isinstance(value, str) or (isinstance(value, dict) and "query" in value):
        return QueryEntry.__name__
    return AuthorEntry.__name__ if isinstance(value, dict) and "author" in value else None


RuleEntry = Annotated[
    Annotated[QueryEntry, Tag(QueryEntry.__name__)] | Annotated[AuthorEntry, Tag(AuthorEntry.__name__)],
    Discriminator(
        _kind,
        custom_error_type="no_rule",
        custom_error_message="a rule is a text in single quotes, {query: …} or {author: …}",
    ),
]


@also_fields_of(TrendingSection)
class TrendingEntry(StrictModel):
    """The mapping under `trending:`; `{}` takes the defaults."""

    def section(self) -> TrendingSection:
        return TrendingSection(**dict(self))


@also_fields_of(Subscription)
class SubscriptionEntry(StrictModel):
    """One entry under `subscriptions:`. Here are the keys whose values are parsed; Subscription has the rest."""

    name: Text
    when: Annotated[Schedule, PlainValidator(_when)]
    categories: tuple[CategoryCode, ...] = ()
    rules: Annotated[tuple[RuleEntry, ...], Field(min_length=1), WrapValidator(_within)] = ()
    trending: TrendingEntry | None = None
    exclude: QueryText | None = None
    sources: tuple[Annotated[str, PlainValidator(_source)], ...] = ()

    @model_validator(mode="after")
    def _asks_for_something(self, info: ValidationInfo) -> Self:
        if not self.rules and self.trending is None:
            raise ValueError("`rules` is missing")
        if self.trending is not None:
            if self.when.at_once:
                raise ValueError("`trending` is counted by the day: give `when` a day and an hour, such as daily 07:30")
            known, source = (info.context or {}).get("sources"), self.trending.section().source
            if known is not None and source not in known:
                raise ValueError(f"`trending` needs the source `{source}` in digest.yaml")
        return self

    def subscription(self) -> Subscription:
        """The validated values, with rules and `trending` as the program has them."""
        rules = tuple(entry.rule() for entry in self.rules)
        trending = self.trending.section() if self.trending else None
        return Subscription(**(dict(self) | {"rules": rules, "trending": trending}))


class PauseEntry(StrictModel):
    """No letters until that day."""

    until: IsoDate


def subscriber_from(id_: str, document: Mapping[str, Any], language: str) -> Subscriber:
    """The reader of a document that has the keys of a reader's file; `language` is the default of digest.yaml.

    Raises ConfigError with every mistake.
    """
    try:
        return ReaderEntry.model_validate(document, context={"stored": True}).subscriber(id_, language)
    except ValidationError as error:
        raise ConfigError(*(_mistake(details) for details in error.errors(include_url=False))) from None


def _mistake(details: ErrorDetails) -> str:
    where = ".".join(str(step) for step in details["loc"])
    return f"`{where}`: {describe_error(details, details.get('input'))}" if where else describe_error(details, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One error in a reader's document."""

    loc: Loc  # path of the value: keys and indexes
    what: str
    character: int | None = None  # of a rule: where in it


def mistakes(document: Mapping[str, Any], sources: Collection[str] | None = None) -> tuple[Mistake, ...]:
    """Every mistake of such a document, each with its place; `sources` are those of digest.yaml."""
    try:
        ReaderEntry.model_validate(document, context={"sources": sources, "stored": True})
    except ValidationError as error:
        return tuple(
            Mistake(
                loc=tuple(step for step in details["loc"] if step not in _TAGS),
                what=describe_error(details, details.get("input")),
                character=details.get("ctx", {}).get("character"),
            )
            for details in root_mistakes(ReaderEntry, error.errors(include_url=False))
        )
    return ()


_TAGS = (QueryEntry.__name__, AuthorEntry.__name__)


def _affordable(subscriptions: tuple[SubscriptionEntry, ...]) -> tuple[SubscriptionEntry, ...]:
    """The subscriptions, whose rules may not cost more than a reader's share of the morning."""
    queries = [rule.query for each in subscriptions for rule in each.rules if isinstance(rule, QueryEntry)]
    queries += (each.exclude for each in subscriptions if each.exclude)
    dear = frozenset().union(*(query.slops for query in queries))
    if len(dear) > MAX_SLOPS_OF_READER:
        raise ValueError(
            f"the rules have {len(dear)} different texts with ~n, which are dear to find; a reader has at most "
            f"{MAX_SLOPS_OF_READER}: leave some out, or write one with a larger ~n for several"
        )
    return subscriptions


class ReaderEntry(StrictModel):
    """The keys of a reader's file."""

    email: Address
    name: Text | None = None
    timezone: Zone = ZoneInfo("UTC")
    language: Language | None = None
    format: Literal["html", "text"] = "html"
    pause: PauseEntry | None = None
    subscriptions: Annotated[tuple[SubscriptionEntry, ...], Field(min_length=1), AfterValidator(_affordable)]

    def subscriber(self, id_: str, language: str) -> Subscriber:
        """The reader; `language` is the default of digest.yaml."""
        return Subscriber(
            id=id_,
            email=self.email.address,
            name=self.name,
            timezone=self.timezone,
            language=self.language or language,
            format=self.format,
            pause_until=self.pause.until if self.pause else None,
            subscriptions=tuple(entry.subscription() for entry in self.subscriptions),
        )

    def queries(self) -> Iterator[tuple[Loc, Query]]:
        """Every query with its place in the file."""
        for number, entry in enumerate(self.subscriptions):
            for rule_number, rule in enumerate(entry.rules):
                if isinstance(rule, QueryEntry):
                    yield ("subscriptions", number, "rules", rule_number, "query"), rule.query
            if entry.exclude:
                yield ("subscriptions", number, "exclude"), entry.exclude
