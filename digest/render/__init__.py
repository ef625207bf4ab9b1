"""From an issue to the parts of a letter, and the pages: templates, words and marks."""

from __future__ import annotations

from digest.render.pages import Pages
from digest.render.renderer import Parts, Renderer
from digest.render.view import Links

__all__ = ["Links", "Pages", "Parts", "Renderer"]
