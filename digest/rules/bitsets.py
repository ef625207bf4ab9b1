"""Bit sets of token positions in Python integers: bit p is set for position p."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest


def after(bits: int, most: int) -> int:
    """Every position 0 to `most` after one of these."""
    reached = 0
    while reached < most:
        step = min(reached + 1, most - reached)
        bits |= bits << step
        reached += step
    return bits


def before(bits: int, most: int) -> int:
    """Every position 0 to `most` before one of these."""
    reached = 0
    while reached < most:
        step = min(reached + 1, most - reached)
        bits |= bits >> step
        reached += step
    return bits


def lowest(bits: int) -> int:
    """The first position of a non-empty set."""
    return (bits & -bits).bit_length() - 1


def each(bits: int) -> Iterator[int]:
    """The positions in order."""
    while bits:
        yield lowest(bits)
        bits &= bits - 1


def crowded(bits: int, count: int, length: int) -> int:
    """The first positions of all windows of `length` with at least `count` of the positions.

    All windows are counted at once by bit-sliced addition: `sums[i]` holds binary digit i of every window's count.
    """
    sums: list[int] = []
    power, width, at = [bits], 1, 0
    while length:
        if length & 1:
            sums = _added(sums, [plane >> at for plane in power])
            at += width
        power = _added(power, [plane >> width for plane in power])
        width, length = width * 2, length >> 1
    return _at_least(sums, count, (1 << bits.bit_length()) - 1)


def _added(ours: list[int], theirs: list[int]) -> list[int]:
    carry, sums = 0, []
    for a, b in zip_longest(ours, theirs, fillvalue=0):
        sums.append(a ^ b ^ carry)
        carry = a & b | carry & (a ^ b)
    return [*sums, carry] if carry else sums


def _at_least(sums: list[int], count: int, everywhere: int) -> int:
    if count >> len(sums):
        return 0
    more, same = 0, everywhere
    for digit in reversed(range(len(sums))):
        if count >> digit & 1:
            same &= sums[digit]
        else:
            more |= same & sums[digit]
            same &= ~sums[digit]
    return more | same
