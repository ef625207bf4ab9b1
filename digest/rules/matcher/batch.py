"""Many papers as arrays: each word a number and a place, folded once for all rules."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from digest.names import surname_keys
from digest.papers import Paper
from digest.rules.indexed_paper import TEXT, Field, View
from digest.rules.matcher.arrays import Bools, Ints, offsets
from digest.text.fold import Folded, Part, compounds, found_by, plain, singular


@dataclass(frozen=True, slots=True)
class Stream:
    """One text field of all papers, word behind word, with one empty place behind each paper.

    An entry is a spelling that begins at a place and takes `width` of them; entries are in the order of their places.
    """

    spellings: Ints
    begins: Ints
    widths: Ints
    first: Ints  # the first place of each paper, and the one behind all
    papers: Ints  # of each place
    inner: Bools  # of each place: a one-letter part, which stands only beside its neighbours
    starts: array[int]  # of each place, in code points of its text
    ends: array[int]

    @property
    def lengths(self) -> Ints:
        """The places that each paper takes."""
        return np.diff(self.first)

    def entries(self, first: int, stop: int) -> slice:
        """The entries of the papers [first, stop)."""
        begin, end = np.searchsorted(self.begins, self.first[[first, stop]])
        return slice(int(begin), int(end))


class _Streams:
    """What has been read of a batch, which its views share."""

    def __init__(self) -> None:
        self.spellings: dict[tuple[str, str], int] = {}  # what is joined before it, and the word as written
        self.of: dict[str, Stream] = {}  # by the name of a field
        self._keys: list[tuple[str, tuple[str, ...]]] = []

    @property
    def keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Of each spelling its form, and its singulars that are not its form."""
        if len(self._keys) < len(self.spellings):
            for before, written in islice(self.spellings, len(self._keys), None):
                form, others = found_by(written)
                self._keys.append((before + form, tuple(before + other for other in others)))
        return self._keys

    def folded(self, index: int, field: str, text: str) -> Folded:
        """A text of a field that has been read, as `fold` makes it."""
        stream, keys = self.of[field], self.keys
        first, stop = stream.first[index : index + 2].tolist()
        folded = Folded(text, stream.starts[first : stop - 1], stream.ends[first : stop - 1])
        entries = stream.entries(index, index + 1)
        columns = (stream.spellings[entries], stream.begins[entries] - first, stream.widths[entries])
        for spelling, begin, width in zip(*(column.tolist() for column in columns), strict=True):
            form, others = keys[spelling]
            folded.put(form, others, begin, width)
        folded.inner = sum(1 << place for place in np.flatnonzero(stream.inner[first:stop]).tolist())
        return folded


class _View(View):
    """A paper of a batch: its fields are made of the words that were read for all rules."""

    def __init__(self, paper: Paper, index: int, streams: _Streams) -> None:
        super().__init__(paper)
        self._index, self._streams = index, streams

    def __getitem__(self, name: str) -> Field:
        if name not in self._fields:
            field = self._fields[name] = Field(self.text(name))
            if name in self._streams.of:
                field.folded = self._streams.folded(self._index, name, field.text)
        return self._fields[name]


class Batch:
    """Papers made ready for any number of matchers. A field is folded when a rule first asks for it."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = papers
        self._streams = _Streams()
        self.views: Sequence[View] = [self.view(index) for index in range(len(papers))]

    def __len__(self) -> int:
        return len(self.papers)

    def __getitem__(self, field: str) -> Stream:
        if field not in self._streams.of:
            self._streams.of[field] = self._read(field)
        return self._streams.of[field]

    def view(self, index: int) -> View:
        """A paper, for those who ask once and keep nothing of what is made ready; all others share `views`."""
        return _View(self.papers[index], index, self._streams)

    @property
    def spellings(self) -> Mapping[tuple[str, str], int]:
        """The number of each word as written, with what is joined before it."""
        return self._streams.spellings

    @property
    def keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Of each spelling its form, and its singulars that are not its form."""
        return self._streams.keys

    @cached_property
    def authors(self) -> list[tuple[str, frozenset[str], list[int]]]:
        """Each printed name, the keys by which a followed name may mean it, and the papers that it stands on."""
        papers: dict[str, list[int]] = {}
        for index, paper in enumerate(self.papers):
            for author in paper.authors:
                papers.setdefault(author.name, []).append(index)
        return [(name, surname_keys(name), found) for name, found in papers.items()]

    @cached_property
    def runs(self) -> dict[str, set[int]]:
        """The papers of each run of letters and digits, as it stands in a field of text."""
        papers: dict[str, set[int]] = {}
        for index, view in enumerate(self.views):
            for name in TEXT:
                for run in view[name].runs:
                    papers.setdefault(run, set()).add(index)
        return papers

    @cached_property
    def counts(self) -> dict[str, int]:
        """In how many papers each word stands, in title or abstract; a word and its plural are one."""
        numbers: dict[str, int] = {}
        streams = [self[name] for name in ("title", "abstract")]
        words = np.asarray(
            [
                -1 if before else numbers.setdefault(singular(written), len(numbers))
                for before, written in self.spellings
            ],
            np.int64,
        )
        pairs = [words[stream.spellings] * len(self) + stream.papers[stream.begins] for stream in streams]
        stands = np.unique(np.concatenate(pairs)) // max(1, len(self))
        counts = np.bincount(stands[stands >= 0], minlength=len(numbers))
        return dict(zip(numbers, counts.tolist(), strict=True))

    def _read(self, field: str) -> Stream:
        reader = _Reader(self._streams.spellings)
        lengths = np.fromiter((reader.read(view.text(field)) for view in self.views), np.int64, len(self.views))
        return reader.stream(offsets(lengths))


class _Reader:
    """Text after text into one stream."""

    def __init__(self, spellings: dict[tuple[str, str], int]) -> None:
        self._known = spellings
        self._alone: dict[str, int] = {written: number for (before, written), number in spellings.items() if not before}
        self._parts = array("l")  # the spelling at each place; -1 behind a text
        self._joined: list[tuple[int, int, int]] = []  # (spelling, place, width)
        self._inner: list[int] = []
        self._starts, self._ends = array("L"), array("L")

    def read(self, text: str) -> int:
        """How many places the text takes."""
        begin, parts, alone, letters = len(self._parts), self._parts, self._alone, plain(text)
        for compound in compounds(letters) if text else ():
            if len(compound) > 1:
                self._join(compound, len(parts))
            for part in compound:
                number = alone.get(part.written)
                parts.append(self._number("", part.written) if number is None else number)
                start, end = letters.span(part.start, part.end)
                self._starts.append(start)
                self._ends.append(end)
        for column in (parts, self._starts, self._ends):
            column.append(-1 if column is parts else 0)
        return len(parts) - begin

    def _join(self, compound: list[Part], place: int) -> None:
        for index, part in enumerate(compound):
            if len(part.written) == 1 and not part.written.isdigit():
                self._inner.append(place + index)
        for index in range(len(compound) - 1):
            self._put(compound[index : index + 2], place + index)
        if len(compound) > 2:
            self._put(compound, place)

    def _put(self, parts: list[Part], place: int) -> None:
        before = "".join(part.form for part in parts[:-1])
        self._joined.append((self._number(before, parts[-1].written), place, len(parts)))

    def _number(self, before: str, written: str) -> int:
        number = self._known.setdefault((before, written), len(self._known))
        if not before:
            self._alone[written] = number
        return number

    def stream(self, first: Ints) -> Stream:
        """What was read."""
        parts = np.asarray(self._parts, np.int64)
        places = np.flatnonzero(parts >= 0)
        spellings, begins, widths = np.asarray(self._joined, np.int64).reshape(-1, 3).T
        all_begins = np.concatenate([places, begins])
        order = np.argsort(all_begins, kind="stable")
        inner = np.zeros(len(parts) + 1, np.bool_)
        inner[self._inner] = True
        return Stream(
            spellings=np.concatenate([parts[places], spellings])[order],
            begins=all_begins[order],
            widths=np.concatenate([np.ones_like(places), widths])[order],
            first=first,
            papers=np.repeat(np.arange(len(first) - 1), np.diff(first)),
            inner=inner,
            starts=self._starts,
            ends=self._ends,
        )
