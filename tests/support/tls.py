"""TLS contexts of servers on loopback, with a self-made certificate, and of clients that trust it."""

from __future__ import annotations

import ssl
from pathlib import Path

TLS = Path(__file__).parent / "certificates"


def server_tls(name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / f"{name}.pem")
    return context


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=TLS / "ca.pem")
