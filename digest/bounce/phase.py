"""Which command of the conversation was refused, as servers tell it."""

from __future__ import annotations

import re

_COMMANDS = re.compile(
    r"(?P<RCPT>rcpt.to|rcpt command|rcpt host|recipient command|does not like recipient|our RCPT|>>> ?rcpt|smtp:rcpt)"
    r"|(?P<DATA>>>> ?data|end.of.(?:data|message)|data command|text command|our final data|\(data\)|after i sent the message"
    r"|smtp command data|after data|on data|to data|smtp:data|command: data|message body|post-data|response to data"
    r"|'data')"
    r"|(?P<MAIL>mail from|sender was rejected|our mail from|>>> ?mail|smtp:mail|mail command)"
    r"|(?P<CONNECT>initial connection|my name was rejected|after connect|greeting|helo command|ehlo command|after (?:helo|ehlo))",
    re.I,
)


def phase_in(said: str) -> str:
    """RCPT, DATA, MAIL, CONNECT, or "" where nothing tells it: the first that is named."""
    found = _COMMANDS.search(" ".join(said[:20_000].split()))
    return found.lastgroup or "" if found else ""
