"""Letters that wait, compressed."""

from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from digest.mail.packing import pack_message, unpack_message


@given(st.binary())
def test_a_letter_waits_packed_as_an_older_version_packed_it_too(message: bytes) -> None:
    assert unpack_message(pack_message(message)) == message
    assert unpack_message(zlib.compress(message, 2)) == message
