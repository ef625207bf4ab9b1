"""Reads a YAML file as texts, lists and mappings, and keeps line and column of each for error messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from digest.config.error_text import inline, printable
from digest.config.yaml_positions import position_in_file
from digest.errors import Problem

Data = str | list["Data"] | dict[str, "Data"] | None
"""The data of a file. Scalars stay texts (`name: 2026` is a name); the models parse them."""

Loc = tuple[int | str, ...]
"""The path of a value: keys and indexes, as pydantic writes them."""

_DEEPEST = 20
_MOST = 200_000  # values in a file; a few aliases can ask for billions
_STANDARD = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp"))
_QUOTE = "put the whole text into single quotes"
_MENDS = (  # what the parser says, and what a person can do about it
    ("character '\\t'", "a tab stands here: YAML is indented with spaces"),
    ("cannot start any token", f"YAML keeps this character for itself: {_QUOTE}"),
    ("mapping values are not allowed", f"this colon begins no value: {_QUOTE}, or mend the indentation"),
    ("expected <block end>", f"the text does not go on like this in YAML: {_QUOTE}, or mend the indentation"),
    ("found undefined alias", f"a * at the start means an alias in YAML: {_QUOTE}"),
    ("but found another document", "a second `---`: one file holds one document"),
)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file that could be read, and what was wrong in it all the same."""

    file: str
    text: str = ""
    data: Data = None
    problems: tuple[Problem, ...] = ()
    values: dict[Loc, Node] = field(default_factory=dict)
    keys: dict[Loc, Node] = field(default_factory=dict)

    def at(self, loc: Loc) -> Data:
        """The value at `loc`, or of the nearest thing around it."""
        value = self.data
        for step in self.known(loc):
            value = value[step]  # type: ignore[index]  # known() went this way
        return value

    def known(self, loc: Loc) -> Loc:
        """`loc` without the steps that are not in the file: pydantic names union branches and missing keys too."""
        way: Loc = ()
        for step in loc:
            if (*way, step) in self.values:
                way = (*way, step)
        return way

    def problem(self, loc: Loc, what: str, *, character: int | None = None, carets: str = "") -> Problem:
        """A problem with the value at `loc`, or with one character; `carets` are said where it is hidden."""
        node = self.values.get(self.known(loc))
        if node is None:
            return problem_at(self.file, self.text, 0, what)
        if character is None:
            return problem_at(self.file, self.text, self._begin(loc), what)
        index = position_in_file(self.text, node, character)
        if index is None:
            return problem_at(self.file, self.text, self._begin(loc), "\n".join(filter(None, (what, carets))))
        return problem_at(self.file, self.text, index, what)

    def key_problem(self, loc: Loc, what: str) -> Problem:
        """A problem with the key that `loc` ends in."""
        return problem_at(self.file, self.text, int(self.keys[self.known(loc)].start_mark.index), what)

    def _begin(self, loc: Loc) -> int:
        way = self.known(loc)
        node = self.values[way]
        empty = node.start_mark.index == node.end_mark.index  # such a node begins where the next one does
        return int((self.keys.get(way, node) if empty else node).start_mark.index)


def problem_at(file: str, text: str, index: int, what: str) -> Problem:
    """A problem at a character of a file; lines are counted as editors do."""
    before = text[: min(index, len(text.rstrip()))]
    line = before.count("\n")
    return Problem(file, line + 1, len(before) - before.rfind("\n"), printable(what))


def read_yaml(path: Path, *, absent: str = "no such file") -> YamlFile:
    """The file at `path`; one that cannot be read, or is no YAML, comes with its problem and without data."""
    file = str(path)
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return _unread(file, "", 0, absent)
    except OSError as error:
        return _unread(file, "", 0, f"cannot be read: {error.strerror}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig")
        return _unread(file, good + "?", len(good), "no UTF-8 from here on: save the file as UTF-8")
    return _parsed(file, text)


def _parsed(file: str, text: str) -> YamlFile:
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False  # a name that is used twice means the later one (YAML 1.2, 7.1)
        root = yaml.compose(text)
    except RecursionError:
        return _unread(file, text, 0, "nested too deep")
    except YAMLError as error:
        return _unread(file, text, *_parser_problem(error))
    if root is None:
        return _unread(file, text, 0, "the file is empty")
    walk = _NodeReader(file, text)
    data = walk.value(root, ())
    return YamlFile(file, text, data, tuple(walk.problems), walk.values, walk.keys)


def _unread(file: str, text: str, index: int, what: str) -> YamlFile:
    return YamlFile(file, text, problems=(problem_at(file, text, index, what),))


def _parser_problem(error: YAMLError) -> tuple[int, str]:
    if isinstance(error, ReaderError):
        return int(error.position), "a control character, which no text may hold"
    if not isinstance(error, MarkedYAMLError):
        return 0, "no YAML"
    said = " ".join(filter(None, (error.context, error.problem)))
    mark = error.problem_mark or error.context_mark
    mend = next((mend for words, mend in _MENDS if words in said), f"no YAML: {error.problem}")
    return int(mark.index) if mark else 0, mend


@dataclass(slots=True)
class _NodeReader:
    """Turns nodes into data and notes where each stood."""

    file: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    values: dict[Loc, Node] = field(default_factory=dict)
    keys: dict[Loc, Node] = field(default_factory=dict)

    def value(self, node: Node, loc: Loc) -> Data:
        self.values[loc] = node
        if len(loc) > _DEEPEST or len(self.values) > _MOST:
            self._tell(node, "nested too deep" if len(loc) > _DEEPEST else "more values than a config can mean")
            return None
        if isinstance(node, MappingNode):
            return {key: self.value(value, (*loc, key)) for key, value in self._pairs(node, loc)}
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        return [self.value(item, (*loc, index)) for index, item in enumerate(node.value)]

    def _scalar(self, node: ScalarNode) -> str | None:
        if self._halved(node):
            return None
        tag = str(node.tag)
        if tag not in _STANDARD:
            self._tell(node, f"`{inline(tag)}` is no tag here; write {{env: NAME}} or {{file: PATH}} for a secret")
            return None
        return None if tag.endswith(":null") and node.style is None else str(node.value)

    def _pairs(self, node: MappingNode, loc: Loc) -> Iterator[tuple[str, Node]]:
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._tell(key, "a key is one word")
            elif self._halved(key):
                continue
            elif (first := self.keys.get((*loc, key.value))) is not None:
                self._tell(key, f"`{inline(key.value)}` is given twice, first in line {self._line(first)}")
            else:
                self.keys[*loc, key.value] = key
                yield key.value, value

    def _halved(self, node: ScalarNode) -> bool:
        """Does an escape give half a character (a lone surrogate)? No encoder takes such a text."""
        if halved := any("\ud800" <= letter <= "\udfff" for letter in node.value):
            self._tell(node, "an escape here gives half a character: write the character itself")
        return halved

    def _line(self, node: Node) -> int:
        return problem_at(self.file, self.text, node.start_mark.index, "").line

    def _tell(self, node: Node, what: str) -> None:
        self.problems.append(problem_at(self.file, self.text, node.start_mark.index, what))
