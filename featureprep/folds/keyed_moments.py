"""Moments of a numeric column for each key, exactly rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa

from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, pack, pack_table, unpack, unpack_table
from featureprep.folds.codes import Ids
from featureprep.folds.count_parts import key_names
from featureprep.folds.exact_groups import Objects, exact_groups, of_floats
from featureprep.folds.exact_sums import SQUARE_UNIT, UNIT
from featureprep.folds.keys import Floats, Keyed, ascending, finite_rows, join
from featureprep.folds.moments import Moments, MomentsResult, MomentsState

_COMPACT_AT: Final = 1 << 16
_SUM_AT: Final = 1 << 20
"""Values that wait to be summed, at most."""
_ROWS_A_KEY: Final = 16
"""So many values of each key are summed together at least, if that many can wait: a sum costs as much as fifty values."""
_FIELDS: Final = {
    "n": pa.int64(),
    "low": pa.float64(),
    "high": pa.float64(),
    "unit": pa.int64(),
    "total": pa.binary(),
    "squares": pa.binary(),
}


@dataclass(frozen=True)
class KeyedMomentsResult(Keyed):
    """The moments of each key; a key without a finite value is not among them."""

    moments: tuple[MomentsResult, ...]


@dataclass(frozen=True)
class _Part:
    """Sums by different keys: whole numbers `total` in units of 2**unit, `squares` in units of 2**(2 unit)."""

    keys: Sequence[pa.Array]
    n: Ids
    low: Floats
    high: Floats
    unit: Ids
    total: Objects
    squares: Objects


@dataclass
class KeyedMomentsState:
    """Sums whose keys may meet again, and batches that wait: their keys, the position of each value's key, and the values."""

    parts: list[_Part] = field(default_factory=list)
    sums: int = 0
    pending: list[tuple[Sequence[pa.Array], Ids, Floats]] = field(default_factory=list)
    waiting: int = 0

    def add(self, part: _Part) -> None:
        self.parts.append(part)
        self.sums += len(part.n)
        if self.sums > 2 * max(_COMPACT_AT, len(self.parts[0].n)):
            self._join()

    def wait(self, keys: Sequence[pa.Array], ids: Ids, values: Floats) -> None:
        self.pending.append((keys, ids, values))
        self.waiting += len(values)
        if self.waiting >= min(_SUM_AT, _ROWS_A_KEY * max(len(one[0]) for one, _, _ in self.pending)):
            self._sum()

    def settle(self) -> None:
        """Sum what waits and bring equal keys together, in one part at most."""
        self._sum()
        self._join()

    def _sum(self) -> None:
        if self.pending:
            numbers, keys = join([keys for keys, _, _ in self.pending])
            ids = np.concatenate([mine[ids] for mine, (_, ids, _) in zip(numbers, self.pending, strict=True)])
            values = np.concatenate([values for _, _, values in self.pending])
            self.pending, self.waiting = [], 0
            self.add(_summed(keys, ids, values))

    def _join(self) -> None:
        if len(self.parts) > 1:
            self.parts = [_joined(self.parts)]
        self.sums = sum(len(part.n) for part in self.parts)


@dataclass(frozen=True)
class KeyedMoments(Fold):
    """Of a column of numbers, as float64, by the columns after it.

    Rows whose number is null, NaN or infinite, or whose key has a null or NaN, are left out. At most `keys.MAX_KEYS` keys.

    Attributes
    ----------
    width : int
        Columns of a key.
    """

    name: ClassVar[str] = "keyed_moments"
    width: int = 1

    def init(self) -> KeyedMomentsState:
        return KeyedMomentsState()

    def update(self, state: KeyedMomentsState, *columns: pa.Array) -> KeyedMomentsState:
        rows = finite_rows(columns)
        if len(rows[1]):
            state.wait(*rows)
        return state

    def merge(self, a: KeyedMomentsState, b: KeyedMomentsState) -> KeyedMomentsState:
        for part in b.parts:
            a.add(part)
        for batch in b.pending:
            a.wait(*batch)
        return a

    def finish(self, state: KeyedMomentsState) -> KeyedMomentsResult:
        state.settle()
        if not state.parts:
            return KeyedMomentsResult((), ())
        (part,) = state.parts
        order = ascending(part.keys)
        one = Moments()
        rows = zip(*(values[order].tolist() for values in (part.n, part.unit, part.total, part.squares, part.low, part.high)), strict=True)
        moments = (
            one.finish(MomentsState(n, total=_moved(t, unit + UNIT), squares=_moved(s, 2 * unit + SQUARE_UNIT), low=low, high=high))
            for n, unit, t, s, low, high in rows
        )
        return KeyedMomentsResult(tuple(key.take(pa.array(order)) for key in part.keys), tuple(moments))

    def encode(self, state: KeyedMomentsState) -> bytes:
        state.settle()
        return pack({"width": self.width}, [pack_table(_table(part)) for part in state.parts])

    def decode(self, data: bytes | memoryview) -> KeyedMomentsState:
        header, buffers = unpack(data, self.name)
        if header != {"width": self.width} or len(buffers) > 1:
            raise corrupt(self.name)
        state = self.init()
        for view in buffers:
            table = unpack_table(view, self.name)
            names = key_names(self.width)
            if table.column_names != [*names, *_FIELDS] or [table.schema.field(name).type for name in _FIELDS] != list(_FIELDS.values()):
                raise corrupt(self.name)
            numbers = (table[name].to_numpy() for name in ("n", "low", "high", "unit"))
            sums = (_whole(table[name].to_pylist()) for name in ("total", "squares"))
            state.add(_Part([table[name].combine_chunks() for name in names], *numbers, *sums))
        return state


def _summed(keys: Sequence[pa.Array], ids: Ids, values: Floats) -> _Part:
    size = len(keys[0])
    counts = np.bincount(ids, minlength=size).astype(np.int64)
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low, ids, values)
    np.maximum.at(high, ids, values)
    some = values != 0
    sums = exact_groups(of_floats(values[some]), ids[some], counts)
    return _Part(keys, counts, low, high, sums.units, sums.totals, sums.squares)


def _joined(parts: Sequence[_Part]) -> _Part:
    every, keys = join([part.keys for part in parts])
    ids, size = np.concatenate(every), len(keys[0])
    n, low, high = np.zeros(size, np.int64), np.full(size, np.inf), np.full(size, -np.inf)
    np.add.at(n, ids, np.concatenate([part.n for part in parts]))
    np.minimum.at(low, ids, np.concatenate([part.low for part in parts]))
    np.maximum.at(high, ids, np.concatenate([part.high for part in parts]))
    units = np.concatenate([part.unit for part in parts])
    unit = np.full(size, units.max())
    np.minimum.at(unit, ids, units)
    lift = (units - unit[ids]).astype(np.object_)
    total, squares = np.zeros(size, np.object_), np.zeros(size, np.object_)
    np.add.at(total, ids, np.concatenate([part.total for part in parts]) << lift)
    np.add.at(squares, ids, np.concatenate([part.squares for part in parts]) << 2 * lift)
    return _Part(keys, n, low, high, unit, total, squares)


def _table(part: _Part) -> pa.Table:
    sums = [pa.array([_bytes(value) for value in values], pa.binary()) for values in (part.total, part.squares)]
    numbers = [pa.array(values) for values in (part.n, part.low, part.high, part.unit)]
    return pa.table([*part.keys, *numbers, *sums], names=[*key_names(len(part.keys)), *_FIELDS])


def _bytes(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)


def _whole(rows: Sequence[bytes]) -> Objects:
    found = np.empty(len(rows), np.object_)
    found[:] = [int.from_bytes(row, "little", signed=True) for row in rows]
    return found


def _moved(value: Any, shift: int) -> int:
    # a negative shift drops zeros only: every double is a multiple of 2**-1074
    return int(value << shift if shift >= 0 else value >> -shift)
