"""Parses a bounce message: kind (hard, soft, complaint, autoreply), failed addresses, and the reason.

::

    read        the order of the parsers below: parse_bounce()
    values      Bounce, BounceKind, BounceReason, BounceRecipient
    mime        tolerant MIME parser
    addresses   mail addresses in free text
    notice      splits a report into its text and the returned letter
    notification  JSON notifications (Amazon SES)
    fields      delivery status notifications, RFC 3464
    prose       recipients in reports without RFC 3464 fields
    feedback    complaints: abuse reports, RFC 5965
    answering   automatic replies, RFC 3834

Why, hard or soft: digest.mail.refusal, which judges the replies of relays too.

A wrong "hard" costs a reader the letters, a wrong "soft" one more try: in doubt a bounce is soft.
"""

from __future__ import annotations

from digest.bounces.parse.read import parse_bounce
from digest.bounces.parse.values import Bounce, BounceKind, BounceRecipient
from digest.mail.refusal.reasons import BounceReason

__all__ = ["Bounce", "BounceKind", "BounceReason", "BounceRecipient", "parse_bounce"]
