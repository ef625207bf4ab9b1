"""DNS look-ups for mail (TXT, MX), behind a protocol that tests can implement."""

from __future__ import annotations

from typing import Any, Protocol

from digest.errors import DigestError

_PATIENCE = 10.0  # seconds for one query, over all name servers


class DnsResolver(Protocol):
    """DNS look-ups that mail needs."""

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, the strings of each joined; empty if there is no such name. Raises DigestError."""

    def has_mail(self, name: str) -> bool:
        """Whether a domain accepts mail: by MX, else by A or AAAA (RFC 5321 section 5.1). Raises DigestError."""


class SystemDnsResolver:
    """DNS by the name servers that this machine is configured with."""

    def texts(self, name: str) -> list[str]:
        return [b"".join(record.strings).decode("ascii", "replace") for record in self._ask(name, "TXT")]

    def has_mail(self, name: str) -> bool:
        found = self._ask(name, "MX")
        if found:
            return str(found[0].exchange) != "."  # null MX (RFC 7505): accepts no mail
        return bool(self._ask(name, "A") or self._ask(name, "AAAA"))

    def _ask(self, name: str, kind: str) -> list[Any]:
        import dns.exception
        import dns.resolver

        try:
            return list(dns.resolver.resolve(name, kind, lifetime=_PATIENCE, raise_on_no_answer=False))
        except dns.resolver.NXDOMAIN:
            return []
        except dns.exception.DNSException as error:
            raise DigestError(f"DNS did not answer for {kind} of {name}: {type(error).__name__}") from None
