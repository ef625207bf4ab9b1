"""Readers and their subscriptions: which rules, how often, and every option of a subscription with its default."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from digest.rules import Query, restricted
from digest.subscriptions.due_times import ScheduleSlot, first_slot, latest_slot, next_slot, slot_on
from digest.subscriptions.when import Schedule

if TYPE_CHECKING:
    from digest.authors import FollowedAuthor

__all__ = [
    "DEFAULTS",
    "Rule",
    "Schedule",
    "ScheduleSlot",
    "Subscriber",
    "Subscription",
    "TrendingSection",
    "first_slot",
    "latest_slot",
    "next_slot",
    "slot_on",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry under `rules:`."""

    title: str
    query: Query
    person: FollowedAuthor | None = None  # where the rule follows one

    @property
    def author(self) -> str | None:
        """The name of the person whom the rule follows."""
        return self.person.name if self.person else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendingSection:
    """The `trending:` key: a section of the papers with most votes, its options and their defaults."""

    source: Literal["huggingface"] = "huggingface"  # the one whose readers vote
    top: Annotated[int, Field(ge=1, le=100)] = 10  # papers in one letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription: the only place that lists its keys, with type, bounds and default of each.

    The model of subscribers/*.yaml, the form of the pages and the admin's view take them from here.
    """

    name: str
    when: Schedule
    rules: tuple[Rule, ...]
    exclude: Query | None = None
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    trending: TrendingSection | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 30  # papers in one letter
    quiet: Literal["silent", "send"] = "silent"
    updates: Literal["none", "published", "all"] | None = None  # None: withdrawals of papers that the reader had
    attach: Literal["bibtex", "ris"] | None = None

    def within(self, query: Query) -> Query:
        """`query` narrowed by this subscription's `exclude`, `categories` and `sources`."""
        return restricted(query, exclude=self.exclude, categories=self.categories, sources=self.sources)

    @property
    def fingerprint(self) -> str:
        """A hash of the rules and what narrows them, which changes as soon as other papers may match.

        The order and the titles of rules do not count.
        """
        people = sorted(rule.person.fingerprint_text for rule in self.rules if rule.person and not rule.person.is_bare)
        what = (
            sorted((rule.query.text, rule.query.canonical_text) for rule in self.rules),  # which differs by syntax
            *((people,) if people else ()),
            self.exclude.canonical_text if self.exclude else "",
            sorted(self.categories),
            sorted(self.sources),
        )
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


DEFAULTS: Final[Mapping[str, Any]] = MappingProxyType(
    {each.name: each.default for each in fields(Subscription) if each.default is not MISSING}
)
"""By key, the value of a subscription that does not set it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One reader: the address, how letters are written for them, and the subscriptions."""

    id: str
    email: str
    timezone: ZoneInfo
    name: str | None = None
    language: str = "en"
    format: Literal["html", "text"] = "html"
    pause_until: date | None = None  # the first day with letters again
    links: int = 0  # raised to make older links to this reader's pages useless
    subscriptions: tuple[Subscription, ...] = ()
