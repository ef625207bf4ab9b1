"""DKIM keys of both algorithms, and a letter factory that signs with them."""

from __future__ import annotations

from dataclasses import replace

from digest.mail.dkim import Signer, generate_key
from tests.support.letter_samples import SITED

RSA = Signer(domain="example.org", selector="papers", key=generate_key())


EDWARDS = Signer(domain="example.org", selector="papers-ed", key=generate_key(ed25519=True))


FACTORY = replace(SITED, signers=(RSA, EDWARDS))
