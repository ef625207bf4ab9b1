"""Finds a character of a YAML scalar in the file, across quotes, escapes and folded lines."""

from __future__ import annotations

from ruamel.yaml.nodes import Node, ScalarNode


def position_in_file(text: str, node: Node, character: int) -> int | None:
    """The index in `text` of the value's `character` (its length = just after it); None where escapes hide it."""
    if not isinstance(node, ScalarNode):
        return None
    index = _inside(text, node)
    for wanted in filter(lambda letter: not letter.isspace(), node.value[:character]):
        index = _next(text, index)
        width = _width(text[index : index + 2], wanted, node.style)
        if width is None:
            return None
        index += width
    here = node.value[character : character + 1]
    return _next(text, index) if here.strip() else index


def _inside(text: str, node: ScalarNode) -> int:
    start = int(node.start_mark.index)
    if node.style in ("'", '"'):
        return start + 1
    return text.find("\n", start) + 1 if node.style in ("|", ">") else start


def _next(text: str, index: int) -> int:
    """YAML folds white space, so that only the other characters are compared."""
    while text[index : index + 1].isspace():
        index += 1
    return index


def _width(written: str, wanted: str, style: str | None) -> int | None:
    """How many characters stand for `wanted`; None when they do not."""
    if written in {"'": ("''",), '"': ('\\"', "\\\\")}.get(style or "", ()):
        return 2 if written[1] == wanted else None
    return 1 if written[:1] == wanted else None
