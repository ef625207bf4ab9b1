"""DKIM keys of both algorithms, and a letter factory that signs with them."""

from __future__ import annotations

from dataclasses import replace

from digest.mail.dkim import Signer, new_key
from tests.support.letter_samples import SITED

RSA = Signer(domain="example.org", selector="papers", key=new_key())


EDWARDS = Signer(domain="example.org", selector="papers-ed", key=new_key(ed25519=True))


FACTORY = replace(SITED, signers=(RSA, EDWARDS))
