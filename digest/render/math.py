"""Formulas as people read them: α-synuclein for $\\alpha$-synuclein, O(n log n) for $O(n\\log n)$.

What Unicode cannot write exactly (fractions, roots, most of what is raised) stays as its author typed it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from digest.render.shorten import Span
from digest.text import sign_of

# As Pandoc reads dollars: no blank inside them, and no figure behind, so that $5 and $10 are money.
_FORMULA = re.compile(r"(?<![\\$])\$(?=[^\s$])((?:[^$\\]|\\.){1,150})(?<=[^\s\\])\$(?![\d$])", re.S)
_TOKEN = re.compile(
    r"\\(?P<alphabet>mathbb|mathcal|mathrm|mathit|text|textrm|operatorname)\s*\{(?P<inside>[A-Za-z0-9 ,.-]{1,40})\}"
    r"|\\(?P<name>[A-Za-z]+)"
    r"|(?P<script>[\^_])\s*(?:\{(?P<group>[^{}\\]{1,12})\}|(?P<one>[A-Za-z0-9+*]))"
    r"|\\(?P<escaped>[%&#_{}, ;:!])"
    r"|(?P<plain>[A-Za-z0-9+=<>()\[\],./|:;!*' \t\n-]|[^\x00-\x7f])"
)
_FUNCTIONS = frozenset(
    "arccos arcsin arctan arg cos cosh cot det dim exp gcd inf ker lim ln log max min mod Pr sin sinh sup tan".split()
)
_SIGNS = {
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "to": "→", "rightarrow": "→", "times": "×",
    "cdot": "·", "ldots": "…", "dots": "…", "cdots": "⋯", "sim": "∼", "ell": "ℓ", "pm": "±", "infty": "∞",
    "quad": " ", "qquad": " ", "lbrace": "{", "rbrace": "}", "mid": "|", "vert": "|", "colon": ":", "star": "⋆",
    "ast": "∗", "circ": "∘", "prime": "′", "langle": "⟨", "rangle": "⟩", "epsilon": "ϵ", "varepsilon": "ε",
    "phi": "ϕ", "varphi": "φ", "ll": "≪", "gg": "≫",
}  # fmt: skip
_RAISED = dict(zip("0123456789+-=()ni*'", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ*′", strict=True))
_LOWERED = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_ALPHABETS = {"mathbb": ("DOUBLE-STRUCK", "MATHEMATICAL DOUBLE-STRUCK"), "mathcal": ("SCRIPT", "MATHEMATICAL SCRIPT")}
_SMALLEST_GAP = {",": " ", ";": " ", ":": " ", " ": " ", "!": ""}


def readable(text: str) -> str:
    """The text with every formula that Unicode has exactly written so."""
    return _FORMULA.sub(lambda found: _exact(found[1]) or found[0], text) if "$" in text else text


def widened(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The spans, each grown over the formulas that it stands in and that change their form."""
    formulas = [found.span() for found in _FORMULA.finditer(text) if _exact(found[1])] if "$" in text else []
    for start, end in spans:
        for left, right in formulas:
            if left < end and start < right:
                start, end = min(start, left), max(end, right)
        yield start, end


@lru_cache(maxsize=4096)
def _exact(formula: str) -> str | None:
    """The formula in Unicode; None where a part of it has no exact form."""
    found, at = "", 0
    while at < len(formula):
        token = _TOKEN.match(formula, at)
        piece = _piece(token) if token else None
        if token is None or piece is None:
            return None
        is_word = token["name"] in _FUNCTIONS or token["alphabet"] in ("mathrm", "text", "textrm", "operatorname")
        if is_word and found[-1:].isalnum():
            found += " "
        found += piece
        at = token.end()
        if is_word and formula[at : at + 1].isalnum():
            found += " "
    return " ".join(found.split()) or None


def _piece(token: re.Match[str]) -> str | None:
    if token["alphabet"]:
        return _lettered(token["alphabet"], token["inside"])
    if name := token["name"]:
        return name if name in _FUNCTIONS else _SIGNS.get(name) or sign_of(name)
    if script := token["script"]:
        forms = _RAISED if script == "^" else _LOWERED
        letters = token["group"] or token["one"]
        return "".join(forms[letter] for letter in letters) if set(letters) <= set(forms) else None
    if (escaped := token["escaped"]) is not None:
        return _SMALLEST_GAP.get(escaped, escaped)
    return "′" if token["plain"] == "'" else token["plain"]


def _lettered(alphabet: str, letters: str) -> str | None:
    if alphabet not in _ALPHABETS:
        return letters
    found = ""
    for letter in letters:
        sign = next(filter(None, (_named(kind, letter) for kind in _ALPHABETS[alphabet])), None)
        if sign is None:
            return None
        found += sign
    return found


def _named(kind: str, letter: str) -> str | None:
    if not ("A" <= letter <= "Z"):
        return None
    try:
        return unicodedata.lookup(f"{kind} CAPITAL {letter}")
    except KeyError:
        return None
