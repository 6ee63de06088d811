"""Folds over the rows of each value of some columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa

from featureprep import canonical as canon
from featureprep.errors import TypeMismatchError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, pack, unpack
from featureprep.folds.distinct import canonical
from featureprep.types import format_type, is_integer, is_text, logical

Key = tuple[Any, ...]
"""The values of a slice: Python's bool, int, str, days since 1970-01-01 for a date, or None."""


def can_slice(dtype: pa.DataType) -> bool:
    """Whether rows can be told apart by values of a type: bools, integers, texts and dates."""
    dtype = logical(dtype)
    return pa.types.is_boolean(dtype) or is_integer(dtype) or is_text(dtype) or pa.types.is_date32(dtype)


_TOGETHER: Final = 1 << 18
"""So many rows are cut into slices together: each slice of them costs as much as thousands of rows."""
_BYTES: Final = 1 << 28


class SlicedState:
    """The number of rows and the inner states of each slice, None where there were more than may be; and rows not yet looked at."""

    def __init__(self, fold: Sliced, slices: dict[Key, tuple[int, list[Any]]] | None) -> None:
        self.fold = fold
        self.slices = slices
        self.waiting: list[pa.RecordBatch] = []

    def settled(self) -> dict[Key, tuple[int, list[Any]]] | None:
        """The slices, once all rows have been looked at."""
        if self.waiting and self.slices is not None:
            self.fold.cut(self.slices, pa.Table.from_batches(self.waiting).unify_dictionaries().combine_chunks())
            if self.fold.most is not None and len(self.slices) > self.fold.most:
                self.slices = None
        self.waiting = []
        return self.slices

    def add(self, batch: pa.RecordBatch) -> None:
        """More rows, which are looked at when many are there."""
        if self.waiting and self.waiting[0].schema != batch.schema:  # a column may come as a dictionary now and then
            self.settled()
        self.waiting.append(batch)
        if sum(one.num_rows for one in self.waiting) >= _TOGETHER or sum(one.nbytes for one in self.waiting) >= _BYTES:
            self.settled()

    def __reduce__(self) -> tuple[Any, ...]:
        self.settled()
        return SlicedState, (self.fold, self.slices)


@dataclass(frozen=True)
class Sliced(Fold):
    """Of columns whose values make the slices, then of those that the inner folds look at.

    Attributes
    ----------
    keys : int
        How many of the columns make the slices.
    folds : tuple of (Fold, places)
        Each with the places of its columns among those that follow.
    only : tuple of keys or None
        The slices that are folded; None: all.
    most : int or None
        With more slices than that the result is None.
    """

    name: ClassVar[str] = "sliced"
    keys: int
    folds: tuple[tuple[Fold, tuple[int, ...]], ...] = ()
    only: tuple[Key, ...] | None = None
    most: int | None = None

    def spec(self) -> Mapping[str, Any]:
        inner = [[fold.spec(), list(places)] for fold, places in self.folds]
        return {"fold": self.name, "version": self.version, "keys": self.keys, "folds": inner, "only": self.only, "most": self.most}

    def init(self) -> SlicedState:
        return SlicedState(self, {})

    def update(self, state: SlicedState, *columns: pa.Array) -> SlicedState:
        if state.slices is not None:
            state.add(pa.RecordBatch.from_arrays(list(columns), names=[str(at) for at in range(len(columns))]))
        return state

    def cut(self, slices: dict[Key, tuple[int, list[Any]]], rows: pa.Table) -> None:
        """Add rows to the slices that they are in."""
        columns = [column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() for column in rows.columns]
        found = _slices(columns[: self.keys], self.only)
        order = pa.array(np.concatenate([*found.values()])) if found and self.folds else None
        sorted_columns = [] if order is None else [column.take(order) for column in columns[self.keys :]]
        start = 0
        for key, places in found.items():
            n, states = slices.get(key) or (0, [fold.init() for fold, _ in self.folds])
            pieces = [column.slice(start, len(places)) for column in sorted_columns]
            start += len(places)
            after = [fold.update(one, *(pieces[at] for at in used)) for one, (fold, used) in zip(states, self.folds, strict=True)]
            slices[key] = (n + len(places), after)

    def merge(self, a: SlicedState, b: SlicedState) -> SlicedState:
        mine, others = a.settled(), b.settled()
        if mine is None or others is None:
            return SlicedState(self, None)
        for key, (n, states) in others.items():
            if key in mine:
                m, known = mine[key]
                merged = [fold.merge(x, y) for x, y, (fold, _) in zip(known, states, self.folds, strict=True)]
                mine[key] = (m + n, merged)
            else:
                mine[key] = (n, states)
        if self.most is not None and len(mine) > self.most:
            return SlicedState(self, None)
        return a

    def finish(self, state: SlicedState) -> dict[Key, tuple[int, list[Any]]] | None:
        """The number of rows and the results of each slice, in ascending order of their values, null last; None: too many."""
        slices = state.settled()
        if slices is None:
            return None
        finished = {}
        for key in sorted(slices, key=lambda key: [(value is None, value if value is not None else 0) for value in key]):
            n, states = slices[key]
            finished[key] = (n, [fold.finish(one) for one, (fold, _) in zip(states, self.folds, strict=True)])
        return finished

    def encode(self, state: SlicedState) -> bytes:
        slices = state.settled()
        if slices is None:
            return pack({"keys": None, "rows": []})
        inner = [fold.encode(one) for _, states in slices.values() for one, (fold, _) in zip(states, self.folds, strict=True)]
        return pack({"keys": canon.to_jsonable(list(slices)), "rows": [n for n, _ in slices.values()]}, inner)

    def decode(self, data: bytes | memoryview) -> SlicedState:
        header, buffers = unpack(data, self.name)
        keys, rows = header.get("keys"), header.get("rows")
        if "keys" in header and keys is None:
            return SlicedState(self, None)
        if (
            not isinstance(keys, list)
            or not isinstance(rows, list)
            or len(keys) != len(rows)
            or len(buffers) != len(keys) * len(self.folds)
        ):
            raise corrupt(self.name)
        views = iter(buffers)
        states = [[fold.decode(next(views)) for fold, _ in self.folds] for _ in keys]
        return SlicedState(self, {tuple(key): (n, one) for key, n, one in zip(canon.from_jsonable(keys), rows, states, strict=True)})


def _slices(columns: Sequence[pa.Array], only: Sequence[Key] | None) -> dict[Key, np.ndarray[Any, Any]]:
    """The places of the rows of each slice of a batch, ascending."""
    codes = np.zeros(len(columns[0]), np.int64)
    values: list[Key] = [()]
    for column in columns:
        if not can_slice(column.type):
            hint = "cast it, or bucketize it; slices are by texts, whole numbers, bools and dates"
            raise TypeMismatchError(f"rows cannot be told apart by values of type {format_type(logical(column.type))}", hint=hint)
        plain = canonical(column)
        encoded = (plain.cast(pa.int32()) if pa.types.is_date32(plain.type) else plain).dictionary_encode(null_encoding="encode")
        known = encoded.dictionary.to_pylist()
        codes = codes * len(known) + encoded.indices.to_numpy(zero_copy_only=False)
        used, codes = np.unique(codes, return_inverse=True)
        values = [(*values[at // len(known)], known[at % len(known)]) for at in used.tolist()] if known else []
    wanted = None if only is None else set(only)
    return {values[code]: rows for code, rows in _places(codes, len(values)) if wanted is None or values[code] in wanted}


def _places(codes: np.ndarray[Any, Any], n: int) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """The rows of each code."""
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=n))
    start = 0
    for code, end in enumerate(ends.tolist()):
        yield code, order[start:end]
        start = end
