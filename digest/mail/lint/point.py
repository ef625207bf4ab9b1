"""A point of the lint: its number, its requirement, its check function, and the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from digest.mail.lint.letter import ParsedMessage

LintOutcome = Literal["pass", "fail", "not visible here"]
CheckFunction = Callable[[ParsedMessage], Iterator[str]]
"""Yields a reason for each fault. Raises NotVisible if the message does not show whether the point holds."""


class NotVisible(Exception):
    """The message does not show whether a point holds; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintResult:
    """The result of one point."""

    number: int
    title: str
    outcome: LintOutcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LintCheck:
    """One requirement."""

    number: int
    title: str
    check: CheckFunction

    def verdict(self, letter: ParsedMessage) -> LintResult:
        """Run the check; a failure has the first reasons."""
        try:
            faults = list(dict.fromkeys(self.check(letter)))
        except NotVisible as unseen:
            return LintResult(number=self.number, title=self.title, outcome="not visible here", reason=str(unseen))
        told = "; ".join(faults[:3]) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")
        return LintResult(number=self.number, title=self.title, outcome="fail" if faults else "pass", reason=told)


NOT_VISIBLE: Final = {
    1: "one recipient in each transaction",
    2: "an envelope sender of its own for each letter",
    3: "an envelope sender that is not empty",
    4: "a whole host name after EHLO",
    5: "clean arguments of MAIL and RCPT",
    6: "SMTPUTF8 only when offered and needed",
    7: "seven bits, so that 8BITMIME is not needed",
    8: "SIZE heeded before DATA",
    9: "delivery notifications asked for where offered",
    11: "TLS verified and never weakened",
    12: "no login before TLS",
    13: "EHLO said again after STARTTLS",
    33: "one click leaves, without cookie, login or question",
    34: "looking at the link changes nothing",
    54: "the same letter is the same bytes",
    61: "contrast in light and dark",
    65: "no sideways scrolling at 320 pixels",
    67: "what comes from outside is text",
    77: "SPF and DMARC records",
    78: "an even pace, few complaints",
    79: "a low spam score",
    80: "nothing sent before it was confirmed",
}
"""Points that no message can show; the project's tests cover them, and `digest doctor` those that depend on DNS."""
