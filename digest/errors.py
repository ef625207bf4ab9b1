"""The exceptions of the package, by who can mend the cause, and the exit codes of all commands.

::

    DigestError
    ├── ConfigError            you: a file, a rule, an option
    ├── SourceError            the service, when it is asked again
    ├── MailboxError           the mailbox of bounces, when it is read again
    └── DeliveryError          the relay or the receiving server
        ├── Deferred           later: 4xx, no connection
        ├── Rejected           never: 5xx
        └── InDoubt            perhaps sent: no answer to the final dot

Exit codes of every command: 0 done, 1 failed, 2 usage or config, 3 partly done, 75 try later, 130 interrupted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Literal


class Exit(IntEnum):
    """Stable exit codes of the commands; 75 is EX_TEMPFAIL of sysexits.h."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    LATER = 75
    INTERRUPTED = 130


class DigestError(Exception):
    """Base class of errors that are shown as one sentence, without a traceback."""

    exit = Exit.FAILED


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file: its position, and how to mend it."""

    file: str
    line: int  # from 1
    column: int  # from 1
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}"


class ConfigError(DigestError):
    """Invalid files, rules or options; carries every problem found, not the first alone."""

    exit = Exit.USAGE

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class SourceError(DigestError):
    """A service did not answer, or answered with an error or an unexpected format."""

    exit = Exit.LATER

    def __init__(self, what: str, *, retry_after: timedelta | None = None, status: int | None = None) -> None:
        self.retry_after = retry_after  # the wait that the service asked for, never shortened
        self.status = status  # HTTP status, where the service answered with an error
        super().__init__(what)


class MailboxError(DigestError):
    """The mailbox of bounces cannot be read now: no connection, or an unexpected answer."""

    exit = Exit.LATER


class DeliveryError(DigestError):
    """A letter was not delivered; carries the SMTP reply."""

    def __init__(
        self,
        what: str,
        *,
        code: int | None = None,
        enhanced: str | None = None,
        phase: str | None = None,
        reason: str | None = None,
    ) -> None:
        self.code = code  # basic reply code, RFC 5321 section 4.2
        self.enhanced = enhanced  # enhanced status code, RFC 3463
        self.phase = phase  # SmtpPhase, where one was reached
        self.reason = reason  # ReplyReason, where the reply gives one
        super().__init__(what)


_ADDRESS = re.compile(r"[^\s@<>\"',;:]{1,64}@[^\s@<>\"',;:]+")


def reason_of(error: Exception) -> str:
    """Why something was set aside: one short line without addresses, also for an error that nobody expected."""
    said = _one_line(str(error))
    if not isinstance(error, DigestError):
        said = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return _ADDRESS.sub("…", said)[:200]


def _one_line(text: str) -> str:
    """The first line of a text, of which any database and terminal can hold every character."""
    return " ".join("".join(each if each.isprintable() else " " for each in text.partition("\n")[0][:2_000]).split())


SetAsideKind = Literal[
    "paper", "match", "card", "template", "issue", "bounce", "mailbox", "clock", "journal", "statements"
]
"""What was set aside: a paper that cannot be kept, or matched, or shown; a template; a reader's issue; a bounce; the
mailbox of bounces; the instants of a clock that was ahead; a spoilt journal; spoilt lines of what people told us."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """One thing that failed and was set aside, so that all others go on."""

    kind: SetAsideKind
    name: str
    reason: str

    @classmethod
    def of(cls, kind: SetAsideKind, name: str, error: Exception) -> SetAside:
        return cls(kind, _one_line(name)[:120], reason_of(error))

    def __str__(self) -> str:
        return f"{_SET_ASIDE[self.kind].format(name=self.name)}: {self.reason}"


_SET_ASIDE: dict[SetAsideKind, str] = {
    "paper": "{name} was not kept",
    "match": "{name} was matched for nobody",
    "card": "{name} was shown as a title alone",
    "template": "{name} was replaced by our own",
    "issue": "the letter of {name} was not written",
    "bounce": "{name} was not understood",
    "mailbox": "{name} was not read",
    "clock": "{name} was not believed",
    "statements": "{name} could not be read whole",
    "journal": "{name} could not be read whole; what its process may have sent is in doubt",
}


class Deferred(DeliveryError):
    """Temporary failure: a 4xx reply, or no connection."""

    exit = Exit.LATER

    def __init__(
        self,
        what: str,
        *,
        code: int | None = None,
        enhanced: str | None = None,
        phase: str | None = None,
        reason: str | None = None,
        retry_after: timedelta | None = None,
        relay: bool = False,
    ) -> None:
        super().__init__(what, code=code, enhanced=enhanced, phase=phase, reason=reason)
        self.retry_after = retry_after
        self.relay = relay  # the relay itself is at fault: no letter's attempts are counted


class Rejected(DeliveryError):
    """Permanent failure: a 5xx reply to this letter or this address."""


class InDoubt(DeliveryError):
    """The connection was lost between the final dot and the reply: the letter may have been sent, or not."""
