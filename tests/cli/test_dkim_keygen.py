"""`digest dkim-keygen`: from nothing to a signed letter."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.app import load
from digest.cli import digest
from digest.errors import ConfigError
from digest.mail.dkim import load_private_key
from tests.support.config_files import DIGEST_YAML, folder


def call(*words: str) -> Result:
    return CliRunner().invoke(digest, ["dkim-keygen", *words])


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()


def test_what_it_prints_is_what_the_config_wants(tmp_path: Path) -> None:
    result = call("example.org")
    assert result.exit_code == 0
    record, _, lines = result.stdout.partition("\n\n")
    assert record.startswith('papers._domainkey.example.org. IN TXT ( "v=DKIM1; k=rsa; p=')
    file = tmp_path / "dkim/papers.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    more = call("example.org", "--ed25519").stdout.partition("\n\n")[2].splitlines()[1]
    config = load(folder(tmp_path / "config", f"{DIGEST_YAML}{lines.rstrip()}\n{more}\n"), env={})
    assert [signer.record_name for signer in config.signers] == [
        "papers._domainkey.example.org",
        "papers-ed._domainkey.example.org",
    ]
    assert config.signers[0].record in record.replace('" "', "")


def test_where_complaints_may_go(tmp_path: Path) -> None:
    signed = DIGEST_YAML + call("example.org").stdout.partition("\n\n")[2].rstrip() + "\n"
    for good in ("complaints@example.org", "fbl@lists.example.org"):
        config = load(folder(tmp_path / "config", f"{signed}complaints: {good}\n"), env={})
        assert config.complaints is not None
        assert config.complaints.address == good
    for bad, said in (
        ("complaints@elsewhere.example", "the address must be there or below it"),
        ("fbl@notexample.org", "the address must be there or below it"),
        ("jörg@example.org", "plain ASCII"),
        ("nobody", "no mail address"),
    ):
        with pytest.raises(ConfigError, match=said):
            load(folder(tmp_path / "config", f"{signed}complaints: {bad}\n"), env={})


def test_a_key_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    call("example.org")
    before = (tmp_path / "dkim/papers.pem").read_bytes()
    again = call("example.org")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "dkim/papers.pem is there already" in again.stderr
    assert (tmp_path / "dkim/papers.pem").read_bytes() == before
    assert load_private_key(before.decode()) is not None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{domain: other.org, selector: papers, key: {file: dkim/papers.pem}}", "letters come from example.org"),
        ("{domain: example.org, selector: 'a b', key: {file: dkim/papers.pem}}", "a selector is letters"),
        ("{domain: example.org, selector: papers, key: nonsense}", "no private key in PEM form"),
        (
            "{domain: example.org, selector: papers, key: {file: dkim/papers.pem}, ed25519: {file: dkim/papers.pem}}",
            "another kind of key",
        ),
        ("{domain: example.org, selector: papers, key: {file: none.pem}}", "cannot be read"),
    ],
)
def test_what_cannot_sign_is_said_at_its_place(tmp_path: Path, given: str, said: str) -> None:
    call("example.org")
    with pytest.raises(ConfigError, match=said) as raised:
        load(folder(tmp_path / "config", f"{DIGEST_YAML}dkim: {given}\n"), env={})
    assert "digest.yaml:" in str(raised.value)
    assert "PRIVATE" not in str(raised.value)
