"""Evidence from the log of a Postfix on this machine: what became of letters, searched by their Message-IDs.

The log is only read, and no content of it raises. `lines` parses lines, `files` finds them in rotated files.
"""

from __future__ import annotations

from digest.mail.postfix_log.files import LogSearch, search_log, unreadable_reason
from digest.mail.postfix_log.lines import LetterTrace

__all__ = ["LetterTrace", "LogSearch", "search_log", "unreadable_reason"]
