"""Signed links: what was signed comes back, and nothing else does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.links.token import TokenError, TokenExpired, sign, verify

KEYS = ["an old secret", "the newest secret"]
NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
ADA: dict[str, str | int] = {"subscriber": "ada", "subscription": "Sparse models", "version": 3}
PAYLOADS = st.dictionaries(st.text(max_size=20), st.text(max_size=40) | st.integers(), max_size=5)
LINK = sign("unsubscribe", ADA, KEYS)


@given(PAYLOADS, st.text(max_size=20))
def test_what_was_signed_comes_back(payload: dict[str, str | int], purpose: str) -> None:
    assert verify(purpose, sign(purpose, payload, KEYS), KEYS) == payload
    assert verify(purpose, sign(purpose, payload, KEYS, at=NOW), KEYS) == payload


@given(PAYLOADS)
def test_a_token_needs_no_escapes_in_a_url(payload: dict[str, str | int]) -> None:
    assert re.fullmatch(r"[\w-]+\.[\w-]+", sign("unsubscribe", payload, KEYS), re.ASCII)


@given(st.integers(0, len(LINK) - 1), st.characters(max_codepoint=0x2FF))
def test_any_other_character_spoils_it(place: int, letter: str) -> None:
    forged = LINK[:place] + letter + LINK[place + 1 :]
    if forged != LINK:
        with pytest.raises(TokenError):
            verify("unsubscribe", forged, KEYS)


def test_each_character_of_base64_spoils_it_at_each_place() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.="
    forgeries = {LINK[:place] + letter + LINK[place + 1 :] for place in range(len(LINK)) for letter in alphabet}
    for forged in forgeries - {LINK}:
        with pytest.raises(TokenError):
            verify("unsubscribe", forged, KEYS)


@given(st.integers(0, len(LINK) - 1), st.text(min_size=1, max_size=5))
def test_a_cut_or_longer_token_is_none(length: int, more: str) -> None:
    for forged in (LINK[:length], LINK + more, more + LINK):
        with pytest.raises(TokenError):
            verify("unsubscribe", forged, KEYS)


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(TokenError):
        verify("unsubscribe", text, KEYS)


def test_a_token_serves_its_purpose_alone() -> None:
    with pytest.raises(TokenError):
        verify("manage", LINK, KEYS)


def test_the_last_key_signs_and_all_verify() -> None:
    assert verify("unsubscribe", LINK, KEYS[-1:]) == ADA
    assert verify("unsubscribe", sign("unsubscribe", ADA, KEYS[:1]), [*KEYS, "a third"]) == ADA
    with pytest.raises(TokenError):
        verify("unsubscribe", LINK, KEYS[:1])


def test_the_refusal_tells_nothing() -> None:
    said = set()
    for forged in (LINK[:-1], LINK[1:], sign("manage", ADA, KEYS), sign("unsubscribe", ADA, ["another secret"]), ""):
        with pytest.raises(TokenError) as caught:
            verify("unsubscribe", forged, KEYS)
        assert caught.value.__cause__ is None
        said.add(str(caught.value))
    assert said == {"this link is not valid"}


def test_a_link_to_confirm_grows_old() -> None:
    two_days = timedelta(hours=48)
    token = sign("confirm", ADA, KEYS, at=NOW)
    assert verify("confirm", token, KEYS, max_age=two_days, now=NOW + two_days) == ADA
    for now in (NOW + two_days + timedelta(seconds=1), NOW - timedelta(seconds=1)):
        with pytest.raises(TokenError, match="old"):
            verify("confirm", token, KEYS, max_age=two_days, now=now)


def test_a_link_that_is_ours_and_only_old_tells_whose_it_was() -> None:
    token = sign("confirm", ADA, KEYS, at=NOW)
    late = NOW + timedelta(days=3)
    with pytest.raises(TokenExpired) as caught:
        verify("confirm", token, KEYS, max_age=timedelta(days=2), now=late)
    assert (caught.value.purpose, caught.value.payload) == ("confirm", ADA)


@pytest.mark.parametrize(
    "token",
    [
        sign("confirm", ADA, KEYS),
        sign("confirm", ADA, KEYS, at=NOW + timedelta(days=9)),
        sign("confirm", ADA, ["another"], at=NOW),
        sign("page", ADA, KEYS, at=NOW),
        sign("confirm", ADA, KEYS, at=NOW)[:-1],
    ],
)
def test_what_is_not_ours_is_never_said_to_be_merely_old(token: str) -> None:
    with pytest.raises(TokenError) as caught:
        verify("confirm", token, KEYS, max_age=timedelta(days=2), now=NOW + timedelta(days=3))
    assert not isinstance(caught.value, TokenExpired)


def test_a_link_without_a_time_is_too_old_where_age_matters() -> None:
    with pytest.raises(TokenError, match="old"):
        verify("confirm", sign("confirm", ADA, KEYS), KEYS, max_age=timedelta(days=1), now=NOW)


def test_usual_links_are_short() -> None:
    assert len(sign("unsubscribe", {"subscriber": "a" * 24, "subscription": "b" * 32, "version": 12}, KEYS)) < 200


@pytest.mark.parametrize("keys", [[], ["a secret", ""]])
def test_without_a_secret_nothing_is_signed(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        sign("unsubscribe", ADA, keys)


def test_the_form_is_fixed_so_that_letters_sent_today_can_be_answered() -> None:
    content = "1W3sic3Vic2NyaWJlciI6ImFkYSIsInN1YnNjcmlwdGlvbiI6IlNwYXJzZSBtb2RlbHMiLCJ2ZXJzaW9uIjozfV0"
    assert f"{content}.pvJYnhpHeumbiqhJ6lxBtZnipTnisCeJQD3ZztQMsSA" == LINK
