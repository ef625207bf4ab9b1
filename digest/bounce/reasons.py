"""Why a letter came back, from what a server said; a table of words, the more lenient reading first.

The three reasons that make an address dead need more than words: an enhanced code of the address (RFC 3463 section 3.2),
or that the recipient itself was refused. Servers that say "no such user" once they have read the letter filter by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from digest.bounce.addresses import ADDRESS
from digest.bounce.phase import phase_in
from digest.bounce.values import Reason

_READ = 4_000  # characters of what was said
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,2})\.(\d{1,3})(?![\d.]*\.\d)(?!\d)")
_CODE = re.compile(r"(?<![\d.#:/-])([245][0-7]\d)(?=[\s:;-]|$)")
_LINK = re.compile(r"(?:https?://|www\.)\S{1,500}", re.I)
_ADDRESS = re.compile(ADDRESS)

_WORDS: tuple[tuple[Reason, str], ...] = (
    (
        Reason.SYSTEM,  # what delivers into the mailbox failed
        r"procmail|(?:could ?n.t|can ?not|can't|unable to) (?:create|open|lock|write|chdir)|mailer error|command (?:failed|died)"
        r"|exit code|signal \d|insufficient system|system (?:storage|resources)|input/output",
    ),
    (
        Reason.FULL,
        r"mailbox (?:is |size |storage )?(?:almost |too )?(?:full|exceed|over|limit)|(?:mail|in) ?box (?:is )?(?:\w+ )?full"
        r"|over (?:the |its |his |her |disk |storage )?(?:quota|limit)|quota|storage space|out of storage"
        r"|exceeded (?:the |its )?(?:storage|mailbox|disk|space|maximum (?:inbox|storage))|account is full|insufficient "
        r"(?:mailbox |user |disk |system )?(?:storage|space)|mailfolder is full|mail ?directory|mailboxfull|inbox is full"
        r"|disk (?:is )?full|no (?:space|storage)|not enough (?:disk )?space|too many messages (?:in|on)|maildrop.{0,20}full|pleine|voll\b|lleno"
        r"|容量|満杯|一杯|メールボックスがいっぱい|переполнен|message store.{0,20}full|user is full|box full",
    ),
    (
        Reason.TOO_LARGE,
        r"(?:message|mail|header|body|attachment|data|e-mail|letter) ?(?:file )?(?:size )?(?:is )?(?:too (?:big|large|long)"
        r"|exceeds|larger than)|size limit|too (?:large|big)\b|maximum (?:message|allowed|permitted)? ?size|max message size"
        r"|exceeds? (?:the )?(?:fixed )?(?:maximum )?(?:message |size)",
    ),
    (
        Reason.DISABLED,
        r"(?:account|mailbox|user|recipient|address|inbox|customer|compte|mail service)(?:'s)?\b.{0,60}?\b(?:disabled|inactive"
        r"|suspend|frozen|locked|blocked|bloque|deactivat|not active|not been active|unavailable at this time|paused|on hold"
        r"|expired|temporarily unavailable|currently unavailable|has been closed|not activated|isn't active|dormant|barred)"
        r"|(?:inactive|disabled|suspended|locked|dormant|frozen) (?:account|mailbox|user|recipient|address)"
        r"|domain (?:is )?(?:suspended|inactive|disabled|expired)|not accepting mail (?:at|for)|account that you tried to"
        r" reach is (?:disabled|inactive)|受信を停止|休止|一時的に利用を停止",
    ),
    (
        Reason.THROTTLED,
        r"\brate\b|throttl|too (?:many|much|fast|frequent)|gr[ea]y.?list|(?:server|system) (?:is )?(?:too )?busy|deferred due"
        r" to|TSS0\d|connection limit|try (?:again )?later|come back later|resources? (?:temporarily )?restricted"
        r"|concurrent|limit reached|slow down|exceeded.{0,30}(?:limit|messages|connections)|essayer plus tard",
    ),
    (
        Reason.SPAM,
        r"\bspam|unsolicited|\bUBE\b|\bUCE\b|junk|bulk mail|looks like|virus|malware|infected|phish|malicious|worm\b"
        r"|suspicious|considered|content (?:is )?(?:rejected|filter)|message (?:content )?(?:rejected|filtered|refused)"
        r"|mail rejet|message filter|迷惑メール|скам|спам|high.?score|bad content|banned|pourriel",
    ),
    (
        Reason.POLICY,
        r"\bSPF\b|DKIM|DMARC|sender ?id|authenticat|polic(?:y|ies)|reputation|black ?list|block ?list|\bRBL|DNSBL|blocked"
        r"|\bPTR\b|r(?:everse.?)?dns|reverse (?:lookup|name|ip)|resolv.{0,30}\bip\b|(?<!not )listed (?:in|at|on|by)|not (?:allowed"
        r"|permitted|authori[sz]ed|accepted from)|access denied|denied|relay|rejected for|forbidden|prohibited|sender"
        r".{0,30}(?:reject|den|refus|invalid|not exist|verif|unknown|not found|blocked|not allowed|domain)|refused by|HELO"
        r"|EHLO|dial-?up|dynamic.{0,12}(?:ip|host|address)|dnswl|unauthori[sz]ed|not (?:a )?member|permission|moderat"
        r"|closed (?:group|list)|post(?:ing)? messages|restricted|mailing list|mismatch.{0,20}\bip\b|invalid ip|bad (?:ip"
        r"|sender|helo)|purported|TLS|encryption|not on.{0,20}(?:white|allow)|return(?:ed)? path|no (?:a|mx) record"
        r"|domain of sender|envelope.?(?:from|sender)|from:?.{0,20}(?:header|domain|address) (?:is )?(?:invalid|not)"
        r"|rejected due to|security|AUP#|禁止|compliant|RFC ?\d{3,4}|duplicate.{0,20}header|bad header|header error",
    ),
    (
        Reason.EXPIRED,
        r"expired|timed? ?out|too long|retry (?:time|timeout)|could not be delivered (?:for|within|in)|delivery time"
        r"|not accept our requests|gave up|undeliverable for|delivery (?:failed|attempted) \d+ attempt|warning"
        r"|still (?:trying|being)|will (?:be|keep|continue) (?:retr|try)|delayed|queue(?:d)? (?:for|time)|has been trying",
    ),
    (
        Reason.NO_HOST,
        r"(?:host|domain|name server|server|mx|mail exchanger)(?: name| or domain name)?(?: is)?(?: \S{1,80})?[: ]{0,2}"
        r"(?:unknown|not found|(?:does not|doesn't|do not) (?:exist|receive|accept)|could not be found|is invalid|not reachable"
        r"|is not reachable|nonexist)|(?:unknown|no such|invalid|nonexistent|illegal|bad) (?:host|domain|fqdn|server)"
        r"|NXDOMAIN|null ?mx|unroute?able|couldn't find (?:any host|a mail exchanger)|no mail (?:server|exchanger)s?"
        r"|non-?existent hosts|host (?:address )?lookup.{0,8} fail|(?:does not|doesn't) (?:accept|receive) (?:e-?)?mail"
        r"|dns (?:error|soft|server).{0,40}(?:not exist|nonexist|nxdomain)|cannot find (?:your )?(?:domain|host)",
    ),
    (
        Reason.MOVED,
        r"(?:has|have|is) (?:been )?(?:moved|replaced|changed)|no longer (?:on server|here|with|available|valid|works|in use"
        r"|exist)|new (?:e-?mail )?address|please (?:use|update)",
    ),
    (
        Reason.NO_ADDRESS,
        r"(?:user|users|recipient|mailbox|address|account|alias|destinataire|person|name|addressee|inbox|subscriber|e-?mail"
        r"|destination|local.?part|userid|utilisateur)(?:\(s\)|s|'s)?(?: name| address(?:es)?| account| mailbox| id)?\b.{0,60}?"
        r"(?:unknown|not? (?:be )?(?:found|recogni[sz]ed|exist|listed|known|valid|registered|on this|available|a valid|here|local)"
        r"|(?:does|did|do)(?: not|n't) (?:exist|have)|doesn't exist|couldn't be found|could not be|isn't (?:found|valid)|invalid"
        r"|non-?exist|unavailable|undeliverable|incorrect|inexist|inconnu|unbekannt|rejected|no longer|wasn't found|lookup failed)"
        r"|(?:unknown|no such|invalid|non-?existent|not an?|bad destination|illegal|no|unrecogni[sz]ed|undefined)(?: a)?"
        r"(?: valid| active| known| local| email| virtual| destination| recipient| mail)?"
        r" (?:user|users|recipient|mailbox|address|account|person|alias|addressee|subscriber|here|id|name|destinataire|local.part)"
        r"|doesn't have an? \S{1,80} account|RecipNotFound|recipient_?not_?found|UserUnknown|not listed in|not our customer"
        r"|unknown in|unknown \w{0,10} ?(?:user|local)|user unknown|this address no longer|見つかりません|存在しない|存在しません"
        r"|宛先|新しいアドレス|not a known user|doesn't have (?:a|an) (?:mailbox|account)|no mailbox here|adresse.{0,40}invalide"
        r"|несуществ|не найден|unzustellbar|desconocido|no existe|sconosciuto|n'existe|addresses failed",
    ),
    (
        Reason.NETWORK,
        r"connect|network|unreachable|no route|loop|hops?\b|dns|lookup|route|refused|name service|socket|lost conn|broken pipe",
    ),
    (
        Reason.CONTENT,
        r"content|media|syntax|mime|encod|8.?bit|format|charset|conversion|header|parameters?|command",
    ),
    (
        Reason.SYSTEM,
        r"system|local (?:error|problem|configuration)|resources|service|internal|server error|configuration|ldap|i/o",
    ),
)
_TABLE = tuple((reason, re.compile(words, re.I)) for reason, words in _WORDS)
# What some servers write before the reason itself.
_PREFIX = re.compile(r"recipient(?: address)? rejected: (?=\w)", re.I)
# What a directory says that was asked for the address, before any letter was read.
_DIRECTORY = re.compile(
    r"000C05A6|RESOLVER\.ADR|RecipNotFound|not listed in (?:public|the|domino|.{0,20}directory)", re.I
)
_NOT_FOUND = re.compile(r"\*\* ?address not found ?\*\*", re.I)
_AGAIN = re.compile(r"found[,.] try again|try again later|temporar|timed? ?out|servfail|will (?:be )?retr", re.I)
_HARD = frozenset({Reason.NO_ADDRESS, Reason.NO_HOST, Reason.MOVED})

# Subject and detail of an enhanced code, RFC 3463 and its registry (RFC 5248).
_DETAILS = {
    "1.0": Reason.OTHER,
    "1.1": Reason.NO_ADDRESS,
    "1.2": Reason.NO_HOST,
    "1.3": Reason.NO_ADDRESS,
    "1.4": Reason.NO_ADDRESS,
    "1.6": Reason.MOVED,
    "1.10": Reason.NO_HOST,
    "2.0": Reason.FILTERED,
    "2.1": Reason.DISABLED,
    "2.2": Reason.FULL,
    "2.3": Reason.TOO_LARGE,
    "3.1": Reason.SYSTEM,
    "3.4": Reason.TOO_LARGE,
    "4.1": Reason.EXPIRED,
    "4.2": Reason.NETWORK,
    "4.4": Reason.NETWORK,
    "4.6": Reason.NETWORK,
    "4.7": Reason.EXPIRED,
    "7.28": Reason.THROTTLED,
}
_OF_ADDRESS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "1.351"})
_OF_SENDER = frozenset({"1.7", "1.8"})
_VAGUE = frozenset({"0.0", "2.1", "3.0", "5.0", "5.1", "5.4"})  # said of anything, also of unknown users
_SUBJECTS = {
    "3": Reason.SYSTEM,
    "4": Reason.NETWORK,
    "5": Reason.OTHER,
    "6": Reason.CONTENT,
    "7": Reason.POLICY,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was said about one recipient."""

    status: str | None
    code: int | None
    reason: Reason
    hard: bool


def judge(said: str, status: str = "", around: str = "", formal: bool = False) -> Judgement:
    """Why a letter came back, from what was said, a `Status:` field, and the words around them.

    `formal` says that a report for machines tells it, whose servers quote a refusal of the recipient unless they say
    otherwise. In doubt it is nothing lasting.
    """
    said = said[:_READ]
    statuses = [found[0] for found in _STATUS.finditer(_LINK.sub(" ", f"{status} {said}"))]
    code = _code_in(said)
    best = _best(statuses)
    reason = _by_words(said) or _by_status(best)
    passing = (best or "5").startswith("4") or (code is not None and code < 500 and best is None)
    if reason in _HARD and not passing:
        told = f"{said}\n{around}"
        reason = _sure(
            reason, {one.partition(".")[2] for one in statuses if one.startswith("5")}, told, formal and bool(code)
        )
    return Judgement(best, code, reason, reason in _HARD and not passing)


def reason_of(said: str) -> Reason | None:
    """The reason that words alone give."""
    return _by_words(said[:_READ])


@lru_cache(maxsize=64)  # one message says the same of many
def _by_words(said: str) -> Reason | None:
    plain = _ADDRESS.sub(" ", _LINK.sub(" ", " ".join(said.split())))
    plain = _PREFIX.sub(" ", plain)
    return next((reason for reason, words in _TABLE if words.search(plain)), None)


def _by_status(status: str | None) -> Reason:
    if not status:
        return Reason.OTHER
    detail = status.partition(".")[2]
    return _DETAILS.get(detail) or _SUBJECTS.get(detail.partition(".")[0], Reason.OTHER)


def _best(statuses: list[str]) -> str | None:
    """The first code that says something: "5.0.0" says nothing, and what a server said refines what a relay made of it."""
    telling = [status for status in statuses if not status.endswith(".0.0")]
    return next(iter(telling or statuses), None)


def _code_in(said: str) -> int | None:
    found = _CODE.search(said)
    return int(found[1]) if found and found[1][0] in "45" else None


def _sure(reason: Reason, details: set[str], told: str, formal: bool) -> Reason:
    """The reason, or a lenient one where "no such user" is but what a filter says, and "no such host" means ours."""
    phase = phase_in(told)
    if phase in ("MAIL", "CONNECT") or details & _OF_SENDER:
        return Reason.POLICY
    if reason is Reason.NO_HOST:
        return Reason.NETWORK if _AGAIN.search(told[:_READ]) else reason
    if any(detail.startswith("7.") for detail in details):
        return Reason.FILTERED
    if details & _OF_ADDRESS:
        return reason
    if _NOT_FOUND.search(told) and not _CODE.search(told):
        return reason
    refused = phase == "RCPT" or _DIRECTORY.search(told) or (formal and not phase and details == {"5.0"})
    return reason if refused and details <= _VAGUE else Reason.FILTERED
