"""The relay's own log: what a Postfix on this machine has written of letters, found by their Message-IDs.

Read, and never written; nothing that stands in it raises. `lines` knows what lines say, `files` where they are.
"""

from __future__ import annotations

from digest.mail.postfix_log.files import LogSearch, search_log, unreadable_reason
from digest.mail.postfix_log.lines import LetterTrace

__all__ = ["LetterTrace", "LogSearch", "search_log", "unreadable_reason"]
