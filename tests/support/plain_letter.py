"""Renders a letter without any cache, every template for every letter: the reference for output and for speed."""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from digest.issues import Issue, Item
from digest.render.letter_context import LetterContext, LetterLinks, letter_context, paper_card
from digest.render.text_wrap import columns, fill
from digest.resources import shipped
from digest.text.translations import translations


@dataclass(frozen=True)
class PlainCard:
    """A card in both forms."""

    html: Markup
    text: str


class PlainRenderer:
    """Jinja2 alone: no cache, no stylesheet written in."""

    def __init__(self) -> None:
        self.templates = Environment(
            loader=FileSystemLoader(shipped("templates")),
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters |= {"fill": fill, "columns": columns}

    def view(self, issue: Issue, links: LetterLinks, *, postal: str, room: int) -> LetterContext:
        t = translations(issue.subscriber.language)

        def printed(item: Item, number: int) -> PlainCard:
            made = paper_card(item, number, issue.date, t, room)
            page = self.render("card.html.j2" if room else "line.html.j2", card=made)
            return PlainCard(html=Markup(page), text=self.render("card.txt.j2", card=made))

        return letter_context(issue, links, t, title="Morning Papers", postal=postal, room=room, printed=printed)

    def render(self, name: str, **given: object) -> str:
        return self.templates.get_template(f"letter/{name}").render(given)
