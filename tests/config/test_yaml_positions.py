"""A character of a value is found again in the file, however YAML had it written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.nodes import Node

from digest.config.yaml_positions import position_in_file


def only_value(text: str) -> Node:
    return YAML(typ="safe", pure=True).compose(text).value[0][1]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "text",
    [
        "q: ti:flow AND bad:x\n",
        "q: 'ti:flow AND bad:x'\n",
        "q: 'it''s OR bad:x'\n",
        'q: "ti:flow AND bad:x"\n',
        'q: "\\"two words\\" AND bad:x"\n',
        "q: >-\n  ti:flow\n  AND bad:x\n",
        "q: |   # a comment\n  ti:flow AND\n    bad:x\n",
        "q: ti:flow\n   AND bad:x\n",
        "q: 'ti:flow\n\n   AND bad:x'\n",
    ],
)
def test_a_word_is_found(text: str) -> None:
    node = only_value(text)
    assert position_in_file(text, node, node.value.index("bad")) == text.index("bad")


def test_the_end_of_a_value_is_just_after_it() -> None:
    text = "q: 'ti:(flow'\n"
    assert position_in_file(text, only_value(text), len("ti:(flow")) == text.rindex("'")


def test_a_character_that_an_escape_hides_is_not_guessed() -> None:
    text = 'q: "caf\\u00e9 bad:x"\n'
    assert position_in_file(text, only_value(text), 5) is None


def test_a_list_has_no_characters() -> None:
    text = "q: [a]\n"
    assert position_in_file(text, only_value(text), 0) is None


@given(st.text(st.characters(categories=("L", "N", "P", "S"))), st.data())
def test_every_character_of_a_quoted_text_is_found(value: str, data: st.DataObject) -> None:
    text = f"q: '{value.replace(chr(39), chr(39) * 2)}'\n"
    node = only_value(text)
    character = data.draw(st.integers(0, len(value)))
    index = position_in_file(text, node, character)
    assert index is not None
    assert text[index] == (value + "'")[character]
