"""Points 14 to 42: presence and form of the headers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from itertools import pairwise

from digest.mail.lint.letter import HeaderField, ParsedMessage, decoded_word, encoded_words
from digest.mail.lint.point import LintCheck
from digest.text import strip_controls

_ONCE = ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type")
_AT_MOST_ONCE = (
    "Reply-To", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Owner", "List-Help", "Feedback-ID",
    "Auto-Submitted", "Precedence", "Content-Transfer-Encoding",
)  # fmt: skip
_KNOWN = frozenset(
    name.lower()
    for name in (
        *_ONCE, *_AT_MOST_ONCE, "DKIM-Signature", "List-Subscribe", "List-Archive", "CFBL-Address", "CFBL-Feedback-ID",
        "X-Auto-Response-Suppress", "References", "In-Reply-To", "Sender", "Content-Language",
    )
)  # fmt: skip
_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [ 0-3]?\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d\d:\d\d:\d\d ([+-]\d{4})"
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MESSAGE_ID = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)>")
_ADDRESS = re.compile(r"<([^<>\s@]+@[^<>\s@]+)>\s*$|^([^<>\s@,]+@[^<>\s@,]+)$")
_PHRASE = re.compile(rf'(?:"(?:[^"\\\r\n]|\\.)*"|{_ATOM}(?: {_ATOM}|\.)*|(?:=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=\s*)+)?\s*')
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")
_URI = re.compile(r"<([^<>\s]*)>")


def mailbox_domain(field: HeaderField | None) -> str:
    """The domain of an address field, in lower case; empty if there is none."""
    found = _ADDRESS.search(field.value) if field else None
    return (found[1] or found[2]).rpartition("@")[2].casefold() if found else ""


def aligned(one: str, other: str) -> bool:
    """Whether two domains belong to one organisation (relaxed alignment), judged by their names alone."""
    return bool(one and other) and (one == other or one.endswith(f".{other}") or other.endswith(f".{one}"))


def _once(letter: ParsedMessage) -> Iterator[str]:
    counts = Counter(field.name.lower() for field in letter.fields)
    for name in _ONCE:
        if counts[name.lower()] != 1:
            yield f"{name} stands there {counts[name.lower()] or 'not at all'}{' times' * (counts[name.lower()] > 1)}"
    for name in _AT_MOST_ONCE:
        if counts[name.lower()] > 1:
            yield f"{name} stands there {counts[name.lower()]} times"


def _size(letter: ParsedMessage) -> Iterator[str]:
    if len(letter.head) >= 16 * 1024:
        yield f"the headers have {len(letter.head):,} bytes"
    for field in letter.fields:
        if len(field.raw) >= 2 * 1024:
            yield f"{field.name} has {len(field.raw):,} bytes"


def _lines(letter: ParsedMessage) -> Iterator[str]:
    if (longest := max(map(len, re.split(rb"\r?\n", letter.raw)))) > 998:
        yield f"a line has {longest:,} bytes"
    for field in letter.fields:
        for place, line in enumerate(re.split(rb"\r?\n", field.raw)):
            whole = len(line) + (len(field.name) + 1 if not place else 0)
            if whole > 78 and len(line.split()) > 1:
                yield f"{field.name} has a line of {whole} that could be folded"


def _folds(letter: ParsedMessage) -> Iterator[str]:
    for field in letter.fields:
        lines = re.split(rb"\r?\n", field.raw)
        if any(not line.strip() for line in lines[1:]):
            yield f"{field.name} has a line of nothing but blanks"
        for line in lines:
            if len(re.findall(rb"=\?[^?\s]+\?[bBqQ]\?", line)) != len(encoded_words(line.decode("latin-1"))):
                yield f"{field.name} breaks an encoded-word"
            if field.name.lower().startswith(("list-", "message-id")) and line.count(b"<") != line.count(b">"):
                yield f"{field.name} breaks an address"


def _date(letter: ParsedMessage) -> Iterator[str]:
    value = letter.value("Date")
    found = _DATE.fullmatch(value)
    if found is None:
        yield "Date has not the form of RFC 5322 with a zone in figures" if value else "no Date"
        return
    if found[1] == "-0000":
        yield "-0000 says that the zone is unknown"
    try:
        parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        yield "no such date"


def _message_id(letter: ParsedMessage) -> Iterator[str]:
    field = letter.first("Message-ID")
    found = _MESSAGE_ID.fullmatch(field.value) if field else None
    if field is None or found is None:
        yield "Message-ID is not <dot.atom@domain>"
        return
    if b"\n" in field.raw.strip():
        yield "Message-ID is folded"
    if not aligned(found[1].casefold(), mailbox_domain(letter.first("From"))):
        yield f"its domain {found[1]} is not that of From"


def _from(letter: ParsedMessage) -> Iterator[str]:
    field = letter.first("From")
    if field is None or not mailbox_domain(field) or field.value.count("@") != 1:
        yield "From is not exactly one mailbox"
        return
    for signature in letter.all("DKIM-Signature"):
        found = re.search(r"(?:^|;)\s*d=\s*([^;\s]+)", signature.value)
        if found and not aligned(mailbox_domain(field), found[1].casefold()):
            yield f"the signature of {found[1]} is not aligned with it"


def _brand(letter: ParsedMessage) -> Iterator[str]:
    field = letter.first("From")
    name = field.decoded.rpartition("<")[0].strip(' "') if field else ""
    if not name:
        yield "From has no name"
    if _EMOJI.search(name):
        yield "the name in From has an emoji"
    if len(name) > 70:
        yield f"the name in From has {len(name)} characters"


def _reply_to(letter: ParsedMessage) -> Iterator[str]:
    field = letter.first("Reply-To") or letter.first("From")
    if field is None or not mailbox_domain(field):
        yield "nobody to answer to"
    elif re.search(r"(?:no|not|don'?t|do-not)[._-]?(?:reply|answer)", field.value, re.IGNORECASE):
        yield "answers go to a mailbox that nobody reads"


def _to(letter: ParsedMessage) -> Iterator[str]:
    field = letter.first("To")
    found = _ADDRESS.search(field.value) if field else None
    if field is None or found is None:
        yield "To is not one mailbox"
    elif not _PHRASE.fullmatch(field.value[: found.start()]):
        yield "the name in To is neither quoted nor encoded"


def _absent(letter: ParsedMessage) -> Iterator[str]:
    for name in ("Bcc", "Cc", "Return-Path", "Received"):
        if letter.first(name):
            yield f"{name} stands there"
    if (sender := letter.first("Sender")) and mailbox_domain(sender) == mailbox_domain(letter.first("From")):
        yield "Sender stands beside From"


def _subject(letter: ParsedMessage) -> Iterator[str]:
    field = letter.first("Subject")
    text = field.decoded if field else ""
    if not text.strip():
        yield "no subject"
    if len(text) > 150:
        yield f"{len(text)} characters"
    if re.match(r"\s*(?:re|fwd?|aw|wg)\s*(?:\[\d+\])?:", text, re.IGNORECASE):
        yield "it begins like an answer"


def _encoded(letter: ParsedMessage) -> Iterator[str]:
    for field in letter.fields:
        if not field.raw.isascii():
            yield f"{field.name} has bytes beyond ASCII"
        words = encoded_words(field.value)
        for word in words:
            if len(word.group()) > 75:
                yield f"{field.name} has an encoded-word of {len(word.group())}"
            if decoded_word(word) is None:
                yield f"{field.name} has an encoded-word that says nothing, or half a character"
        if any(one.end() == other.start() for one, other in pairwise(words)):
            yield f"{field.name} has two encoded-words without a blank between"
    subject = letter.value("Subject")
    words = encoded_words(subject)
    if any(word.group(2) not in "bB" for word in words):
        yield "Subject is not in the B encoding"
    rest = re.sub(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=", "", subject)
    if words and rest.strip():
        yield "Subject is encoded in part"
    if not words and "=?" in subject:
        yield "Subject has what looks like an encoded-word"


def _controls(letter: ParsedMessage) -> Iterator[str]:
    for field in letter.fields:
        if strip_controls(field.decoded.replace("\t", " ")) != field.decoded.replace("\t", " "):
            yield f"{field.name} has characters that nobody may see"
    for part in (letter.plain, letter.page):
        if part and any(strip_controls(line) != line for line in part.text.replace("\t", " ").split("\n")):
            yield f"{part.kind} has characters that nobody may see"


def _names(letter: ParsedMessage) -> Iterator[str]:
    for line in re.split(rb"\r?\n(?![ \t])", letter.head):
        if not re.match(rb"[!-9;-~]+:", line):
            yield "a line of the head is no header"


def _list_id(letter: ParsedMessage) -> Iterator[str]:
    value = letter.value("List-Id")
    if not re.search(r"<[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+>$", value):
        yield "List-Id is not a phrase and <name.domain>" if value else "no List-Id"
    if len(value) > 255:
        yield f"List-Id has {len(value)} characters"


def uris(letter: ParsedMessage, name: str) -> list[str]:
    """The URIs in angle brackets of a header field."""
    return _URI.findall(letter.value(name))


def _unsubscribe(letter: ParsedMessage) -> Iterator[str]:
    value, found = letter.value("List-Unsubscribe"), uris(letter, "List-Unsubscribe")
    if not value:
        yield "no List-Unsubscribe"
        return
    if "=?" in value:
        yield "it is encoded, so no mail program finds the link"
    if not found or not found[0].startswith("https://"):
        yield "no https link comes first: set `site:` for one-click leaving"
    for uri in found:
        if not re.fullmatch(r"[!#-;=?-Z\[\]_a-z~]+", uri):
            yield "a link is not percent-encoded"
        if len(uri) > 500:
            yield f"a link has {len(uri)} characters"


def _one_click(letter: ParsedMessage) -> Iterator[str]:
    if letter.value("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is not List-Unsubscribe=One-Click"


def _list_others(letter: ParsedMessage) -> Iterator[str]:
    for name in ("List-Help", "List-Owner"):
        if not uris(letter, name):
            yield f"no {name}" if not letter.first(name) else f"{name} is no <uri>"


def _equal(number: int, name: str, wanted: str) -> LintCheck:
    def check(letter: ParsedMessage) -> Iterator[str]:
        if letter.value(name).casefold() != wanted.casefold():
            yield f"{name} is not {wanted}" if letter.first(name) else f"no {name}"

    return LintCheck(
        {"Auto-Submitted": 36, "Precedence": 37, "X-Auto-Response-Suppress": 41}[name], f"{name}: {wanted}", check
    )


def _feedback(letter: ParsedMessage) -> Iterator[str]:
    value = letter.value("Feedback-ID")
    parts = value.split(":")
    if not value:
        yield "no Feedback-ID"
    elif len(parts) != 4 or not 5 <= len(parts[3]) <= 15 or "@" in value:
        yield "Feedback-ID is not issue:kind:stream:sender with a sender of 5 to 15 characters"


def _allowed(letter: ParsedMessage) -> Iterator[str]:
    for field in letter.fields:
        if field.name.lower() not in _KNOWN and not re.fullmatch(r"(?i)X-[\w-]*-?Delivery(?:-ID)?", field.name):
            yield f"{field.name[:40]} is not among the headers that a letter needs"


def _threads(letter: ParsedMessage) -> Iterator[str]:
    if letter.first("In-Reply-To") or letter.first("References"):
        yield "it hangs itself under another letter"


POINTS = (
    LintCheck(14, "each header once", _once),
    LintCheck(15, "headers of a bearable size", _size),
    LintCheck(16, "lines of at most 998 bytes, 78 where they can be folded", _lines),
    LintCheck(17, "folded at white space alone", _folds),
    LintCheck(18, "a Date with its zone in figures", _date),
    LintCheck(19, "a Message-ID of the sender's domain", _message_id),
    LintCheck(20, "From is one mailbox, aligned with the signature", _from),
    LintCheck(21, "From has a fixed plain name", _brand),
    LintCheck(22, "Reply-To is a real mailbox", _reply_to),
    LintCheck(23, "To is the reader, the name quoted or encoded", _to),
    LintCheck(24, "no Bcc, Cc, Return-Path, Received", _absent),
    LintCheck(25, "a subject of at most 150 characters that is no answer", _subject),
    LintCheck(26, "encoded-words whole and in their bounds", _encoded),
    LintCheck(27, "no controls, no overrides", _controls),
    LintCheck(28, "header names are tokens", _names),
    LintCheck(29, "a List-Id", _list_id),
    LintCheck(30, "List-Unsubscribe, https first, as it is", _unsubscribe),
    LintCheck(31, "one-click", _one_click),
    LintCheck(35, "List-Help and List-Owner", _list_others),
    _equal(36, "Auto-Submitted", "auto-generated"),
    _equal(37, "Precedence", "bulk"),
    LintCheck(38, "a Feedback-ID", _feedback),
    LintCheck(40, "no header that tells too much", _allowed),
    _equal(41, "X-Auto-Response-Suppress", "All"),
    LintCheck(42, "no thread", _threads),
)
