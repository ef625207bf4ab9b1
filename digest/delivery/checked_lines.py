"""Lines with a checksum before them: one that is torn or spoilt is told from one that was written whole."""

from __future__ import annotations

from zlib import crc32


def with_checksum(text: bytes) -> bytes:
    """The text behind its CRC-32 in eight hexadecimal digits."""
    return b"%08x %s" % (crc32(text), text)


def without_checksum(line: bytes) -> bytes | None:
    """The text of such a line; None where the checksum is not the text's."""
    text = line.partition(b" ")[2]
    return text if line == with_checksum(text) else None
