"""A build hook of hatchling: the wheel brings each catalogue as it was compiled, beside its source."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledCatalogues(BuildHookInterface):
    """TAG.po becomes TAG.mo (Babel), in a folder that goes when the wheel is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "standard":  # an editable install compiles at need, as a checkout does
            return
        root = Path(self.root)
        compiled = run_path(str(root / "digest/text/translations.py"))["compiled_catalogue"]
        self.folder = TemporaryDirectory()
        for source in sorted((root / "digest/locale").glob("*.po")):
            made = Path(self.folder.name, f"{source.stem}.mo")
            made.write_bytes(compiled(source.read_bytes(), source.stem))
            build_data["force_include"][str(made)] = f"digest/locale/{made.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version == "standard":
            self.folder.cleanup()
