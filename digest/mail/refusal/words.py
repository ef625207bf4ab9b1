"""Table of regular expressions for the messages of mail servers, by reason; the softer reasons come first.

Patterns ignore case, and their repetitions are bounded, so that no text is slow. Words alone never make a bounce hard;
reasons.py decides that.
"""

from __future__ import annotations

import re

from digest.mail.refusal.reasons import BounceReason

_WHO = (
    "(?:users?|recipients?|mailbox(?:es)?|address(?:es)?|accounts?|alias|destinataire|person|names?|addressee|inbox|subscriber"
    r"|e-?mail|destination|local.?part|userid|utilisateur|mail ?drop|customer|compte|mail service)(?:\(s\)|'s)?"
    "(?: name| address(?:es)?| account| mailbox| id)?"
)
_HOST = "(?:host|domain|name server|server|mx|mail exchanger)(?: name| or domain name)?"

_WORDS: tuple[tuple[BounceReason, tuple[str, ...]], ...] = (
    (
        BounceReason.SENDER_LIMIT,  # of our account at the relay; "quota" alone is a full mailbox
        (
            r"\b5\.1\.90\b|(?:sending|sender|outgoing|outbound|relay(?:ing)?) (?:quota|limit)s?\b"
            r"|limit for (?:message recipients|sending)|sent too many (?:messages|e-?mails|mails)",
            r"(?:exceed|reach|hit|over)\w*.{0,60}(?:daily|hourly|24.?hour|per.?(?:day|hour)|sending|outgoing|outbound)"
            r"(?! receiv).{0,20}(?:limit|quota|allowance|maximum)",
            r"(?:daily|hourly|24.?hour)(?! receiv).{0,30}(?:send\w*|message|mail|recipient|relay\w*|outgoing|smtp)"
            r".{0,20}(?:limit|quota)",
            r"(?:daily|hourly|24.?hour) (?:limit|quota)",
            r"(?:messages|e-?mails|mails|recipients|letters) (?:per|a|each|in a) (?:day|hour)\b",
        ),
    ),
    (
        BounceReason.SYSTEM,  # local delivery failed
        (
            r"procmail|mailer error|command (?:failed|died)|exit code|signal \d|input/output|insufficient system",
            r"system (?:storage|resources)|(?:could ?n.t|can ?not|can't|unable to) (?:create|open|lock|write|chdir)",
        ),
    ),
    (
        BounceReason.FULL,
        (
            r"mail ?box (?:is |size |storage )?(?:almost |too )?(?:full|exceed|over|limit)"
            r"|in ?box (?:is )?(?:\w+ )?full|box full",
            r"over (?:the |its |his |her |disk |storage |mail )?(?:quota|limit)|quota|storage space"
            r"|out of storage|overquota",
            r"exceeded (?:the |its )?(?:storage|mailbox|disk|space|maximum (?:inbox|storage))|(?:account|user"
            r"|mail ?folder) is full",
            r"insufficient (?:mailbox |user |disk )?(?:storage|space)|no (?:space|storage)|not enough (?:disk "
            r"|storage )?space",
            r"disk (?:is )?full|mail ?directory|(?:maildrop|message store).{0,20}full|too many messages (?:in|on)",
            r"pleine|\bvoll\b|llen[oa]|casella piena|cheia|容量|満杯|一杯|いっぱい|переполнен|已满|邮箱满",
        ),
    ),
    (
        BounceReason.TOO_LARGE,
        (
            r"(?:message|mail|header|body|attachment|data|letter) ?(?:file |size )?(?:is )?(?:too (?:big|large"
            r"|long)|exceeds)",
            r"size (?:limit|exceed)|too (?:large|big)\b|larger than|(?:maximum|max) (?:message |allowed "
            r"|permitted )?size",
            r"exceeds? (?:the )?(?:fixed )?(?:maximum )?(?:message |size)",
        ),
    ),
    (
        BounceReason.DISABLED,
        (
            rf"{_WHO}\b.{{0,60}}?\b(?:disabled|inactive|suspend|frozen|locked|bloque|deactivat|not active"
            rf"|terminated|archiv|not been active|paused)",
            rf"{_WHO}\b.{{0,60}}?\b(?:on hold|expired|has been closed|not activated|isn't active|dormant|barred"
            rf"|discontinued)",
            r"(?:account|mailbox|user|compte) (?:is |has been )?blocked|(?:temporarily|currently) unavailable",
            r"受信を停止|休止|利用を停止",
            r"(?:inactive|disabled|suspended|locked|dormant|frozen) (?:account|mailbox|user|recipient|address)",
            r"recipient account is blocked|domain (?:is )?(?:suspended|inactive|disabled|expired)"
            r"|unavailable at this time",
            r"not accepting (?:any )?(?:e-?)?mail (?:at|for)|no longer accepts (?:e-?)?mail|suspend the service",
        ),
    ),
    (
        BounceReason.FILTERED,  # the reader's own rules
        (
            r"(?:recipient|user)(?:'s)? (?:preferences|rules)|refus\w{1,4} to (?:receive|accept)"
            r"|specific e-?mail addresses|(?:bounced|protected) (?:address|by)|by the recipient"
            r"|extended inactivity|message filtered|user reject",
        ),
    ),
    (
        BounceReason.THROTTLED,
        (
            r"\brate\b|throttl|too (?:many|much|fast|frequent)|gr[ea]y.?list|(?:server"
            r"|system) (?:is )?(?:too )?busy|TSS0\d",
            r"deferred due to|(?:connection )?limit (?:reached|exceeded)|try (?:again )?later|come back later"
            r"|slow down|concurrent",
            r"resources? (?:temporarily )?restricted|exceeded.{0,30}(?:limit|messages|connections)|essayer plus tard",
        ),
    ),
    (
        BounceReason.SPAM,
        (
            r"\bspam|unsolicited|\bUBE\b|\bUCE\b|junk|bulk mail|looks like|virus|malware|infected|phish"
            r"|malicious|worm\b",
            r"suspicious|considered|message (?:content )?(?:rejected|filtered|refused|filter)|mail rejet"
            r"|high.?score|banned",
            r"content (?:is )?(?:rejected|filter)|bad content|迷惑メール|спам|pourriel|垃圾",
        ),
    ),
    (
        BounceReason.POLICY,
        (
            r"\bSPF\b|DKIM|DMARC|sender ?id|authenticat|polic(?:y|ies)|reputation|(?:black|block).?list|\bRBL"
            r"|DNSBL|blocked",
            r"\bPTR\b|\br(?:everse.?)?dns|reverse (?:lookup|name|ip)|resolv.{0,30}\bip\b|(?<!not )listed (?:in"
            r"|at|on|by)|dnswl",
            r"not (?:allowed|permitted|authori[sz]ed|accepted from)|denied|relay(?! recipient)|rejected for"
            r"|forbidden|prohibited",
            r"sender.{0,30}(?:reject|den|refus|invalid|not exist|verif|unknown|not found|not allowed|domain)"
            r"|domain of sender",
            r"refused by|\bHELO|\bEHLO|dial-?up|dynamic.{0,12}(?:ip|host|address)|unauthori[sz]ed"
            r"|not (?:a )?member|permission",
            r"moderat|closed (?:group|list)|post(?:ing)? messages|restricted|mailing list|mismatch.{0,20}\bip\b"
            r"|invalid ip",
            r"bad (?:ip|sender|helo)|purported|\bTLS|encryption|not on.{0,20}(?:white|allow)|return(?:ed)? path"
            r"|envelope.?(?:from|sender)",
            r"from:?.{0,20}(?:header|domain|address) (?:is )?(?:invalid|not)|accept (?:e-?)?mails? from"
            r"|rejected due to|security",
            r"AUP#|禁止|compliant|RFC ?\d{3,4}|duplicate.{0,20}header|bad header|header error"
            r"|verify (?:the )?(?:envelope )?sender|invalid dns|your (?:ip|server"
            r"|host|domain)\b",
        ),
    ),
    (
        BounceReason.EXPIRED,
        (
            r"expired|timed? ?out|too long|retry (?:time|timeout)|could not be delivered (?:for|within)"
            r"|delivery time|gave up",
            r"not accept our requests|undeliverable for|delivery (?:failed|attempted) \d+ attempt|warning"
            r"|has been trying",
            r"still (?:trying|being)|will (?:be|keep|continue) (?:retr|try)|delayed|queue(?:d)? (?:for|time)"
            r"|retry count",
        ),
    ),
    (
        BounceReason.NO_HOST,
        (
            rf"{_HOST}(?: is)?(?: \S{{1,80}})?[: ]{{0,2}}(?:not found|(?:does not|doesn't) exist"
            rf"|could not be found|is invalid)",
            rf"{_HOST}(?: \S{{1,80}})?(?: is)? (?:not reachable|nonexist\w{{0,6}}|unknown(?! (?:user|recip|addr"
            rf"|local|mail|account)))",
            r"(?:unknown|no such|invalid|nonexistent|illegal|bad) (?:host|domain|fqdn|server)|NXDOMAIN|null ?mx"
            r"|unroute?able",
            r"couldn't find (?:any host|a mail exchanger)|no mail (?:server|exchanger)s?|non-?existent hosts"
            r"|couldn't be looked up",
            r"host (?:address )?lookup.{0,8} fail|(?:does not|doesn't) (?:accept"
            r"|receive) (?:any )?(?:e-?)?mail(?! from)",
            r"dns.{0,40}(?:not exist|nonexist)|cannot find (?:your )?(?:domain|host)|no mx (?:found|record)"
            r"|bad destination host|no such domain|nullmx",
            r"domain (?:must exist|is not reachable)|name or service not known|seems? to reject all mail"
            r"|mail protocol disabled|no route for current request|\b5\d\d [\w-]+(?:\.[\w-]+)+ does not exist",
        ),
    ),
    (
        BounceReason.MOVED,
        (
            rf"{_WHO}\b.{{0,40}}?(?:has|have|is) (?:been )?(?:moved|replaced|changed)"
            rf"|new (?:e-?mail )?address is|use the new",
            r"no longer (?:on server|here|with|available|valid|works|in use|exist|at this|accept|employed)"
            r"|user not local",
        ),
    ),
    (
        BounceReason.NO_ADDRESS,
        (
            rf"{_WHO}\b.{{0,60}}?(?:unknown|invalid|non-?exist|unavailable|undeliverable|incorrect|inexist"
            rf"|inconnu|unbekannt|rejected)",
            rf"{_WHO}\b.{{0,60}}?not? (?:be )?(?:found|recogni[sz]ed|exist|listed|known|valid|registered|on this"
            rf"|available|a valid|here)",
            rf"{_WHO}\b.{{0,60}}?(?:(?:does|did|do)(?: not|n't) (?:exist|have)|(?:could|was)n't be found"
            rf"|wasn.t found|isn't (?:found|valid))",
            rf"{_WHO}\b.{{0,60}}?(?:could ?n.t be found|lookup failed|not local)|bad destination (?:mailbox"
            rf"|email|address)",
            rf"(?:unknown|no such|invalid|non-?existent|not an?|illegal|no|unrecogni[sz]ed|undefined)(?: a)?"
            rf"(?: (?:valid|active|known|local|virtual|destination|recipient|mail))? (?:{_WHO}|here|id)\b",
            r"RecipNotFound|Recipient_?Not_?Found|UserUnknown|not listed in|not our customer|unknown in"
            r"|not a known user",
            r"doesn't have an? \S{1,80} account|doesn't have an? (?:mailbox|account)|unknown \w{0,10} ?(?:user"
            r"|local)|ユーザ.{0,20}不明",
            r"(?:there is )?no(?: one|body)?(?: person)? (?:at this address|here by that name)|no account by that name"
            r"|no (?:mailbox|user) (?:here|found)|badrcptto|valid ?rcpt ?to|badrecipientto|can't accept user"
            r"|addressee unknown|not (?:a known|an active|a valid) (?:user|mailbox|address|recipient)"
            r"|record is not local|no valid recipients|missing home directory",
            r"見つかりません|存在しません|存在しない|新しいアドレス|不存在",
            r"adresse.{0,40}invalide|n'existe|несуществ|не найден",
            r"unzustellbar|desconocid|no existe|não existe|sconosciut|inesistente|ukendt|okänd|nieznany|bilinmeyen",
        ),
    ),
    (
        BounceReason.NETWORK,
        (
            r"connect|network|unreachable|no route|loop|hops?\b|dns|lookup|route|refused|name service|socket"
            r"|lost conn|broken pipe",
        ),
    ),
    (
        BounceReason.CONTENT,
        (r"content|media|syntax|mime|encod|8.?bit|format|charset|conversion|header|parameters?|command",),
    ),
    (
        BounceReason.SYSTEM,
        (
            r"system|local (?:error|problem|configuration)|resources|service|internal|server error|configuration"
            r"|ldap|i/o",
        ),
    ),
)
TABLE = tuple((reason, re.compile("|".join(lines), re.I)) for reason, lines in _WORDS)
"""(reason, pattern); the first match counts."""
