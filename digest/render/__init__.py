"""From an issue to the parts of a letter: templates, words and marks."""

from __future__ import annotations

from digest.render.renderer import Parts, Renderer
from digest.render.view import Links

__all__ = ["Links", "Parts", "Renderer"]
