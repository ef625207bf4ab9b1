"""Finds the SMTP command that was refused in the text of a bounce."""

from __future__ import annotations

import re

_COMMANDS = re.compile(
    r"(?P<RCPT>rcpt.to\b|rcpt command|rcpt host|recipient command|does not like recipient|our RCPT|>>> ?rcpt"
    r"|\(state 14\))"
    r"|(?P<DATA>>>> ?data|end.of.(?:data|message)|data command|text command|our final data|\(data\)"
    r"|after i sent the message"
    r"|smtp command data|after data|to data\b|smtp:data|command: data|message body|'data'|\(state 1[5-8]\)|step: data)"
    r"|(?P<MAIL>(?:after|to|our|>>>|smtp:) ?mail from|sender was rejected|mail (?:from )?command|\(state 13\))"
    r"|(?P<CONNECT>initial connection|my name was rejected|after connect|greeting|[eh][eh]lo command"
    r"|after (?:helo|ehlo))",
    re.I,
)


def phase_in(said: str) -> str:
    """The first SMTP phase that a text names: RCPT, DATA, MAIL or CONNECT; "" if it names none."""
    found = _COMMANDS.search(" ".join(said[:20_000].split()))
    return found.lastgroup or "" if found else ""
