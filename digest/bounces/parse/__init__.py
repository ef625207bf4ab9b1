"""What a message that came back means: which address, hard or soft, and why.

::

    values      the kinds, the reasons, and a bounce
    mime        a message taken apart, whatever the bytes are
    addresses   addresses in what servers write
    notice      the words of a report, and the letter it returns
    notification  the same in JSON
    fields      reports for machines, RFC 3464
    prose       recipients in plain words
    phase       which command was refused
    words       the words of servers, a table
    reasons     what words and codes mean
    feedback    complaints, RFC 5965
    answering   machines that answer, RFC 3834

A wrong "hard" takes a reader's letters away, a wrong "soft" costs one more try: in doubt it is soft.
"""

from __future__ import annotations

from digest.bounces.parse.read import parse_bounce
from digest.bounces.parse.values import Bounce, BounceKind, BounceReason, BounceRecipient

__all__ = ["Bounce", "BounceKind", "BounceReason", "BounceRecipient", "parse_bounce"]
