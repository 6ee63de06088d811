"""Numbers of rows, nulls and NaNs, and lengths of texts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, integers, pack, unpack
from featureprep.folds.distinct import entries
from featureprep.hashing.layout import plain
from featureprep.kernels.encodings import settled
from featureprep.types import format_type, is_text, logical


@dataclass(frozen=True)
class RowCount(Fold):
    """The number of rows, an int; of any column, or of any one of several."""

    name: ClassVar[str] = "row_count"

    def init(self) -> int:
        return 0

    def update(self, state: int, *columns: pa.Array) -> int:
        return state + len(columns[0])

    def merge(self, a: int, b: int) -> int:
        return a + b

    def add_value(self, state: int, value: Any, count: int) -> int:
        return state + count

    def fill_missing(self, state: int, value: Any) -> int:
        return state

    def finish(self, state: int) -> int:
        return state

    def encode(self, state: int) -> bytes:
        return pack({"n": state})

    def decode(self, data: bytes | memoryview) -> int:
        return integers(unpack(data, self.name)[0], ("n",), self.name)["n"]


@dataclass(frozen=True)
class NullCountsResult:
    """`n` values that are neither null nor NaN; `n + nulls + nans` rows."""

    n: int
    nulls: int
    nans: int


@dataclass(frozen=True)
class NullCounts(Fold):
    """Of a column of any type."""

    name: ClassVar[str] = "null_counts"

    def init(self) -> NullCountsResult:
        return NullCountsResult(0, 0, 0)

    def update(self, state: NullCountsResult, *columns: pa.Array) -> NullCountsResult:
        (array,) = columns
        if pa.types.is_floating(logical(array.type)):
            array = plain(array)
            nans = pc.sum(pc.is_nan(array)).as_py() or 0
        else:
            nans = 0
            if pa.types.is_dictionary(array.type) or pa.types.is_run_end_encoded(array.type):
                array = settled(array)  # what is encoded may hold a null
        return self.merge(state, NullCountsResult(len(array) - array.null_count - nans, array.null_count, nans))

    def merge(self, a: NullCountsResult, b: NullCountsResult) -> NullCountsResult:
        return NullCountsResult(a.n + b.n, a.nulls + b.nulls, a.nans + b.nans)

    def add_value(self, state: NullCountsResult, value: Any, count: int) -> NullCountsResult:
        nulls = count if value is None else 0
        nans = count if isinstance(value, float) and value != value else 0
        return self.merge(state, NullCountsResult(count - nulls - nans, nulls, nans))

    def fill_missing(self, state: NullCountsResult, value: Any) -> NullCountsResult:
        return self.add_value(replace(state, nulls=0, nans=0), value, state.nulls + state.nans)

    def finish(self, state: NullCountsResult) -> NullCountsResult:
        return state

    def encode(self, state: NullCountsResult) -> bytes:
        return pack({"n": state.n, "nulls": state.nulls, "nans": state.nans})

    def decode(self, data: bytes | memoryview) -> NullCountsResult:
        return NullCountsResult(**integers(unpack(data, self.name)[0], ("n", "nulls", "nans"), self.name))


@dataclass(frozen=True)
class TextLengthsResult:
    """Lengths in code points of `n` texts; `empty` of them have none. `min`, `max`, `mean` (rounded once) are None where n is 0."""

    n: int
    nulls: int
    empty: int
    sum: int
    min: int | None
    max: int | None

    @property
    def mean(self) -> float | None:
        return self.sum / self.n if self.n else None


@dataclass(frozen=True)
class TextLengths(Fold):
    """Of a string column."""

    name: ClassVar[str] = "text_lengths"

    def init(self) -> TextLengthsResult:
        return TextLengthsResult(0, 0, 0, 0, None, None)

    def update(self, state: TextLengthsResult, *columns: pa.Array) -> TextLengthsResult:
        (array,) = columns
        dtype = logical(array.type)
        if pa.types.is_null(dtype):
            return self.merge(state, TextLengthsResult(0, len(array), 0, 0, None, None))
        if not is_text(dtype):
            raise TypeMismatchError(f"{self.name} takes strings, not {format_type(dtype)}")
        texts, counts, nulls = entries(array)
        if len(texts) == 0:
            return self.merge(state, TextLengthsResult(0, nulls, 0, 0, None, None))
        lengths = pc.utf8_length(texts).to_numpy().astype(np.int64)
        empty = int(counts[lengths == 0].sum())
        ends = int(lengths.min()), int(lengths.max())
        return self.merge(state, TextLengthsResult(int(counts.sum()), nulls, empty, int((lengths * counts).sum()), *ends))

    def merge(self, a: TextLengthsResult, b: TextLengthsResult) -> TextLengthsResult:
        low = min((x for x in (a.min, b.min) if x is not None), default=None)
        high = max((x for x in (a.max, b.max) if x is not None), default=None)
        return TextLengthsResult(a.n + b.n, a.nulls + b.nulls, a.empty + b.empty, a.sum + b.sum, low, high)

    def add_value(self, state: TextLengthsResult, value: Any, count: int) -> TextLengthsResult:
        if count == 0:
            return state
        if value is None:
            return self.merge(state, TextLengthsResult(0, count, 0, 0, None, None))
        if not isinstance(value, str):
            raise TypeMismatchError(f"{self.name} takes strings, not {type(value).__name__}")
        size = len(value)
        return self.merge(state, TextLengthsResult(count, 0, 0 if size else count, size * count, size, size))

    def fill_missing(self, state: TextLengthsResult, value: Any) -> TextLengthsResult:
        return self.add_value(replace(state, nulls=0), value, state.nulls)

    def finish(self, state: TextLengthsResult) -> TextLengthsResult:
        return state

    def encode(self, state: TextLengthsResult) -> bytes:
        ends = [] if state.min is None else [state.min, state.max]
        return pack({"n": state.n, "nulls": state.nulls, "empty": state.empty, "sum": state.sum, "ends": ends})

    def decode(self, data: bytes | memoryview) -> TextLengthsResult:
        header, _ = unpack(data, self.name)
        counts = integers(header, ("n", "nulls", "empty", "sum"), self.name)
        match header.get("ends"):
            case []:
                return TextLengthsResult(**counts, min=None, max=None)
            case [int(low), int(high)]:
                return TextLengthsResult(**counts, min=low, max=high)
        raise corrupt(self.name)
