"""Renders the pages of the site from templates/site; a file of the same path in the service's own folder wins."""

from __future__ import annotations

from pathlib import Path

from jinja2 import FileSystemLoader

from digest.render.renderer import environment
from digest.resources import shipped


class PageRenderer:
    """The pages of the site. Threads may share them."""

    def __init__(self, overrides: Path | None = None) -> None:
        self.shipped = PageRenderer() if overrides else None  # for where an overriding template fails
        self._loader = FileSystemLoader([*([overrides] if overrides else ()), shipped("templates")])
        self._templates = environment(self._loader)

    def page(self, template: str, **given: object) -> str:
        """The page that templates/site/TEMPLATE.html.j2 makes of what is given; see page.html.j2 for what all want."""
        return self._templates.get_template(f"site/{template}.html.j2").render(given)

    def file(self, name: str) -> str:
        """A file of templates/site as it is: the style sheet, the script."""
        return self._loader.get_source(self._templates, f"site/{name}")[0]
