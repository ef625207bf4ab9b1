"""What the pages say: the same in every language, with a place for whatever is put into it."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module

import pytest

from digest.render.words import WORDS, pages


def rooms() -> Iterator[tuple[str, Mapping[str, object]]]:
    """Each room's words, by language."""
    for module in pkgutil.iter_modules(pages.__path__):
        found = vars(import_module(f"{pages.__name__}.{module.name}"))
        for name, value in found.items():
            if name.isupper() and isinstance(value, dict) and set(value) & set(WORDS):
                yield f"{module.name}.{name}", value


def texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in it, by its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from texts(each, f"{place}.{key}")
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from texts(each, f"{place}.{number}")
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name), f"{place}.{field.name}")


@pytest.mark.parametrize("room", [pytest.param(words, id=name) for name, words in rooms()])
def test_every_language_says_all_of_it_with_the_same_places(room: Mapping[str, object]) -> None:
    said = {language: dict(texts(words)) for language, words in room.items()}
    assert set(said) == set(WORDS)
    english = said["en"]
    for language, own in said.items():
        assert set(own) == set(english), language
        for place, text in own.items():
            assert text.count("{") == english[place].count("{"), (language, place)
            assert bool(text) == bool(english[place]), (language, place)
