"""The checks of `digest doctor`: DNS records, relays, one-click unsubscribe, clocks, outbox; each with its remedy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

import httpx

from digest.app.conditions import Condition
from digest.config import Config, Relay
from digest.delivery.log_evidence import LogEvidence
from digest.errors import DigestError
from digest.ingest.health import SourceHealth
from digest.mail import postfix_log as maillog
from digest.mail.delivery_state import DeliveryState
from digest.mail.dkim import Signer, dns_zone_line
from digest.mail.dns import DnsResolver
from digest.store import CircuitBreaker, ServiceStats
from digest.subscriptions import Subscriber
from digest.text.translations import languages, supported

FindingOutcome = Literal["well", "doubtful", "wrong", "unknown"]
_Before = Literal["From", "SPF", "DKIM", "DMARC", "relay", "one-click", "bounces", "clock"]
_AtWork = Literal["relay", "domain", "source", "due", "outbox", "reader", "owner"]

_GONE = ("pct", "rf", "ri")  # tags that RFC 9989 removed from DMARC
_LOOKUP = re.compile(r"[+~?-]?(?:include:|a\b|mx\b|ptr\b|exists:)|redirect=", re.IGNORECASE)
_MOST_LOOKUPS = 10  # RFC 7208 section 4.6.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check: its outcome, the reason, and what to do about it."""

    about: _Before | _AtWork
    outcome: FindingOutcome
    words: str
    mend: str = ""


def examine(
    config: Config,
    resolver: DnsResolver,
    *,
    greet: Mapping[str, Callable[[], str]],
    ask: Callable[[httpx.Request], int],
) -> Iterator[Finding]:
    """Yield the findings on DNS, relays and one-click unsubscribe; a check that cannot be made stops no other.

    `greet` holds, by the name of each relay, a function that connects and returns its greeting (empty: no relay is
    configured); `ask` returns the HTTP status of a request. Both raise DigestError.
    """
    domain = config.sender.domain
    looks: tuple[tuple[_Before, Callable[[], Iterator[Finding]]], ...] = (
        ("From", lambda: _sender(domain, resolver)),
        ("SPF", lambda: _spf(config.bounces.address.domain if config.bounces else domain, resolver)),
        ("DKIM", lambda: _dkim(config.signers, resolver)),
        ("DMARC", lambda: _dmarc(domain, resolver)),
        *(("relay", partial(_relay, str(relay), greet.get(str(relay)))) for relay in config.relays),
        ("one-click", lambda: _one_click(config.site, ask)),
        ("bounces", lambda: _bounces(config, resolver)),
    )
    for about, look in looks:
        try:
            yield from look()
        except DigestError as error:
            outcome: FindingOutcome = "wrong" if about in ("relay", "one-click") else "unknown"
            yield Finding(about=about, outcome=outcome, words=str(error))


def _sender(domain: str, resolver: DnsResolver) -> Iterator[Finding]:
    if resolver.has_mail(domain):
        yield Finding(about="From", outcome="well", words=f"{domain} takes mail")
        return
    mend = "give it an MX record, or send from a domain that has one"
    yield Finding(
        about="From", outcome="wrong", words=f"{domain} takes no mail: answers and bounces are lost", mend=mend
    )


def _spf(domain: str, resolver: DnsResolver) -> Iterator[Finding]:
    records = [text for text in resolver.texts(domain) if re.match(r"v=spf1(?:\s|$)", text, re.IGNORECASE)]
    if not records:
        mend = f'{domain}. IN TXT "v=spf1 a mx include:YOUR-RELAY ~all"'
        yield Finding(about="SPF", outcome="wrong", words=f"{domain} does not say who sends for it", mend=mend)
        return
    if len(records) > 1:
        words = f"{domain} has {len(records)} records, so receivers heed none"
        yield Finding(about="SPF", outcome="wrong", words=words, mend="make one of them")
        return
    terms = records[0].split()[1:]
    lookups = sum(_LOOKUP.match(term) is not None for term in terms)
    if lookups > _MOST_LOOKUPS:
        words = f"it asks for {lookups} look-ups, and receivers stop at {_MOST_LOOKUPS}"
        yield Finding(about="SPF", outcome="wrong", words=words, mend="write addresses (ip4:, ip6:) instead of names")
    elif any(term.lower() in ("+all", "all") for term in terms):
        yield Finding(about="SPF", outcome="wrong", words="+all lets everybody send for you", mend="end it with ~all")
    elif not any(re.fullmatch(r"[~?-]all|redirect=\S+", term, re.IGNORECASE) for term in terms):
        yield Finding(
            about="SPF", outcome="doubtful", words="it has no end, so it forbids nothing", mend="end it with ~all"
        )
    else:
        words = f"{records[0]} (the envelope's sender is of {domain})"
        yield Finding(about="SPF", outcome="well", words=words)


def _dkim(signers: tuple[Signer, ...], resolver: DnsResolver) -> Iterator[Finding]:
    if not signers:
        mend = "digest dkim-keygen YOUR-DOMAIN prints what to write where"
        yield Finding(about="DKIM", outcome="wrong", words="letters go unsigned", mend=mend)
    for signer in signers:
        name = f"{signer.algorithm} at {signer.record_name}"
        records = [_tags(text) for text in resolver.texts(signer.record_name)]
        wanted = _tags(signer.record)
        if not records:
            yield Finding(about="DKIM", outcome="wrong", words=f"{name}: no record", mend=dns_zone_line(signer))
        elif not any(record.get("p") == wanted["p"] for record in records):
            revoked = any(record.get("p") == "" for record in records)
            words = f"{name}: {'revoked' if revoked else 'another key'}"
            yield Finding(about="DKIM", outcome="wrong", words=words, mend=dns_zone_line(signer))
        elif any("y" in record.get("t", "").split(":") for record in records):
            yield Finding(about="DKIM", outcome="doubtful", words=f"{name}: a test (t=y)", mend="take t=y out")
        else:
            yield Finding(about="DKIM", outcome="well", words=name)


def _dmarc(domain: str, resolver: DnsResolver) -> Iterator[Finding]:
    for place in _upwards(domain):
        records = [text for text in resolver.texts(f"_dmarc.{place}") if text.replace(" ", "").startswith("v=DMARC1")]
        if not records:
            continue
        tags = _tags(records[0])
        if len(records) > 1:
            words = f"{place} has {len(records)} records, so receivers heed none"
            yield Finding(about="DMARC", outcome="wrong", words=words, mend="make one of them")
        elif tags.get("p") not in ("none", "quarantine", "reject"):
            yield Finding(about="DMARC", outcome="wrong", words=f"{place}: no policy", mend="say p=none at least")
        elif old := [tag for tag in _GONE if tag in tags]:
            words = f"{place}: {', '.join(old)} mean nothing any more"
            yield Finding(about="DMARC", outcome="doubtful", words=words, mend="take them out; t=y marks a test")
        else:
            yield Finding(about="DMARC", outcome="well", words=f"{records[0]} (at {place})")
        return
    mend = f'_dmarc.{domain}. IN TXT "v=DMARC1; p=none; rua=mailto:YOU@{domain}"'
    yield Finding(about="DMARC", outcome="wrong", words="no policy, which large receivers ask for", mend=mend)


def _upwards(domain: str) -> Iterator[str]:
    """The domain and its parents without the top-level domain, as RFC 9989 walks the DNS tree."""
    labels = domain.split(".")
    return (".".join(labels[begin:]) for begin in range(max(1, len(labels) - 1)))


def _relay(name: str, greet: Callable[[], str] | None) -> Iterator[Finding]:
    if greet is None:
        yield Finding(about="relay", outcome="doubtful", words=f"{name}: letters go to no relay")
        return
    said = greet()
    clear = "in clear" in said and "this machine" not in said
    mend = "write smtp+starttls:// or smtps://" if clear else ""
    yield Finding(about="relay", outcome="doubtful" if clear else "well", words=f"{name}: {said}", mend=mend)


def _one_click(site: str | None, ask: Callable[[httpx.Request], int]) -> Iterator[Finding]:
    if site is None:
        mend = "set `site:` and `secret:`; large receivers ask for it of who sends to many"
        yield Finding(
            about="one-click", outcome="doubtful", words="no site: readers leave by a mail to the owner", mend=mend
        )
        return
    if not site.startswith("https://"):
        yield Finding(
            about="one-click", outcome="wrong", words=f"{site} is not https", mend="serve the pages over https"
        )
        return
    status = ask(httpx.Request("POST", f"{site}/unsubscribe/nobody", data={"List-Unsubscribe": "One-Click"}))
    if 300 <= status < 400:
        words = f"{site} answers with a redirect, which no mail program follows"
        yield Finding(about="one-click", outcome="wrong", words=words, mend="answer at the address itself")
    elif status in (400, 403, 404, 410):
        yield Finding(about="one-click", outcome="well", words=f"{site} answers, and knows no such token")
    else:
        words = f"{site} answers {status} to a token that is none"
        yield Finding(about="one-click", outcome="doubtful", words=words)


def _bounces(config: Config, resolver: DnsResolver) -> Iterator[Finding]:
    bounces, sender = config.bounces, config.sender.domain
    if bounces is None:
        mend = (
            "set `bounces:`; then an address that is dead gets no more letters, and large receivers keep trusting you"
        )
        yield Finding(about="bounces", outcome="doubtful", words="what comes back is read by nobody", mend=mend)
        return
    domain = bounces.address.domain
    if not resolver.has_mail(domain):
        mend = "give it an MX record that leads to the mailbox of `bounces:`"
        yield Finding(about="bounces", outcome="wrong", words=f"{domain} takes no mail", mend=mend)
        return
    if not (f".{domain}".endswith(f".{sender}") or f".{sender}".endswith(f".{domain}")):
        words = f"{domain} takes mail, but shares no domain with {sender}, so only the signature speaks for a letter"
        mend = f"let bounces go to a mailbox at {sender} or below it" if not config.signers else ""
        yield Finding(about="bounces", outcome="well" if config.signers else "doubtful", words=words, mend=mend)
        return
    yield Finding(
        about="bounces", outcome="well", words=f"{domain} takes mail, and each letter has an address of its own"
    )


_FEW = 5  # findings of one kind; `digest outbox` lists all


def relay_log_findings(relays: Sequence[Relay]) -> Iterator[Finding]:
    """Whether the log file of each relay can be read."""
    for relay in relays:
        if relay.log is None:
            continue
        fault = maillog.unreadable_reason(relay.log)
        mend = "until then what is in doubt stays so, and nothing is lost" if fault else ""
        said = f"{relay}: its log {fault or f'{relay.log} can be read'}"
        yield Finding(about="relay", outcome="doubtful" if fault else "well", words=said, mend=mend)


_APART = timedelta(minutes=1)  # clocks that NTP sets differ by far less


def clock_findings(theirs: datetime | None, now: datetime) -> Iterator[Finding]:
    """Whether the clock of this machine agrees with that of a shared database (`theirs`)."""
    if theirs is None:
        return
    apart = now - theirs
    if abs(apart) < _APART:
        yield Finding(about="clock", outcome="well", words="this machine's is the database's, as far as can be told")
        return
    seconds, where = abs(apart).total_seconds(), "ahead of" if now > theirs else "behind"
    words = f"this machine's is {seconds:,.0f} s {where} the database's"
    mend = "have it set by NTP: a clock that is ahead takes letters from machines that are still sending them"
    yield Finding(about="clock", outcome="wrong", words=words, mend=mend)


def in_doubt_findings(words: Sequence[LogEvidence]) -> Iterator[Finding]:
    """What the relays' logs say about letters in doubt."""
    if sent := sum(word.sent for word in words):
        said = f"{sent:,} {'letter' if sent == 1 else 'letters'} in doubt had been taken, as the relay's log shows"
        yield Finding(about="outbox", outcome="well", words=f"{said}: sent")
    for said, count in Counter(word.words for word in words if not word.sent).most_common(_FEW):
        yield Finding(about="outbox", outcome="doubtful", words=f"{count:,} in doubt: {said}", mend="`digest outbox`")


_LATE = timedelta(minutes=30)  # the service looks for due issues every half minute


def language_findings(readers: Iterable[Subscriber]) -> Iterator[Finding]:
    """Readers whose language has no catalogue and whose letters are therefore in English."""
    for reader in readers:
        if supported(reader.language) is None:
            words = f"{reader.id} reads English: there is no language {reader.language}"
            yield Finding(about="reader", outcome="doubtful", words=words, mend=f"one of {', '.join(languages())}")


def service_findings(
    figures: ServiceStats,
    breakers: Sequence[CircuitBreaker],
    sources: Sequence[SourceHealth],
    unread: Mapping[str, str] | None = None,
    *,
    now: datetime,
) -> Iterator[Finding]:
    """Late issues and letters, failures, and what needs a decision by the admin, each with what to do now.

    `unread` maps the ids of signed-up readers whose stored document is invalid to the reason.
    """
    yield from _due(figures, now)
    for id_, why in sorted((unread or {}).items()):
        yield Finding(about="reader", outcome="wrong", words=f"{id_} signed up and gets no letters: {why}", mend="")
    yield from _outbox(figures, now)
    for breaker in breakers:
        if breaker.until and breaker.until > now:
            words = f"{breaker.name} is left alone until {breaker.until:%H:%M} UTC: {breaker.words}"
            again = (
                "`digest deliver` asks it at once"
                if breaker.kind == "relay"
                else f"`digest outbox release {breaker.name}`"
            )
            mend = f"mend that; then {again}"
            yield Finding(about=breaker.kind, outcome="wrong", words=words, mend=mend)
    for health in sources:
        if health.word in ("failing", "silent", "late", "blocked by the publisher"):
            words = f"{health.name}: {health.word}" + (f": {health.error}" if health.error and health.failures else "")
            yield Finding(about="source", outcome="doubtful", words=words, mend="digest sources")


def condition_findings(found: Iterable[Condition]) -> Iterator[Finding]:
    """What needs a person, as the owner is told by mail."""
    for each in found:
        yield Finding(about="owner", outcome="wrong", words=str(each), mend=f"`{each.command}`")


def _due(figures: ServiceStats, now: datetime) -> Iterator[Finding]:
    since = figures.oldest_due
    if since and now - since > _LATE:
        words = f"a subscription has been due since {since:%Y-%m-%d %H:%M} UTC and has no issue"
        mend = "is `digest run` running? If it is, its log says why; `digest compose` tries now"
        yield Finding(about="due", outcome="wrong", words=words, mend=mend)
    else:
        yield Finding(about="due", outcome="well", words="every issue that was due is written")


def _outbox(figures: ServiceStats, now: datetime) -> Iterator[Finding]:
    letters = figures.letters
    found = False
    since = figures.oldest_waiting
    if since and now - since > _LATE:
        found = True
        words = f"letters wait since {since:%Y-%m-%d %H:%M} UTC"
        yield Finding(about="outbox", outcome="wrong", words=words, mend="`digest deliver` sends them, or says why not")
    for state, said in UNRESOLVED.items():
        if count := letters.get(state):
            found = True
            words = f"{count:,} {'letter' if count == 1 else 'letters'} {said}"
            yield Finding(
                about="outbox", outcome="doubtful", words=words, mend="`digest outbox` says which, why, what to do"
            )
    if not found:
        yield Finding(
            about="outbox",
            outcome="well",
            words=f"nothing is stuck; {letters.get(DeliveryState.SENT, 0):,} letters sent",
        )


UNRESOLVED = {
    DeliveryState.IN_DOUBT: "in doubt: nobody knows whether they arrived",
    DeliveryState.FAILED: "refused for good",
    DeliveryState.POISON: "set aside, since whoever sent them died",
    DeliveryState.SUPPRESSED: "not sent, since their addresses get none",
}
"""States of letters that were not sent and may need a decision by the admin, with their descriptions."""


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, _, value in pairs if name.strip()}
