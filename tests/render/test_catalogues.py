"""The catalogues: each holds every message that code or a template asks for, no other, with the same places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import Formatter

import pytest
from babel.messages import pofile

from digest.resources import shipped
from digest.text.translations import DEFAULT, LOCALE, languages

PACKAGE = LOCALE.parent
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
_CALL = re.compile(r"\b(?:say|words|common)(?:\.choices|\.paragraphs)?\(\"([a-z_.0-9]+)\"(?:, ([^\")=]+(?=[,)])))?")


@dataclass
class Asked:
    """What code and templates ask for."""

    keys: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)  # beginnings of keys
    counted: set[str] = field(default_factory=set)  # with a number
    plain: set[str] = field(default_factory=set)  # without one


def messages(tag: str) -> dict[str, tuple[str, ...]]:
    """Each message by its key; a plural message has several texts."""
    with (LOCALE / f"{tag}.po").open("rb") as file:
        catalogue = pofile.read_po(file, locale=tag.replace("-", "_"), abort_invalid=True)
    assert not list(catalogue.obsolete)
    assert not [message.id for message in catalogue if message.fuzzy and message.id]
    found: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            texts = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            assert isinstance(message.id, str) or len(texts) == catalogue.num_plurals, key
            found[key] = texts
    return found


def places(text: str) -> set[str]:
    """The places of a message; a rule's name may stand with its capital (`name`) or without (`topic`)."""
    return {"name" if name == "topic" else name for _, name, _, _ in Formatter().parse(text) if name is not None}


ENGLISH = messages(DEFAULT)
GROUPS = {key.partition(".")[0] for key in ENGLISH}


def _strings(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Each text in the code that may be a key, and whether only its beginning is known."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, False
        elif isinstance(node, ast.JoinedStr) and node.values and isinstance(first := node.values[0], ast.Constant):
            yield str(first.value).rstrip("."), True


def _is_key(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", text)) and text.partition(".")[0] in GROUPS


def asked() -> Asked:
    found = Asked()
    for file in (*(PACKAGE / "render").rglob("*.py"), *(PACKAGE / "website").rglob("*.py")):
        tree = ast.parse(file.read_text())
        for text, is_begun in _strings(tree):
            if _is_key(text):
                (found.families if is_begun or text not in ENGLISH else found.keys).add(text)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id == "t" and call.args:
                for key, _ in filter(lambda each: _is_key(each[0]), _strings(call.args[0])):
                    (found.counted if len(call.args) > 1 else found.plain).add(key)
    for file in shipped("templates").rglob("*.j2"):
        for tag in _TAG.findall(file.read_text()):
            for key, number in _CALL.findall(tag):
                found.keys.add(key)
                (found.counted if number else found.plain).add(key)
    return found


ASKED = asked()


def test_no_message_is_asked_for_that_there_is_not() -> None:
    beginnings = {key[: at.start()] for key in ENGLISH for at in re.finditer(r"\.", key)}
    assert (ASKED.keys | ASKED.families | ASKED.plain | ASKED.counted) - set(ENGLISH) - beginnings == set()


def test_no_message_is_there_that_nobody_asks_for() -> None:
    def is_asked(key: str) -> bool:
        return key in ASKED.keys or any(key.startswith(f"{family}.") for family in ASKED.families)

    assert [key for key in ENGLISH if not is_asked(key)] == []


def test_messages_with_a_plural_are_given_a_number_and_no_others() -> None:
    plural = {key for key, texts in ENGLISH.items() if len(texts) > 1}
    assert ASKED.plain & plural == set()
    assert ASKED.counted & set(ENGLISH) <= plural


@pytest.mark.parametrize("tag", languages())
def test_a_catalogue_is_whole(tag: str) -> None:
    found = messages(tag)
    assert sorted(set(ENGLISH) - set(found)) == [], "missing"
    assert sorted(set(found) - set(ENGLISH)) == [], "not in English"
    assert [key for key, texts in found.items() if not all(text.strip() for text in texts)] == [], "untranslated"


@pytest.mark.parametrize("tag", languages())
def test_a_translation_has_the_places_of_the_english_one(tag: str) -> None:
    for key, texts in messages(tag).items():
        wanted = set().union(*map(places, ENGLISH[key]))
        assert set().union(*map(places, texts)) == wanted, key
        for text in texts:
            assert places(text) >= wanted - {"count"}, key


def test_this_test_sees_what_it_should() -> None:
    assert {"front.title", "letter.votes", "common.skip"} <= ASKED.keys
    assert {"letter.why", "letter.subject.alert", "form.day_names"} <= ASKED.families
    assert {"letter.citations", "paper.places", "form.too_long"} <= ASKED.counted
    assert places("{count} papers on {topic}") == {"count", "name"}
