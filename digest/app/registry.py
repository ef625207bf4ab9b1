"""The registries of sources and channels: those of this package, and those of packages that are installed beside it.

A package adds its own by entry points: in the group `digest.sources` a SourceKind under the key that it has in the
config, in `digest.channels` a ChannelKind under the scheme of its URLs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from digest.config import ChannelKind
from digest.delivery.channels import CHANNELS
from digest.sources import SOURCES
from digest.sources.base import SourceKind

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The kinds of sources and channels that the config may name."""

    sources: Mapping[str, SourceKind] = field(default_factory=lambda: SOURCES)
    channels: Mapping[str, ChannelKind] = field(default_factory=lambda: CHANNELS)
    faults: tuple[str, ...] = ()  # one line for each entry point that was rejected


def registry_of(sources: Mapping[str, SourceKind] | None, channels: Mapping[str, ChannelKind] | None) -> Registry:
    """The given registries; None stands for the installed one."""
    if sources is not None and channels is not None:
        return Registry(sources=sources, channels=channels)
    found = installed()
    return Registry(
        sources=found.sources if sources is None else sources, channels=found.channels if channels is None else channels
    )


@cache
def installed() -> Registry:
    """The built-in registries and what entry points add; a broken entry point is skipped with a warning."""
    found = with_entry_points(Registry())
    for fault in found.faults:
        logging.getLogger("digest").warning(fault)
    return found


def with_entry_points(ours: Registry) -> Registry:
    """The registries `ours` and what the entry points of installed packages add to them."""
    faults: list[str] = []
    sources = dict(_added("digest.sources", SourceKind, ours.sources, faults))
    channels = dict(_added("digest.channels", ChannelKind, ours.channels, faults))
    return Registry(sources={**ours.sources, **sources}, channels={**ours.channels, **channels}, faults=tuple(faults))


def _added(group: str, kind: type[_Kind], ours: Mapping[str, _Kind], faults: list[str]) -> Iterator[tuple[str, _Kind]]:
    taken = dict.fromkeys(ours, "Morning Papers itself")
    for point in sorted(entry_points(group=group), key=_package_of):
        said = f"{group}: {point.name!r} of {_package_of(point)} is set aside: "
        if point.name in taken:
            faults.append(f"{said}{taken[point.name]} has that name")
            continue
        try:
            row = point.load()
        except Exception as error:  # noqa: BLE001, a foreign package may raise anything and must stop nothing
            faults.append(f"{said}{type(error).__name__}: {' '.join(str(error).split())}")
            continue
        if not isinstance(row, kind):
            faults.append(f"{said}{point.value} is no {kind.__name__}")
            continue
        taken[point.name] = _package_of(point)
        yield point.name, row


def _package_of(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "a package without a name"
