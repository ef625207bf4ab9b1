"""The `dkim:` key: domain, selector and private keys that sign the letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from digest.config.fields import Secret, StrictModel, Text
from digest.mail.dkim import Signer, load_private_key
from digest.mail.message import AddressError, Mailbox


def _domain(given: str) -> str:
    try:
        return Mailbox(address=f"papers@{given}").domain
    except AddressError:
        raise ValueError("expected a domain such as example.org") from None


class DkimEntry(StrictModel):
    """The mapping under `dkim:`."""

    domain: Annotated[Text, AfterValidator(_domain)]
    selector: Text
    key: Secret
    ed25519: Secret | None = None

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        list(self.signers())
        return self

    def signers(self) -> Iterator[Signer]:
        """The RSA key, which every receiver knows, and the newer one beside it, under a selector of its own."""
        main = load_private_key(self.key.get_secret_value())
        yield Signer(domain=self.domain, selector=self.selector, key=main)
        if self.ed25519 is not None:
            other = Signer(
                domain=self.domain,
                selector=f"{self.selector}-ed",
                key=load_private_key(self.ed25519.get_secret_value()),
            )
            if other.algorithm != "ed25519-sha256":
                raise ValueError("`ed25519` holds another kind of key")
            yield other
