"""Validates a file against its model; words each error of pydantic and gives its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from digest.config.error_text import closest_match, inline, suggestion
from digest.config.yaml_file import Loc, YamlFile
from digest.errors import Problem

Model = TypeVar("Model", bound=BaseModel)

_WORDS = {  # pydantic's error types: https://docs.pydantic.dev/latest/errors/validation_errors/
    "string_type": "expected a text",
    "model_type": "expected keys and values",
    "model_attributes_type": "expected keys and values",
    "dict_type": "expected keys and values",
    "list_type": "expected a list, each entry on a line of its own after `- `",
    "tuple_type": "expected a list, each entry on a line of its own after `- `",
    "too_short": "expected at least one entry",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a smaller number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
}


def validated(
    model: type[Model],
    document: YamlFile,
    problems: list[Problem],
    *,
    loc: Loc = (),
    context: Mapping[str, Any] | None = None,
) -> Model | None:
    """The value at `loc` as `model`; None when it is none, and then `problems` has grown by every reason."""
    try:
        return model.model_validate(document.at(loc), context=dict(context or {}))
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False)
        problems += [_problem(model, document, loc, details) for details in root_mistakes(model, mistakes)]
        return None


def root_mistakes(model: type[BaseModel], mistakes: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The errors without those that follow from another one.

    A misspelt key is also missing; a list is empty once its entries fail; a default made of other keys fails with them.
    """
    meant = {loc for details in mistakes if (loc := _meant(model, details))}
    around = {details["loc"][:length] for details in mistakes for length in range(len(details["loc"]))}
    for details in mistakes:
        follows = {"missing": meant, "too_short": around}.get(details["type"], ())
        if details["loc"] not in follows and details["type"] != "default_factory_not_called":
            yield details


def _meant(model: type[BaseModel], details: ErrorDetails) -> Loc | None:
    """The key that an unknown one was probably meant to be."""
    if details["type"] != "extra_forbidden":
        return None
    *before, word = details["loc"]
    return (*before, near) if (near := closest_match(str(word), _keys(model, before))) else None


def _problem(model: type[BaseModel], document: YamlFile, base: Loc, details: ErrorDetails) -> Problem:
    loc = (*base, *details["loc"])
    context = details.get("ctx", {})
    if details["type"] == "extra_forbidden":
        word = str(loc[-1])
        return document.key_problem(
            loc, f"unknown key `{inline(word)}`{suggestion(word, _keys(model, details['loc'][:-1]))}"
        )
    if details["type"] == "missing":
        return document.problem(loc, f"`{loc[-1]}` is missing")
    what = f"{_subject(document.known(loc))}{describe_error(details, document.at(loc))}"
    return document.problem(loc, what, character=context.get("character"), carets=context.get("carets", ""))


def describe_error(details: ErrorDetails, given: object) -> str:
    """One mismatch in words; `given` is what stands there."""
    context = details.get("ctx", {})
    if details["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        expected = f"expected {' or '.join(choices)}"
        near = closest_match(given, choices) if isinstance(given, str) else None
        return f"{expected}: did you mean `{near}`?" if near else expected
    if isinstance(error := context.get("error"), ValueError):
        return str(error)
    return re.sub(r"^Input should ", "should ", _WORDS.get(details["type"]) or details["msg"])


def _subject(loc: Loc) -> str:
    """The key that a sentence is about; of a list's entry, the list's."""
    keys = [step for step in loc if isinstance(step, str)]
    return f"`{inline(keys[-1])}`: " if keys else ""


def _keys(model: type[BaseModel], loc: Iterable[int | str]) -> set[str]:
    """The keys that a mapping at `loc` may have."""
    models = _models(model)
    for step in loc:
        fields = [found for each in models if (found := each.model_fields.get(str(step))) is not None]
        if fields:
            models = {inner for found in fields for inner in _models(found.annotation)}
        elif named := {each for each in models if each.__name__ == step}:
            models = named
    return {found.alias or name for each in models for name, found in each.model_fields.items()}


def _models(annotation: object) -> set[type[BaseModel]]:
    """The models within a type; a RootModel has no keys of its own."""
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _models(annotation.model_fields["root"].annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for argument in get_args(annotation) for model in _models(argument)}
