"""One field of a block of papers as one text: what is verified in many papers is evaluated in all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from digest.rules.indexed_paper import IndexedField
from digest.rules.matcher.arrays import Bools, Ints
from digest.rules.matcher.batch import Batch
from digest.text.fold import FoldedText, PositionBits


class BlockText(IndexedField):
    """The papers [first, stop) of a batch in order, each followed by `gap` empty positions and one.

    A phrase or a window of at most `gap` positions lies in one paper. Words are found in the token stream, all places
    of one in some array operations; the bit sets are those of any text, so terms are evaluated as in one paper.
    """

    def __init__(self, batch: Batch, field: str, first: int, stop: int, gap: int) -> None:
        super().__init__("")
        stream, entries = batch[field], batch[field].entries(first, stop)
        begin, end = stream.first[[first, stop]].tolist()
        moved = np.arange(end - begin) + (stream.papers[begin:end] - first) * gap  # new positions of all places
        self._ends = stream.first[first + 1 : stop + 1] - begin - 1 + np.arange(stop - first) * gap
        size = int(self._ends[-1]) + 1
        self.folded = _BlockFolded(
            batch,
            stream.spellings[entries],
            moved[stream.begins[entries] - begin],
            stream.widths[entries],
            size=size,
            longest=int(stream.lengths[first:stop].max()),
        )
        self.folded.inner = _packed(moved[np.flatnonzero(stream.inner[begin:end])], size)
        self.words = batch.forms

    def papers(self, bits: int) -> Bools:
        """Whether each paper of the block has one of these positions, or the gap before it has one."""
        size = int(self._ends[-1]) + 1
        octets = (bits & (1 << size) - 1).to_bytes(-(-size // 8), "little")
        flags = np.unpackbits(np.frombuffer(octets, np.uint8), count=size, bitorder="little")
        found: Ints = np.add.reduceat(flags, np.concatenate([[0], self._ends[:-1]]), dtype=np.int64)
        return found > 0


class _BlockFolded(FoldedText):
    """The words of a block, found in its entries of a token stream when they are asked for."""

    __slots__ = ("_at", "_keyed", "_longest", "_size", "_spellings", "_widths")

    def __init__(self, batch: Batch, spellings: Ints, at: Ints, widths: Ints, *, size: int, longest: int) -> None:
        super().__init__("")
        self._spellings, self._at, self._widths = spellings, at, widths
        self._size, self._longest = size, longest
        self._keyed: Sequence[Mapping[str, Sequence[int]]] = (batch.by_form, batch.by_plural)

    def __len__(self) -> int:
        """The number of positions of the longest paper: no distance is longer."""
        return self._longest

    @property
    def everywhere(self) -> int:
        return (1 << self._size) - 1

    def places_of(self, words: Collection[str], *, form: bool = False) -> PositionBits:
        by_form, by_plural = self._keyed
        numbers = [number for word in words for number in by_form.get(word, ())]
        if not form:
            numbers += (number for word in words for number in by_plural.get(word, ()))
        if not numbers:
            return {}
        wanted = np.zeros(int(self._spellings.max(initial=0)) + 2, np.bool_)
        wanted[[number for number in numbers if number < len(wanted)]] = True
        found = np.flatnonzero(wanted[self._spellings])
        at, widths = self._at[found], self._widths[found]
        return {width: _packed(at[widths == width], self._size) for width in np.unique(widths).tolist()}


def _packed(positions: Ints, size: int) -> int:
    """The bit set of positions."""
    flags = np.zeros(size, np.bool_)
    flags[positions] = True
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
