"""Templates turned into pages for a browser; a file of the same name in the reader's own folder wins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import FileSystemLoader

from digest.render.renderer import environment
from digest.shipped import shipped

STYLE = "site/style.css"


class Pages:
    """The pages of the site. Threads may share them."""

    def __init__(self, overrides: Path | None = None) -> None:
        self._loader = FileSystemLoader([*([overrides] if overrides else ()), shipped("templates")])
        self._templates = environment(self._loader)

    def page(
        self,
        *,
        name: str,
        title: str,
        lines: Sequence[str],
        language: str,
        style: str,
        postal: str = "",
        action: str | None = None,
        button: str = "",
    ) -> str:
        """A page that says something, and may ask for one press of a button: a form that posts to `action`."""
        return self._templates.get_template("site/page.html.j2").render(
            name=name,
            title=title,
            lines=lines,
            language=language,
            style=style,
            postal=postal,
            action=action,
            button=button,
        )

    def style(self) -> str:
        """The style sheet of all pages."""
        return self._loader.get_source(self._templates, STYLE)[0]
