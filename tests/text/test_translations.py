"""Catalogues by language tag, messages by key, and the language that a browser asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text import translations as module
from digest.text.translations import Translations, accepted, compiled_catalogue, languages, supported, translations

KNOWN = ("en", "de", "zh", "zh-Hans", "pt-BR")

SOURCE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\\n"

msgid "front.title"
msgstr "Новые статьи для {name}"

msgid "letter.papers"
msgid_plural "letter.papers"
msgstr[0] "{count} статья"
msgstr[1] "{count} статьи"
msgstr[2] "{count} статей"
""".encode()


def test_messages_have_places_and_the_plural_forms_of_their_language() -> None:
    t = Translations("ru", compiled_catalogue(SOURCE, "ru"))
    assert t("front.title", name="{x}") == "Новые статьи для {x}"
    assert [t("letter.papers", n, count=n) for n in (1, 3, 5)] == ["1 статья", "3 статьи", "5 статей"]
    with pytest.raises(LookupError, match=r"ru\.po has no message `front.titel`"):
        t("front.titel")
    with pytest.raises(LookupError):
        t("front.title", nome="x")


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("de_AT", "de"),
        ("DE-at-1996", "de"),
        ("zh-Hans-CN", "zh-Hans"),
        ("zh-Hant-TW", "zh"),
        ("pt-BR", "pt-BR"),
        ("pt", None),
        ("tlh", None),
        ("deu", None),
        ("", None),
    ],
)
def test_a_tag_is_answered_by_its_longest_known_prefix(tag: str, found: str | None) -> None:
    assert supported(tag, KNOWN) == found


def test_a_language_without_a_catalogue_is_answered_in_english() -> None:
    assert translations("tlh") is translations("en-GB") is translations("en")
    assert translations("de-AT") is translations("de")
    assert languages()[0] == "en"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, de;q=0.5, en;q=0.4", "de"),
        ("en;q=0.4, de ; q=0.5", "de"),
        ("en;q=0, de;q=0.1", "de"),
        ("de;q=0", None),
        ("*", None),
        ("fr", None),
        ("", None),
        ("de;q=x", None),
        ("de;q=-1", None),
        ("de;q=1e9", None),
        ("de;q=7", "de"),
        ("," * 100_000 + "de", None),
        ("x" * 100_000, None),
    ],
)
def test_the_language_that_a_browser_likes_best(header: str, found: str | None) -> None:
    assert accepted(header, KNOWN) == found


@given(st.text())
def test_no_header_is_too_odd(header: str) -> None:
    assert accepted(header, KNOWN) in (None, *KNOWN)


def test_a_checkout_compiles_once_and_writes_nothing_beside_its_catalogues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = sorted(module.LOCALE.iterdir())
    made = module._compiled(SOURCE, "ru")
    [kept] = (tmp_path / "morning-papers").iterdir()
    assert kept.name.startswith("ru-")
    assert kept.read_bytes() == made == module._compiled(SOURCE, "ru")
    assert sorted(module.LOCALE.iterdir()) == before


def test_a_cache_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "morning-papers").write_text("a file in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert module._compiled(SOURCE, "ru")
