"""DNS, asked for the few records on which mail depends; behind one method, so that a test answers for it."""

from __future__ import annotations

from typing import Any, Protocol

from digest.errors import DigestError

_PATIENCE = 10.0  # seconds for one question, all servers together


class DnsResolver(Protocol):
    """What can be asked."""

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each joined; none where there is no such name. Raises DigestError."""

    def has_mail(self, name: str) -> bool:
        """Whether a name takes mail: MX, else an address (RFC 5321 section 5.1). Raises DigestError."""


class SystemDnsResolver:
    """The servers that this machine is set up to ask."""

    def texts(self, name: str) -> list[str]:
        return [b"".join(record.strings).decode("ascii", "replace") for record in self._ask(name, "TXT")]

    def has_mail(self, name: str) -> bool:
        found = self._ask(name, "MX")
        if found:
            return str(found[0].exchange) != "."  # RFC 7505: takes none
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
