"""Message-IDs that stand in samples of Postfix's log."""

from __future__ import annotations

KEY, OTHER = "<ada.1@example.org>", "<ben.1@example.org>"
