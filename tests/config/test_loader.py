"""A config folder that can be meant: what is built of it, what is warned of, and what a reload does."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from digest.app import load
from digest.config import Config
from digest.errors import ConfigError, Problem
from tests.support.config_files import DIGEST_YAML, READER, folder


class TestWhatIsBuilt:
    def test_a_small_config(self, tmp_path: Path) -> None:
        config = load(folder(tmp_path, ada=READER), env={})
        assert config.database == "sqlite:///digest.db"
        assert (config.sender.name, config.sender.address) == ("Morning Papers", "papers@example.org")
        assert config.owner == config.sender
        assert config.contact == "papers@example.org"
        assert str(config.relays[0]) == "smtp://localhost:2525"
        assert (config.site, config.keys, config.templates, config.language) == (None, (), None, "en")
        assert list(config.sources) == ["arxiv"]
        assert config.warnings == ()
        [ada] = config.subscribers
        assert (ada.id, ada.email, ada.name, ada.timezone.key) == ("ada", "ada@example.org", None, "Europe/London")
        [subscription] = ada.subscriptions
        assert (subscription.name, str(subscription.when)) == ("Sparse models", "weekdays 07:30")
        assert (subscription.limit, subscription.quiet, subscription.updates) == (30, "silent", None)
        assert [(rule.title, rule.author) for rule in subscription.rules] == [("ti:sparse", None)]

    def test_every_key(self, tmp_path: Path) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "key").write_text("the key that signs now\n")
        main = f"""\
database: postgresql://digest@localhost/digest
sender: "Papers, Morning" <papers@example.org>
owner: desk@example.org
postal: |
  Example Institute
  1 Example Street
contact: web@example.org
smtp:
  url: smtp+starttls://mail.example.org
  user: papers
  password: {{env: SMTP_PASSWORD}}
site: https://papers.example.org/list/
secret: [the key of yesterday, {{file: {tmp_path / "key"}}}]
templates: {tmp_path / "own"}
language: de
sources:
  arxiv: {{categories: [cs.CL]}}
"""
        main = main.replace('"Papers, Morning" <papers@example.org>', "'\"Papers, Morning\" <papers@example.org>'")
        reader = """\
email: Jörg <joerg@example.org>
name: Jörg
timezone: Europe/Berlin
language: en
format: text
pause: {until: 2026-12-01}
subscriptions:
  - name: All
    when: at once
    rules:
      - query: all:flow
        syntax: arxiv
        name: Flows
      - author: Yunhua Zhou
        also: ["Y.-H. Zhou"]
    exclude: ti:survey
    categories: [cs.CL, cs.LG]
    sources: [arxiv]
    limit: 5
    quiet: send
    updates: published
""".replace("Jörg <joerg@example.org>", "joerg@example.org")
        config = load(folder(tmp_path, main, joerg=reader), env={"SMTP_PASSWORD": "hunter2"})
        assert config.sender.name == "Papers, Morning"
        assert config.owner.address == "desk@example.org"
        assert config.postal == "Example Institute 1 Example Street"
        assert (config.relays[0].scheme, config.relays[0].host, config.relays[0].port) == (
            "smtp+starttls",
            "mail.example.org",
            587,
        )
        assert config.relays[0].user == SecretStr("papers")
        assert config.relays[0].password == SecretStr("hunter2")
        assert config.site == "https://papers.example.org/list"
        assert [key.get_secret_value() for key in config.keys] == ["the key of yesterday", "the key that signs now"]
        assert config.templates == tmp_path / "own"
        [joerg] = config.subscribers
        assert (joerg.name, joerg.language, joerg.format, joerg.pause_until) == (
            "Jörg",
            "en",
            "text",
            date(2026, 12, 1),
        )
        [subscription] = joerg.subscriptions
        assert subscription.when.at_once
        assert [rule.title for rule in subscription.rules] == ["Flows", "Yunhua Zhou"]
        assert [rule.author for rule in subscription.rules] == [None, "Yunhua Zhou"]
        assert subscription.exclude is not None
        assert (subscription.categories, subscription.sources) == (("cs.CL", "cs.LG"), ("arxiv",))
        assert (subscription.limit, subscription.quiet, subscription.updates) == (5, "send", "published")

    def test_a_reader_without_a_language_has_the_default(self, tmp_path: Path) -> None:
        config = load(folder(tmp_path, DIGEST_YAML + "language: de\n", ada=READER), env={})
        assert config.subscribers[0].language == "de"

    def test_readers_come_by_id_and_other_files_are_left_alone(self, tmp_path: Path) -> None:
        bob = READER.replace("ada@", "bob@")
        place = folder(tmp_path, bob=bob, ada=READER)
        for name in (".ada.yaml.swp", ".#bob.yaml", "README.md", "bob.yaml~"):
            (place / "subscribers" / name).write_text("not: [yaml")
        assert [reader.id for reader in load(place, env={}).subscribers] == ["ada", "bob"]

    def test_it_is_frozen(self, tmp_path: Path) -> None:
        config: Any = load(folder(tmp_path, ada=READER), env={})
        with pytest.raises(FrozenInstanceError):
            config.language = "de"
        with pytest.raises(TypeError):
            config.sources["feeds"] = None

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("smtp://localhost", "smtp://localhost:25"),
            ("smtps://mail.example.org", "smtps://mail.example.org:465"),
            ("smtp://[::1]:2525", "smtp://[::1]:2525"),
            ("smtps://user:p%40ss@mail.example.org", "smtps://mail.example.org:465"),
            ("maildir:letters/today", "maildir:letters/today"),
            ("maildir:///var/letters", "maildir:/var/letters"),
            ("'console:'", "console:"),
        ],
    )
    def test_the_ways_out(self, tmp_path: Path, url: str, shown: str) -> None:
        config = load(folder(tmp_path, DIGEST_YAML.replace("smtp://localhost:2525", url), ada=READER), env={})
        assert str(config.relays[0]) == shown

    def test_a_login_within_the_url(self, tmp_path: Path) -> None:
        main = DIGEST_YAML.replace("smtp://localhost:2525", "smtps://me%40x:p%40ss@mail.example.org")
        relay = load(folder(tmp_path, main), env={}).relays[0]
        assert (relay.user, relay.password) == (SecretStr("me@x"), SecretStr("p@ss"))

    def test_a_password_in_clear_text_within_this_machine(self, tmp_path: Path) -> None:
        main = DIGEST_YAML.replace(" smtp://localhost:2525", "\n  url: smtp://127.0.0.1\n  user: me\n  password: it")
        assert load(folder(tmp_path, main), env={}).relays[0].password == SecretStr("it")


class TestWarnings:
    def test_what_probably_is_not_meant(self, tmp_path: Path) -> None:
        main = DIGEST_YAML[: DIGEST_YAML.index("sources")] + "secret: short\n"
        reader = READER.replace("timezone: Europe/London\n", "").replace("ti:sparse", "graph not neural")
        warnings = load(folder(tmp_path, main, ada=reader), env={}).warnings
        said = [str(warning).removeprefix(f"{tmp_path}/") for warning in warnings]
        assert said[:3] == [
            "digest.yaml:1:1: no sources: nothing will be pulled",
            "digest.yaml:3:9: `secret`: under 16 characters; links signed with it could be forged",
            "subscribers/ada.yaml:1:1: no `timezone`: the hours are read as UTC",
        ]
        assert said[3].startswith("subscribers/ada.yaml:6:16: ")


class TestReload:
    def test_a_bad_file_leaves_the_old_config_as_it_was(self, tmp_path: Path) -> None:
        place = folder(tmp_path, ada=READER)
        config = old = load(place, env={})
        (place / "digest.yaml").write_text(DIGEST_YAML + "titel: x\n")
        with pytest.raises(ConfigError):
            config = load(place, env={})
        assert config is old
        (place / "digest.yaml").write_text(DIGEST_YAML + "language: de\n")
        assert load(place, env={}).language == "de"
        assert old.language == "en"

    def test_the_same_files_make_an_equal_config(self, tmp_path: Path) -> None:
        place = folder(tmp_path, ada=READER)
        assert fields_of(load(place, env={})) == fields_of(load(place, env={}))


def fields_of(config: Config) -> dict[str, Any]:
    """What can be compared: the rules by their text."""
    readers = [
        (r.id, r.email, [(s.name, [rule.query.text for rule in s.rules]) for s in r.subscriptions])
        for r in config.subscribers
    ]
    return {"relays": config.relays, "sources": config.sources, "readers": readers, "sender": config.sender}


def test_problems_stand_by_file_and_place(tmp_path: Path) -> None:
    place = folder(tmp_path, DIGEST_YAML + "b: 1\na: 1\n", ada=READER.replace("weekdays 07:30", "never"))
    with pytest.raises(ConfigError) as caught:
        load(place, env={})
    assert [(problem.line, problem.column) for problem in caught.value.problems if isinstance(problem, Problem)] == [
        (6, 1),
        (7, 1),
        (5, 11),
    ]
