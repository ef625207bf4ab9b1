"""Checks across keys and files: shared addresses, duplicate names, a key that needs another one."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.util import find_spec

from digest.config.digest_yaml import ConfigEntry
from digest.config.error_text import inline
from digest.config.fields import address_identity, parse_address
from digest.config.yaml_file import Loc, YamlFile
from digest.errors import Problem
from digest.mail.message import Mailbox


def shared_addresses(readers: Iterable[YamlFile]) -> Iterator[Problem]:
    """Readers whose letters would go to one mailbox, reported at each of them."""
    owners: defaultdict[str, list[YamlFile]] = defaultdict(list)
    for document in readers:
        if spelled := _address(document):
            owners[spelled].append(document)
    for group in owners.values():
        for document in group:
            others = ", ".join(other.file for other in group if other is not document)
            if others:
                yield document.problem(("email",), f"`email`: the same address as in {others}")


def _address(document: YamlFile) -> str | None:
    box = _mailbox(document, ("email",))
    return address_identity(box) if box else None


def _mailbox(document: YamlFile, loc: Loc) -> Mailbox | None:
    try:
        return parse_address(document.at(loc)) if loc in document.values else None
    except ValueError:  # reported already, by the model
        return None


def duplicate_names(document: YamlFile) -> Iterator[Problem]:
    """Subscriptions of one name in a reader's file: the name is what their memory hangs on."""
    first: dict[str, Loc] = {}
    for loc in document.values:
        match loc:
            case ("subscriptions", int(), "name") if isinstance(name := document.at(loc), str):
                folded = unicodedata.normalize("NFKC", " ".join(name.split())).casefold()
                if first.setdefault(folded, loc) != loc:
                    line = document.problem(first[folded], "").line
                    yield document.problem(
                        loc, f"`name`: `{inline(name)}` is the name in line {line} too; each needs its own"
                    )


def unaligned_dkim_domain(main: YamlFile, sender: str) -> Iterator[Problem]:
    """A signature counts for a sender whose domain it shares (DMARC: relaxed alignment)."""
    given = main.at(("dkim", "domain")) if ("dkim", "domain") in main.values else None
    if not isinstance(given, str) or sender == given.casefold() or sender.endswith(f".{given.casefold()}"):
        return
    what = f"`domain`: letters come from {inline(sender)}, so write that, or a domain above it"
    yield main.problem(("dkim", "domain"), what)


def unaligned_complaints(main: YamlFile, sender: str) -> Iterator[Problem]:
    """A mailbox for complaints counts in a signed letter, at the sender's domain or below it (RFC 9477 section 3.1)."""
    given = _mailbox(main, ("complaints",))
    if given is None:
        return
    if ("dkim",) not in main.values:
        yield main.problem(("complaints",), "`complaints`: only signed letters may name it, so `dkim` is needed too")
    if not f".{given.domain}".endswith(f".{sender}"):
        what = f"`complaints`: letters come from {inline(sender)}, so the address must be there or below it"
        yield main.problem(("complaints",), what)
    if given.needs_smtputf8:
        yield main.problem(("complaints",), "`complaints`: a header holds an address of plain ASCII only")


def listen_without_site(main: YamlFile) -> Iterator[Problem]:
    """Pages are served for links that lead to them."""
    if ("listen",) in main.values and ("site",) not in main.values:
        yield main.problem(("listen",), "`listen`: links lead to the pages only where `site` says where they are seen")


def admin_socket_conflicts(main: YamlFile, entry: ConfigEntry) -> Iterator[Problem]:
    """The admin's pages have a socket of their own, and a key for what their forms carry."""
    if entry.admin is None:
        return
    if entry.admin.listen == entry.listen:
        what = "`listen`: the pages of readers are served there; the admin's need a port of their own"
        yield main.problem(("admin", "listen"), what)
    if entry.admin.token is None and not entry.secret:
        what = "`admin`: its forms are signed, so `secret` is needed too: secret: {env: DIGEST_SECRET}"
        yield main.problem(("admin",), what)


def unmet_queue_needs(main: YamlFile, entry: ConfigEntry) -> Iterator[Problem]:
    """Jobs wait in a database that machines share, and a library hands them out."""
    if not entry.queue:
        return
    if not entry.database.get_secret_value().startswith("postgresql://"):
        what = "`queue`: jobs wait in PostgreSQL, so `database` must be postgresql://…; with SQLite leave `queue` away"
        yield main.problem(("queue",), what)
    elif find_spec("procrastinate") is None:
        yield main.problem(("queue",), "`queue`: needs the extra: pip install 'morning-papers[queue]'")


def missing_secret(main: YamlFile) -> Iterator[Problem]:
    """Links to a site are signed, and so are the addresses of bounces; both need a key."""
    for key, what in (("site", "links are signed"), ("bounces", "their addresses are signed")):
        if (key,) in main.values and ("secret",) not in main.values:
            yield main.problem((key,), f"`{key}`: {what}, so `secret` is needed too: secret: {{env: DIGEST_SECRET}}")
