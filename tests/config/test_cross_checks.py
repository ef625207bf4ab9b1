"""What no single key can show: addresses and files beside one another."""

from __future__ import annotations

from pathlib import Path

from tests.support.config_files import DIGEST_YAML, READER, folder, told


def test_no_folder(tmp_path: Path) -> None:
    assert told(tmp_path / "nowhere") == ["digest.yaml:1:1: no such file: `digest init` writes one to start from"]


def test_two_readers_of_one_address_are_told_at_both(tmp_path: Path) -> None:
    place = folder(tmp_path, ada=READER, bob=READER.replace("ada@example.org", "ADA@Example.ORG"))
    assert told(place) == [
        f"subscribers/ada.yaml:1:8: `email`: the same address as in {place}/subscribers/bob.yaml",
        f"subscribers/bob.yaml:1:8: `email`: the same address as in {place}/subscribers/ada.yaml",
    ]


def test_one_address_in_two_spellings_of_its_domain_and_letters(tmp_path: Path) -> None:
    spelled = [
        READER.replace("ada@example.org", each) for each in ("ada@bücher.example.org", "ada@xn--bcher-kva.example.org")
    ]
    assert len(told(folder(tmp_path, a=spelled[0], b=spelled[1]))) == 2
    composed = [READER.replace("ada@", each) for each in ("zo\u00eb@", "zoe\u0308@")]
    assert len(told(folder(tmp_path, a=composed[0], b=composed[1]))) == 2


def test_one_address_is_told_whatever_else_is_wrong(tmp_path: Path) -> None:
    said = told(folder(tmp_path, ada=READER.replace("London", "Lundon"), bob=READER))
    assert [each.split(": ")[1] for each in said] == ["`email`", "`timezone`", "`email`"]


def test_files_that_would_be_passed_over(tmp_path: Path) -> None:
    place = folder(tmp_path, ada=READER)
    (place / "subscribers" / "bob.yml").write_text(READER)
    (place / "subscribers" / "zoë b.yaml").write_text(READER.replace("ada@", "zoe@"))
    assert told(place) == [
        "subscribers/bob.yml:1:1: would be passed over: name it bob.yaml",
        "subscribers/zoë b.yaml:1:1: `zoë b` is no id: letters of a to z, digits, and . _ - after the first",
    ]


def test_what_is_no_file_of_text(tmp_path: Path) -> None:
    place = folder(tmp_path, ada="", bob="- a\n- b\n")
    (place / "subscribers" / "eve.yaml").mkdir()
    (place / "subscribers" / "mia.yaml").write_bytes(b"name: J\xf6rg\n")
    assert told(place) == [
        "subscribers/ada.yaml:1:1: the file is empty",
        "subscribers/bob.yaml:1:1: expected keys and values",
        "subscribers/eve.yaml:1:1: cannot be read: Is a directory",
        "subscribers/mia.yaml:1:8: no UTF-8 from here on: save the file as UTF-8",
    ]


def test_a_file_in_place_of_the_readers_folder(tmp_path: Path) -> None:
    (tmp_path / "digest.yaml").write_text(DIGEST_YAML)
    (tmp_path / "subscribers").write_text("")
    assert told(tmp_path) == ["subscribers:1:1: cannot be read: Not a directory"]


def test_readers_may_name_any_source_while_digest_yaml_says_none(tmp_path: Path) -> None:
    reader = READER + "    sources: [huggingface]\n"
    assert told(folder(tmp_path, "sender: [", ada=reader)) == [
        "digest.yaml:1:10: no YAML: expected the node content, but found '<stream end>'"
    ]
