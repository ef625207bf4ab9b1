"""Translations: finds the catalogue of a language, compiles it where need be, and gives its messages by key.

A catalogue is a gettext file, digest/locale/TAG.po, TAG being a language tag (RFC 5646). The wheel brings each as it
was compiled, TAG.mo. A checkout compiles a catalogue when it is first asked for, and keeps the result in the user's
cache folder, named by a digest of its source: Babel reads a .po file in a tenth of a second, a .mo file costs a
millisecond.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import cache, lru_cache
from gettext import GNUTranslations
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

LOCALE = Path(__file__).parent.parent / "locale"
"""The folder of the catalogues."""

DEFAULT = "en"
"""The language of whoever asks for one that has no catalogue."""

_LONGEST_HEADER = 1_000  # characters of Accept-Language that are read
_MOST_RANGES = 20
_RIGHT_TO_LEFT = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ku", "mzn", "nqo", "ps", "sd", "ug", "ur", "yi"}
)


class Translations:
    """The messages of one language.

    `t("front.title")` is a text, `t("leaving.left", name="LLMs")` one with its places filled in, and
    `t("letter.votes", 3, count="3")` the plural form for 3. Places are in braces and take anything that `str` takes.
    A key that no message has is a LookupError, and so is a place that is not given.
    """

    def __init__(self, tag: str, compiled: bytes) -> None:
        self.tag = tag
        self.locale = tag.replace("-", "_")  # as CLDR and Babel write it
        self.direction = "rtl" if tag.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"
        self._messages = GNUTranslations(BytesIO(compiled))

    def __call__(self, key: str, number: int | None = None, /, **places: object) -> str:
        messages = self._messages
        text = messages.gettext(key) if number is None else messages.ngettext(key, key, number)
        if text == key:
            raise LookupError(f"{self.tag}.po has no message `{key}`")
        return text.format_map(places) if places else text

    def __repr__(self) -> str:
        return f"Translations({self.tag!r})"


@cache
def languages() -> tuple[str, ...]:
    """The tags of all catalogues: the default first, the others by name."""
    found = {path.stem for path in LOCALE.iterdir() if path.suffix in (".po", ".mo")}
    return (DEFAULT, *sorted(found - {DEFAULT}))


def supported(tag: str, known: Collection[str] | None = None) -> str | None:
    """The known language that answers a tag, by its longest prefix (RFC 4647, 3.4 "Lookup"); None where none does.

    `de-AT` and `de_AT` are answered by `de`; `zh-Hans-CN` by `zh-Hans`, else by `zh`.
    """
    by_folded = {each.lower(): each for each in (languages() if known is None else known)}
    parts = tag.replace("_", "-").lower().split("-")
    for count in range(len(parts), 0, -1):
        if found := by_folded.get("-".join(parts[:count])):
            return found
    return None


@lru_cache(maxsize=256)
def translations(tag: str) -> Translations:
    """The messages for a language tag; in English where no catalogue answers it."""
    return _loaded(supported(tag) or DEFAULT)


def accepted(header: str, known: Collection[str] | None = None) -> str | None:
    """The language that an Accept-Language header (RFC 9110, 12.5.4) likes best of the known; None where it names none.

    Of a long header the beginning counts; what is malformed in it counts as absent.
    """
    wanted: list[tuple[float, str]] = []
    for part in header[:_LONGEST_HEADER].split(",")[:_MOST_RANGES]:
        tag, _, weight = part.partition(";")
        quality = _quality(weight)
        found = supported(tag.strip(), known)
        if quality and found:
            wanted.append((quality, found))
    return max(wanted, key=lambda each: each[0], default=(0.0, None))[1]


def _quality(weight: str) -> float:
    """A qvalue from 0 to 1; 1 where there is none, 0 where it cannot be read."""
    name, _, value = weight.replace(" ", "").partition("=")
    if not name:
        return 1.0
    digits = value.replace(".", "", 1)
    if name.lower() != "q" or not (digits.isascii() and digits.isdigit()):
        return 0.0
    return min(float(value), 1.0)


@cache
def _loaded(tag: str) -> Translations:
    source, compiled = LOCALE / f"{tag}.po", LOCALE / f"{tag}.mo"
    return Translations(tag, compiled.read_bytes() if compiled.exists() else _compiled(source.read_bytes(), tag))


def _compiled(source: bytes, tag: str) -> bytes:
    """The catalogue as a .mo file, from the cache where it is there."""
    cached = _cache_folder() / f"{tag}-{sha256(source).hexdigest()[:24]}.mo"
    try:
        return cached.read_bytes()
    except OSError:
        compiled = compiled_catalogue(source, tag)
        if cached.is_absolute():  # else nobody knows where home is
            _keep(cached, compiled)
        return compiled


def compiled_catalogue(source: bytes, tag: str) -> bytes:
    """A .po file as a .mo file."""
    # takes as long to import as a catalogue to load: an installed package never compiles
    from babel.messages import mofile, pofile

    made = BytesIO()
    mofile.write_mo(made, pofile.read_po(BytesIO(source), locale=tag.replace("-", "_"), abort_invalid=True))
    return made.getvalue()


def _cache_folder() -> Path:
    """The folder for this program in the user's cache (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.path.expanduser(base)) / "morning-papers"


def _keep(file: Path, compiled: bytes) -> None:
    """Written whole or not at all; a folder that cannot be written to costs nothing but time at the next start."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent, delete=False) as written:
            written.write(compiled)
        os.replace(written.name, file)
    except OSError:
        return
