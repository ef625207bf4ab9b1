"""The bytes of a letter, as a receiver reads them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from typing import cast

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.message import AddressError, ListHeaders, Mailbox, build_message, mailto, message_id, readdress
from digest.mail.quoted_printable import quoted_printable
from digest.text import one_line, strip_controls
from tests.support.hostile_text import HOSTILE, parsed

OWNER = Mailbox(name="Morning Papers", address="papers@example.org")
ADA = Mailbox(name="Ada Lovelace", address="ada@example.org")
ID = "<0f3a@example.org>"
WHEN = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
LISTING = ListHeaders(
    id="sparse-models.digest.example.org",
    name="Morning Papers",
    unsubscribe=("mailto:owner@example.org?subject=unsubscribe%20x", f"https://example.org/u/{'t' * 120}"),
    owner="mailto:owner@example.org",
    help="mailto:owner@example.org?subject=help",
    feedback_id="issue:scheduled:digest:mpapers",
)
HEADERS = {
    "Date", "From", "To", "Reply-To", "Subject", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
    "List-Owner", "List-Help", "Feedback-ID", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress",
    "MIME-Version", "Content-Type",
}  # fmt: skip

anything = st.text(st.characters(codec=None), max_size=300) | st.sampled_from(HOSTILE)


def letter(
    *, subject: str = "Seven papers", text: str = "Hello", html: str | None = "<p>Hello", to: Mailbox = ADA
) -> bytes:
    return build_message(
        sender=OWNER,
        to=to,
        reply_to=Mailbox(address="owner@example.org"),
        subject=subject,
        text=text,
        html=html,
        message_id=ID,
        date=WHEN,
        listing=LISTING,
    )


def shown(text: str) -> str:
    """What is left of a header's value when nothing hidden is in it."""
    return unicodedata.normalize("NFC", one_line(text))


def head(raw: bytes) -> list[bytes]:
    return raw.partition(b"\r\n\r\n")[0].split(b"\r\n")


def header(raw: bytes, name: str) -> bytes:
    """One header unfolded, as raw bytes."""
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", raw.partition(b"\r\n\r\n")[0])
    (value,) = (line.partition(b": ")[2] for line in unfolded.split(b"\r\n") if line.startswith(name.encode() + b":"))
    return value


def well_formed(raw: bytes) -> None:
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw)
    assert raw.isascii()
    assert all(len(line) <= 78 or b"<https:" in line for line in raw.split(b"\r\n"))
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert not any(line.strip() == b"" for line in head(raw))
    names = [line.partition(b":")[0].decode() for line in head(raw) if line[:1] not in (b" ", b"\t")]
    assert sorted(names) == sorted(HEADERS)
    words = re.findall(rb"=\?utf-8\?B\?[^?]*\?=", b"\r\n".join(head(raw)))
    assert all(len(word) <= 75 for word in words)
    assert b"?==?" not in raw
    boundary = parsed(raw).get_boundary()
    assert boundary is not None
    body = raw.partition(b"\r\n\r\n")[2]
    assert body.count(boundary.encode()) == 3
    content = re.split(rb"\r\n\r\n|--" + re.escape(boundary.encode()), body)
    assert all(len(line) <= 76 for part in content for line in part.split(b"\r\n"))
    assert not re.search(rb"(?m)^(\.|From )|[ \t]\r$", body)


@given(subject=anything.filter(shown), name=anything, text=anything, html=anything)
@example(subject=HOSTILE[0], name=HOSTILE[0], text=HOSTILE[0], html=HOSTILE[0])
@example(subject=HOSTILE[1], name=HOSTILE[1], text=HOSTILE[1], html=HOSTILE[1])
@example(subject="a", name="=?", text=".\n..\nFrom x\n From", html="x" * 70 + "ä.From .From ")
def test_whatever_comes_in_is_read_back_as_text_and_adds_nothing(subject: str, name: str, text: str, html: str) -> None:
    raw = letter(subject=subject, text=text, html=html, to=Mailbox(name=name, address="ada@example.org"))
    well_formed(raw)
    assert str(make_header(decode_header(header(raw, "Subject").decode()))) == shown(subject)
    message = parsed(raw)
    assert message["To"].addresses[0].addr_spec == "ada@example.org"
    phrase = header(raw, "To").decode().rpartition("<")[0].strip()
    unquoted = re.sub(r"\\(.)", r"\1", phrase[1:-1]) if phrase.startswith('"') else phrase
    assert str(make_header(decode_header(unquoted))) == shown(name)
    for part, given_text in zip(message.iter_parts(), (text, html), strict=True):
        read = cast(bytes, part.get_payload(decode=True)).decode()
        assert read == "".join(
            unicodedata.normalize("NFC", strip_controls(line)) + "\r\n" for line in given_text.splitlines()
        )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_subject_and_name_are_the_same_for_the_strict_parser(hostile: str) -> None:
    message = parsed(letter(subject=hostile, to=Mailbox(name=hostile, address="ada@example.org")))
    assert set(message.keys()) == HEADERS
    assert message["Bcc"] is None
    assert not message["To"].defects
    assert len(message["To"].addresses) == 1


def test_the_logical_values_are_those_given() -> None:
    message = parsed(letter(subject="Seven papers: 2 by Jörg Müller, 5 on sparse models"))
    assert message["Subject"] == "Seven papers: 2 by Jörg Müller, 5 on sparse models"
    assert str(message["From"]) == "Morning Papers <papers@example.org>"
    assert str(message["To"]) == "Ada Lovelace <ada@example.org>"
    assert str(message["Reply-To"]) == "owner@example.org"
    assert message["Message-ID"] == ID
    assert message["Date"] == "Fri, 20 Nov 2026 07:30:00 +0000"
    assert message["List-Id"] == '"Morning Papers" <sparse-models.digest.example.org>'
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_list_unsubscribe_is_raw_https_first_and_folds_between_uris_alone() -> None:
    raw = letter()
    assert header(raw, "List-Unsubscribe") == (
        f"<https://example.org/u/{'t' * 120}>, <mailto:owner@example.org?subject=unsubscribe%20x>".encode()
    )
    assert b">,\r\n <mailto" in raw


def test_without_https_nothing_promises_one_click() -> None:
    listing = ListHeaders(id="x.example.org", unsubscribe=["mailto:owner@example.org"])
    raw = build_message(
        sender=OWNER, to=ADA, subject="x", text="x", html=None, message_id=ID, date=WHEN, listing=listing
    )  # fmt: skip
    assert b"List-Unsubscribe: <mailto:owner@example.org>\r\n" in raw
    assert b"One-Click" not in raw


def test_a_letter_of_text_alone_has_one_part() -> None:
    message = parsed(letter(text="Grüße", html=None))
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == "Grüße\r\n"


def test_a_notice_belongs_to_no_list() -> None:
    raw = build_message(sender=OWNER, to=ADA, subject="Please confirm", text="x", message_id=ID, date=WHEN)
    assert b"List-" not in raw
    assert b"Reply-To" not in raw


def test_a_zone_does_not_change_the_instant() -> None:
    berlin = datetime(2026, 11, 20, 8, 30, 15, 999, tzinfo=timezone(timedelta(hours=1)))
    raw = build_message(sender=OWNER, to=ADA, subject="x", text="x", message_id=ID, date=berlin)
    assert header(raw, "Date").endswith(b"+0000")
    assert parsedate_to_datetime(header(raw, "Date").decode()) == datetime(2026, 11, 20, 7, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "wire", "needs"),
    [
        ("ada@example.org", "ada@example.org", False),
        ("ada@exämple.org", "ada@xn--exmple-cua.org", False),
        ("ada@xn--exmple-cua.org", "ada@xn--exmple-cua.org", False),
        ("jörg@exämple.org", "jörg@xn--exmple-cua.org", True),
    ],
)
def test_a_domain_travels_in_a_labels_and_only_a_local_part_needs_smtputf8(
    address: str, wire: str, needs: bool
) -> None:
    mailbox = Mailbox(address=address)
    assert (mailbox.wire, mailbox.needs_smtputf8) == (wire, needs)
    raw = letter(to=mailbox)
    assert f"To: <{wire}>\r\n".encode() in raw
    assert raw.isascii() is not needs


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "a b@example.org", "ada@example.org\r\nBcc: x@example.org", "a>@example.org",
                "\u202eada@example.org", "ada\0@example.org", "ada@exa mple.org", "@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(AddressError) as refused:
        Mailbox(address=address)
    assert not address.strip("@") or address not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "\r\n\0"},
        {"message_id": "<a b@example.org>"},
        {"message_id": "<a@example.org>\r\nBcc: x"},
        {"date": datetime(2026, 11, 20)},  # noqa: DTZ001 (what must be refused)
        {"listing": ListHeaders(id="a>\r\nX: y")},
        {"listing": ListHeaders(id="a", unsubscribe=["https://example.org/\r\nX: y"])},
        {"listing": ListHeaders(id="a", unsubscribe=["https://example.org/>,<x"])},
        {"listing": ListHeaders(id="a", owner="mailto:" + "x" * 1_000)},
        {"listing": ListHeaders(id="a", feedback_id="ä")},
    ],
)
def test_what_no_header_can_hold_is_refused(wrong: dict[str, object]) -> None:
    fine: dict[str, object] = {"subject": "x", "message_id": ID, "date": WHEN, "listing": None}
    with pytest.raises(ValueError, match=r"letter|Message-ID|List-Id|URI"):
        build_message(sender=OWNER, to=ADA, text="x", **(fine | wrong))  # type: ignore[arg-type]


@given(text=anything)
@example(text="." * 300)
@example(text="From " * 60)
@example(text="ä" * 73 + " \nxx=\t")
def test_quoted_printable_is_read_back_and_keeps_its_rules(text: str) -> None:
    raw = quoted_printable(text)
    for line in raw.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
    assert not re.search(rb"=(?!\r\n|[0-9A-F]{2})", raw)


@given(
    st.from_regex(r"[a-zäA.+_-]{1,70}", fullmatch=True) | st.sampled_from(["ada", "a.b+c", "postmaster", "Postmaster"]),
    st.sampled_from(
        ["example.org", "EXAMPLE.org", "exämple.org", "localhost", "-a.org", "a..b", "a b.org", "", "[::1]"]
    )
    | st.from_regex(r"[a-z.-]{1,70}", fullmatch=True),
)
@example("a" * 64, "example.org")
@example("a" * 65, "example.org")
@example("ada", "example." * 40 + "org")
def test_an_address_is_judged_as_by_the_whole_of_it(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    try:
        checked = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        with pytest.raises(AddressError):
            Mailbox(address=address)
    else:
        assert Mailbox(address=address).wire == f"{checked.local_part}@{checked.ascii_domain}"


def test_a_character_is_written_alike_among_plain_ones_and_beside_another() -> None:
    for character in map(chr, range(1, 0x3000)):
        if character != "." and len(f"{character}x".splitlines()) == 1:
            assert quoted_printable(f"中{character}x") == b"=E4=B8=AD" + quoted_printable(f"{character}x")


def test_another_address_changes_the_to_header_alone() -> None:
    grace = Mailbox(name="Grace Höpper " * 9, address="grace@example.org")
    raw = letter(text="To: nobody\n\nTo: x")
    assert readdress(raw, grace) == letter(text="To: nobody\n\nTo: x", to=grace)
    assert readdress(readdress(raw, grace), ADA) == raw


def test_a_message_id_is_stable_and_belongs_to_one_delivery() -> None:
    ids = [message_id(issue, reader, OWNER.domain) for issue in ("a", "b", "ab") for reader in ("x", "bx", "")]
    assert len(set(ids)) == len(ids)
    assert ids[0] == message_id("a", "x", "example.org")
    assert all(re.fullmatch(r"<[a-z0-9]+@example\.org>", one) for one in ids)


def test_a_mailto_uri_is_percent_encoded() -> None:
    uri = mailto("owner+papers@example.org", "unsubscribe a/b & ü")
    assert uri == "mailto:owner%2Bpapers@example.org?subject=unsubscribe%20a%2Fb%20%26%20%C3%BC"


def test_the_same_letter_is_the_same_bytes_in_another_process() -> None:
    program = (
        "import sys; from tests.mail.test_message import letter; from tests.support.hostile_text import HOSTILE;"
        "sys.stdout.buffer.write(b''.join(letter(subject=h, text=h, html=h) for h in HOSTILE))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert made.pop().endswith(b"--\r\n")
