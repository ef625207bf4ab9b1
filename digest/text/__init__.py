"""Clean Unicode from the fields of services: TeX accents, HTML, white space, control and invisible characters.

TeX is converted piece by piece: a pattern finds each accent, letter and group, pylatexenc converts it, and the result
is cached. So ``%`` starts no comment, an unknown command stays as written, and math is never changed. Converting whole
fields with pylatexenc costs 26 ms each, and ``\\href{a}{b}`` raises in it.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

import nh3
from pylatexenc.latex2text import (  # type: ignore[import-untyped]
    LatexNodes2Text,
    get_default_latex_context_db,
)

from digest.text.lengths import RAW_BLOCK, RAW_LINE, limit_marks

_PASSES = 10  # of conversion, for nested TeX; real fields need two

# -- characters ---------------------------------------------------------------

_SEPARATING = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls that separate nothing
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # bidi, zero width
    "\ud800-\udfff\U000e0000-\U000e0fff]"  # lone surrogates, tags
)
# Joiners are part of the spelling in Persian, Arabic and Indic scripts, and invisible elsewhere.
_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])")

# Latin, Greek, dashes, quotes and mathematics: most texts have nothing else, so the patterns above need not run.
_USUAL = re.compile("[ -~\xa0-\xac\xae-\u02ff\u0391-\u03ff\u2010-\u2027\u2070-\u2bff]*")


def strip_controls(raw: str) -> str:
    """The text without control, bidi, zero-width and surrogate characters; separators among them become spaces.

    Of combining marks eight in a row are kept.
    """
    if _USUAL.fullmatch(raw):
        return raw
    return limit_marks(_JOINER.sub("", _UNSEEN.sub("", _SEPARATING.sub(" ", raw))))


def one_line(text: str) -> str:
    """The text as one line: without control characters, with single spaces."""
    return " ".join(strip_controls(text).split())


def _composed_line(raw: str) -> str:
    """The text as one line, composed (NFC)."""
    if raw.isascii() and (line := " ".join(raw.split())).isprintable():
        return line
    return unicodedata.normalize("NFC", one_line(raw))


# -- TeX ----------------------------------------------------------------------

_GROUP = r"\{(?:[^{}\\]++|\\.)*+\}"
for _ in range(3):  # groups within groups; deeper ones are read in the next pass
    _INNER = rf"(?:[^{{}}\\]++|\\.|{_GROUP})*+"
    _GROUP = rf"\{{{_INNER}\}}"

# Every piece begins with one of five signs, and saying so first lets the engine leap from sign to sign.
_TEX = re.compile(
    rf"""[\\$\{{^_](?:
      (?<=\$) (?: \$[^$]++\$\$ | (?:[^$\\]++|\\.){{1,300}}+\$ )
    | (?<=[\^_]) {_GROUP}
    | (?<=\{{) (?P<group>{_INNER})\}}
    | (?<=\\) (?:
          \( (?:[^\\]|\\[^()])*+ \\\) | \[ (?:[^\\]|\\[^\[\]])*+ \\\]
        | (?P<accent> [`'^"~=.]|[uvHtcdbrk](?![A-Za-z]) )\ *+
          (?P<over> \{{\ *+(?:\\(?:[ijoOlL]|ae|AE|oe|OE|aa|AA)|[^\W\d_]{{1,2}})\ *+\}}
                  | \\[ij](?![A-Za-z])\ ?+ | [^\W\d_] )
        | (?P<letter> ss|[ijoOlL]|ae|AE|oe|OE|aa|AA|dh|DH|dj|DJ|ng|NG|th|TH )(?![A-Za-z]) (?: \{{\}} | (?P<gap>\ +) )?
        | (?P<escaped> [%&_\#$] )
        | (?P<space> [\ ,;:\\] )
        | (?P<nothing> [-/!] | (?:it|bf|em|sc|rm|tt|sl|sf|itshape|bfseries|scshape|ttfamily)(?![A-Za-z])\ *+ )
        | (?:emph|text(?:it|bf|tt|sc|sf|rm|sl|up|md|normal|superscript|subscript)?|mbox|underline|url)\ *+
          (?P<styled>{_GROUP})
        | href\ *+(?P<target>{_GROUP})\ *+(?P<label>{_GROUP})
        | (?P<name> [A-Za-z]+)\*?+(?P<arguments> (?:\ *+(?:\[[^\[\]]*\])?{_GROUP})*+ )
        | .
      )
    )""",
    re.VERBOSE,
)

_LATEX = LatexNodes2Text(math_mode="verbatim", keep_comments=True)


@lru_cache(maxsize=4096)
def _decoded(piece: str) -> str:
    """The letter of one TeX accent or letter command; the piece itself if pylatexenc fails."""
    try:
        letter = str(_LATEX.latex_to_text(piece)).strip()
    except Exception:  # noqa: BLE001 (pylatexenc raises IndexError, and whatever else, on odd input)
        return piece
    return letter if letter and "\\" not in letter and "{" not in letter else piece


@lru_cache(maxsize=1024)
def sign_of(name: str) -> str | None:
    """The character of a command without arguments: α, ±, …; None for other commands."""
    if name == "deg":  # arXiv's own; pylatexenc knows \degree alone
        return "°"
    spec = get_default_latex_context_db().get_macro_spec(name)
    sign = getattr(spec, "simplify_repl", None)
    return sign if isinstance(sign, str) and len(sign) == 1 and not sign.isascii() else None


def _read(match: re.Match[str]) -> str:
    """Converts one piece of TeX."""
    kind = match.lastgroup
    if kind is None:  # math, and unknown commands
        return match.group()
    if kind == "over":
        over = match["over"].strip()
        return _decoded(f"\\{match['accent']}{over}" if over[0] == "{" else f"\\{match['accent']}{{{over}}}")
    if kind in ("letter", "gap"):
        return _decoded(f"\\{match['letter']}") + _kept_gap(match)
    if kind == "arguments":
        return _command(match.group(), match["name"], match["arguments"])
    if match["escaped"] == "$":  # a bare dollar would start math
        return "\\$" if _holds_math(match.string) else "$"
    if kind == "label":
        return _untex(match["label"][1:-1]) or match["target"][1:-1]
    if kind in ("styled", "group"):
        return _untex(match["styled"][1:-1] if kind == "styled" else match["group"])
    return match["escaped"] or (" " if kind == "space" else "")


@lru_cache(maxsize=1)
def _holds_math(text: str) -> bool:
    return "$" in text.replace("\\$", "")


def _kept_gap(match: re.Match[str]) -> str:
    """The space after a letter ends the command in ``S\\o ren`` and is a space in ``5 \\AA wide``."""
    gap = match["gap"] or ""
    before, after = match.string[: match.start()].rstrip()[-1:], match.string[match.end() : match.end() + 1]
    return gap if before.isdigit() or not after.islower() else ""


def _command(whole: str, name: str, arguments: str) -> str:
    sign = sign_of(name)
    if sign is None:
        return whole
    return sign if arguments.strip() == "{}" else sign + _untex(arguments)


def _untex(text: str) -> str:
    return _TEX.sub(_read, text) if "\\" in text or "{" in text else text


# -- fields -------------------------------------------------------------------


def clean_line(raw: str, most: int = RAW_LINE) -> str:
    """Cleans a title, comment or journal: TeX accents to letters, math as written, one line; no HTML entities.

    Reads at most `most` code points.
    """
    line = _composed_line(raw[:most])
    for _ in range(_PASSES):
        if "\\" not in line and "{" not in line:
            break
        line, before = _composed_line(_untex(line)), line
        if line == before:
            break
    return line


_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*|\n[ \t]{2,}")


def clean_block(raw: str) -> str:
    """Cleans an abstract: as `clean_line`, one line per paragraph (after an empty line or arXiv's indent)."""
    raw = raw[:RAW_BLOCK]
    paragraphs = _PARAGRAPH.split(raw.strip().replace("\r\n", "\n").replace("\r", "\n")) if "\n" in raw else [raw]
    return "\n".join(line for line in map(clean_line, paragraphs) if line)


_TIE = re.compile(r"(?<!\\)~")


def clean_name(raw: str) -> str:
    """Cleans one author name, or several in one string: as `clean_line`, and TeX's tie (~) becomes a space."""
    raw = raw[:RAW_BLOCK]
    if "~" not in raw:
        return clean_line(raw, RAW_BLOCK)
    name = clean_line(_TIE.sub(" ", raw), RAW_BLOCK)
    return name if "~" not in name else clean_line(name.replace("~", " "), RAW_BLOCK)


# -- HTML ---------------------------------------------------------------------

_RAW = "script|style|iframe|noscript|svg|math|title"  # what these hold is no text, or is read by rules of its own
_TAG = (
    "a|abbr|article|aside|b|bdi|bdo|big|blockquote|body|br|caption|center|cite|code|col|colgroup|dd|del|details|dfn|div|dl|dt|em|"
    "figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|img|input|ins|kbd|label|li|link|main|mark|meta|"
    "(?!math\\b)m[a-z]{1,12}|nav|object|ol|p|picture|pre|q|s|samp|section|small|source|span|strike|strong|sub|summary|"
    "sup|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var|video|wbr|(?:jats|mml):[a-z0-9-]+"
)
_MARK = f"{_TAG}|{_RAW}"
_NO_MARK = re.compile(rf"<(?!/?(?:{_MARK})(?:\s[^<>]*)?/?>|!--|!\[CDATA\[|\?)", re.IGNORECASE)
_BREAK = re.compile(
    r"</?(?:article|blockquote|br|dd|div|dl|dt|figure|h[1-6]|hr|li|ol|p|pre|section|table|td|th|tr|ul|jats:(?:p|sec|title))(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
# A parser of HTML takes n² steps for n attributes, and for n open tags such as <b>: it gets none of them.
_PLAIN_TAG = re.compile(
    rf"</?(?:{_TAG})(?:\s(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)?/?>|</?(?:{_TAG})(?:\s[^<>]*+)?/?>", re.IGNORECASE
)
_ATTRIBUTES = re.compile(r"(<[a-z]+)\s[^<>]{1000,}+>", re.IGNORECASE)
_MOST_TAGS = 1_000  # for the parser


def clean_html(raw: str) -> str:
    """Plain text of an HTML fragment, one line per block; entities are decoded once.

    Removes tags of HTML, MathML and JATS only, so ``p<0.05`` is kept; removes script and style with their content.
    """
    raw = raw[:RAW_BLOCK]
    if "<" not in raw and "&" not in raw:
        return clean_line(raw)
    broken = _BREAK.sub("\n", _NO_MARK.sub("&lt;", one_line(raw)))
    few = _ATTRIBUTES.sub(r"\1>", _PLAIN_TAG.sub("", broken))
    if few.count("<") > _MOST_TAGS:
        few = "<".join(few.split("<", _MOST_TAGS)[:_MOST_TAGS])
    plain = html.unescape(nh3.clean(few, tags=set(), clean_content_tags={"script", "style"}))
    return "\n".join(line for line in map(clean_line, plain.split("\n")) if line)
