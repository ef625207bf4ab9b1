"""Two invented people of one name, and others, with papers as sources give them."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.papers import Author, Paper

_VISION = "We train an object detector on images of streets; segmentation masks and convolution layers see pedestrians."
_STARS = "Spectroscopy of red dwarf stars in open clusters gives their rotation periods, metallicity and stellar ages."
_MUSIC = "A violin bow excites the string; we measure bridge admittance, resonance and the damping of wood plates."


def paper(number: int, text: str, codes: str, *authors: str | Author, **more: object) -> Paper:
    names = tuple(author if isinstance(author, Author) else Author(name=author) for author in authors)
    given = {"published": datetime(2026, 1, 1, tzinfo=UTC), "journal": None} | more
    return Paper(
        key=f"arxiv:2601.{number:05}",
        title=f"{text.split(';')[0].split(' in ')[0]} {number}",
        abstract=f"{text} Part {number}.",
        source="arxiv",
        authors=names,
        categories=tuple(codes.split()),
        primary=next(iter(codes.split()), None),
        **given,  # type: ignore[arg-type]  # published and journal
    )


VISION = [
    paper(1, _VISION, "cs.CV", "Wei Zhang", "Ann Lee", "Bo Chen"),
    paper(2, _VISION, "cs.CV cs.LG", "Bo Chen", "Wei Zhang"),
    paper(3, _VISION, "cs.LG", "Cy Doe", "Wei Zhang"),
    paper(4, _VISION, "cs.RO", "Cy Doe", "Wei Zhang", "Dan Poe"),
]
STARS = [
    paper(11, _STARS, "astro-ph.SR", "Wei Zhang", "Eve Roe"),
    paper(12, _STARS, "astro-ph.SR astro-ph.GA", "Fay Moe", "Wei Zhang"),
    paper(13, _STARS, "astro-ph.GA", "W. Zhang", "Eve Roe"),
]
MUSIC = paper(21, _MUSIC, "physics.class-ph", "Gus Hoe", "Wei Zhang")
