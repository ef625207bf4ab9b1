"""What config/deploy/ says holds: its commands are ours, its config is accepted, its files fit each other."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from digest.app import load
from digest.cli import LazyCommandGroup, digest
from digest.config import Config
from digest.delivery.channels.smtp_connection import SmtpTimeouts
from digest.errors import ConfigError, Exit
from digest.mail.dkim import generate_key, private_key_pem

TOP = Path(__file__).parent.parent
DEPLOY = TOP / "config" / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
SECRETS = "/run/secrets/"
DKIM_KEY = private_key_pem(generate_key()).decode()


def yaml(name: str) -> Any:
    return YAML(typ="safe").load((DEPLOY / name).read_text())


def unit(path: Path) -> dict[str, list[str]]:
    """The settings of a unit, each as often as it stands there; their names are unique over its sections."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if line and not re.match(r"#|\[(Unit|Service|Timer|Install)\]$", line):
            key, sign, value = line.partition("=")
            assert sign, f"{path.name}: {line}"
            found.setdefault(key, []).append(value)
    return found


def seconds(span: str) -> float:
    number, word = re.fullmatch(r"(\d+)(min|m|s)", span).groups()  # type: ignore[union-attr]
    return float(number) * (1 if word == "s" else 60)


def dockerfile(name: str = "Dockerfile") -> list[str]:
    """Its instructions, one a line."""
    lines = (line for line in (DEPLOY / name).read_text().splitlines() if not line.lstrip().startswith("#"))
    return [line for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line]


def told(instruction: str) -> list[str]:
    """The words of the last instruction of that name."""
    *_, words = (line.removeprefix(instruction) for line in dockerfile() if line.startswith(f"{instruction} "))
    found: list[str] = ast.literal_eval(words.strip())
    return found


# -------------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_the_first_words_say_what_the_file_is_for(path: Path) -> None:
    lines = path.read_text().splitlines()
    first = lines[1] if lines[0].startswith("#!") else lines[0]
    assert re.match(r"# [A-Z`a-z].{20}", first), first


def test_the_readme_names_every_file_and_no_other() -> None:
    text = (DEPLOY / "README.md").read_text()
    table = text.partition("\n\n|")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    there = {str(path.relative_to(DEPLOY)) for path in FILES if path.name != "README.md"}
    assert {re.sub(r"^postfix/.*", "postfix/", name) for name in there} == named


# ----------------------------------------------------------------------------------------------------------- commands


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each call of `digest` in these files: where, and its words."""
    for path in SERVICES:
        for line in unit(path)["ExecStart"]:
            yield path.name, shlex.split(line)[1:]
    yield "Dockerfile", told("ENTRYPOINT")[1:] + told("CMD")
    services = yaml("compose.yaml")["services"]
    for name in ("bot", "worker"):
        yield "compose.yaml", told("ENTRYPOINT")[1:] + services[name]["command"]
    text = (DEPLOY / "README.md").read_text()
    block = re.sub(r"#.*|\\\n", "", "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S)))
    for found in re.finditer(r"(?<![\w/.-])(?:digest|bot|papers)(?= (?:--config|[a-z]))(?! digest)(.*)", block):
        yield "README.md", shlex.split(re.split(r" (?:&&|>|\|) ", found[1])[0])
    for found in re.finditer(
        r"`(?:digest|docker compose run --rm bot) ([^`]+)`", "\n".join(path.read_text() for path in FILES)
    ):
        yield "a remark", shlex.split(found[1])


CALLS = list(commands())


def test_there_are_calls() -> None:
    assert len(CALLS) > 15
    assert {where for where, _ in CALLS} >= {"Dockerfile", "README.md", "compose.yaml", "a remark"}


@pytest.mark.parametrize(("where", "words"), CALLS, ids=[f"{where}: {' '.join(words)}" for where, words in CALLS])
def test_every_command_and_option_is_ours(where: str, words: list[str]) -> None:
    outer = click.Context(digest, info_name="digest")
    _, rest, _ = digest.make_parser(outer).parse_args(list(words))
    assert isinstance(digest, LazyCommandGroup)
    _, command, rest = digest.resolve_command(outer, rest)
    assert command
    command.make_parser(click.Context(command, parent=outer)).parse_args(rest)  # an option that is none raises


def test_init_copies_none_of_it(tmp_path: Path) -> None:
    assert CliRunner().invoke(digest, ["init", str(tmp_path)]).exit_code == 0
    brought = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert brought == {"config/digest.yaml", "config/subscribers/ada.yaml"}


# ------------------------------------------------------------------------------------------------------------- config


def alternatives() -> list[tuple[str, str]]:
    """Keys of digest.yaml that stand there behind a `#`, and their lines."""
    text = (DEPLOY / "digest.yaml").read_text()
    return [(found[1], found[0].removeprefix("# ")) for found in re.finditer(r"^# (\w+): .*$", text, re.M)]


def loaded(text: str, folder: Path) -> Config:
    """With every secret that it names."""
    contents = {"database": "postgresql://digest:pw@postgres/digest", "dkim": DKIM_KEY}
    for name in re.findall(rf"{SECRETS}(\w+)", text):
        (folder / name).write_text(contents.get(name, "0123456789abcdef0123456789abcdef") + "\n")
    (folder / "digest.yaml").write_text(text.replace(SECRETS, f"{folder}/"))
    return load(folder, env={})


def test_the_config_is_accepted(tmp_path: Path) -> None:
    config = loaded((DEPLOY / "digest.yaml").read_text(), tmp_path)
    assert config.warnings == ()
    assert config.database == "postgresql://digest:pw@postgres/digest"
    assert config.listen == ("0.0.0.0", told_port())
    assert str(config.relays[0]) == "smtp://relay:25"


@pytest.mark.parametrize(("key", "line"), alternatives(), ids=[line[:40] for _, line in alternatives()])
def test_and_so_is_each_line_that_stands_beside_it(tmp_path: Path, key: str, line: str) -> None:
    text = re.sub(rf"^{key}: .*\n", "", (DEPLOY / "digest.yaml").read_text(), flags=re.M)
    assert loaded(f"{text}\n{line}\n", tmp_path).warnings == ()


def test_a_key_that_nobody_knows_would_be_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="journals"):
        loaded((DEPLOY / "digest.yaml").read_text() + "\njournals: here\n", tmp_path)


def named_secrets(*, commented: bool) -> set[str]:
    lines = (DEPLOY / "digest.yaml").read_text().splitlines()
    return {
        name
        for line in lines
        if line.startswith("# ") == commented and not line.startswith("# Secrets")
        for name in re.findall(rf"{SECRETS}(\w+)", line)
    }


# ----------------------------------------------------------------------------------------------------------- compose


def told_port() -> int:
    (port,) = (int(line.split()[1]) for line in dockerfile() if line.startswith("EXPOSE"))
    return port


def test_compose_brings_every_secret_that_the_config_names() -> None:
    compose = yaml("compose.yaml")
    for name in ("bot", "worker"):
        assert named_secrets(commented=False) <= set(compose["services"][name]["secrets"])
    used = {secret for service in compose["services"].values() for secret in service.get("secrets", ())}
    assert used == set(compose["secrets"])


def test_what_compose_names_is_there() -> None:
    compose = yaml("compose.yaml")
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service["networks"]) <= set(compose["networks"])
        names = {volume.split(":")[0] for volume in service["volumes"] if not volume.startswith("$")}
        assert names <= set(compose["volumes"])
    assert (DEPLOY / services["bot"]["build"]["context"]).resolve() == TOP
    assert (TOP / services["bot"]["build"]["dockerfile"]).is_file()


def test_nothing_but_the_pages_is_published_and_to_this_host_alone() -> None:
    services = yaml("compose.yaml")["services"]
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"bot": [f"127.0.0.1:{told_port()}:{told_port()}"]}
    assert yaml("compose.yaml")["networks"]["database"] == {"internal": True}
    assert services["postgres"]["networks"] == ["database"]


def test_containers_of_a_host_share_one_journal_on_a_named_volume() -> None:
    (place,) = (line.split()[1] for line in dockerfile() if line.startswith("VOLUME"))
    (stand,) = (line.split()[1] for line in dockerfile()[-9:] if line.startswith("WORKDIR"))
    journal = Path(stand, yaml("digest.yaml")["journal"])
    assert journal.is_relative_to(place)
    for name in ("bot", "worker"):
        assert f"journal:{place}" in yaml("compose.yaml")["services"][name]["volumes"]


def test_a_letter_in_hand_may_be_finished() -> None:
    services = yaml("compose.yaml")["services"]
    assert all(seconds(services[name]["stop_grace_period"]) > SmtpTimeouts().dot + 30 for name in ("bot", "worker"))
    assert all(seconds(unit(path)["TimeoutStopSec"][0]) > SmtpTimeouts().dot + 30 for path in SERVICES)


# -------------------------------------------------------------------------------------------------------------- image


def test_the_image_is_built_from_what_there_is() -> None:
    copies = (line for line in dockerfile() if line.startswith("COPY ") and "--from" not in line)
    copied = {word for line in copies for word in line.split()[1:-1]}
    packed = tomllib.loads((TOP / "pyproject.toml").read_text())
    assert all((TOP / name).exists() for name in copied)
    needed = {packed["project"]["readme"], *packed["project"]["license-files"], "pyproject.toml", "digest"}
    assert copied == needed | set(packed["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"])
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied | {"config/subscribers/ada.yaml"}
    (extra,) = re.findall(r"\.whl\)\[(\w+)\]", " ".join(dockerfile()))
    assert extra in packed["project"]["optional-dependencies"]


def test_the_image_runs_as_nobody_in_particular() -> None:
    (user,) = (line.split()[1] for line in dockerfile() if line.startswith("USER"))
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert f"chown {user.split(':')[0]} " in (DEPLOY / "README.md").read_text()


# -------------------------------------------------------------------------------------------------------------- units


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_brings_every_secret_to_where_the_config_looks(path: Path) -> None:
    there = re.findall(r"^LoadCredential=(\w+):/etc/digest/secrets/(\w+)$", path.read_text(), re.M)
    offered = re.findall(r"^#?LoadCredential=(\w+):/etc/digest/secrets/(\w+)$", path.read_text(), re.M)
    assert there == [("links", "links")]
    assert {name for name, _ in offered} == named_secrets(commented=True) | named_secrets(commented=False)
    assert all(name == file for name, file in offered)
    assert unit(path)["BindReadOnlyPaths"] == [f"%d:{SECRETS.rstrip('/')}"]


def test_all_units_are_locked_in_alike() -> None:
    """Each holds all of it: who copies one alone must not run it as root."""
    parts = [path.read_text().partition("\nUser=")[2].partition("\n[Install]")[0].rstrip() for path in SERVICES]
    assert parts[0]
    assert len(set(parts)) == 1


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_leaves_what_tells_the_living_from_the_dead(path: Path) -> None:
    """The journal and digest.process read the boot's name and other processes of ours in /proc."""
    settings = unit(path)
    assert "ProcSubset" not in settings
    assert "PrivatePIDs" not in settings
    assert settings["NoNewPrivileges"] == ["yes"]
    assert settings["ProtectSystem"] == ["strict"]
    assert settings["WorkingDirectory"] == [f"/var/lib/{settings['StateDirectory'][0]}"]


def test_exit_codes_are_taken_for_what_they_are() -> None:
    once, *lasting = (unit(DEPLOY / "systemd" / f"digest{name}.service") for name in ("-once", "", "-worker@"))
    assert {int(code) for code in once["SuccessExitStatus"][0].split()} == {Exit.PARTLY, Exit.LATER}
    assert "Restart" not in once
    for settings in lasting:
        assert settings["Restart"] == ["always"]
        assert settings["Type"] == ["notify"]
        assert settings["TimeoutStartSec"] == ["infinity"]  # a migration is not to be killed
        assert seconds(settings["WatchdogSec"][0]) >= 60
        assert settings["RestartPreventExitStatus"] == [str(int(Exit.USAGE))]
        assert settings["ExecReload"] == ["/bin/sh -c 'kill -HUP $MAINPID'"]  # /bin/kill is not everywhere


def test_the_timer_starts_its_service() -> None:
    timer = DEPLOY / "systemd" / "digest-once.timer"
    assert timer.with_suffix(".service") in SERVICES
    assert unit(timer)["Conflicts"] == ["digest.service"]
    assert unit(timer)["OnCalendar"] == ["*:0/10"]


def test_the_units_run_as_a_user_that_is_made() -> None:
    (line,) = (line for line in (DEPLOY / "systemd" / "digest.sysusers").read_text().splitlines() if line[0] != "#")
    assert {unit(path)["User"][0] for path in SERVICES} == {shlex.split(line)[1]}
