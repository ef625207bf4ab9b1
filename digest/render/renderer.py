"""Templates turned into subject, text and HTML, in a size that mail programs show whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from types import TracebackType

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    select_autoescape,
)

from digest.errors import ConfigError
from digest.issue import Issue
from digest.render.fill import columns, fill
from digest.render.inline import inlined
from digest.render.shorten import shorten
from digest.render.view import SUBJECT, Letter, Links, letter
from digest.render.words import words
from digest.shipped import shipped

_ROOMS = (600, 320, 160, 0)  # characters of an abstract, tried in turn until the letter fits
_LIMIT = 100_000  # bytes of HTML: Gmail clips at about 102 kB, and drops the style element with it
_STYLE = "letter/style.css"
_MISTAKES = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a letter says: the subject in one line, the text, and the HTML unless the reader wants text alone."""

    subject: str
    text: str
    html: str | None


class Renderer:
    """Renders letters by templates/letter; files of the same name in the folder `overrides` win."""

    def __init__(self, overrides: Path | None = None) -> None:
        files = FileSystemLoader([*([overrides] if overrides else ()), shipped("templates")])
        self._templates = _environment(_Inlining(files))
        self._as_written = _environment(files)  # its lines are those of the files: for errors

    def letter(self, issue: Issue, links: Links, *, title: str = "Morning Papers", postal: str = "") -> Parts:
        """The parts of an issue's letter; deterministic. As it grows abstracts shorten, then cards become lines, then
        papers are counted instead of shown. Raises ConfigError with the place of a mistake in a template."""
        language = words(issue.subscriber.language)
        for smaller, room in _sizes(issue):
            view = letter(smaller, links, language, title=title, postal=postal, room=room)
            parts = self._parts(view, html=issue.subscriber.format == "html")
            if parts.html is None or _size(parts.html) < _LIMIT:
                return parts
        raise ConfigError(f"letter/html.html.j2 makes {_LIMIT} bytes and more even without papers")

    def _parts(self, view: Letter, *, html: bool) -> Parts:
        subject = " ".join(self._render("letter/subject.txt.j2", view).split())
        if not subject:
            raise ConfigError("letter/subject.txt.j2 says nothing: a letter needs a subject")
        view = replace(view, subject=shorten(subject, SUBJECT))
        return Parts(
            view.subject,
            self._render("letter/text.txt.j2", view),
            self._render("letter/html.html.j2", view) if html else None,
        )

    def _render(self, name: str, view: Letter) -> str:
        try:
            return self._templates.get_template(name).render(letter=view)
        except _MISTAKES as error:
            raise ConfigError(f"{self._place(name, view)}: {error}") from error

    def _place(self, name: str, view: Letter) -> str:
        """FILE:LINE of a mistake, by making it again with the templates as they are written."""
        try:
            self._as_written.get_template(name).render(letter=view)
        except TemplateSyntaxError as error:
            return f"{error.filename or error.name}:{error.lineno}"
        except _MISTAKES as error:
            return _last_template_line(error.__traceback__) or name
        return name


class _Inlining(BaseLoader):
    """HTML templates of a letter with the stylesheet in them."""

    def __init__(self, files: BaseLoader) -> None:
        self._files = files

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, file, up_to_date = self._files.get_source(environment, template)
        if not template.endswith(".html.j2"):
            return source, file, up_to_date
        environment.parse(source, template, file)  # a mistake is told with the line of the file
        return inlined(source, self._files.get_source(environment, _STYLE)[0]), file, up_to_date


def _environment(loader: BaseLoader) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=select_autoescape(("html.j2",), default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"fill": fill, "columns": columns}
    return environment


def _sizes(issue: Issue) -> Iterator[tuple[Issue, int]]:
    """Ever smaller letters of one issue."""
    yield from ((issue, room) for room in _ROOMS)
    share = 1.0
    while share * issue.count > 1:
        share *= 0.9
        yield _fewer(issue, share), 0
    yield _fewer(issue, 0), 0


def _fewer(issue: Issue, share: float) -> Issue:
    """The same share of each section; what goes is counted in `more`."""
    sections = []
    for section in issue.sections:
        kept = ceil(len(section.items) * share)
        sections.append(replace(section, items=section.items[:kept], more=section.more + len(section.items) - kept))
    return replace(issue, sections=tuple(sections))


def _size(html: str) -> int:
    """Bytes of the decoded part, whose lines end in CRLF."""
    return len(html.encode("utf-8", "replace")) + html.count("\n")


def _last_template_line(trace: TracebackType | None) -> str:
    place = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
