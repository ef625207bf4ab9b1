"""Writes a reader's document as YAML for config/subscribers/; reading the file gives the same document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import SingleQuotedScalarString

from digest.text import one_line

_PLAIN = re.compile(r"[A-Za-z][\w/@.+-]*(?: [\w:,/@.+-]+)*", re.ASCII)
_OTHERWISE = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}  # what YAML 1.1 takes for something else
_WIDE = 1 << 20  # columns: rules stay on one line


def to_yaml(document: Mapping[str, Any], remarks: Sequence[str] = ()) -> str:
    """The file; `remarks` stand below it as comments, a line each. Keys without a value are left out."""
    yaml = YAML(pure=True)
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(_quoted(document), stream)
    return stream.getvalue() + "".join(f"# {_comment_line(remark)}".rstrip() + "\n" for remark in remarks)


def _quoted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _quoted(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_quoted(each) for each in value]
    if isinstance(value, str) and not (_PLAIN.fullmatch(value) and value.casefold() not in _OTHERWISE):
        return SingleQuotedScalarString(value)
    return value


def _comment_line(text: str) -> str:
    """One line: only leading spaces, which show what belongs to what, are kept."""
    kept = " " * (len(text) - len(text.lstrip(" ")))
    return kept + one_line(text)
