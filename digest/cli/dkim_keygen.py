"""`digest dkim-keygen`: generates a DKIM key and prints the DNS record that publishes it (RFC 6376)."""

from __future__ import annotations

import os
from pathlib import Path

import click

from digest.errors import ConfigError


@click.command("dkim-keygen", short_help="Make the key that signs letters, and its DNS record.")
@click.argument("domain")
@click.option("--selector", default="papers", show_default=True, help="The name of the key in DNS.")
@click.option("--ed25519", is_flag=True, help="The newer kind, to stand beside an RSA key.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: dkim/SELECTOR.pem.")
def command(domain: str, selector: str, ed25519: bool, output: Path | None) -> None:
    """Write a private key for DOMAIN, that of your sender, which nobody else may read, and print its public record.

    Put the record into the zone of DOMAIN, the lines below it into digest.yaml, and ask `digest doctor`.
    """
    from digest.mail.dkim import Signer, dns_zone_line, generate_key, private_key_pem
    from digest.mail.message import AddressError, Mailbox

    key = generate_key(ed25519=ed25519)
    try:
        named = f"{selector}-ed" if ed25519 else selector
        signer = Signer(domain=Mailbox(address=f"papers@{domain}").domain, selector=named, key=key)
    except AddressError:
        raise ConfigError(f"{domain!r} is no domain: write one such as example.org") from None
    except ValueError as error:
        raise ConfigError(str(error)) from error
    file = output or Path("dkim") / f"{named}.pem"
    _write(file, private_key_pem(key))
    click.echo(dns_zone_line(signer))
    click.echo("")
    if ed25519:
        click.echo(f"# under dkim: in digest.yaml\n  ed25519: {{file: {file}}}")
    else:
        click.echo(f"dkim:\n  domain: {signer.domain}\n  selector: {selector}\n  key: {{file: {file}}}")


def _write(file: Path, content: bytes) -> None:
    """Write a new file with mode 0600; never overwrites one, since letters may still be signed with that key."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{file} is there already: choose another name with -o, or another --selector") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
