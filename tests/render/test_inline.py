"""A stylesheet inlined in the template gives what it gives in the letter."""

from __future__ import annotations

import re

import pytest
from lxml import html

from digest.issues import Issue
from digest.render.inline import inlined
from digest.render.renderer import Renderer
from digest.resources import shipped
from tests.support.issues import LINKS, POSTAL, daily, flood
from tests.support.plain_letter import PlainRenderer

STYLESHEET = (shipped("templates") / "letter" / "style.css").read_text()


@pytest.mark.parametrize(("issue", "room"), [(daily(), 600), (flood(100), 0)], ids=["cards", "lines"])
def test_every_element_has_the_style_that_it_would_have_by_letter(issue: Issue, room: int) -> None:
    plain = PlainRenderer()
    view = plain.view(issue, LINKS, postal=POSTAL, room=room)
    by_letter = inlined(plain.render("html.html.j2", letter=view), STYLESHEET)
    ours = Renderer().letter(issue, LINKS, postal=POSTAL).html
    assert ours is not None
    assert _elements(ours) == _elements(by_letter)
    assert sum("style" in attributes for _, attributes, _ in _elements(ours)) > 50


def test_tags_of_a_template_come_back_as_they_were() -> None:
    template = (
        '{# a < b #}<p class="a">{% if a < b and c > "d" %}<a class="a" href="{{ url }}">{{ x }}</a>{% endif %}</p>'
    )
    assert inlined(template, ".a { color: red }") == (
        '{# a < b #}<p class="a" style="color:red">{% if a < b and c > "d" %}'
        '<a class="a" href="{{ url }}" style="color:red">{{ x }}</a>{% endif %}</p>'
    )


def test_important_stays() -> None:
    assert 'style="color:red !important"' in inlined('<p class="a">x</p>', ".a { color: red !important }")


def _elements(page: str) -> list[tuple[object, dict[str, str], str]]:
    tree = html.document_fromstring(page)
    return [
        (
            element.tag,
            {key: re.sub(r"\s", "", value) for key, value in element.attrib.items()},
            " ".join((element.text or "").split()),
        )
        for element in tree.iter()
    ]
