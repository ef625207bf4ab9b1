"""A batch of papers as token streams: each text field folded once, for all rules and all matchers."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from digest.names import surname_keys
from digest.papers import Paper
from digest.rules.indexed_paper import TEXT_FIELDS, IndexedField, IndexedPaper
from digest.rules.matcher.arrays import Bools, Ints, offsets
from digest.text.fold import FoldedText, Token, bit_set, fold, normalize_letters, search_keys, singular, tokenize


@dataclass(frozen=True, slots=True)
class TokenStream:
    """One text field of all papers as columns: the tokens in order, with one empty place after each paper.

    An entry is a spelling that begins at a place and takes `width` places; entries are sorted by place.
    """

    spellings: Ints
    begins: Ints
    widths: Ints
    first: Ints  # the first place of each paper, and the end
    papers: Ints  # per place
    inner: Bools  # per place: a one-letter part of a compound, no word by itself
    starts: array[int]  # per place, in code points of its text
    ends: array[int]

    @property
    def lengths(self) -> Ints:
        """The number of places per paper."""
        return np.diff(self.first)

    def entries(self, first: int, stop: int) -> slice:
        """The entries of the papers [first, stop)."""
        begin, end = np.searchsorted(self.begins, self.first[[first, stop]])
        return slice(int(begin), int(end))


class _BatchStreams:
    """The token streams read so far; the batch and its indexed papers share them."""

    def __init__(self) -> None:
        self.spellings: dict[tuple[str, str], int] = {}  # (folded parts joined before it, word as written)
        self.of: dict[str, TokenStream] = {}  # by the name of a field
        self._keys: list[tuple[str, tuple[str, ...]]] = []
        self._by_key: tuple[dict[str, list[int]], dict[str, list[int]]] = {}, {}
        self._keyed = 0

    @property
    def keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Per spelling its folded form, and its singulars other than the form."""
        if len(self._keys) < len(self.spellings):
            for before, written in islice(self.spellings, len(self._keys), None):
                form, others = search_keys(written)
                self._keys.append((before + form, tuple(before + other for other in others)))
        return self._keys

    @property
    def by_key(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """The spellings by form, and by each singular other than the form."""
        by_form, by_plural = self._by_key
        for number, (form, others) in enumerate(self.keys[self._keyed :], self._keyed):
            by_form.setdefault(form, []).append(number)
            for other in others:
                by_plural.setdefault(other, []).append(number)
        self._keyed = len(self.keys)
        return self._by_key

    def folded(self, index: int, field: str, text: str) -> FoldedText:
        """One paper's text of a field, from the stream; equal to `fold(text)`."""
        stream, keys = self.of[field], self.keys
        first, stop = stream.first[index : index + 2].tolist()
        folded = FoldedText(text, stream.starts[first : stop - 1], stream.ends[first : stop - 1])
        entries = stream.entries(index, index + 1)
        columns = (stream.spellings[entries], stream.begins[entries] - first, stream.widths[entries])
        for spelling, begin, width in zip(*(column.tolist() for column in columns), strict=True):
            form, others = keys[spelling]
            folded.put(form, others, begin, width)
        folded.inner = bit_set(np.flatnonzero(stream.inner[first:stop]).tolist())
        return folded


class _BatchField(IndexedField):
    """A field of a paper of a batch; it is folded from the token stream where there is one, when it is asked for."""

    def __init__(self, text: str, index: int, name: str, streams: _BatchStreams) -> None:
        super().__init__(text)
        self._index, self._name, self._streams = index, name, streams

    @cached_property
    def folded(self) -> FoldedText:
        if self._name in self._streams.of:
            return self._streams.folded(self._index, self._name, self.text)
        return fold(self.text)


class _BatchPaper(IndexedPaper):
    """A paper of a batch; its fields reuse the token streams."""

    def __init__(self, paper: Paper, index: int, streams: _BatchStreams) -> None:
        super().__init__(paper)
        self._index, self._streams = index, streams

    def __getitem__(self, name: str) -> IndexedField:
        if name not in self._fields:
            self._fields[name] = _BatchField(self.text(name), self._index, name, self._streams)
        return self._fields[name]


class Batch:
    """Papers prepared for any number of matchers. A field is folded when a rule first asks for it."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = papers
        self._streams = _BatchStreams()
        self.indexed: Sequence[IndexedPaper] = [self.uncached(index) for index in range(len(papers))]

    def __len__(self) -> int:
        return len(self.papers)

    def __getitem__(self, field: str) -> TokenStream:
        if field not in self._streams.of:
            self._streams.of[field] = self._read(field)
        return self._streams.of[field]

    def uncached(self, index: int) -> IndexedPaper:
        """A paper outside the cache `indexed`, for a single evaluation: its folded fields are freed afterwards."""
        return _BatchPaper(self.papers[index], index, self._streams)

    @property
    def spellings(self) -> Mapping[tuple[str, str], int]:
        """The number of each spelling, by (folded parts joined before it, word as written)."""
        return self._streams.spellings

    @property
    def keys(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Per spelling its folded form, and its singulars other than the form."""
        return self._streams.keys

    @property
    def by_form(self) -> Mapping[str, Sequence[int]]:
        """The numbers of spellings by their folded form."""
        return self._streams.by_key[0]

    @property
    def by_plural(self) -> Mapping[str, Sequence[int]]:
        """The numbers of spellings by each of their singulars other than the form."""
        return self._streams.by_key[1]

    @property
    def forms(self) -> str:
        """All folded forms, one per line, as in `IndexedField.words`."""
        return "\n".join(("", *self.by_form, ""))

    @cached_property
    def authors(self) -> list[tuple[str, frozenset[str], list[int]]]:
        """Each printed author name with its surname keys and the indices of its papers."""
        papers: dict[str, list[int]] = {}
        for index, paper in enumerate(self.papers):
            for author in paper.authors:
                papers.setdefault(author.name, []).append(index)
        return [(name, surname_keys(name), found) for name, found in papers.items()]

    @cached_property
    def runs(self) -> dict[str, set[int]]:
        """The papers by each run of letters and digits in a text field, as written."""
        papers: dict[str, set[int]] = {}
        for index, indexed in enumerate(self.indexed):
            for name in TEXT_FIELDS:
                for run in indexed[name].runs:
                    papers.setdefault(run, set()).add(index)
        return papers

    @cached_property
    def counts(self) -> dict[str, int]:
        """Document frequency: the papers with each word in title or abstract; a word and its plural count as one."""
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

    def _read(self, field: str) -> TokenStream:
        reader = _StreamReader(self._streams.spellings)
        lengths = np.fromiter(
            (reader.read(indexed.text(field)) for indexed in self.indexed), np.int64, len(self.indexed)
        )
        return reader.stream(offsets(lengths))


class _StreamReader:
    """Appends text after text to one stream."""

    def __init__(self, spellings: dict[tuple[str, str], int]) -> None:
        self._known = spellings
        self._alone: dict[str, int] = {written: number for (before, written), number in spellings.items() if not before}
        self._parts = array("l")  # the spelling per place; -1 after each text
        self._joined: list[tuple[int, int, int]] = []  # (spelling, place, width)
        self._inner: list[int] = []
        self._starts, self._ends = array("L"), array("L")

    def read(self, text: str) -> int:
        """Appends a text; returns its number of places."""
        begin, parts, alone, letters = len(self._parts), self._parts, self._alone, normalize_letters(text)
        for compound in tokenize(letters) if text else ():
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

    def _join(self, compound: list[Token], place: int) -> None:
        for index, part in enumerate(compound):
            if len(part.written) == 1 and not part.written.isdigit():
                self._inner.append(place + index)
        for index in range(len(compound) - 1):
            self._put(compound[index : index + 2], place + index)
        if len(compound) > 2:
            self._put(compound, place)

    def _put(self, parts: list[Token], place: int) -> None:
        before = "".join(part.form for part in parts[:-1])
        self._joined.append((self._number(before, parts[-1].written), place, len(parts)))

    def _number(self, before: str, written: str) -> int:
        number = self._known.setdefault((before, written), len(self._known))
        if not before:
            self._alone[written] = number
        return number

    def stream(self, first: Ints) -> TokenStream:
        """The stream of all texts read."""
        parts = np.asarray(self._parts, np.int64)
        places = np.flatnonzero(parts >= 0)
        spellings, begins, widths = np.asarray(self._joined, np.int64).reshape(-1, 3).T
        all_begins = np.concatenate([places, begins])
        order = np.argsort(all_begins, kind="stable")
        inner = np.zeros(len(parts) + 1, np.bool_)
        inner[self._inner] = True
        return TokenStream(
            spellings=np.concatenate([parts[places], spellings])[order],
            begins=all_begins[order],
            widths=np.concatenate([np.ones_like(places), widths])[order],
            first=first,
            papers=np.repeat(np.arange(len(first) - 1), np.diff(first)),
            inner=inner,
            starts=self._starts,
            ends=self._ends,
        )
