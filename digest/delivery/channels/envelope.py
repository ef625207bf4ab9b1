"""MAIL and RCPT of an envelope, with the SMTP extensions that it needs; validation and dot-stuffing of its message."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from digest.errors import Rejected
from digest.mail.envelope import Envelope

_NOT_IN_PATH = re.compile("[ <>]")  # beside what is not printable, which all other white space is
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")  # RFC 3461 section 4
_NOT_QCHAR = re.compile(r"[^!-*,-<>-\[\]-~]")  # RFC 6533 section 3


def check(envelope: Envelope) -> None:
    """Raise Rejected for an address or message that must not be sent as it is, before anything is sent."""
    for address in (envelope.sender, envelope.recipient):
        if not _is_path(address):
            raise Rejected("an address of this letter cannot be put into an SMTP command", enhanced="5.1.3")
    message = envelope.message
    octets = np.frombuffer(message, np.uint8)  # eight times as quick as to count the pairs
    alone = ((octets[:-1] == ord("\r")) != (octets[1:] == ord("\n"))).any()
    if alone or message[:1] == b"\n" or message[-2:] != b"\r\n" or b"\0" in message:
        raise Rejected("the letter has bare line ends or NUL", enhanced="5.6.0")


def _is_path(address: str) -> bool:
    """Lengths of RFC 5321 section 4.5.3.1, in octets; nothing that could end a command or a path."""
    if not address.isprintable() or _NOT_IN_PATH.search(address):
        return False
    local, at, domain = address.rpartition("@")
    return bool(at and local and domain) and len(local.encode()) <= 64 and len(address.encode()) <= 254


def stuffed(message: bytes) -> bytes:
    """The message with leading dots doubled (RFC 5321 section 4.5.2)."""
    octets = np.frombuffer(message, np.uint8)
    if message[:1] == b"." or ((octets[1:] == ord(".")) & (octets[:-1] == ord("\n"))).any():
        return (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:]
    return message


def mail_from(offers: Mapping[str, str], envelope: Envelope) -> str:
    """MAIL with the extensions that this letter needs. Raises Rejected where the server does not offer one."""
    size = len(envelope.message)
    parameters = [f"SIZE={size}"] if "SIZE" in offers else []
    limit = offers.get("SIZE", "")[:15]
    if limit.isascii() and limit.isdigit() and 0 < int(limit) < size:
        raise Rejected(f"the letter has {size:,} bytes; the server takes {int(limit):,}", code=552, enhanced="5.3.4")
    ascii_letter = envelope.message.isascii()
    ascii_head = ascii_letter or envelope.message.partition(b"\r\n\r\n")[0].isascii()
    if not (envelope.sender + envelope.recipient).isascii() or not ascii_head:
        if "SMTPUTF8" not in offers:
            raise Rejected("the address needs SMTPUTF8, which the server does not offer", code=550, enhanced="5.6.7")
        parameters.append("SMTPUTF8")
    if not ascii_letter:
        if "8BITMIME" not in offers:
            raise Rejected("the letter needs 8BITMIME, which the server does not offer", code=554, enhanced="5.6.3")
        parameters.append("BODY=8BITMIME")
    if "DSN" in offers and len(key := _envelope_id(envelope)) <= 100:
        parameters += ["RET=HDRS", f"ENVID={key}"]
    return " ".join([f"MAIL FROM:<{envelope.sender}>", *parameters])


def rcpt_to(offers: Mapping[str, str], envelope: Envelope) -> str:
    """RCPT, with the request for delay and failure notifications where the server offers DSN (RFC 3461)."""
    command = f"RCPT TO:<{envelope.recipient}>"
    if "DSN" not in offers:
        return command
    if envelope.recipient.isascii():
        original = f"rfc822;{_xtext(envelope.recipient)}"
    else:
        original = "utf-8;" + _NOT_QCHAR.sub(lambda found: f"\\x{{{ord(found[0]):02X}}}", envelope.recipient)
    return f"{command} NOTIFY=FAILURE,DELAY ORCPT={original}"


def _envelope_id(envelope: Envelope) -> str:
    """ENVID, which delivery status notifications repeat: the local part of the Message-ID, the same at every try."""
    return _xtext(envelope.message_id.strip("<>").rpartition("@")[0])


def _xtext(value: str) -> str:
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", value)
