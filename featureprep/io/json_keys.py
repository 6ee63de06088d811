"""Which keys the objects of JSON records have at their top level, as a fold over the records' texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa

from featureprep import canonical
from featureprep.errors import CorruptArtefactError
from featureprep.folds.base import Fold
from featureprep.io.csv_split import Ints
from featureprep.io.json_records import cut_out, string_quotes
from featureprep.io.json_values import NotARecordError, parse_record

KEPT = 1000
"""Keys beyond the named ones that are kept, the first in order of name."""
_LONGEST = 200
"""Characters of such a key; of a longer one its beginning is kept."""
_COLON, _OPENING, _CLOSING = b":{}"


@dataclass(frozen=True)
class KeysFound:
    """The keys of some records.

    Attributes
    ----------
    records : bool
        Whether there was a record at all, be it one without keys.
    named : frozenset of str
        Those of the names asked for that a record has.
    others : tuple of str
        The other keys in order of name, `KEPT` at most; of long ones the beginning and an ellipsis.
    """

    records: bool = False
    named: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()


@dataclass
class _State:
    records: bool = False
    named: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    def trim(self) -> _State:
        if len(self.others) > KEPT:
            self.others = set(sorted(self.others)[:KEPT])
        return self


@dataclass(frozen=True)
class JsonKeys(Fold):
    """The keys that JSON records have; `update` takes the raw column of record texts.

    A key whose value is null counts, keys of nested objects do not. Texts that are no objects are left out, and so are keys that
    UTF-8 cannot spell: no column can be called so. The keys beyond `names` are bounded, however many a hostile file has; the
    first in order of name are the same however the records are cut.
    """

    name: ClassVar[str] = "json_keys"
    names: tuple[str, ...]

    def init(self) -> _State:
        return _State()

    def update(self, state: _State, *columns: pa.Array) -> _State:
        texts, named = columns[0].drop_null(), frozenset(self.names)
        codes, records, spellings = _spelled(texts)
        # a spelling is known by the first record that has it; where that one is broken, by any other
        first = np.zeros(spellings, np.int64)
        first[codes[::-1]] = records[::-1]
        whole = np.zeros(len(texts), np.bool_)
        tried = np.zeros(len(texts), np.bool_)
        looked = np.unique(first)
        tried[looked] = True
        whole[looked] = [_add(state, texts[number].as_py(), named) for number in looked.tolist()]
        waiting = ~whole[first]
        rest = np.flatnonzero(waiting[codes])
        for code, number in zip(codes[rest].tolist(), records[rest].tolist(), strict=True):
            if waiting[code]:
                if not tried[number]:
                    tried[number] = True
                    whole[number] = _add(state, texts[number].as_py(), named)
                waiting[code] = not whole[number]
        if not state.records:  # none with keys: is there one without?
            any(_add(state, text, named) for text in texts.to_pylist())
        return state.trim()

    def merge(self, a: _State, b: _State) -> _State:
        return _State(a.records or b.records, a.named | b.named, a.others | b.others).trim()

    def finish(self, state: _State) -> KeysFound:
        return KeysFound(state.records, frozenset(state.named), tuple(sorted(state.others)))

    def encode(self, state: _State) -> bytes:
        return canonical.dumps([state.records, sorted(state.named), sorted(state.others)]).encode("utf-8")

    def decode(self, data: bytes | memoryview) -> _State:
        try:
            records, named, others = canonical.loads(bytes(data).decode("utf-8"))
            return _State(bool(records), set(named), set(others))
        except (TypeError, ValueError) as error:
            raise CorruptArtefactError(f"a stored state of {self.name} cannot be read: {error}") from error


def _add(state: _State, text: str, named: frozenset[str]) -> bool:
    """Take the keys of a record; False where it is none."""
    try:
        keys: Iterable[str] = parse_record(text.encode("utf-8"))
    except NotARecordError:
        return False
    state.records = True
    for key in keys:
        if key in named:
            state.named.add(key)
        elif key.isascii() or not any("\ud800" <= c <= "\udfff" for c in key):
            state.others.add(key if len(key) <= _LONGEST else f"{key[:_LONGEST]}…")
    return True


def _spelled(texts: pa.Array) -> tuple[Ints, Ints, int]:
    """The keys at the top level of records as they are spelled: each one's code and record, and how many codes there are.

    Of a record every key is found, and nothing else; of a text that is none, anything.
    """
    data, bounds = _joined(texts)
    text = np.frombuffer(data, np.uint8)
    quotes = string_quotes(data, text)
    first = np.searchsorted(quotes, bounds)
    places, record, before = _outside(np.flatnonzero(text == _COLON), quotes, first, bounds)
    keys = before >= 2
    # where each record opens one brace only, there is no deeper level
    if data.count(b"{") != len(texts) or not (bounds[1:] > bounds[:-1]).all() or not (text[bounds[:-1]] == _OPENING).all():
        braces, of, _ = _outside(np.flatnonzero((text == _OPENING) | (text == _CLOSING)), quotes, first, bounds)
        depth = np.concatenate([[0], np.cumsum(np.where(text[braces] == _OPENING, 1, -1))])
        keys &= depth[np.searchsorted(braces, places)] - depth[np.searchsorted(of, record)] == 1
    record, last = record[keys], (first[record] + before)[keys]
    once = np.diff(last, prepend=-1) > 0  # of a record a string is followed by one colon at most
    record, last = record[once], last[once]
    coded = cut_out(data, quotes[last - 2] + 1, quotes[last - 1], pa.binary()).dictionary_encode()
    return coded.indices.to_numpy().astype(np.int64), record, len(coded.dictionary)


def _joined(texts: pa.Array) -> tuple[bytes, Ints]:
    """The texts one after the other, and where each begins and the last one ends."""
    if not len(texts):
        return b"", np.zeros(1, np.int64)
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    if data is None or bounds[0] == bounds[-1]:
        return b"", bounds - bounds[0]
    return data[int(bounds[0]) : int(bounds[-1])].to_pybytes(), bounds - bounds[0]


def _outside(places: Ints, quotes: Ints, first: Ints, bounds: Ints) -> tuple[Ints, Ints, Ints]:
    """Those of some places that are in no string, their records, and how many quotes of its record are before each."""
    record = np.searchsorted(bounds, places, side="right") - 1
    before = np.searchsorted(quotes, places) - first[record]
    apart = (before & 1) == 0
    return places[apart], record[apart], before[apart]
