"""The relay's own log: what a Postfix on this machine has written of letters, found by their Message-IDs.

Read, and never written; nothing that stands in it raises. `lines` knows what lines say, `files` where they are.
"""

from __future__ import annotations

from digest.maillog.files import Look, fault, read
from digest.maillog.lines import Trace

__all__ = ["Look", "Trace", "fault", "read"]
