"""Renders letters and pages: an issue becomes values, values go through templates and catalogues into HTML and text."""

from __future__ import annotations

from digest.render.letter_context import LetterLinks
from digest.render.pages import PageRenderer
from digest.render.renderer import LetterParts, Renderer

__all__ = ["LetterLinks", "LetterParts", "PageRenderer", "Renderer"]
