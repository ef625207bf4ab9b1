"""A single rule given on the command line: a query, or a mapping as under `rules:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from digest.config.author_rule import AuthorEntry
from digest.config.subscriber_yaml import QueryEntry
from digest.config.validate import describe_error
from digest.errors import ConfigError
from digest.rules import parse
from digest.subscriptions import Rule


def parse_rule(text: str) -> Rule:
    """The rule of a query, or of a mapping in braces with `author:` or `query:`. Raises ConfigError.

    ``{SHH}`` and ``{WHO} guideline`` are queries: a mapping has a colon behind its first word.
    """
    value = _mapping(text)
    if value is None:
        return Rule(title=text, query=parse(text))
    return rule_from_mapping(value)


def rule_from_mapping(value: Mapping[str, Any]) -> Rule:
    """The rule of such a mapping. Raises ConfigError with the first mistake."""
    model = AuthorEntry if "author" in value else QueryEntry
    try:
        return model.model_validate(dict(value), context={}).rule()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what = "is no key here" if first["type"] == "extra_forbidden" else describe_error(first, first.get("input"))
        raise ConfigError(f"`{'.'.join(map(str, first['loc']))}`: {what}" if first["loc"] else what) from None


def _mapping(text: str) -> Mapping[str, Any] | None:
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}") and inner[1:].lstrip().startswith(("author:", "query:"))):
        return None
    try:
        value = YAML(typ="safe", pure=True).load(inner)
    except YAMLError as error:
        raise ConfigError(f"this mapping is no YAML: {str(error).splitlines()[0]}") from None
    return value if isinstance(value, Mapping) else None
