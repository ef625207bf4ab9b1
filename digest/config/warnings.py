"""Warnings about config files: values that are valid but probably not meant; they change no exit code."""

from __future__ import annotations

from collections.abc import Iterator

from digest.config.digest_yaml import ConfigEntry
from digest.config.relay import is_here
from digest.config.subscriber_yaml import ReaderEntry
from digest.config.yaml_file import YamlFile
from digest.errors import Problem
from digest.mail import postfix_log as maillog

_SHORTEST_KEY = 16  # characters; below that a key can be guessed by trying


def config_warnings(document: YamlFile, entry: ConfigEntry) -> Iterator[Problem]:
    """The warnings about digest.yaml."""
    if not entry.sources:
        yield document.problem(("sources",), "no sources: nothing will be pulled")
    for number, key in enumerate(entry.secret):
        if len(key.get_secret_value()) < _SHORTEST_KEY:
            what = f"`secret`: under {_SHORTEST_KEY} characters; links signed with it could be forged"
            yield document.problem(("secret", number), what)
    for number, relay in enumerate(entry.smtp):
        if relay.log and (fault := maillog.unreadable_reason(relay.log)):
            place = ("smtp", number, "log") if ("smtp", number) in document.values else ("smtp", "log")
            yield document.problem(place, f"`log`: {fault}")
    if entry.admin and not is_here(entry.admin.listen[0]):
        what = "`listen`: others reach this: the token would go in clear text"
        if entry.admin.user_header:
            what = f"`listen`: whoever reaches this can send {entry.admin.user_header} and is let in"
        yield document.problem(("admin", "listen"), f"{what}; let nothing but the proxy in, best at 127.0.0.1")


def subscriber_warnings(document: YamlFile, entry: ReaderEntry) -> Iterator[Problem]:
    """The warnings about a reader's file, with those of the rule parser."""
    if "timezone" not in entry.model_fields_set:
        yield document.problem((), "no `timezone`: the hours are read as UTC")
    for loc, query in entry.queries():
        for hint in query.hints:
            yield document.problem(loc, hint.what, character=hint.position)
