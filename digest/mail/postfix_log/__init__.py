"""The relay's own log: what a Postfix on this machine has written of letters, found by their Message-IDs.

Read, and never written; nothing that stands in it raises. `lines` knows what lines say, `files` where they are.
"""

from __future__ import annotations

from digest.mail.postfix_log.files import Look, fault, read
from digest.mail.postfix_log.lines import Trace

__all__ = ["Look", "Trace", "fault", "read"]
