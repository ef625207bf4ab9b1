"""Secrets and addresses are in no message and in no repr."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.app import load
from tests.support.config_files import DIGEST_YAML, READER, digest_yaml_problem, folder, told


class TestSecrets:
    DIGEST_YAML = DIGEST_YAML.replace(
        " smtp://localhost:2525", "\n  url: smtps://mail.example.org\n  user: papers\n  password: hunter2 of the relay"
    )

    def test_they_are_in_no_repr(self, tmp_path: Path) -> None:
        digest_yaml = self.DIGEST_YAML + "database: postgresql://me:hunter2@localhost/x\nsecret: hunter2 of the links\n"
        assert "hunter2" not in repr(load(folder(tmp_path, digest_yaml, ada=READER), env={}))

    @pytest.mark.parametrize(
        "more",
        [
            "database: mysql://me:hunter2@localhost/x\n",
            "database: [hunter2]\n",
            "secret: [[hunter2]]\n",
            "secret: {hunter2: hunter2}\n",
            "site: https://me:hunter2@papers.example.org\nsecret: hunter2\n",
        ],
    )
    def test_they_are_in_no_message(self, tmp_path: Path, more: str) -> None:
        assert "hunter2" not in digest_yaml_problem(tmp_path, more)

    @pytest.mark.parametrize(
        "url", ["smtp://me:hunter2", "smtps://me:hunter2@[x", "smtp://me:hunter2@x/y", "x:hunter2@y"]
    )
    def test_nor_of_the_relay(self, tmp_path: Path, url: str) -> None:
        [said] = told(folder(tmp_path, DIGEST_YAML.replace("smtp://localhost:2525", url)))
        assert "hunter2" not in said

    def test_a_key_file_that_is_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_bytes(b"\xff\xfe")
        assert digest_yaml_problem(tmp_path, f"secret: {{file: {tmp_path / 'key'}}}\n").endswith("is no UTF-8")

    def test_addresses_are_in_no_message(self, tmp_path: Path) -> None:
        said = told(
            folder(tmp_path, DIGEST_YAML.replace("papers@", "papers@@"), ada=READER.replace("@", ".at."), bob=READER)
        )
        assert len(said) == 2
        assert not any("papers@" in each or "ada.at" in each for each in said)
