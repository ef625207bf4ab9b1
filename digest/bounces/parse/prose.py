"""Finds the failed recipients in the text of bounces without RFC 3464 fields.

In this order: lines that begin with an address, with the text below them; sentences with an address ("delivering your
mail to …"); quoted SMTP replies with an address; the recipient of the returned letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from digest.bounces.parse.addresses import addresses_in, is_daemon, same, tidy
from digest.mail.address import ADDRESS

_LINES = 400
_READ = 100_000  # characters

# "Your message / To: … / Subject: … did not reach": a summary of the letter, not the failed recipient.
_SUMMARY = re.compile(r"(?:\n{1,3}[ \t]{1,20}(?:to|cc|subject|sent|from|date):[^\n]{0,300}){2,8}", re.I)

_OPENING = re.compile(
    rf"[ \t>*|\"'\u2022-]{{0,20}}(?:(?:to|recipient|address|rcpt to|deliver to|failed recipient"
    rf"|e-?mail address)s?[ \t]*[:=][ \t]*)?"
    rf"[<\"'(]{{0,2}}({ADDRESS})[>\"')]{{0,2}}(?:[ \t]*<{ADDRESS}>)?(?P<rest>[ \t]*(?:[:;,.\[(\u2026=-]|\.\.\."
    rf"|$)|[ \t]+(?=on \w{{3}}|on \d"
    rf"|[Ii]nvalid|unknown|is|was|does|could|has|not|user|mailbox|[45]\d\d|\w+ address))",
    re.I,
)
_NAMED = re.compile(
    rf"\b(?:(?:mail|message|deliver(?:ed|y)?|sent|send|sending|relay) (?:to|for)|recipients?|address(?:es)?"
    rf"|errors?|attempts|mailing list|failed|userid|mailbox|generated from|smtp|rcpt to|to"
    rf"|for|user|account|full)(?:[:=]\s{{0,9}}[<\"'(]{{0,2}}|\s{{1,9}}[<\"'(]{{0,2}}|[<\"'(]{{1,2}})({ADDRESS})",
    re.I,
)
_REPLY = re.compile(rf"[45]\d\d[ -][^\n]{{0,200}}?<?({ADDRESS})>?")
_ENDS = re.compile(r"[ \t]*-{3,}|[ \t]*={5,}|[ \t]*_{5,}")
_SENDER = re.compile(r"\b(?:mail from|from|sender|reply-to|in:\s+mail)\b[^\n]{0,12}$", re.I)


@dataclass(frozen=True, slots=True)
class RecipientText:
    """The text about one address."""

    address: str
    words: str


def recipients_in(
    words: str, senders: Iterable[str], failed: Iterable[str], returned: Iterable[str]
) -> list[RecipientText]:
    """The failed recipients. `senders`: our addresses; `failed`: of X-Failed-Recipients; `returned`: of the letter."""
    own, returned = list(senders), list(returned)
    told = _SUMMARY.sub("\n", words[:_READ])
    lines = told.split("\n")[:_LINES]
    named = [RecipientText(address, _about(address, words)) for address in failed]
    ways: tuple[Callable[[], list[RecipientText]], ...] = (
        lambda: _opened(lines),
        lambda: _matching(_NAMED, told),
        lambda: _matching(_REPLY, told),
    )
    for way in ways:
        found = _others(way(), own)
        if found:
            return _first_of_each([said for said in found if _among(said.address, failed)] + named) if named else found
    if named:
        return _first_of_each(named)
    letter = (
        [RecipientText(one, "") for one in returned] if len(returned) == 1 else []
    )  # of several recipients it is unknown which failed
    ours = _people(_opened(lines)) or _others(letter, own) or _people(_matching(_NAMED, words) + letter)
    return ours or _first_of_each(_opened(lines))[:1]  # the letter was sent to a postmaster


def _base(address: str) -> str:
    """An address without its VERP extension (+…)."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _others(found: list[RecipientText], own: list[str]) -> list[RecipientText]:
    """The texts without those about mail systems and our own addresses."""
    return [said for said in _people(found) if not _among(_base(said.address), map(_base, own))]


def _people(found: list[RecipientText]) -> list[RecipientText]:
    return [said for said in _first_of_each(found) if not is_daemon(said.address)]


def _among(address: str, others: Iterable[str]) -> bool:
    return any(same(address, other) for other in others)


def _first_of_each(found: Iterable[RecipientText]) -> list[RecipientText]:
    """One text for each address, preferably one that is not empty."""
    kept: dict[str, RecipientText] = {}
    for said in found:
        before = kept.get(said.address.lower())
        if before is None or not before.words.strip():
            kept[said.address.lower()] = said
    return list(kept.values())[:200]


def _opened(lines: list[str]) -> list[RecipientText]:
    """Addresses at the start of lines, each with the text up to the next one or to an empty line after some text."""
    found: list[RecipientText] = []
    block: list[str] = []
    address = ""
    for line in [*lines, ""]:
        opening = _OPENING.match(line)
        if opening and same(tidy(opening[1]), address):
            block.append(line)
        elif opening and not _SENDER.search(line[: opening.start(1)]):
            if address:
                found.append(RecipientText(address, "\n".join(block)))
            address, block = tidy(opening[1]), [line[opening.end(1) :].lstrip(">\"')")]
        elif address:
            if _ENDS.match(line) or (not line.strip() and any(len(one.strip(" :.>")) > 3 for one in block)):
                found.append(RecipientText(address, "\n".join(block)))
                address, block = "", []
            else:
                block.append(line)
    return [*found, RecipientText(address, "\n".join(block))] if address else found


def _matching(pattern: re.Pattern[str], words: str) -> list[RecipientText]:
    return [
        RecipientText(tidy(found[1]), _about(tidy(found[1]), words))
        for found in pattern.finditer(words[:20_000])
        if not _SENDER.search(words[max(0, found.start(1) - 30) : found.start(1)].rstrip("<\"'( "))
    ]


def _about(address: str, words: str) -> str:
    """The lines with the address and a reply code; empty if there are none, then the whole text is about it."""
    return "\n".join(
        line
        for line in words.split("\n")[:_LINES]
        if address.lower() in line.lower() and re.search(r"\b[45]\d\d[ -]", line)
    )


def in_header(values: Iterable[str]) -> list[str]:
    """The addresses in header field values."""
    return [address for value in values for address in addresses_in(value)]
