"""Loads a config folder: a frozen Config, or every problem of every file at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from digest.config.config import Config
from digest.config.cross_checks import (
    admin_socket_conflicts,
    duplicate_names,
    listen_without_site,
    missing_secret,
    shared_addresses,
    unaligned_complaints,
    unaligned_dkim_domain,
    unmet_queue_needs,
)
from digest.config.digest_yaml import ConfigEntry
from digest.config.error_text import inline, suggestion
from digest.config.fields import parse_secret
from digest.config.relay import ChannelKind
from digest.config.subscriber_yaml import ReaderEntry
from digest.config.validate import Model, validated
from digest.config.warnings import config_warnings, subscriber_warnings
from digest.config.yaml_file import YamlFile, read_yaml
from digest.errors import ConfigError, Problem
from digest.sources.base import SourceKind

SIGNED_UP = "web-"
"""The prefix of the ids of readers who signed up on the pages."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def load(
    folder: Path, *, env: Mapping[str, str], sources: Mapping[str, SourceKind], channels: Mapping[str, ChannelKind]
) -> Config:
    """The config in `folder`; `env` answers `{env: NAME}`. Raises ConfigError with all problems, sorted by place.

    What `sources:` and `smtp:` may hold is for the registries of sources and channels to say.

    A reload is another load: whoever holds the old Config keeps it when this one raises.
    """
    problems: list[Problem] = []
    main = read_yaml(folder / "digest.yaml", absent="no such file: `digest init` writes one to start from")
    readers = [read_yaml(path) for path in _reader_files(folder / "subscribers", problems)]
    for document in (main, *readers):
        problems += document.problems
    problems += [*missing_secret(main), *listen_without_site(main), *shared_addresses(readers)]
    entry = _validated(ConfigEntry, main, problems, {"env": env, "channels": channels})
    if entry:
        problems += unaligned_dkim_domain(main, entry.sender.domain)
        problems += unaligned_complaints(main, entry.sender.domain)
        problems += unmet_queue_needs(main, entry)
        problems += admin_socket_conflicts(main, entry)
    settings = _validated_sources(main, problems, env, sources)
    entries = [_validated_reader(document, problems, _source_names(main)) for document in readers]
    if problems or entry is None:
        raise ConfigError(*sorted(set(problems)))
    found = [(document, reader) for document, reader in zip(readers, entries, strict=True) if reader]
    return _config(folder, main, entry, settings, found, channels)


def _reader_files(folder: Path, problems: list[Problem]) -> list[Path]:
    """The readers' files by name; what looks like one and would be passed over is a problem."""
    try:
        seen = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(Problem(str(folder), 1, 1, f"cannot be read: {error.strerror}"))
        return []
    for path in seen:
        if path.suffix.lower() in (".yaml", ".yml") and path.suffix != ".yaml":
            problems.append(Problem(str(path), 1, 1, f"would be passed over: name it {path.stem}.yaml"))
        elif path.suffix == ".yaml" and not _ID.fullmatch(path.stem):
            what = f"`{inline(path.stem)}` is no id: letters of a to z, digits, and . _ - after the first"
            problems.append(Problem(str(path), 1, 1, what))
        elif path.suffix == ".yaml" and path.stem.startswith(SIGNED_UP):
            what = f"ids that begin with `{SIGNED_UP}` are those of readers who sign up on the pages: name it otherwise"
            problems.append(Problem(str(path), 1, 1, what))
    return [path for path in seen if path.suffix == ".yaml"]


def _validated(
    model: type[Model], document: YamlFile, problems: list[Problem], context: Mapping[str, Any]
) -> Model | None:
    unread = document.data is None and document.problems
    return None if unread else validated(model, document, problems, context=context)


def _source_names(main: YamlFile) -> tuple[str, ...] | None:
    """The sources that readers may name; None while digest.yaml itself does not say."""
    if not isinstance(main.data, dict):
        return None
    given = main.data.get("sources") or {}
    return tuple(given) if isinstance(given, dict) else None


def _validated_sources(
    main: YamlFile, problems: list[Problem], env: Mapping[str, str], sources: Mapping[str, SourceKind]
) -> dict[str, BaseModel]:
    found: dict[str, BaseModel] = {}
    context = {"env": env, "secret": parse_secret}
    for kind in _source_names(main) or ():
        if kind not in sources:
            problems.append(
                main.key_problem(("sources", kind), f"no source `{inline(kind)}`{suggestion(kind, sources)}")
            )
        elif settings := validated(sources[kind].settings, main, problems, loc=("sources", kind), context=context):
            found[kind] = settings
    return found


def _validated_reader(document: YamlFile, problems: list[Problem], sources: Sequence[str] | None) -> ReaderEntry | None:
    problems += duplicate_names(document)
    return _validated(ReaderEntry, document, problems, {"sources": sources})


def _config(
    folder: Path,
    main: YamlFile,
    entry: ConfigEntry,
    sources: Mapping[str, BaseModel],
    readers: Sequence[tuple[YamlFile, ReaderEntry]],
    channels: Mapping[str, ChannelKind],
) -> Config:
    warnings = [*config_warnings(main, entry), *(hint for reader in readers for hint in subscriber_warnings(*reader))]
    return Config(
        folder=folder,
        sources=MappingProxyType(dict(sources)),
        subscribers=tuple(reader.subscriber(Path(document.file).stem, entry.language) for document, reader in readers),
        places=MappingProxyType(dict(place for reader in readers for place in _places(*reader))),
        warnings=tuple(sorted(warnings)),
        **entry.values(channels),
    )


def _places(document: YamlFile, reader: ReaderEntry) -> Iterator[tuple[tuple[str, str, int], Problem]]:
    for number, subscription in enumerate(reader.subscriptions):
        for index, _ in enumerate(subscription.rules):
            where = document.problem(("subscriptions", number, "rules", index), "")
            yield (Path(document.file).stem, subscription.name, index), where
